# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What lies on disk, in the database and in the log: nothing of a document in clear, and no key that opens one."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.apps import apps
from django.conf import settings
from django.db import connection

from allmende.directory.chips import Chip
from allmende.directory.keys import enrolment_identity, wrap_context
from allmende.directory.municipalities import Municipality
from allmende.ipp import JobState, Operation
from allmende.printing.job_spool import job_spool
from allmende.printing.job_states import State
from allmende.printing.jobs import Job, JobDocument
from allmende.printing.visit.release import list_visit_jobs, read_preview
from allmende.printing.visit.visits import Visit
from allmende.seal import FileKey, Identity, SealError, key_from_token, unseal_bytes, unwrap_identity
from makers import make_job, make_person
from printing import scripted_device as device
from printing.clear_text_search import read_in_a_process_of_its_own
from printing.delivering import delivering, wait_for_state
from printing.scripted_device import scripted_printer, work_on
from printing.standing import Standing, stand, stand_and_release

pytestmark = pytest.mark.django_db(transaction=True)

TITLE, BODY, PICTURE = "Waldmeisterbowle", b"Rhabarberkompott", b"Stachelbeertorte"
DOCUMENT = b"%PDF-1.4\n" + BODY + b"\n%%EOF"
JOB: dict[str, Any] = {"title": TITLE, "document": DOCUMENT, "preview": b"\x89PNG" + PICTURE}


def stored_values() -> Iterator[bytes]:
    """Every value of every row of every table."""
    for model in apps.get_models():
        for row in model._default_manager.all():
            for field in model._meta.concrete_fields:
                value = field.value_from_object(row)
                if isinstance(value, bytes | memoryview):
                    yield bytes(value)
                elif value is not None:
                    yield str(value).encode()


def everything_stored(home: Path) -> Iterator[bytes]:
    yield from stored_values()
    for file in home.rglob("*"):
        if file.is_file():
            yield file.read_bytes()
    if connection.vendor == "sqlite":
        for suffix in ("", "-wal"):
            database = Path(str(connection.settings_dict["NAME"]) + suffix)
            if database.exists():
                yield read_in_a_process_of_its_own(database)


def assert_nothing_in_clear(home: Path, log: str) -> None:
    markers = [TITLE.encode(), BODY, PICTURE, b"04a1b2c3"]
    for stored in [*everything_stored(home), log.encode()]:
        for marker in markers:
            assert marker not in stored


@pytest.mark.parametrize("spooled", [False, True])
@pytest.mark.parametrize(
    "case",
    [
        (device.complete, {}, State.PRINTED),
        (work_on(JobState.ABORTED, 1, 1), {}, State.UNCERTAIN),
        (device.complete, {Operation.CREATE_JOB: [device.refuse(0x0400)]}, State.HELD),
    ],
    ids=["printed", "uncertain", "refused"],
)
async def test_nothing_is_in_clear_after_any_delivery(
    home: Path, caplog: pytest.LogCaptureFixture, spooled: bool, case: tuple[Any, Any, State]
) -> None:
    printing, misdeeds, state = case
    caplog.set_level("DEBUG")
    async with scripted_printer(print_it=printing, misdeeds=misdeeds) as printer, delivering():
        standing = await stand_and_release(printer.uri, spooled=spooled, **JOB)
        await wait_for_state(standing.job_ids[0], state)

        def look() -> None:
            shown = list_visit_jobs(standing.visit)
            assert shown[0].title == TITLE
            read_preview(standing.visit, shown[0].id)
            assert_nothing_in_clear(home, caplog.text)

        await sync_to_async(look)()
        if state is State.PRINTED:
            assert printer.printed == [DOCUMENT]
            assert await sync_to_async(lambda: list(job_spool().keys()))() == []


async def test_nothing_is_in_clear_after_a_crash_in_mid_delivery(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    async with scripted_printer(print_it=work_on(JobState.PROCESSING, 1, 1)) as printer, delivering():
        standing = await stand_and_release(printer.uri, spooled=True, **JOB)
        await wait_for_state(standing.job_ids[0], State.DELIVERING)
        await sync_to_async(assert_nothing_in_clear)(home, caplog.text)


def keys_for_a_thief(standing: Standing) -> Iterator[bytes]:
    """What somebody with disk, database and pepper could take for a key: all stored bytes, and what is made of them by our own means."""
    secrets = {*stored_values(), settings.ALLMENDE_PEPPER, settings.SECRET_KEY.encode()}
    purposes = ("visit", "panel", "chip", f"enrolment/{standing.town.pk}")
    for secret in secrets:
        if 16 <= len(secret) <= 4096:
            yield hashlib.sha256(secret).digest()
            yield from (key_from_token(secret, purpose) for purpose in purposes)
            yield from (secret[start : start + 32] for start in range(max(1, len(secret) - 31)))


def test_with_all_files_and_the_database_nothing_opens_without_the_chip(home: Path) -> None:
    standing = stand(spooled=True, **JOB)
    make_job(standing.town, standing.person, **JOB)
    documents = [bytes(row.sealed) for row in JobDocument.objects.all()]
    documents += [b"".join(job_spool().read(key)) for key in job_spool().keys()]  # noqa: SIM118 - not a dict
    assert len(documents) == 2

    def opens(key: Identity | FileKey) -> bool:
        for document in documents:
            try:
                unseal_bytes(key, document)
            except SealError:
                continue
            return True
        return False

    assert opens(standing.visit.identity)
    contexts = [
        wrap_context(opener, standing.town.pk, standing.person.pk)
        for opener in ("chip", "visit", "enrolment")
    ]
    wrapped = [
        bytes(row.wrapped_identity) for row in itertools.chain(Chip.objects.all(), Visit.objects.all())
    ]
    tried = 0
    assert not opens(enrolment_identity(Municipality.objects.get()))
    for key in keys_for_a_thief(standing):
        tried += 1
        assert not opens(FileKey(key[:16]))
        if len(key) != 32:
            continue
        assert not opens(Identity(key))
        for sealed, context in itertools.product(wrapped, contexts):
            with pytest.raises(SealError):
                unwrap_identity(sealed, key, context)
    assert tried > 100


def test_what_waits_before_the_first_chip_is_marked_as_weaker() -> None:
    """The limit, said plainly: with the pepper, what lies under the enrolment key opens."""
    standing = stand(jobs=0)
    bernd = make_person(standing.town, "bernd")
    made = make_job(standing.town, bernd, **JOB)
    assert Job.objects.get(pk=made.job.pk).sealed_to == "enrolment"
    sealed = bytes(JobDocument.objects.get().sealed)
    assert unseal_bytes(enrolment_identity(standing.town), sealed) == DOCUMENT
