# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Asking an SNMP agent: GET and bounded walks by GETBULK, version 2c or version 3 with signature and encryption.

The agent is untrusted: a walk ends at the first object that is not greater than the one before or that lies outside of what was asked
for, after `TABLE_OBJECTS` objects, and the whole session after `SESSION_SECONDS` and `SESSION_OBJECTS`. Texts are cut at `TEXT_BYTES`. Addresses are
bounded as for IPP (`device_addresses.AddressPolicy`). RFC 3411-3418; RFC 1157 (version 1) is not spoken.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from pysnmp.hlapi.v3arch import asyncio as pysnmp
from pysnmp.proto import rfc1902, rfc1905

from allmende.devices.device_addresses import AddressPolicy
from allmende.devices.meters.snmp_credentials import Community, SnmpCredentials

REQUEST_SECONDS: Final = 2.0
RETRIES: Final = 1
SESSION_SECONDS: Final = 25.0
TABLE_OBJECTS: Final = 500
SESSION_OBJECTS: Final = 2_500
TEXT_BYTES: Final = 1_000
_REPETITIONS: Final = 20

Value = int | bytes | str
"""A number, an octet string, or an object identifier as dotted text."""

#: pysnmp tells at DEBUG what it sends.
logging.getLogger("pysnmp").setLevel(logging.WARNING)

_AUTH: Final = {
    "sha1": pysnmp.usmHMACSHAAuthProtocol,
    "sha256": pysnmp.usmHMAC192SHA256AuthProtocol,
    "sha384": pysnmp.usmHMAC256SHA384AuthProtocol,
    "sha512": pysnmp.usmHMAC384SHA512AuthProtocol,
}
_PRIV: Final = {
    "aes128": pysnmp.usmAesCfb128Protocol,
    "aes256": pysnmp.usmAesBlumenthalCfb256Protocol,
    "aes256c": pysnmp.usmAesCfb256Protocol,
}


class SnmpError(Exception):
    """Why nothing came; `reason` is a lazy translation for people and has no secret in it."""

    def __init__(self, reason: object) -> None:
        super().__init__(str(reason))
        self.reason = reason


NO_ANSWER: Final = _(
    "The device does not answer by SNMP. Is the community or the user right, and SNMP switched on?"
)
REFUSED: Final = _("The device refuses the SNMP user or its keys.")
NONSENSE: Final = _("The device's SNMP answer makes no sense.")
NO_HOST: Final = _("There is no device of this name in the network.")
FORBIDDEN: Final = _("This is not an address at which a device may be.")


class SnmpSession:
    """One dialogue with one agent; made by `open_snmp`."""

    def __init__(self, engine: Any, auth: Any, target: Any) -> None:
        self._engine = engine
        self._auth = auth
        self._target = target
        self._objects = 0

    async def get(self, oids: Iterable[str]) -> dict[str, Value]:
        """What is there of these objects, by object identifier. Raises SnmpError."""
        wanted = list(oids)
        found: dict[str, Value] = {}
        for start in range(0, len(wanted), _REPETITIONS):
            part = wanted[start : start + _REPETITIONS]
            binds = await self._request(
                pysnmp.get_cmd(
                    self._engine,
                    self._auth,
                    self._target,
                    pysnmp.ContextData(),
                    *(_bind(oid) for oid in part),
                    lookupMib=False,
                )
            )
            for oid, value in binds:
                if oid in part and (plain := _plain(value)) is not None:
                    found[oid] = plain
        return found

    async def walk(self, prefix: str) -> dict[str, Value]:
        """All objects below `prefix`, bounded. Raises SnmpError."""
        found: dict[str, Value] = {}
        last = prefix
        below = _numbers(prefix)
        while len(found) < TABLE_OBJECTS:
            binds = await self._request(
                pysnmp.bulk_cmd(
                    self._engine,
                    self._auth,
                    self._target,
                    pysnmp.ContextData(),
                    0,
                    _REPETITIONS,
                    _bind(last),
                    lookupMib=False,
                )
            )
            for oid, value in binds:
                numbers = _numbers(oid)
                if (
                    numbers[: len(below)] != below
                    or numbers <= _numbers(last)
                    or isinstance(value, rfc1905.EndOfMibView)
                ):
                    return found
                last = oid
                if (plain := _plain(value)) is not None:
                    found[oid] = plain
            if not binds:
                return found
        return found

    async def _request(self, command: Any) -> list[tuple[str, Any]]:
        try:
            problem, status, _index, binds = await command
        except (TimeoutError, asyncio.CancelledError):
            raise
        except Exception as error:  # what pysnmp raises for answers that it can't read is of many kinds
            raise SnmpError(NONSENSE) from error
        if problem is not None:
            raise SnmpError(_explain(problem))
        if int(status) not in {0, 2}:  # noSuchName: what RFC 1157's agents say of a missing object
            raise SnmpError(NONSENSE)
        if int(status) == 2:
            return []
        self._objects += len(binds)
        if self._objects > SESSION_OBJECTS:
            raise SnmpError(NONSENSE)
        return [(str(bind[0]), bind[1]) for bind in binds]


