# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Enrolling and revoking chips.

Three ways to a chip: the first one with a one-time code; a further one through an open visit, which brings the person's
identity; and with a code again when all chips are lost. The last makes a fresh key pair, because the old private key is gone with the
chips: what was sealed to it can't be opened by anybody any more.

Always holds: the chip's number is stored nowhere; a code is stored only as its MAC under the pepper, works once, and for
30 minutes where it is shown on a screen, for two weeks where it goes out as a letter; each step is in the audit trail. A letter's code may live that
long: of 24⁹ codes a device takes ten wrong ones in ten minutes.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from allmende.directory.access import check_may_act_for
from allmende.directory.attempts import CODE_LIMIT, ENROLMENT_LIMIT, check_attempts, spend_attempt
from allmende.directory.audit import record_audit
from allmende.directory.chips import Chip, EnrolmentCode
from allmende.directory.events import ChipRevoked, PersonEnrolled, publish
from allmende.directory.keys import chip_pin_key, chip_secrets, wrap_context
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.seal import Identity, SealError, normalise_pin, wrap_identity

#: No 0/O, 1/I/L, 2/Z, 5/S, 8/B, U/V: what a person reads from one screen and types at another.
CODE_ALPHABET: Final = "34679ACDEFGHJKMNPQRTVWXY"
CODE_LENGTH: Final = 9
CODE_LIFETIME: Final = timedelta(minutes=30)
#: Of a code on paper, which is printed for many, handed out, and used when the person is back at work.
LETTER_LIFETIME: Final = timedelta(days=14)
MAX_CHIPS_PER_PERSON: Final = 20


class EnrolmentError(Exception):
    """The chip was not enrolled."""


class CodeRefusedError(EnrolmentError):
    """The code is unknown, used or out of date; which of these is not told."""


class ChipTakenError(EnrolmentError):
    """The chip is enrolled already."""


class OtherChipNeededError(EnrolmentError):
    """The person still has chips: enrol through one of them, or say that they are lost (`chips_lost=True`)."""


class TooManyChipsError(EnrolmentError):
    pass


