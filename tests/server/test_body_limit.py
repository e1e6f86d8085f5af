# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import pytest

from allmende.server.body_limit import MAX_FORM_BYTES, UPLOAD_PATH, is_too_large, limited, refuse


def request(path: str, length: bytes | None) -> dict[str, Any]:
    return {"path": path, "headers": [(b"content-length", length)] if length is not None else []}


@pytest.mark.parametrize(
    ("path", "length", "refused"),
    [
        ("/", None, False),
        ("/", b"%d" % MAX_FORM_BYTES, False),
        ("/", b"%d" % (MAX_FORM_BYTES + 1), True),
        ("/", b"-1", True),
        (UPLOAD_PATH, b"%d" % (MAX_FORM_BYTES + 1), False),
    ],
)
def test_what_says_that_it_is_too_large_is_refused(path: str, length: bytes | None, refused: bool) -> None:
    assert is_too_large(request(path, length)) is refused


@pytest.mark.parametrize(("path", "gone"), [("/", True), (UPLOAD_PATH, False)])
async def test_a_body_of_untold_length_ends_at_the_limit(path: str, gone: bool) -> None:
    async def endless() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": bytes(MAX_FORM_BYTES // 2), "more_body": True}

    receive = limited(request(path, None), endless)
    kinds = [(await receive())["type"] for _ in range(3)]
    assert kinds[:2] == ["http.request"] * 2
    assert (kinds[2] == "http.disconnect") is gone


async def test_the_refusal_says_why_in_both_languages() -> None:
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await refuse(send)
    assert sent[0]["status"] == 413
    assert "zu groß" in sent[1]["body"].decode()
    assert "too large" in sent[1]["body"].decode()
