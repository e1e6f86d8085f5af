# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Visits: one person standing at one device, from the tap until they leave.

The person's private key lies here wrapped under the visit's token, which only the panel holds: any process can serve the
next request of the visit, and the database alone opens nothing. A visit ends by itself after a few minutes, when somebody else
taps at the same device, when the person leaves, and when one of the person's chips is revoked.

A tap costs one Argon2id, one query and one insert; it never waits for a device. The device hears that somebody stands before it
(`warm`) while Argon2id runs, so its connection is open by the time of the release.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from django.db import models, transaction
from django.utils import timezone

from allmende.devices.device_tokens import DeviceToken, TokenKind, panel_identity, read_number_format
from allmende.devices.devices import Device
from allmende.directory.attempts import UNKNOWN_CHIP_LIMIT, check_attempts
from allmende.directory.chip_enrolment import Enrolment, enrol_chip_with_code, enrol_further_chip
from allmende.directory.chip_openings import PinNeededError, UnknownChipError, open_with_chip
from allmende.directory.chips import Chip
from allmende.directory.cost_centres import CostCentre
from allmende.directory.events import ChipRevoked
from allmende.directory.keys import wrap_context
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.directory.unknown_chips import count_unknown_chip, return_unknown_chip
from allmende.printing.delivery.port import running_delivery
from allmende.printing.visit.waiting_chips import forget_waiting_chip, hand_to_panels, seal_for_panels
from allmende.seal import (
    Identity,
    SealError,
    key_from_token,
    read_chip_number,
    token_lookup,
    unseal_bytes,
    unwrap_identity,
    wrap_identity,
)

#: A visit in which nothing is touched ends after this; every action gives it the same again.
VISIT_IDLE: Final = timedelta(minutes=3)
_TOKEN_BYTES: Final = 24
_MAX_TOKEN_LENGTH: Final = 100


class VisitEndedError(Exception):
    """The visit is over, was at another device, or never was."""


class Visit(models.Model):
    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="+")
    #: Chosen at the panel for what is released in this visit; null: each owner's own.
    cost_centre = models.ForeignKey(
        CostCentre, on_delete=models.SET_NULL, null=True, db_index=False, related_name="+"
    )
    lookup = models.BinaryField(max_length=32, unique=True)
    wrapped_identity = models.BinaryField()
    #: After a tap at a reader: the token, sealed to the panels of the same device; empty once one of them took it.
    for_panel = models.BinaryField(default=b"")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"visit {self.pk}"


@dataclass(frozen=True, slots=True)
class OpenVisit:
    """A visit with the person's private key: it lives for one request."""

    visit: Visit
    token: str = field(repr=False)
    identity: Identity = field(repr=False)
    person: Person
    device: Device


def begin_visit(device_token: DeviceToken, raw_number: str | bytes, pin: str | None = None) -> OpenVisit:
    """The visit that a tap opens; it ends any other visit at this device. `raw_number` is as the reader wrote it, or as bytes the
    number itself, from a `WaitingChip`. What the reader can't ask, the panel of its device is given to ask.

    Raises ChipNumberError, the ChipOpeningErrors (UnknownChipError, PinNeededError, WrongPinError), and
    TooManyAttemptsError: 20 unknown chips in ten minutes close a device (`directory.unknown_chips`).
    """
    number = _read_number(device_token, raw_number)
    check_attempts(UNKNOWN_CHIP_LIMIT, device_token.device_id)
    delivery = running_delivery()
    if delivery is not None:
        delivery.warm(device_token.device_id)
    try:
        opened = open_with_chip(device_token.municipality, number, pin)
    except UnknownChipError as error:
        count_unknown_chip(device_token.device_id, error.lookup)
        hand_to_panels(device_token, number)
        raise
    except PinNeededError:
        hand_to_panels(device_token, number)
        raise
    return _open_visit(device_token, opened.person, opened.identity)


def enrol_at_device(
    device_token: DeviceToken,
    raw_number: str | bytes,
    code: str,
    *,
    label: str = "",
    pin: str | None = None,
    chips_lost: bool = False,
) -> tuple[OpenVisit, Enrolment]:
    """Enrol the unknown chip in the reader for the holder of a one-time code, and open their visit.

    Raises ChipNumberError, the EnrolmentErrors, and TooManyAttemptsError.
    """
    number = _read_number(device_token, raw_number)
    enrolment = enrol_chip_with_code(
        device_token.municipality,
        number,
        code,
        label=label,
        pin=pin,
        chips_lost=chips_lost,
        attempts_of=device_token.device_id,
    )
    return_unknown_chip(device_token.device_id, bytes(enrolment.chip.lookup))
    return _open_visit(device_token, enrolment.person, enrolment.identity), enrolment


