# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""With which credentials devices are asked by SNMP: the town's default, and of single devices their own.

Always holds: community, authentication and privacy keys are stored only wrapped, under a key that comes from the pepper and names town and row;
a wrapped secret copied to another row opens nothing. They are shown nowhere, and no `repr` and no log line has them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from allmende.devices.devices import Device
from allmende.devices.meters.snmp_credentials import Community, SnmpCredentials, UserKeys
from allmende.directory.access import check_town_it
from allmende.directory.audit import record_audit
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.seal import key_from_token

_NONCE: Final = 12


class SnmpVersion(models.TextChoices):
    OFF = "off", _("do not ask by SNMP")
    V2C = "v2c", _("version 2c (community, unencrypted)")
    V3 = "v3", _("version 3 (signed and encrypted)")


class AuthProtocol(models.TextChoices):
    SHA1 = "sha1", "SHA-1"
    SHA256 = "sha256", "SHA-256"
    SHA384 = "sha384", "SHA-384"
    SHA512 = "sha512", "SHA-512"


class PrivProtocol(models.TextChoices):
    AES128 = "aes128", "AES-128"
    AES256 = "aes256", "AES-256 (Blumenthal)"
    AES256C = "aes256c", "AES-256 (Reeder)"


class SnmpAccess(models.Model):
    """One row per town with `device` empty: the default; a device's own row outweighs it."""

    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="+")
    device = models.OneToOneField(
        Device, on_delete=models.CASCADE, null=True, blank=True, related_name="snmp_access"
    )
    version = models.CharField(_("SNMP"), max_length=4, choices=SnmpVersion.choices, default=SnmpVersion.OFF)
    #: Only for a device whose agent has another address than its IPP service, or that has none.
    host = models.CharField(_("address of the SNMP agent"), max_length=253, blank=True)
    port = models.PositiveIntegerField(_("port"), default=161)
    user = models.CharField(_("user"), max_length=32, blank=True)
    auth_protocol = models.CharField(
        _("signature"), max_length=10, choices=AuthProtocol.choices, default=AuthProtocol.SHA256
    )
    priv_protocol = models.CharField(
        _("encryption"), max_length=10, choices=PrivProtocol.choices, default=PrivProtocol.AES128
    )
    context = models.CharField(
        _("context name"), max_length=32, blank=True, help_text=_("Only where the device asks for one.")
    )
    community_wrapped = models.BinaryField(default=b"", editable=False)
    auth_key_wrapped = models.BinaryField(default=b"", editable=False)
    priv_key_wrapped = models.BinaryField(default=b"", editable=False)

    class Meta:
        verbose_name = _("SNMP access")
        verbose_name_plural = _("SNMP accesses")
        constraints = [
            models.UniqueConstraint(
                fields=["municipality"], condition=Q(device__isnull=True), name="snmp_default_once"
            )
        ]

    def __str__(self) -> str:
        return f"SNMP {self.version}"

    def has(self, secret: str) -> bool:
        """Whether `community`, `auth_key` or `priv_key` is set."""
        return bool(getattr(self, f"{secret}_wrapped"))

    def set_secret(self, secret: str, value: str) -> None:
        """Wrap it into its field; the row must have its town and device by then."""
        nonce = os.urandom(_NONCE)
        sealed = ChaCha20Poly1305(self._key()).encrypt(nonce, value.encode(), self._context(secret))
        setattr(self, f"{secret}_wrapped", nonce + sealed)

    def _secret(self, secret: str) -> str:
        wrapped = bytes(getattr(self, f"{secret}_wrapped"))
        if not wrapped:
            return ""
        try:
            plain = ChaCha20Poly1305(self._key()).decrypt(
                wrapped[:_NONCE], wrapped[_NONCE:], self._context(secret)
            )
        except InvalidTag:
            return ""  # another pepper, or a row that was copied: as good as not set
        return plain.decode()

    def credentials(self) -> SnmpCredentials | None:
        """In clear, for one asking; None where SNMP is off or something is missing."""
        if self.version == SnmpVersion.V2C:
            community = self._secret("community")
            return Community(community) if community else None
        if self.version == SnmpVersion.V3:
            auth, priv = self._secret("auth_key"), self._secret("priv_key")
            if self.user and auth and priv:
                return UserKeys(self.user, self.auth_protocol, auth, self.priv_protocol, priv, self.context)
        return None

    def _key(self) -> bytes:
        return key_from_token(settings.ALLMENDE_PEPPER, f"snmp/{self.municipality_id}")

    def _context(self, secret: str) -> bytes:
        return f"snmp|{self.municipality_id}|{self.device_id or 0}|{secret}".encode()


def accesses_of(municipality: Municipality, devices: Iterable[Device]) -> dict[int, SnmpAccess]:
    """Each device's own, else the town's default, in one question; without a device that has neither."""
    rows = {row.device_id: row for row in SnmpAccess.objects.filter(municipality=municipality)}
    found = {device.pk: rows.get(device.pk, rows.get(None)) for device in devices}
    return {device_id: access for device_id, access in found.items() if access is not None}


def keep_access(actor: Person, access: SnmpAccess, secrets: dict[str, str]) -> None:
    """Store the row; an empty secret leaves the stored one as it is. Raises PermissionDenied."""
    check_town_it(actor, access.municipality_id)
    with transaction.atomic():
        for name, value in secrets.items():
            if value:
                access.set_secret(name, value)
        access.save()
        record_audit(
            access.municipality,
            actor,
            "snmp_access.changed",
            f"device:{access.device_id}" if access.device_id else "town",
            version=access.version,
        )


def forget_access(actor: Person, device: Device) -> None:
    """The device is asked with the town's default again. Raises PermissionDenied."""
    check_town_it(actor, device.municipality_id)
    with transaction.atomic():
        if SnmpAccess.objects.filter(municipality_id=device.municipality_id, device=device).delete()[0]:
            record_audit(device.municipality, actor, "snmp_access.changed", f"device:{device.pk}", version="")
