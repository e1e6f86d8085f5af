# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Secrets are stored wrapped, bound to their row, and never shown."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from allmende.devices.meters.snmp_access import SnmpAccess, accesses_of, forget_access, keep_access
from allmende.devices.meters.snmp_credentials import Community, UserKeys
from allmende.directory.audit import AuditEntry
from makers import make_device, make_person, make_town

pytestmark = pytest.mark.django_db


def test_secrets_are_wrapped_and_bound_to_their_row(settings: Any) -> None:
    town = make_town()
    it = make_person(town, "it", it=True)
    default = SnmpAccess(municipality=town, version="v3", user="leser")
    keep_access(it, default, {"auth_key": "signatur-geheim", "priv_key": "schluessel-geheim"})
    stored = SnmpAccess.objects.get()
    for name in ("auth_key", "priv_key"):
        assert b"geheim" not in bytes(getattr(stored, f"{name}_wrapped"))
    assert stored.credentials() == UserKeys(
        "leser", "sha256", "signatur-geheim", "aes128", "schluessel-geheim"
    )
    assert "geheim" not in str(list(AuditEntry.objects.values_list("detail", "target")))
    copied = SnmpAccess(
        municipality=make_town("gommern"),
        version="v3",
        user="leser",
        auth_key_wrapped=stored.auth_key_wrapped,
        priv_key_wrapped=stored.priv_key_wrapped,
    )
    assert copied.credentials() is None
    settings.ALLMENDE_PEPPER = b"another pepper, also 32 bytes lo"
    assert stored.credentials() is None


def test_a_devices_own_access_outweighs_the_towns() -> None:
    town = make_town()
    it, device, other = make_person(town, "it", it=True), make_device(town, "eg"), make_device(town, "og")
    keep_access(it, SnmpAccess(municipality=town, version="v2c"), {"community": "alle"})
    keep_access(it, SnmpAccess(municipality=town, device=device, version="v2c"), {"community": "eines"})
    found = accesses_of(town, [device, other])
    own = found[device.pk]
    assert own.credentials() == Community("eines")
    assert found[other.pk].credentials() == Community("alle")
    keep_access(it, own, {"community": ""})
    assert own.credentials() == Community("eines")
    forget_access(it, device)
    assert accesses_of(town, [device])[device.pk].credentials() == Community("alle")
    elsewhere = make_town("gommern")
    assert accesses_of(elsewhere, [make_device(elsewhere, "fremd")]) == {}


def test_only_the_towns_it_keeps_them() -> None:
    town = make_town()
    stranger = make_person(make_town("gommern"), "fremd", it=True)
    for actor in (make_person(town, "anna"), stranger):
        with pytest.raises(PermissionDenied):
            keep_access(actor, SnmpAccess(municipality=town, version="v2c"), {"community": "x"})