def enrol_further_at_device(
    open_visit: OpenVisit,
    device_token: DeviceToken,
    raw_number: str | bytes,
    *,
    label: str = "",
    pin: str | None = None,
) -> Chip:
    """Enrol another chip for the person of the open visit.

    Raises ChipNumberError, the EnrolmentErrors, and TooManyAttemptsError.
    """
    number = _read_number(device_token, raw_number)
    chip = enrol_further_chip(open_visit.person, open_visit.identity, number, label=label, pin=pin)
    return_unknown_chip(device_token.device_id, bytes(chip.lookup))
    return chip


def resume_visit(device_token: DeviceToken, visit_token: str) -> OpenVisit:
    """The open visit with this token at this device. Raises VisitEndedError."""
    raw = visit_token.encode("utf-8", "replace")
    if not _TOKEN_BYTES <= len(raw) <= _MAX_TOKEN_LENGTH:
        raise VisitEndedError
    visit = (
        Visit.objects.select_related("person", "person__municipality", "person__cost_centre", "cost_centre")
        .filter(
            lookup=token_lookup(raw),
            municipality_id=device_token.municipality_id,
            device_id=device_token.device_id,
            expires_at__gt=timezone.now(),
            person__is_active=True,
        )
        .first()
    )
    if visit is None:
        raise VisitEndedError
    try:
        identity = unwrap_identity(
            bytes(visit.wrapped_identity), key_from_token(raw, "visit"), _visit_context(visit)
        )
    except SealError:
        raise VisitEndedError from None
    return OpenVisit(visit, visit_token, identity, visit.person, device_token.device)


def collect_visit(device_token: DeviceToken, clear_token: str) -> OpenVisit | None:
    """For a panel: the visit that a tap at the reader of the same device has just opened, once; None where there is none.

    `clear_token` is the panel's own token in clear: only with it can the handed-over visit be opened.
    """
    waiting = (
        Visit.objects.filter(
            municipality_id=device_token.municipality_id,
            device_id=device_token.device_id,
            expires_at__gt=timezone.now(),
        )
        .exclude(for_panel=b"")
        .order_by("-id")
        .first()
    )
    if waiting is None:
        return None
    try:
        token = unseal_bytes(panel_identity(clear_token), bytes(waiting.for_panel)).decode()
    except SealError:
        return None
    if not Visit.objects.filter(pk=waiting.pk).exclude(for_panel=b"").update(for_panel=b""):
        return None
    try:
        return resume_visit(device_token, token)
    except VisitEndedError:
        return None


def keep_visit_open(open_visit: OpenVisit) -> None:
    """Somebody touched the panel: the time until the visit ends by itself begins anew. Writes at most twice a minute."""
    visit = open_visit.visit
    expires_at = timezone.now() + VISIT_IDLE
    if (expires_at - visit.expires_at).total_seconds() < 30:
        return
    if Visit.objects.filter(pk=visit.pk).update(expires_at=expires_at):
        visit.expires_at = expires_at


def end_visit(open_visit: OpenVisit) -> None:
    """The token opens nothing from now on; what was released goes on."""
    Visit.objects.filter(pk=open_visit.visit.pk).delete()


def end_visits_of_person(event: ChipRevoked) -> None:
    """Which chip opened a visit isn't stored, so all of the person's end."""
    Visit.objects.filter(municipality_id=event.municipality_id, person_id=event.person_id).delete()


def _read_number(device_token: DeviceToken, raw_number: str | bytes) -> bytes:
    if isinstance(raw_number, bytes):
        return raw_number
    return read_chip_number(raw_number, read_number_format(device_token.number_format))


def _open_visit(device_token: DeviceToken, person: Person, identity: Identity) -> OpenVisit:
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    raw = token.encode()
    now = timezone.now()
    visit = Visit(
        municipality_id=device_token.municipality_id,
        person=person,
        device=device_token.device,
        lookup=token_lookup(raw),
        created_at=now,
        expires_at=now + VISIT_IDLE,
    )
    visit.wrapped_identity = wrap_identity(identity, key_from_token(raw, "visit"), _visit_context(visit))
    if device_token.kind == TokenKind.READER:
        visit.for_panel = seal_for_panels(device_token, raw)
    with transaction.atomic():
        forget_waiting_chip(device_token)
        Visit.objects.filter(device_id=device_token.device_id).delete()
        visit.save(force_insert=True)
    return OpenVisit(visit, token, identity, person, device_token.device)


def _visit_context(visit: Visit) -> bytes:
    return wrap_context("visit", visit.municipality_id, visit.person_id)
