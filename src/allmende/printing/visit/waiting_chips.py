# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A chip that a reader read and that the panel beside it must ask about: it has a PIN, or nobody has enrolled it.

A reader of its own (`allmende reader`) can neither ask nor show. So the chip's number waits here for the panels of its device, for
seconds and sealed to them: each panel's key comes from its token, which is stored nowhere, so the database alone gives no number.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import models
from django.utils import timezone

from allmende.devices.device_tokens import DeviceToken, TokenKind, panel_identity
from allmende.devices.devices import Device
from allmende.directory.municipalities import Municipality
from allmende.seal import Recipient, SealError, seal_bytes, unseal_bytes

#: A panel looks every two seconds; one that shows something else meanwhile finds the chip no more.
_WAITS: Final = timedelta(seconds=20)
_MAX_PANELS: Final = 16


class WaitingChip(models.Model):
    """The last one at its device."""

    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="+")
    device = models.OneToOneField(Device, on_delete=models.CASCADE, related_name="+")
    for_panel = models.BinaryField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"chip at device {self.device_id}"


def seal_for_panels(device_token: DeviceToken, content: bytes) -> bytes:
    """To all panels of the token's device; empty where it has none."""
    recipients = DeviceToken.objects.filter(
        device_id=device_token.device_id, kind=TokenKind.PANEL, revoked_at__isnull=True
    ).exclude(recipient="")
    texts = list(recipients.values_list("recipient", flat=True)[:_MAX_PANELS])
    return seal_bytes([Recipient.from_text(text) for text in texts], content) if texts else b""


def hand_to_panels(device_token: DeviceToken, number: bytes) -> None:
    """From a reader; a panel has the number in its own form."""
    if device_token.kind != TokenKind.READER:
        return
    sealed = seal_for_panels(device_token, number)
    if sealed:
        WaitingChip.objects.update_or_create(
            device_id=device_token.device_id,
            defaults={
                "municipality_id": device_token.municipality_id,
                "for_panel": sealed,
                "expires_at": timezone.now() + _WAITS,
            },
        )


def waits_for_panel(device_token: DeviceToken) -> bool:
    return _waiting(device_token).exists()


def take_waiting_chip(device_token: DeviceToken, clear_token: str) -> bytes | None:
    """For a panel, with its token in clear: the number, handed over once."""
    waiting = _waiting(device_token).first()
    if waiting is None:
        return None
    try:
        number = unseal_bytes(panel_identity(clear_token), bytes(waiting.for_panel))
    except SealError:
        return None
    return number if WaitingChip.objects.filter(pk=waiting.pk).delete()[0] else None


def forget_waiting_chip(device_token: DeviceToken) -> None:
    """Somebody else taps."""
    WaitingChip.objects.filter(device_id=device_token.device_id).delete()


def _waiting(device_token: DeviceToken) -> models.QuerySet[WaitingChip]:
    return WaitingChip.objects.filter(
        municipality_id=device_token.municipality_id,
        device_id=device_token.device_id,
        expires_at__gt=timezone.now(),
    )
