# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from http import HTTPStatus
from typing import Any

import pytest

from allmende.printing.arrival.upload import UPLOADS_PER_PERSON
from allmende.server import body_limit
from allmende.server.body_limit import (
    MAX_FORM_BYTES,
    SMALL_FORM_BYTES,
    UPLOAD_PATH,
    UPLOADS,
    BodyGoneError,
    BodyKeeper,
    Receive,
    RefusedBodyError,
    refuse,
)


def request(path: str, length: bytes | None) -> dict[str, Any]:
    header = (b"transfer-encoding", b"chunked") if length is None else (b"content-length", length)
    return {"path": path, "method": "POST", "headers": [header]}


def says(*messages: MutableMapping[str, Any]) -> Receive:
    """A client that says this, and then nothing any more."""
    waiting = list(messages)

    async def receive() -> MutableMapping[str, Any]:
        return waiting.pop(0) if waiting else await asyncio.Future()

    return receive


def piece(body: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


async def refusal(keeper: BodyKeeper, scope: dict[str, Any], receive: Receive) -> HTTPStatus:
    with pytest.raises(RefusedBodyError) as caught:
        async with keeper.take(scope, receive):
            raise AssertionError
    return caught.value.status


@pytest.mark.parametrize("length", [b"%d" % (MAX_FORM_BYTES + 1), b"-1"])
async def test_what_says_that_it_is_too_large_is_refused(length: bytes) -> None:
    assert await refusal(BodyKeeper(), request("/", length), says()) == HTTPStatus.REQUEST_ENTITY_TOO_LARGE


async def test_a_body_of_untold_length_ends_at_the_limit() -> None:
    half = piece(bytes(MAX_FORM_BYTES // 2), more=True)
    assert await refusal(BodyKeeper(), request("/", None), says(half, half, half)) == 413


async def test_a_form_is_handed_on_when_it_is_whole() -> None:
    client = says(piece(b"first", more=True), piece(b"", more=True), piece(b"last", more=False))
    async with BodyKeeper().take(request("/", None), client) as receive:
        assert await receive() == piece(b"firstlast", more=False)


async def test_half_a_form_never_gets_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_limit, "FORM_SECONDS", 0.05)
    client = says(piece(b"half", more=True))
    assert await refusal(BodyKeeper(), request("/", b"1000"), client) == HTTPStatus.REQUEST_TIMEOUT
    gone = says(piece(b"half", more=True), {"type": "http.disconnect"})
    with pytest.raises(BodyGoneError):
        async with BodyKeeper().take(request("/", b"1000"), gone):
            raise AssertionError


async def test_long_forms_share_their_room_and_short_ones_always_have_theirs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(body_limit, "LARGE_FORMS_BYTES", 3 * SMALL_FORM_BYTES)
    keeper = BodyKeeper()
    long, short = piece(bytes(2 * SMALL_FORM_BYTES), more=False), piece(bytes(SMALL_FORM_BYTES), more=False)
    async with keeper.take(request("/", None), says(long)):
        assert await refusal(keeper, request("/", None), says(long)) == HTTPStatus.SERVICE_UNAVAILABLE
        async with keeper.take(request("/", None), says(short)) as receive:
            assert await receive() == short
    async with keeper.take(request("/", None), says(long)) as receive:
        assert await receive() == long


async def test_a_silent_upload_counts_as_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_limit, "UPLOAD_IDLE_SECONDS", 0.05)
    large = piece(bytes(MAX_FORM_BYTES + 1), more=True)
    scope = request(UPLOAD_PATH, b"%d" % (MAX_FORM_BYTES + 2))
    async with BodyKeeper().take(scope, says(large)) as receive:
        assert await receive() == large
        assert await receive() == {"type": "http.disconnect"}


async def test_uploads_never_take_all_threads() -> None:
    keeper, running, ends = BodyKeeper(), [0], asyncio.Event()

    async def upload() -> None:
        async with keeper.take(request(UPLOAD_PATH, None), says()):
            running[0] += 1
            await ends.wait()

    async with asyncio.TaskGroup() as group:
        for _ in range(UPLOADS + 3):
            group.create_task(upload())
        for _ in range(20):
            await asyncio.sleep(0)
        assert running[0] == UPLOADS
        ends.set()
    assert running[0] == UPLOADS + 3


def test_one_person_leaves_room_for_a_neighbour() -> None:
    assert UPLOADS_PER_PERSON < UPLOADS


async def test_the_refusal_says_why_in_both_languages() -> None:
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await refuse(send, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    assert sent[0]["status"] == 413
    assert "zu groß" in sent[1]["body"].decode()
    assert "too large" in sent[1]["body"].decode()
