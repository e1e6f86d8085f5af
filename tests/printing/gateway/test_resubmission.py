# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Resubmit-Job: a second job of a sealed document, without a key to it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async

from allmende.directory.chip_openings import open_with_chip
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.ipp import GroupTag, JobState, Operation, Status, make
from allmende.printing.gateway import Gateway
from allmende.printing.job_changes import change_job
from allmende.printing.job_spool import job_spool
from allmende.printing.job_states import Change
from allmende.printing.jobs import Job, JobDocument, JobEvent
from allmende.printing.print_service import PrintService
from allmende.seal import open_note, read_header, unseal_bytes, unseal_file_key
from makers import PDF as MADE_PDF
from makers import make_job
from printing.gateway.ipp_client import PDF, Client, job_id_of, status_of

pytestmark = pytest.mark.django_db(transaction=True)

LARGE = b"%PDF-1.4\n" + bytes(range(256)) * 1_000


def sealed(job: Job) -> bytes:
    return (
        b"".join(job_spool().read(job.spool_key))
        if job.spool_key
        else bytes(JobDocument.objects.get(job_id=job.pk).sealed)
    )


def opened(town: Municipality, job_id: int) -> tuple[str, bytes]:
    """Title and document, as the chip opens them."""
    identity = open_with_chip(town, bytes.fromhex("04a1b2c3"), None).identity
    job = Job.objects.get(pk=job_id)
    header = read_header(bytes(job.header))
    assert header is not None
    file_key = unseal_file_key(header, identity)
    return open_note(file_key, "title", bytes(job.title_sealed)).decode(), unseal_bytes(identity, sealed(job))


@pytest.mark.parametrize("document", [PDF, LARGE], ids=["small", "spooled"])
async def test_the_chip_opens_both(client: Client, town: Municipality, document: bytes) -> None:
    title = make.name("job-name", "Haushaltsplan")
    first = await client.print_id(document, title)
    wishes = [make.integer("copies", 3)]
    reply = await client.send(Operation.RESUBMIT_JOB, make.integer("job-id", first), job=wishes)
    assert reply.code == Status.SUCCESSFUL_OK, status_of(reply)
    second = job_id_of(reply)
    assert second > first
    assert reply.group(GroupTag.JOB).integer("job-state") == JobState.PENDING_HELD
    for number in (first, second):
        assert await sync_to_async(opened)(town, number) == ("Haushaltsplan", document)

    def rows() -> list[tuple[str, dict[str, int], list[str]]]:
        return [
            (
                job.state,
                json.loads(job.ticket),
                list(JobEvent.objects.filter(job=job).values_list("change", flat=True)),
            )
            for job in Job.objects.order_by("pk")
        ]

    assert await sync_to_async(rows)() == [
        ("held", {}, ["complete"]),
        ("held", {"copies": 3}, ["complete"]),
    ]
    # The first one's end does not take the second's document with it.
    await client.send(Operation.CANCEL_JOB, make.integer("job-id", first))
    assert (await sync_to_async(opened)(town, second))[1] == document


async def test_what_is_known_of_the_document_is_known_of_the_copy(
    client: Client, town: Municipality, anna: Person, service: PrintService
) -> None:
    def make_known() -> int:
        return make_job(
            town,
            anna,
            pages=7,
            colour_pages=2,
            media="iso_a3_297x420mm",
            preview=b"\x89PNG",
            ticket={"copies": 2},
        ).job.pk

    first = await sync_to_async(make_known)()
    signed_in = Client(
        Gateway(service), headers=[(b"authorization", b"Basic YW5uYTphIHBhc3N3b3JkIG9mIGFubmE=")]
    )
    second = job_id_of(await signed_in.send(Operation.RESUBMIT_JOB, make.integer("job-id", first)))

    def facts(number: int) -> tuple[object, ...]:
        job = Job.objects.get(pk=number)
        preview = bytes(job.preview.sealed)
        return job.pages, job.colour_pages, job.media, job.inspection, job.ticket.replace(" ", ""), preview

    assert await sync_to_async(facts)(second) == await sync_to_async(facts)(first)
    assert (await sync_to_async(opened)(town, second))[1] == MADE_PDF


async def test_what_has_ended_can_not_be_had_again(client: Client) -> None:
    first = await client.print_id()
    await sync_to_async(lambda: change_job(Job.objects.get(pk=first), Change.CANCEL))()
    reply = await client.send(Operation.RESUBMIT_JOB, make.integer("job-id", first))
    assert reply.code == Status.CLIENT_ERROR_NOT_POSSIBLE
    assert await sync_to_async(Job.objects.count)() == 1


async def test_a_copy_counts_like_any_job(client: Client, town: Municipality, gateway: Gateway) -> None:
    first = await client.print_id()
    await sync_to_async(lambda: Municipality.objects.filter(pk=town.pk).update(quota_jobs=1))()
    fresh = Client(Gateway(gateway.parts.service))
    reply = await fresh.send(Operation.RESUBMIT_JOB, make.integer("job-id", first))
    assert reply.code == Status.SERVER_ERROR_TOO_MANY_JOBS, status_of(reply)


async def test_wishes_that_can_not_be_met_are_refused_with_fidelity(client: Client, home: Path) -> None:
    first = await client.print_id(LARGE)
    reply = await client.send(
        Operation.RESUBMIT_JOB,
        make.integer("job-id", first),
        make.boolean("ipp-attribute-fidelity", value=True),
        job=[make.keyword("sides", "three-sided")],
    )
    assert reply.code == Status.CLIENT_ERROR_ATTRIBUTES_OR_VALUES_NOT_SUPPORTED
    assert await sync_to_async(Job.objects.count)() == 1
    assert len(list(job_spool().keys())) == 1
