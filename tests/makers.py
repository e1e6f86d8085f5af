# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Towns, people, chips, devices and jobs for tests, made through the services where there are any."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from allmende.devices.device_tokens import DeviceToken, TokenKind, find_device_token, issue_device_token
from allmende.devices.devices import Device
from allmende.directory.chip_enrolment import enrol_chip_with_code, issue_enrolment_code
from allmende.directory.cost_centres import ensure_cost_centres
from allmende.directory.keys import ensure_enrolment_key
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.directory.roles import Role, RoleName
from allmende.printing.job_spool import job_spool
from allmende.printing.job_states import Change, State
from allmende.printing.jobs import Identity as KnownBy
from allmende.printing.jobs import Job, JobDocument, JobEvent, JobPreview, SealedTo
from allmende.printing.ledger.entries import append_entry, local_day
from allmende.printing.ledger.sheets import SheetEntry
from allmende.printing.queues import Queue, QueueKind
from allmende.seal import FileKey, Recipient, seal, seal_note
from allmende.spool import new_key

PDF = b"%PDF-1.4\n%a marker that must never be found in clear: WALDMEISTERBOWLE\n%%EOF\n"


def make_town(slug: str = "zerbst", **fields: Any) -> Municipality:
    """With Argon2id at its cheapest: what it costs is not what most tests are about."""
    return Municipality.objects.create(
        slug=slug,
        name=fields.pop("name", slug.title()),
        argon_memory_kib=64,
        argon_iterations=1,
        **fields,
    )


def make_person(town: Municipality, login: str = "anna", *, it: bool = False, **fields: Any) -> Person:
    """`cost_centre` is its number."""
    number = fields.pop("cost_centre", "")
    fields["cost_centre"] = ensure_cost_centres(town, [number]).get(number)
    person = Person.objects.create_person(
        municipality=town, login=login, display_name=fields.pop("display_name", login.title()), **fields
    )
    if it:
        Role.objects.create(municipality=town, person=person, name=RoleName.IT)
    return person


def make_chip(person: Person, number: str = "04a1b2c3", *, pin: str | None = None) -> str:
    """Enrol the person's first chip; answers the number as a reader writes it."""
    assert person.municipality is not None
    code = issue_enrolment_code(person, person)
    enrol_chip_with_code(person.municipality, bytes.fromhex(number), code, pin=pin, chips_lost=True)
    person.refresh_from_db()
    return number


def make_device(
    town: Municipality, slug: str = "rathaus-eg", uri: str = "ipp://127.0.0.1:1/ipp/print"
) -> Device:
    return Device.objects.create(municipality=town, slug=slug, name=slug.title(), uri=uri)


def make_token(device: Device, kind: TokenKind = TokenKind.PANEL) -> tuple[DeviceToken, str]:
    """(row, token in clear)"""
    clear = issue_device_token(None, device, kind)
    found = find_device_token(clear)
    assert found is not None
    return found, clear


def make_queue(town: Municipality, device: Device | None = None) -> Queue:
    kind = QueueKind.HELD if device is None else QueueKind.DIRECT
    found = Queue.objects.filter(municipality=town, kind=kind, device=device).first()
    return found or Queue.objects.create(
        municipality=town, kind=kind, name=f"{town.slug} {kind}", device=device, uuid=uuid.uuid4()
    )


@dataclass
class MadeJob:
    job: Job
    file_key: FileKey


def make_job(
    town: Municipality,
    person: Person | None,
    *,
    document: bytes = PDF,
    title: str = "Haushaltsplan",
    preview: bytes | None = None,
    spooled: bool = False,
    state: State = State.HELD,
    recipients: list[Recipient] | None = None,
    queue: Queue | None = None,
    ticket: dict[str, object] | None = None,
    **fields: Any,
) -> MadeJob:
    """A job as arrival leaves it: sealed to its person, or to the town's enrolment key."""
    sealed_to = SealedTo.PERSON if person is not None and person.recipient else SealedTo.ENROLMENT
    if recipients is None:
        own = sealed_to == SealedTo.PERSON and person is not None
        recipients = [Recipient.from_text(person.recipient) if own and person else ensure_enrolment_key(town)]
    file_key, header, body = seal(recipients, document)
    spool_key = ""
    if spooled:
        spool_key = new_key(town.slug)
        with job_spool().create(spool_key) as writer:
            writer.write(header + body)
            writer.commit()
    now = timezone.now()
    values: dict[str, Any] = {
        "identity": KnownBy.SIGNED_IN if person else KnownBy.UNKNOWN,
        "document_format": "application/pdf",
        "pages": 1,
        "colour_pages": 0,
        "inspection": "ok",
        "created_at": now,
        "expires_at": now + timedelta(hours=24),
        "ticket": json.dumps(ticket or {}),
        **fields,
    }
    job = Job.objects.create(
        municipality=town,
        queue=queue or make_queue(town),
        person=person,
        state=state.value,
        sealed_to=sealed_to,
        title_sealed=seal_note(file_key, "title", title.encode()),
        size=len(document),
        header=header,
        spool_key=spool_key,
        **values,
    )
    if not spooled:
        JobDocument.objects.create(job=job, sealed=header + body)
    if preview is not None:
        JobPreview.objects.create(job=job, sealed=seal_note(file_key, "preview", preview))
    change = Change.COMPLETE if person else Change.COMPLETE_UNKNOWN
    JobEvent.objects.create(job=job, municipality=town, at=now, change=change.value, state=state.value)
    return MadeJob(job, file_key)


def make_entry(town: Municipality, **fields: Any) -> SheetEntry:
    """One sheet in black, today, with its part of the sums."""
    now = timezone.now()
    values: dict[str, Any] = {
        "day": local_day(now),
        "at": now,
        "impressions_mono": 1,
        "impressions_colour": 0,
        "sheets": 1,
        **fields,
    }
    return append_entry(SheetEntry(municipality=town, **values))