class PinRefusedError(EnrolmentError):
    """A PIN has 4 to 64 characters."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """`fresh_key`: an earlier key pair was replaced, so papers that waited under it are lost."""

    person: Person
    chip: Chip
    fresh_key: bool
    identity: Identity = field(repr=False)


def issue_enrolment_code(actor: Person, person: Person, lifetime: timedelta = CODE_LIFETIME) -> str:
    """A new one-time code for this person, shown once; earlier ones end. Written `XXX-XXX-XXX`.

    Raises PermissionDenied unless the actor is the person or their town's IT.
    """
    check_may_act_for(actor, person)
    municipality = person.municipality
    if municipality is None:  # pragma: no cover - check_may_act_for refuses
        raise EnrolmentError
    code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
    now = timezone.now()
    with transaction.atomic():
        EnrolmentCode.objects.filter(person=person, used_at__isnull=True).delete()
        EnrolmentCode.objects.create(
            municipality=municipality,
            person=person,
            lookup=_code_lookup(municipality.pk, code),
            expires_at=now + lifetime,
        )
        record_audit(municipality, actor, "enrolment_code.issued", f"person:{person.pk}")
    return "-".join(code[start : start + 3] for start in range(0, CODE_LENGTH, 3))


def enrol_chip_with_code(
    municipality: Municipality,
    number: bytes,
    code: str,
    *,
    label: str = "",
    pin: str | None = None,
    chips_lost: bool = False,
    attempts_of: int | None = None,
) -> Enrolment:
    """Enrol the chip for the holder of `code`; takes one or two Argon2id.

    `attempts_of` is the row number of the device at which the code is typed: wrong codes are counted there. Raises an
    EnrolmentError, or TooManyAttemptsError.
    """
    if attempts_of is not None:
        check_attempts(CODE_LIMIT, attempts_of)
    found = _find_code(municipality, code)
    if found is None:
        if attempts_of is not None:
            spend_attempt(CODE_LIMIT, attempts_of)
        raise CodeRefusedError
    person = found.person
    if not chips_lost and Chip.objects.filter(person_id=person.pk).exists():
        raise OtherChipNeededError
    identity = Identity.generate()
    lookup, wrapped = _wrap_for_chip(municipality, person, identity, number, pin)
    with transaction.atomic():
        used = EnrolmentCode.objects.filter(
            pk=found.pk, used_at__isnull=True, expires_at__gt=timezone.now()
        ).update(used_at=timezone.now())
        if not used:
            raise CodeRefusedError
        replaced = bool(person.recipient)
        for old in Chip.objects.filter(person_id=person.pk):
            _remove_chip(person, old)
        Person.objects.filter(pk=person.pk).update(recipient=identity.recipient.to_text())
        person.recipient = identity.recipient.to_text()
        chip = _create_chip(municipality, person, lookup, wrapped, label, has_pin=pin is not None)
        if replaced:
            record_audit(municipality, person, "key.replaced", f"person:{person.pk}")
        publish(PersonEnrolled(municipality.pk, person.pk, replaced_key=replaced))
    return Enrolment(person, chip, replaced, identity)


def enrol_further_chip(
    person: Person, identity: Identity, number: bytes, *, label: str = "", pin: str | None = None
) -> Chip:
    """Give a person another chip; `identity` (from an open visit) proves that they hold one already.

    Raises an EnrolmentError, or TooManyAttemptsError; ValueError if the identity is not this person's.
    """
    municipality = person.municipality
    if municipality is None or identity.recipient.to_text() != person.recipient:
        raise ValueError("not this person's identity")
    if Chip.objects.filter(person_id=person.pk).count() >= MAX_CHIPS_PER_PERSON:
        raise TooManyChipsError
    lookup, wrapped = _wrap_for_chip(municipality, person, identity, number, pin)
    with transaction.atomic():
        return _create_chip(municipality, person, lookup, wrapped, label, has_pin=pin is not None)


def revoke_chip(actor: Person, chip: Chip) -> None:
    """Remove the chip's wrap, the only way from it to the documents, and end visits that it opened.

    Raises PermissionDenied unless the actor is the chip's person or their town's IT.
    """
    check_may_act_for(actor, chip.person)
    with transaction.atomic():
        _remove_chip(actor, chip)


def _remove_chip(actor: Person, chip: Chip) -> None:
    chip_id = chip.pk
    chip.delete()
    record_audit(
        chip.municipality, actor, "chip.revoked", f"chip:{chip_id}", person=chip.person_id, label=chip.label
    )
    publish(ChipRevoked(chip.municipality_id, chip.person_id, chip_id))


def _create_chip(
    municipality: Municipality, person: Person, lookup: bytes, wrapped: bytes, label: str, *, has_pin: bool
) -> Chip:
    try:
        with transaction.atomic():
            chip = Chip.objects.create(
                municipality=municipality,
                person=person,
                label=label[:80],
                lookup=lookup,
                wrapped_identity=wrapped,
                has_pin=has_pin,
            )
    except IntegrityError:
        raise ChipTakenError from None
    record_audit(municipality, person, "chip.enrolled", f"chip:{chip.pk}", person=person.pk, label=chip.label)
    return chip


def check_pin(pin: str) -> None:
    """For whoever asks for a PIN before the chip is there. Raises PinRefusedError."""
    try:
        normalise_pin(pin)
    except SealError:
        raise PinRefusedError from None


def _wrap_for_chip(
    municipality: Municipality, person: Person, identity: Identity, number: bytes, pin: str | None
) -> tuple[bytes, bytes]:
    """(look-up value, wrapped identity). Outside of any transaction: Argon2id would hold the write lock.

    What follows tells whether the number is taken, so each is counted. Raises PinRefusedError, TooManyAttemptsError.
    """
    derived = chip_secrets(municipality, number)
    key = derived.wrapping_key
    if pin is not None:
        try:
            key = chip_pin_key(municipality, derived, pin)
        except SealError:
            raise PinRefusedError from None
    spend_attempt(ENROLMENT_LIMIT, person.pk)
    context = wrap_context("chip", municipality.pk, person.pk)
    return derived.lookup, wrap_identity(identity, key, context)


def _find_code(municipality: Municipality, code: str) -> EnrolmentCode | None:
    plain = "".join(character for character in code.upper() if character.isalnum())
    if len(plain) != CODE_LENGTH:
        return None
    return (
        EnrolmentCode.objects.select_related("person", "person__municipality")
        .filter(
            municipality_id=municipality.pk,
            lookup=_code_lookup(municipality.pk, plain),
            used_at__isnull=True,
            expires_at__gt=timezone.now(),
            person__is_active=True,
        )
        .first()
    )


def _code_lookup(municipality_id: int, code: str) -> bytes:
    message = b"enrolment-code|%d|" % municipality_id + code.encode()
    return hmac.digest(settings.ALLMENDE_PEPPER, message, hashlib.sha256)
