# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Documents that come in by IPP: what is stored, and what is not when something breaks."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.utils import timezone

from allmende.directory.chip_openings import open_with_chip
from allmende.directory.keys import enrolment_identity
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.ipp import GroupTag, JobState, Operation, Status, decode, encode, make
from allmende.printing.arrival.intake import SMALL_DOCUMENT
from allmende.printing.gateway import Gateway
from allmende.printing.gateway.request_body import RequestBody
from allmende.printing.job_spool import job_spool
from allmende.printing.jobs import Job, JobDocument, JobEvent
from allmende.printing.print_service import PrintService
from allmende.seal import Identity, open_note, read_header, unseal_bytes, unseal_file_key
from makers import make_device, make_queue
from printing.clear_text_search import read_in_a_process_of_its_own
from printing.gateway.ipp_client import GONE, PDF, Client, job_id_of, request, status_of

pytestmark = pytest.mark.django_db(transaction=True)

LARGE = b"%PDF-1.4\n" + bytes(range(256)) * 12_000


@sync_to_async
def stored(job_id: int) -> tuple[Job, bytes]:
    job = Job.objects.get(pk=job_id)
    if job.spool_key:
        return job, b"".join(job_spool().read(job.spool_key))
    return job, bytes(JobDocument.objects.get(job_id=job_id).sealed)


@sync_to_async
def chip_identity(town: Municipality) -> Identity:
    return open_with_chip(town, bytes.fromhex("04a1b2c3"), None).identity


MORE: dict[str, Any] = {"type": "http.request", "body": b"", "more_body": True}
count_jobs = sync_to_async(Job.objects.count)


@pytest.mark.parametrize("document", [PDF, LARGE], ids=["with the row", "in the spool"])
async def test_the_chip_opens_document_and_title(client: Client, town: Municipality, document: bytes) -> None:
    job_id = await client.print_id(document, make.name("job-name", "Haushaltsplan"))

    job, sealed = await stored(job_id)
    identity = await chip_identity(town)
    assert unseal_bytes(identity, sealed) == document
    header = read_header(bytes(job.header))
    assert header is not None
    assert open_note(unseal_file_key(header, identity), "title", bytes(job.title_sealed)) == b"Haushaltsplan"
    assert (job.state, job.sealed_to, job.identity, job.size) == ("held", "person", "claimed", len(document))
    assert bool(job.spool_key) == (len(document) > SMALL_DOCUMENT)


async def test_no_byte_of_document_or_title_is_found_in_clear(
    client: Client, service: PrintService, home: Path
) -> None:
    marker = b"WALDMEISTERBOWLE"
    for document in (PDF, LARGE):
        await client.print_id(
            document[:1500] + marker + document[1500:], make.name("job-name", marker.decode())
        )
    await client.post([encode(request(Operation.PRINT_JOB, client.path)) + PDF + marker, GONE])
    await service.inspections.wait_idle()

    assert await asyncio.to_thread(_files_with, marker, home) == []


def _files_with(marker: bytes, home: Path) -> list[Path]:
    """Of the home folder and the database; looks that there was something to look at."""
    database = Path(str(connection.settings_dict["NAME"]))
    files = [path for path in home.rglob("*") if path.is_file()]
    files += list(database.parent.glob(database.name + "*"))
    assert any(path.stat().st_size > len(LARGE) for path in files)
    return [path for path in files if marker in read_in_a_process_of_its_own(path)]


async def test_the_answer_says_what_the_queue_reports(
    client: Client, gateway: Gateway, town: Municipality
) -> None:
    reply = await client.print()
    assert reply.group(GroupTag.JOB).integer("job-state") == JobState.PENDING_HELD
    assert (
        reply.group(GroupTag.JOB).uri("job-uri")
        == f"ipp://town.example:631/ipp/print/zerbst/jobs/{job_id_of(reply)}"
    )

    await sync_to_async(lambda: town.queues.update(reported_state="completed"))()
    gateway.parts.requesters.queues.forget(("zerbst", None))
    reply = await client.print()
    assert reply.group(GroupTag.JOB).integer("job-state") == JobState.COMPLETED


@pytest.mark.parametrize(
    ("name", "pack"),
    [("gzip", gzip.compress), ("deflate", zlib.compress)],
)
async def test_compressed_documents_are_stored_as_they_were(
    client: Client, town: Municipality, name: str, pack: Any
) -> None:
    job_id = await client.print_id(pack(LARGE), make.keyword("compression", name))
    _, sealed = await stored(job_id)
    assert unseal_bytes(await chip_identity(town), sealed) == LARGE


