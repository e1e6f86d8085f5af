# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The keys of a town and of its people: how an identity is wrapped for each of its openers.

Always holds: a wrapped identity names town, person and kind of opener in its context, so a row copied to another person or
town opens nothing. At most `ARGON_SLOTS` derivations run at once in a process: each takes 19 MiB and one core.
"""

from __future__ import annotations

import os
import threading
from typing import Final

from django.conf import settings

from allmende.directory.municipalities import Municipality
from allmende.seal import (
    ArgonParameters,
    ChipSecrets,
    Identity,
    Recipient,
    derive_chip_secrets,
    derive_pin_key,
    key_from_token,
    unwrap_identity,
    wrap_identity,
)

ARGON_SLOTS: Final = max(2, os.cpu_count() or 2)
_argon_slots = threading.BoundedSemaphore(ARGON_SLOTS)


def chip_secrets(municipality: Municipality, number: bytes) -> ChipSecrets:
    """What a canonical chip number gives in this town. About 20 ms with the GIL freed. Raises SealError."""
    with _argon_slots:
        return derive_chip_secrets(
            number,
            salt=bytes(municipality.salt),
            pepper=settings.ALLMENDE_PEPPER,
            parameters=_argon_parameters(municipality),
        )


def chip_pin_key(municipality: Municipality, secrets: ChipSecrets, pin: str) -> bytes:
    """The wrapping key of chip and PIN together; another Argon2id. Raises SealError for an impossible PIN."""
    with _argon_slots:
        return derive_pin_key(
            secrets,
            pin,
            salt=bytes(municipality.salt),
            pepper=settings.ALLMENDE_PEPPER,
            parameters=_argon_parameters(municipality),
        )


def wrap_context(opener: str, municipality_id: int, person_id: int) -> bytes:
    """The place that a wrapped identity is bound to; `opener` is `chip` or `visit`."""
    return b"%s|%d|%d" % (opener.encode(), municipality_id, person_id)


def ensure_enrolment_key(municipality: Municipality) -> Recipient:
    """The key that documents of persons without a chip are sealed to; made at first need, once over all processes."""
    if not municipality.enrolment_recipient:
        identity = Identity.generate()
        Municipality.objects.filter(pk=municipality.pk, enrolment_recipient="").update(
            enrolment_recipient=identity.recipient.to_text(),
            enrolment_identity_wrapped=wrap_identity(
                identity, _enrolment_wrapping_key(municipality.pk), _enrolment_context(municipality.pk)
            ),
        )
        municipality.refresh_from_db(fields=["enrolment_recipient", "enrolment_identity_wrapped"])
    return Recipient.from_text(municipality.enrolment_recipient)


def enrolment_identity(municipality: Municipality) -> Identity:
    """The private half: it opens with the pepper alone, which is why such jobs are marked as weaker."""
    ensure_enrolment_key(municipality)
    return unwrap_identity(
        bytes(municipality.enrolment_identity_wrapped),
        _enrolment_wrapping_key(municipality.pk),
        _enrolment_context(municipality.pk),
    )


def _argon_parameters(municipality: Municipality) -> ArgonParameters:
    return ArgonParameters(memory_kib=municipality.argon_memory_kib, iterations=municipality.argon_iterations)


def _enrolment_wrapping_key(municipality_id: int) -> bytes:
    return key_from_token(settings.ALLMENDE_PEPPER, f"enrolment/{municipality_id}")


def _enrolment_context(municipality_id: int) -> bytes:
    return wrap_context("enrolment", municipality_id, 0)
