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
from typing import Final

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person

_KEY: Final = re.compile(r"([0-9a-z]{1,13})-([a-z2-7]{24})")
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


def find_queue_address(municipality_id: int, key: str) -> QueueAddress | None:
    """The live address with this key in this town, else None; takes as long for a wrong MAC as for a right one."""
    match = _KEY.fullmatch(key)
    if match is None or (pk := int(match[1], 36)) >= 2**63:
        return None
    address = (
        QueueAddress.objects.filter(
            pk=pk, municipality_id=municipality_id, revoked_at__isnull=True, person__is_active=True
        )
        .select_related("person")
        .first()
    )
    if address is None or not hmac.compare_digest(match[2], _mac(pk, bytes(address.nonce))):
        return None
    return address


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