async def test_a_bomb_is_refused_and_leaves_nothing(
    client: Client, service: PrintService, home: Path
) -> None:
    bomb = gzip.compress(b"%PDF-1.4\n" + bytes(64 * 1024 * 1024), 9)
    service.quotas._max_document = 32 * 1024 * 1024
    reply = await client.print(bomb, make.keyword("compression", "gzip"))
    assert reply.code == Status.CLIENT_ERROR_REQUEST_ENTITY_TOO_LARGE, status_of(reply)
    broken = await client.print(b"no gzip at all" * 50, make.keyword("compression", "gzip"))
    assert broken.code == Status.CLIENT_ERROR_COMPRESSION_ERROR
    assert await count_jobs() == 0
    assert [path for path in (home / "spool").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("document", [PDF, LARGE], ids=["small", "large"])
async def test_an_aborted_upload_leaves_nothing(client: Client, home: Path, document: bytes) -> None:
    message = encode(request(Operation.PRINT_JOB, client.path))
    status, _ = await client.post([message + document[:500], document[500:], GONE])
    assert status == 408
    assert await count_jobs() == 0
    assert [path for path in (home / "spool").rglob("*") if path.is_file()] == []


async def test_a_body_shorter_than_announced_is_no_document(client: Client) -> None:
    body = encode(request(Operation.PRINT_JOB, client.path)) + PDF
    status, _ = await client.post([body], length=len(body) + 1)
    assert status == 408
    assert await count_jobs() == 0


async def test_a_silent_client_loses_its_request(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("allmende.printing.gateway.request_body.IDLE_SECONDS", 0.05)
    message = encode(request(Operation.PRINT_JOB, client.path))
    for half in (message[:20], message + PDF):
        status, _ = await client.post(
            [half, {"type": "http.request", "body": b"", "more_body": True}], length=10**6
        )
        assert status == 408
    assert await count_jobs() == 0


@pytest.mark.parametrize(
    ("document", "status"),
    [
        (b"", Status.CLIENT_ERROR_BAD_REQUEST),
        (b"%!PS-Adobe-3.0\n" * 100, Status.CLIENT_ERROR_DOCUMENT_FORMAT_NOT_SUPPORTED),
        (b"MZ\x90\x00" * 500, Status.CLIENT_ERROR_DOCUMENT_FORMAT_NOT_SUPPORTED),
    ],
)
async def test_what_is_no_document_is_refused(client: Client, document: bytes, status: Status) -> None:
    reply = await client.print(document)
    assert reply.code == status, status_of(reply)
    assert await count_jobs() == 0


async def test_fidelity_refuses_before_the_document(client: Client) -> None:
    wish = [make.integer("copies", 5000)]
    reply = await client.print(PDF, make.boolean("ipp-attribute-fidelity", value=True), job=wish)
    assert reply.code == Status.CLIENT_ERROR_ATTRIBUTES_OR_VALUES_NOT_SUPPORTED
    assert "copies" in reply.group(GroupTag.UNSUPPORTED)
    reply = await client.print(PDF, job=wish)
    assert reply.code == Status.SUCCESSFUL_OK_IGNORED_OR_SUBSTITUTED_ATTRIBUTES
    assert await count_jobs() == 1


async def test_a_full_disk_refuses_new_jobs_and_keeps_old(client: Client, service: PrintService) -> None:
    job_id = await client.print_id()
    service.quotas.disk_has_room = False
    reply = await client.print(LARGE)
    assert reply.code == Status.SERVER_ERROR_TEMPORARY_ERROR
    attributes = await client.send(Operation.GET_PRINTER_ATTRIBUTES)
    assert attributes.group(GroupTag.PRINTER).boolean("printer-is-accepting-jobs") is False
    job, _ = await stored(job_id)
    assert job.state == "held"


async def test_an_upload_ends_where_the_reserve_of_the_disk_begins(
    client: Client, service: PrintService, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In mid-upload, not at the next look at the disk."""
    rooms = iter([10**10, *[1000] * 10])
    monkeypatch.setattr(type(service.spool), "free_bytes", lambda spool: next(rooms))
    message = encode(request(Operation.PRINT_JOB, client.path))
    _, body = await client.post([message + LARGE, LARGE, LARGE])
    assert decode(body)[0].code == Status.SERVER_ERROR_TEMPORARY_ERROR
    assert service.quotas.disk_has_room
    assert await count_jobs() == 0
    assert [path for path in (home / "spool").rglob("*") if path.is_file()] == []


async def test_quotas_are_per_person(client: Client, gateway: Gateway, town: Municipality) -> None:
    await sync_to_async(lambda: Municipality.objects.update(quota_jobs=2, quota_bytes=3 * len(LARGE)))()
    gateway.parts.requesters.queues.forget(("zerbst", None))
    assert Status((await client.print(LARGE)).code).is_successful
    assert Status((await client.print()).code).is_successful
    assert (await client.print()).code == Status.SERVER_ERROR_TOO_MANY_JOBS
    stranger = Client(gateway, user="somebody else")
    assert Status((await stranger.print()).code).is_successful
    # Nobody is refused by a count that is out of date.
    await sync_to_async(lambda: Job.objects.filter(person__login="anna").update(state="printed"))()
    gateway.parts.service.quotas._held.clear()
    assert Status((await client.print()).code).is_successful


async def test_the_bytes_of_a_person_are_bounded_in_mid_upload(
    client: Client, gateway: Gateway, town: Municipality
) -> None:
    await sync_to_async(lambda: Municipality.objects.update(quota_bytes=len(LARGE) // 2))()
    gateway.parts.requesters.queues.forget(("zerbst", None))
    known = await client.print(LARGE)
    assert known.code == Status.CLIENT_ERROR_ACCOUNT_LIMIT_REACHED
    chunked = [encode(request(Operation.PRINT_JOB, client.path)) + LARGE[:1000], LARGE[1000:]]
    _, body = await client.post(chunked)  # its size is not known before
    assert decode(body)[0].code == Status.CLIENT_ERROR_ACCOUNT_LIMIT_REACHED
    assert await count_jobs() == 0


async def test_what_waits_no_longer_takes_no_room_in_mid_upload(
    client: Client, gateway: Gateway, town: Municipality
) -> None:
    await sync_to_async(lambda: Municipality.objects.update(quota_bytes=len(LARGE) + 1000))()
    gateway.parts.requesters.queues.forget(("zerbst", None))
    number = make.integer("job-id", await client.print_id(LARGE))
    assert (await client.send(Operation.CANCEL_JOB, number)).code == Status.SUCCESSFUL_OK
    chunked = [encode(request(Operation.PRINT_JOB, client.path)) + LARGE[:1000], LARGE[1000:]]
    _, body = await client.post(chunked)
    assert decode(body)[0].code == Status.SUCCESSFUL_OK


async def test_uploads_at_the_same_time_share_a_persons_room(
    client: Client, gateway: Gateway, town: Municipality
) -> None:
    """Each of them alone would fit."""
    await sync_to_async(lambda: Municipality.objects.update(quota_bytes=2 * len(LARGE)))()
    gateway.parts.requesters.queues.forget(("zerbst", None))
    chunked = [encode(request(Operation.PRINT_JOB, client.path)) + LARGE[:1000], LARGE[1000:]]
    answers = await asyncio.gather(*(client.post(chunked) for _ in range(5)))
    codes = sorted(Status(decode(body)[0].code).keyword for _, body in answers)
    assert codes == ["client-error-account-limit-reached"] * 3 + ["successful-ok"] * 2
    assert await count_jobs() == 2
    # Those that were refused take no room any more.
    await sync_to_async(lambda: Job.objects.update(state="printed"))()
    gateway.parts.service.quotas._held.clear()
    assert (await client.print(LARGE)).code == Status.SUCCESSFUL_OK


async def test_uploads_at_the_same_time_share_a_persons_jobs(
    client: Client, gateway: Gateway, town: Municipality
) -> None:
    await sync_to_async(lambda: Municipality.objects.update(quota_jobs=2))()
    gateway.parts.requesters.queues.forget(("zerbst", None))
    replies = await asyncio.gather(*(client.print(LARGE) for _ in range(5)))
    codes = sorted(Status(reply.code).keyword for reply in replies)
    assert codes == ["server-error-too-many-jobs"] * 3 + ["successful-ok"] * 2


async def test_an_unknown_person_goes_to_quarantine_under_the_towns_key(
    client: Client, gateway: Gateway, town: Municipality
) -> None:
    stranger = Client(gateway, user="Fremde")
    job_id = await stranger.print_id()
    job, sealed = await stored(job_id)
    assert (job.state, job.person_id, job.claimed_name, job.identity) == (
        "quarantined",
        None,
        "fremde",
        "unknown",
    )
    await sync_to_async(town.refresh_from_db)()
    identity = await sync_to_async(enrolment_identity)(town)
    assert unseal_bytes(identity, sealed) == PDF


async def test_an_unknown_address_is_bounded_in_jobs_not_in_requests(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Most clients announce a job and send its document then: that is one job."""
    monkeypatch.setattr("allmende.printing.arrival.quotas.UNKNOWN_JOBS_PER_HOUR", 2)
    stranger = Client(gateway, user="fremde")
    last = make.boolean("last-document", value=True)
    for _ in range(2):
        number = make.integer("job-id", job_id_of(await stranger.send(Operation.CREATE_JOB)))
        sent = await stranger.send(Operation.SEND_DOCUMENT, number, last, document=PDF)
        assert sent.code == Status.SUCCESSFUL_OK, status_of(sent)
    assert (await stranger.send(Operation.CREATE_JOB)).code == Status.SERVER_ERROR_TOO_MANY_JOBS
    assert (await Client(gateway, user="andere").print()).code == Status.SERVER_ERROR_TOO_MANY_JOBS


async def test_create_job_then_send_document(client: Client, town: Municipality) -> None:
    created = await client.send(Operation.CREATE_JOB, make.name("job-name", "Zwei Schritte"))
    job_id = job_id_of(created)
    number, last = make.integer("job-id", job_id), make.boolean("last-document", value=True)
    sent = await client.send(Operation.SEND_DOCUMENT, number, last, document=LARGE)
    assert sent.code == Status.SUCCESSFUL_OK, status_of(sent)
    job, sealed = await stored(job_id)
    assert unseal_bytes(await chip_identity(town), sealed) == LARGE
    assert job.state == "held"
    again = await client.send(Operation.SEND_DOCUMENT, number, last, document=PDF)
    assert again.code == Status.CLIENT_ERROR_NOT_POSSIBLE


async def test_nobody_takes_all_places_of_announced_jobs(
    client: Client, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("allmende.printing.gateway.open_jobs.MAX_OPEN_JOBS_EACH", 2)
    first = job_id_of(await client.send(Operation.CREATE_JOB))
    assert (await client.send(Operation.CREATE_JOB)).code == Status.SUCCESSFUL_OK
    assert (await client.send(Operation.CREATE_JOB)).code == Status.SERVER_ERROR_BUSY
    for stranger in (Client(gateway, user="fremde"), Client(gateway, user="andere")):
        assert (await stranger.send(Operation.CREATE_JOB)).code == Status.SUCCESSFUL_OK
    assert (await Client(gateway, user="dritte").send(Operation.CREATE_JOB)).code == Status.SERVER_ERROR_BUSY
    await client.send(Operation.CANCEL_JOB, make.integer("job-id", first))
    assert (await client.send(Operation.CREATE_JOB)).code == Status.SUCCESSFUL_OK


async def test_a_direct_queue_says_that_it_does_not_hold(gateway: Gateway, town: Municipality) -> None:
    await sync_to_async(lambda: make_queue(town, make_device(town, "schalter")))()
    client = Client(gateway, "/ipp/direct/zerbst/schalter")
    hold = [make.keyword("job-hold-until", "indefinite")]
    refused = await client.send(
        Operation.VALIDATE_JOB, make.boolean("ipp-attribute-fidelity", value=True), job=hold
    )
    assert refused.code == Status.CLIENT_ERROR_ATTRIBUTES_OR_VALUES_NOT_SUPPORTED
    printer = (await client.send(Operation.GET_PRINTER_ATTRIBUTES)).group(GroupTag.PRINTER)
    assert Operation.HOLD_JOB not in (printer.integers("operations-supported") or ())
    assert printer.keywords("job-hold-until-supported") == ("no-hold",)
    told = await client.print(PDF, job=hold)
    assert told.code == Status.SUCCESSFUL_OK_IGNORED_OR_SUBSTITUTED_ATTRIBUTES
    assert told.group(GroupTag.UNSUPPORTED).keyword("job-hold-until") == "indefinite"


@pytest.mark.parametrize("document", [PDF, LARGE], ids=["small", "large"])
async def test_a_job_cancelled_in_mid_upload_is_gone_and_not_to_be_sent_again(
    client: Client, gateway: Gateway, home: Path, document: bytes
) -> None:
    number = make.integer("job-id", job_id_of(await client.send(Operation.CREATE_JOB)))
    last = make.boolean("last-document", value=True)
    message = encode(request(Operation.SEND_DOCUMENT, client.path, number, last))
    first_half_arrived, cancelled = asyncio.Event(), asyncio.Event()
    receive = RequestBody.read

    async def read(body: RequestBody) -> bytes:
        piece = await receive(body)
        if piece == document[len(document) // 2 :]:
            first_half_arrived.set()
            await cancelled.wait()
        return piece

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RequestBody, "read", read)
        half = len(document) // 2
        upload = asyncio.create_task(client.post([message + document[:half], document[half:]]))
        await first_half_arrived.wait()
        assert (await client.send(Operation.CANCEL_JOB, number)).code == Status.SUCCESSFUL_OK
        cancelled.set()
        _, body = await upload
    # A temporary error would make the client send it again.
    assert decode(body)[0].code == Status.CLIENT_ERROR_NOT_POSSIBLE
    assert [path for path in (home / "spool").rglob("*") if path.is_file()] == []
    assert not gateway.parts.service.quotas._incoming


async def test_close_job_completes_what_was_left_open(client: Client) -> None:
    job_id = job_id_of(await client.send(Operation.CREATE_JOB))
    number, more = make.integer("job-id", job_id), make.boolean("last-document", value=False)
    await client.send(Operation.SEND_DOCUMENT, number, more, document=PDF)
    second = await client.send(Operation.SEND_DOCUMENT, number, more, document=PDF)
    assert second.code == Status.SERVER_ERROR_MULTIPLE_DOCUMENT_JOBS_NOT_SUPPORTED
    closed = await client.send(Operation.CLOSE_JOB, number)
    assert closed.code == Status.SUCCESSFUL_OK, status_of(closed)
    assert (await stored(job_id))[0].state == "held"


async def test_an_announced_job_without_document_is_aborted(service: PrintService) -> None:
    client = Client(Gateway(service, open_job_seconds=0.05))
    job_id = job_id_of(await client.send(Operation.CREATE_JOB))
    events = sync_to_async(
        lambda: list(JobEvent.objects.filter(job_id=job_id).values_list("state", flat=True))
    )
    async with asyncio.timeout(60):
        while "aborted" not in await events():
            pass
    assert await events() == ["incoming", "aborted"]


async def test_a_document_that_goes_to_another_process_is_not_aborted_by_the_first(
    client: Client, service: PrintService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Create-Job here, Send-Document there, and its upload takes longer than the first one waits."""
    other = Client(Gateway(service))
    number = make.integer("job-id", job_id_of(await client.send(Operation.CREATE_JOB)))
    more = make.boolean("last-document", value=False)
    sent = await other.send(Operation.SEND_DOCUMENT, number, more, document=PDF)
    assert sent.code == Status.SUCCESSFUL_OK, status_of(sent)
    open_jobs = client.gateway.parts.open_jobs
    job = open_jobs.find(job_id_of(sent))
    assert job is not None
    later = SimpleNamespace(now=lambda: timezone.now() + timedelta(minutes=10))
    monkeypatch.setattr("allmende.printing.gateway.open_jobs.timezone", later)
    assert not await open_jobs.abort(job, only_due=True)
    closed = await other.send(Operation.CLOSE_JOB, number)
    assert closed.code == Status.SUCCESSFUL_OK, status_of(closed)
    assert (await stored(job.job_id))[0].state == "held"


async def test_what_another_process_completed_is_closed_here_too(
    client: Client, service: PrintService
) -> None:
    created = await client.send(Operation.CREATE_JOB)
    number = make.integer("job-id", job_id_of(created))
    last = make.boolean("last-document", value=True)
    await Client(Gateway(service)).send(Operation.SEND_DOCUMENT, number, last, document=PDF)
    closed = await client.send(Operation.CLOSE_JOB, number)
    assert closed.group(GroupTag.JOB).integer("job-state") == JobState.PENDING_HELD
    assert (await stored(job_id_of(created)))[0].state == "held"


async def test_a_broken_send_document_aborts_its_job(client: Client) -> None:
    job_id = job_id_of(await client.send(Operation.CREATE_JOB))
    message = request(
        Operation.SEND_DOCUMENT,
        client.path,
        make.integer("job-id", job_id),
        make.boolean("last-document", value=True),
    )
    status, _ = await client.post([encode(message) + PDF, GONE])
    assert status == 408
    job = await sync_to_async(Job.objects.get)(pk=job_id)
    assert job.state == "aborted"


async def test_facts_are_known_after_a_while(client: Client, service: PrintService, anna: Person) -> None:
    from allmende.documents import make_demo_pdf

    good = await client.print_id(make_demo_pdf("Drei Seiten", 3))
    bad = await client.print_id()
    await service.inspections.wait_idle()
    job, _ = await stored(good)
    assert (job.inspection, job.pages, job.media) == ("ok", 3, "iso_a4_210x297mm")
    assert (await stored(bad))[0].inspection == "unreadable"
