# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Device tokens: what a reader or a panel shows to prove that it stands at a certain device. Only a hash is stored."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from allmende.devices.devices import Device
from allmende.directory.access import is_town_it
from allmende.directory.audit import record_audit
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.seal import Identity, NumberFormat, NumberKind, key_from_token, token_lookup

_TOKEN_BYTES: Final = 32
_MAX_TOKEN_LENGTH: Final = 200
_SEEN_GRAIN: Final = timedelta(minutes=1)


class TokenKind(models.TextChoices):
    READER = "reader", _("Reader")
    PANEL = "panel", _("Panel")


class DeviceToken(models.Model):
    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE)
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="tokens")
    kind = models.CharField(max_length=10, choices=TokenKind.choices)
    label = models.CharField(_("label"), max_length=80, blank=True)
    lookup = models.BinaryField(max_length=32, unique=True, editable=False)
    #: Of panels: the public half of a key that comes from the token itself. To it the visit of a tap at the reader beside is
    #: handed over, so that only this panel can open it.
    recipient = models.CharField(max_length=80, blank=True, editable=False)
    #: How this reader writes numbers: the fields of `allmende.seal.NumberFormat` as JSON.
    number_format = models.JSONField(_("number format"), default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("device token")
        verbose_name_plural = _("device tokens")

    def __str__(self) -> str:
        return self.label or f"{self.kind} {self.pk}"


def issue_device_token(
    actor: Person | None,
    device: Device,
    kind: TokenKind | str,
    label: str = "",
    number_format: NumberFormat | None = None,
) -> str:
    """A new token for this device, in clear and shown once; the actor is the town's IT, or None for the command line.

    Raises PermissionDenied for anybody else.
    """
    _check_administers(actor, device.municipality_id)
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    with transaction.atomic():
        row = DeviceToken.objects.create(
            municipality_id=device.municipality_id,
            device=device,
            kind=TokenKind(kind),
            label=label[:80],
            lookup=token_lookup(token.encode()),
            recipient=panel_identity(token).recipient.to_text() if kind == TokenKind.PANEL else "",
            number_format=write_number_format(number_format or NumberFormat()),
        )
        record_audit(
            device.municipality, actor, "device_token.issued", f"device_token:{row.pk}", device=device.pk
        )
    return token


def find_device_token(token: str) -> DeviceToken | None:
    """The live token of an active device that can be printed to, with `device` and `municipality` loaded; else None."""
    raw = token.encode("utf-8", "replace")
    if not _TOKEN_BYTES <= len(raw) <= _MAX_TOKEN_LENGTH:
        return None
    found = (
        DeviceToken.objects.select_related("device", "municipality")
        .filter(lookup=token_lookup(raw), revoked_at__isnull=True, device__is_active=True)
        .exclude(device__uri="")
        .first()
    )
    if found is not None:
        now = timezone.now()
        if found.last_seen_at is None or now - found.last_seen_at > _SEEN_GRAIN:
            DeviceToken.objects.filter(pk=found.pk).update(last_seen_at=now)
    return found


def revoke_device_token(actor: Person | None, token: DeviceToken) -> None:
    """From now on the token opens nothing. Raises PermissionDenied unless the actor is the town's IT (or None)."""
    _check_administers(actor, token.municipality_id)
    with transaction.atomic():
        now = timezone.now()
        if DeviceToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=now):
            token.revoked_at = now
            record_audit(token.municipality, actor, "device_token.revoked", f"device_token:{token.pk}")


def panel_identity(token: str) -> Identity:
    """The private key that comes from a panel's token in clear."""
    return Identity(key_from_token(token.encode(), "panel"))


def read_number_format(stored: dict[str, Any]) -> NumberFormat:
    """The format out of a token's JSON; raises ValueError or TypeError for one that was never valid."""
    values = dict(stored)
    if "kind" in values:
        values["kind"] = NumberKind(values["kind"])
    return NumberFormat(**values)


def write_number_format(number_format: NumberFormat) -> dict[str, Any]:
    """Only what differs from the default."""
    default = NumberFormat()
    names = ("kind", "reversed", "strip_prefix", "strip_suffix", "byte_length", "keep_last")
    return {
        name: value for name in names if (value := getattr(number_format, name)) != getattr(default, name)
    }


def _check_administers(actor: Person | None, municipality_id: int) -> None:
    if actor is not None and not is_town_it(actor, municipality_id):
        raise PermissionDenied
