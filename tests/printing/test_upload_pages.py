# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A file from the browser goes sealed to the spool; nothing of it lies anywhere in clear, also not for a moment."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from allmende.directory.people import Person
from allmende.documents import make_demo_pdf
from allmende.printing.arrival.upload import UPLOADS_PER_PERSON, take_place
from allmende.printing.job_access import open_with_enrolment_key
from allmende.printing.jobs import Job
from allmende.printing.print_service import PrintService, set_running_service
from makers import make_person, make_queue, make_town

pytestmark = pytest.mark.django_db(transaction=True)

MARKER = b"WALDMEISTERBOWLE"


@pytest.fixture
def service(transactional_db: None) -> Iterator[PrintService]:
    """The real service on a loop of its own, as in the server's process."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def start() -> PrintService:
        started = PrintService.from_settings()
        await started.start()
        return started

    running = asyncio.run_coroutine_threadsafe(start(), loop).result(30)
    set_running_service(running)
    yield running
    set_running_service(None)
    asyncio.run_coroutine_threadsafe(running.stop(), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.fixture
def anna(transactional_db: None) -> Person:
    person = make_person(make_town(), "anna")
    assert person.municipality is not None
    make_queue(person.municipality)
    return person


@pytest.fixture
def portal(client: Client, anna: Person) -> Client:
    client.force_login(anna)
    client.cookies["django_language"] = "en"
    return client


def hand_in(portal: Client, content: bytes, name: str = "plan.pdf", **fields: Any) -> Any:
    data = {"copies": 2, "sides": "one-sided", "colour": "monochrome", **fields}
    return portal.post(
        "/drucken/", {**data, "document": SimpleUploadedFile(name, content, "application/pdf")}
    )


@pytest.mark.parametrize("padding", [0, 5_000_000], ids=["small", "large"])
def test_hand_in(  # noqa: PLR0917
    portal: Client, anna: Person, service: PrintService, padding: int, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    made: list[Any] = []
    real_open = os.open

    def watched_open(path: Any, *rest: Any, **more: Any) -> int:
        made.append(path)
        return real_open(path, *rest, **more)

    monkeypatch.setattr(os, "open", watched_open)
    document = make_demo_pdf("Plan") + b"%" + MARKER + os.urandom(padding)
    response = hand_in(portal, document)
    assert response.status_code == 302
    job = Job.objects.get()
    assert (job.person_id, job.state, job.identity, job.size) == (anna.pk, "held", "signed-in", len(document))
    ticket = json.loads(job.ticket)
    assert (ticket["copies"], ticket["sides"], ticket["print_color_mode"]) == (2, "one-sided", "monochrome")
    assert anna.municipality is not None
    opened = open_with_enrolment_key(job, anna.municipality)
    assert opened is not None
    assert opened.title() == "plan.pdf"
    assert not [path for path in made if str(path).startswith(str(temporary))]
    assert not any(MARKER in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())


@pytest.mark.parametrize(
    ("content", "fields", "words"),
    [
        (b"", {}, "The file is empty."),
        (b"MZ this is a program" * 100, {}, "This kind of file can"),
        (make_demo_pdf("Plan"), {"copies": 0}, "greater than or equal to 1"),
        (make_demo_pdf("Plan"), {"sides": "three-sided"}, "three-sided"),
    ],
    ids=["empty", "program", "no-copies", "no-such-sides"],
)
def test_refused(
    portal: Client, service: PrintService, content: bytes, fields: dict[str, Any], words: str
) -> None:
    response = hand_in(portal, content, **fields)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not Job.objects.exists()


def test_without_a_file(portal: Client, service: PrintService) -> None:
    response = portal.post("/drucken/", {"copies": 1, "sides": "one-sided", "colour": "auto"})
    assert "Please choose the file that is to be printed." in response.content.decode()


def test_without_the_service(portal: Client) -> None:
    response = hand_in(portal, make_demo_pdf("Plan"))
    assert response.status_code == 503
    assert not Job.objects.exists()


def test_forged_request_leaves_nothing(anna: Person, service: PrintService, tmp_path: Path) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(anna)
    response = hand_in(client, make_demo_pdf("Plan") + os.urandom(3_000_000))
    assert response.status_code == 403
    assert not Job.objects.exists()
    assert not [file for file in (tmp_path / "spool").rglob("*") if file.is_file()]


class Unread:
    """A body that nobody may wait for."""

    def read(self, *_: Any) -> bytes:
        raise AssertionError

    readline = read


def test_one_person_can_not_take_all_places(portal: Client, anna: Person, service: PrintService) -> None:
    bernd = Client()
    bernd.force_login(make_person(anna.municipality, "bernd"))
    with ExitStack() as held:
        for _ in range(UPLOADS_PER_PERSON):
            held.enter_context(take_place(anna))
        response = portal.generic(
            "POST", "/drucken/", content_type="multipart/form-data; boundary=b", CONTENT_LENGTH="9",
            **{"wsgi.input": Unread()},
        )  # fmt: skip
        assert response.status_code == 429
        assert "Your earlier files are still arriving" in response.content.decode()
        assert portal.get("/drucken/").status_code == 200
        assert hand_in(bernd, make_demo_pdf("Plan")).status_code == 302
    assert hand_in(portal, b"").status_code == 422
    for _ in range(UPLOADS_PER_PERSON + 1):
        assert hand_in(portal, make_demo_pdf("Plan")).status_code == 302
