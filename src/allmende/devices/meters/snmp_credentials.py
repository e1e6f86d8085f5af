# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What an SNMP agent is shown, in clear and for one asking. No `repr` has a secret in it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Community:
    """Version 2c."""

    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class UserKeys:
    """Version 3, always with both keys (authPriv, RFC 3414)."""

    user: str
    auth_protocol: str
    auth_key: str = field(repr=False)
    priv_protocol: str
    priv_key: str = field(repr=False)
    #: Of SNMPv3 (RFC 3411 §3.3.1); most devices know only the empty one.
    context: str = ""


SnmpCredentials = Community | UserKeys
