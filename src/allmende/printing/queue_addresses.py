# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Personal queue addresses: `/ipp/print/<municipality>/<key>`; the key vouches for its person.

The key is not stored: it is the row's id and a MAC under the pepper, so it can be shown again at any time, and a reader of
the database can't print in anybody's name. Ending the row revokes the address.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person

_KEY: Final = re.compile(r"([0-9a-z]{1,13})-([a-z2-7]{24})")
#: `last_used_at` serves the question "is this address still in use?"; a finer grain would be a movement profile.
_USE_GRAIN: Final = timedelta(days=1)
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


def new_nonce() -> bytes:
    return secrets.token_bytes(16)


class QueueAddress(models.Model):
    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="queue_addresses")
    label = models.CharField(_("label"), max_length=80, blank=True)
    nonce = models.BinaryField(default=new_nonce, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("personal queue address")
        verbose_name_plural = _("personal queue addresses")

    def __str__(self) -> str:
        return self.label or f"address {self.pk}"

    def key(self) -> str:
        """The secret last part of the address, e.g. `3f-k5q…` (15 bytes of MAC)."""
        return f"{_base36(self.pk)}-{_mac(self.pk, bytes(self.nonce))}"


def find_queue_addresses(municipality_id: int, keys: Iterable[str]) -> dict[str, QueueAddress | None]:
    """For each key the live address in this town; takes as long for a wrong MAC as for a right one."""
    numbers = {key: pk for key in keys if (pk := _read_number(key)) is not None}
    addresses = (
        QueueAddress.objects.filter(
            municipality_id=municipality_id, revoked_at__isnull=True, person__is_active=True
        )
        .select_related("person")
        .in_bulk(set(numbers.values()))
    )
    return {key: _with_this_key(addresses.get(numbers.get(key, 0)), key) for key in keys}


def note_use(addresses: Iterable[QueueAddress]) -> None:
    """They are asked for now; writes at most once a day for each."""
    now = timezone.now()
    stale = [
        each.pk for each in addresses if each.last_used_at is None or now - each.last_used_at > _USE_GRAIN
    ]
    if stale:
        QueueAddress.objects.filter(pk__in=stale).update(last_used_at=now)


def _read_number(key: str) -> int | None:
    match = _KEY.fullmatch(key)
    return pk if match is not None and (pk := int(match[1], 36)) < 2**63 else None


def _with_this_key(address: QueueAddress | None, key: str) -> QueueAddress | None:
    if address is None:
        return None
    mac = _mac(address.pk, bytes(address.nonce))
    return address if hmac.compare_digest(key.rpartition("-")[2], mac) else None


def _mac(pk: int, nonce: bytes) -> str:
    message = b"queue-address|%d|" % pk + nonce
    digest = hmac.digest(settings.ALLMENDE_PEPPER, message, hashlib.sha256)
    return base64.b32encode(digest[:15]).decode().lower()


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
    return digits or "0"
