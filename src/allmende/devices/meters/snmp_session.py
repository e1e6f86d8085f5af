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
from pysnmp.entity.rfc3413 import cmdgen
from pysnmp.error import PySnmpError
from pysnmp.hlapi.v3arch import asyncio as pysnmp
from pysnmp.hlapi.v3arch.asyncio.lcd import CommandGeneratorLcdConfigurator
from pysnmp.proto import rfc1902, rfc1905

from allmende.devices.device_addresses import AddressPolicy
from allmende.devices.meters.snmp_credentials import Community, SnmpCredentials, UserKeys

REQUEST_SECONDS: Final = 2.0
RETRIES: Final = 1
SESSION_SECONDS: Final = 25.0
TABLE_OBJECTS: Final = 500
SESSION_OBJECTS: Final = 2_500
TEXT_BYTES: Final = 1_000
_REPETITIONS: Final = 20
#: What agents of RFC 1157 say of an object that they don't have.
_NO_SUCH_NAME: Final = 2

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

    def __init__(self, engine: Any, address: Any, context: bytes) -> None:
        self._engine = engine
        self._address = address
        self._context = context
        self._objects = 0

    async def get(self, oids: Iterable[str]) -> dict[str, Value]:
        """What is there of these objects, by object identifier. Raises SnmpError."""
        wanted = list(oids)
        found: dict[str, Value] = {}
        for start in range(0, len(wanted), _REPETITIONS):
            part = wanted[start : start + _REPETITIONS]
            for oid, value in await self._request(cmdgen.GetCommandGenerator(), part):
                if oid in part and (plain := _plain(value)) is not None:
                    found[oid] = plain
        return found

    async def walk(self, prefix: str) -> dict[str, Value]:
        """All objects below `prefix`, bounded. Raises SnmpError."""
        found: dict[str, Value] = {}
        last = prefix
        below = _numbers(prefix)
        while len(found) < TABLE_OBJECTS:
            binds = await self._request(cmdgen.BulkCommandGenerator(), [last], 0, _REPETITIONS)
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

    async def _request(self, generator: Any, oids: list[str], *how: int) -> list[tuple[str, Any]]:
        """Below pysnmp's high-level calls, which would look every object up in compiled MIBs."""
        answered: asyncio.Future[tuple[Any, Any, Any]] = asyncio.get_running_loop().create_future()

        def take(
            _engine: Any, _handle: Any, problem: Any, status: Any, _index: Any, binds: Any, _more: Any
        ) -> None:
            if not answered.done():
                answered.set_result((problem, status, binds))

        binds_sent = [(rfc1902.ObjectName(oid), rfc1902.Null("")) for oid in oids]
        try:
            generator.send_varbinds(self._engine, self._address, None, self._context, *how, binds_sent, take)
            problem, status, binds = await answered
        except PySnmpError as error:
            raise SnmpError(NONSENSE) from error
        if problem is not None:
            raise SnmpError(_explain(problem))
        if int(status) == _NO_SUCH_NAME:
            return []
        if int(status) != 0:
            raise SnmpError(NONSENSE)
        self._objects += len(binds)
        if self._objects > SESSION_OBJECTS:
            raise SnmpError(NONSENSE)
        return [(str(oid), value) for oid, value in binds]


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
            context = credentials.context.encode() if isinstance(credentials, UserKeys) else b""
            configured, _name = CommandGeneratorLcdConfigurator().configure(
                engine, _authentication(credentials), target, context
            )
            yield SnmpSession(engine, configured, context)
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


def _numbers(oid: str) -> tuple[int, ...]:
    return tuple(int(part) for part in oid.split("."))


def _plain(value: Any) -> Value | None:
    if isinstance(value, rfc1905.NoSuchObject | rfc1905.NoSuchInstance | rfc1905.EndOfMibView):
        return None
    if isinstance(value, rfc1902.univ.OctetString):
        return bytes(value)[:TEXT_BYTES]
    if isinstance(value, rfc1902.univ.ObjectIdentifier):
        return str(value)[:TEXT_BYTES]
    try:
        return int(value)
    except (TypeError, ValueError):
        return None
