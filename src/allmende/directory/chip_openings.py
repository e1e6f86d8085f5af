# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""From a chip's number to its person's identity: the look-up of every tap.

One Argon2id and one indexed query for a chip without a PIN; with a PIN a second Argon2id, at most five wrong tries in ten
minutes per chip, wherever they are made. Who taps an unknown chip learns nothing but that it is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from django.utils import timezone

from allmende.directory.attempts import PIN_LIMIT, forget_attempts, spend_attempt
from allmende.directory.chips import Chip
from allmende.directory.keys import chip_pin_key, chip_secrets, wrap_context
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.seal import Identity, SealError, unwrap_identity

#: `last_used_at` serves the question "is this chip still in use?"; a finer grain would be a movement profile.
_USE_GRAIN: Final = timedelta(days=1)


class ChipOpeningError(Exception):
    """The chip opened nothing."""


class UnknownChipError(ChipOpeningError):
    """No active person of this town has this chip; `lookup` is what would be stored if one had."""

    def __init__(self, lookup: bytes) -> None:
        super().__init__("unknown chip")
        self.lookup = lookup


class PinNeededError(ChipOpeningError):
    """The chip is known and asks for its PIN."""


class WrongPinError(ChipOpeningError):
    """Not this PIN; it was counted."""


@dataclass(frozen=True, slots=True)
class OpenedChip:
    chip: Chip
    person: Person
    identity: Identity = field(repr=False)


def open_with_chip(municipality: Municipality, number: bytes, pin: str | None = None) -> OpenedChip:
    """The person and the private key behind a canonical chip number. Takes 20 ms or, with a PIN, 40 ms of a core.

    Raises UnknownChipError, PinNeededError, WrongPinError, and TooManyAttemptsError while the chip is blocked.
    """
    secrets = chip_secrets(municipality, number)
    chip = (
        Chip.objects.select_related("person")
        .filter(municipality_id=municipality.pk, lookup=secrets.lookup, person__is_active=True)
        .first()
    )
    if chip is None:
        raise UnknownChipError(secrets.lookup)
    if not chip.has_pin:
        return _opened(chip, secrets.wrapping_key)
    if not pin:
        raise PinNeededError
    spend_attempt(PIN_LIMIT, chip.pk)
    try:
        opened = _opened(chip, chip_pin_key(municipality, secrets, pin))
    except SealError:
        raise WrongPinError from None
    forget_attempts(PIN_LIMIT, chip.pk)
    return opened


def _opened(chip: Chip, wrapping_key: bytes) -> OpenedChip:
    context = wrap_context("chip", chip.municipality_id, chip.person_id)
    identity = unwrap_identity(bytes(chip.wrapped_identity), wrapping_key, context)
    now = timezone.now()
    if chip.last_used_at is None or now - chip.last_used_at > _USE_GRAIN:
        Chip.objects.filter(pk=chip.pk).update(last_used_at=now)
    return OpenedChip(chip, chip.person, identity)