@asynccontextmanager
async def open_snmp(
    host: str, port: int, credentials: SnmpCredentials, *, policy: AddressPolicy
) -> AsyncIterator[SnmpSession]:
    """A session with the agent at `host`; all that happens in it ends after `SESSION_SECONDS`. Raises SnmpError."""
    engine = pysnmp.SnmpEngine()
    try:
        async with asyncio.timeout(SESSION_SECONDS):
            address = await _resolve(host, port, policy)
            kind = pysnmp.Udp6TransportTarget if ":" in address else pysnmp.UdpTransportTarget
            target = await kind.create((address, port), timeout=REQUEST_SECONDS, retries=RETRIES)
            yield SnmpSession(engine, _authentication(credentials), target)
    except TimeoutError:
        raise SnmpError(NO_ANSWER) from None
    finally:
        engine.close_dispatcher()


async def _resolve(host: str, port: int, policy: AddressPolicy) -> str:
    if not (policy.loopback or port == 161 or port >= 1024):
        raise SnmpError(FORBIDDEN)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        raise SnmpError(NO_HOST) from None
    for entry in found:
        address = str(entry[4][0])
        if "%" not in address and policy.allows(ipaddress.ip_address(address)):
            return address
    raise SnmpError(FORBIDDEN)


def _authentication(credentials: SnmpCredentials) -> Any:
    if isinstance(credentials, Community):
        return pysnmp.CommunityData(credentials.name, mpModel=1)  # noqa: S508 - what many devices have; v3 beside it
    return pysnmp.UsmUserData(
        credentials.user,
        authKey=credentials.auth_key,
        privKey=credentials.priv_key,
        authProtocol=_AUTH[credentials.auth_protocol],
        privProtocol=_PRIV[credentials.priv_protocol],
    )


def _explain(problem: Any) -> object:
    text = str(problem).lower()
    if "no snmp response" in text or "timeout" in text:
        return NO_ANSWER
    if any(
        word in text for word in ("usm", "user", "digest", "decrypt", "cipher", "authentication", "security")
    ):
        return REFUSED
    return NONSENSE


def _bind(oid: str) -> Any:
    return pysnmp.ObjectType(pysnmp.ObjectIdentity(oid))


def _numbers(oid: str) -> tuple[int, ...]:
    return tuple(int(part) for part in oid.split("."))


def _plain(value: Any) -> Value | None:
    if isinstance(value, rfc1905.NoSuchObject | rfc1905.NoSuchInstance | rfc1905.EndOfMibView):
        return None
    if isinstance(value, rfc1902.OctetString):
        return bytes(value)[:TEXT_BYTES]
    if isinstance(value, rfc1902.ObjectIdentifier | rfc1902.ObjectName):
        return str(value)[:TEXT_BYTES]
    try:
        return int(value)
    except (TypeError, ValueError):
        return None
