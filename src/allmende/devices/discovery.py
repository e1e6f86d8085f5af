# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""DNS-SD: finding devices in the network, and announcing our queues to clients (RFC 6762, 6763; PWG 5100.14 §4.2).

A network without multicast is no error: nothing is found, `Announcer.start` says False. What others announce is hostile: names
and texts are bounded and cleaned, and their number too.

Limit: AirPrint's `_universal` and IPP Everywhere's `_print` are subtypes, for which zeroconf has no public call; they are added
to its registry in `_add_subtype` and taken out in `_remove_subtype` alone. They also show up in an enumeration of all service types, where they should not.
"""

import asyncio
import logging
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from zeroconf import IPVersion, ServiceInfo, ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from allmende.devices.device_description import clean_text

log = logging.getLogger(__name__)

TYPES: Final = {"_ipp._tcp.local.": "ipp", "_ipps._tcp.local.": "ipps"}
SUBTYPES: Final = ("_universal", "_print")
DEVICES_FOUND: Final = 200
_RESOLVING_AT_ONCE: Final = 10
_PATH: Final = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@%/-]{0,200}", re.ASCII)
_MIME: Final = re.compile(r"[A-Za-z0-9.+-]{1,60}/[A-Za-z0-9.+-]{1,80}", re.ASCII)
_TXT_LENGTH: Final = 255


@dataclass(frozen=True, slots=True)
class FoundDevice:
    """What a device announces of itself; nothing of it is checked beyond its form. `uri` has a numeric host."""

    name: str
    uri: str
    make_and_model: str
    place: str
    uuid: str
    formats: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnnouncedQueue:
    """`path` is the queue's without the first slash, `uuid` without "urn:uuid:".

    `formats` and `urf`, Apple's raster keys, are those that the queue itself tells by Get-Printer-Attributes.
    """

    name: str
    path: str
    uuid: str
    admin_url: str
    formats: tuple[str, ...]
    urf: tuple[str, ...]
    place: str = ""
    is_color: bool = True
    is_duplex: bool = True

    def txt(self) -> dict[str, str]:
        """The TXT record (PWG 5100.14 table 2, Apple's Bonjour Printing specification 1.2.1)."""
        record = {
            "txtvers": "1",
            "qtotal": "1",
            "priority": "10",
            "rp": self.path,
            "ty": "Allmende",
            "product": "(Allmende)",
            "note": self.place,
            "adminurl": self.admin_url,
            "pdl": ",".join(self.formats),
            "URF": ",".join(self.urf),
            "UUID": self.uuid,
            "TLS": "1.2",
            "Color": "T" if self.is_color else "F",
            "Duplex": "T" if self.is_duplex else "F",
            "Copies": "T",
            "kind": "document",
        }
        # One string of a TXT record, key and sign included, has at most 255 octets.
        return {key: _cut(value, _TXT_LENGTH - len(key) - 1) for key, value in record.items()}


async def browse_devices(
    seconds: float = 3.0,
    *,
    interfaces: Sequence[str] | None = None,
    ignored_uuids: frozenset[str] = frozenset(),
) -> list[FoundDevice]:
    """The devices that announce themselves within `seconds`, by name; one with TLS counts before one without."""
    zeroconf = _open(interfaces)
    if zeroconf is None:
        return []
    found: dict[tuple[str, str], None] = {}

    def note(zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:  # noqa: ARG001 - called by names
        if state_change is not ServiceStateChange.Removed and len(found) < DEVICES_FOUND:
            found[service_type, name] = None

    try:
        browser = AsyncServiceBrowser(zeroconf.zeroconf, list(TYPES), handlers=[note])
        await asyncio.sleep(seconds)
        await browser.async_cancel()
        turns = asyncio.Semaphore(_RESOLVING_AT_ONCE)
        devices = await asyncio.gather(*(_resolve(zeroconf, *key, turns) for key in found))
    finally:
        await zeroconf.async_close()
    best: dict[str, FoundDevice] = {}
    for device in sorted(filter(None, devices), key=lambda device: device.uri.startswith("ipps:")):
        if device.uuid not in ignored_uuids:
            best[device.name] = device
    return sorted(best.values(), key=lambda device: device.name.casefold())


async def _resolve(
    zeroconf: AsyncZeroconf, service_type: str, name: str, turns: asyncio.Semaphore
) -> FoundDevice | None:
    try:
        info = AsyncServiceInfo(service_type, name)
        async with turns:
            if not await info.async_request(zeroconf.zeroconf, 1500):
                return None
        return read_service(info)
    except Exception:
        log.info("a service that can't be read", exc_info=True)
        return None


def read_service(info: ServiceInfo) -> FoundDevice | None:
    """None for what is no printer that can be addressed."""
    addresses = info.parsed_addresses(IPVersion.V4Only) or info.parsed_addresses(IPVersion.V6Only)
    txt = {
        key[:30].decode("ascii", "replace").lower(): (value or b"")[:_TXT_LENGTH].decode("utf-8", "replace")
        for key, value in list(info.properties.items())[:60]
    }
    path = txt.get("rp", "").lstrip("/")
    if not addresses or not info.port or not _PATH.fullmatch(path):
        return None
    host = f"[{addresses[0]}]" if ":" in addresses[0] else addresses[0]
    name = clean_text(info.name.removesuffix(f".{info.type}"), 63)
    return FoundDevice(
        name=name,
        uri=f"{TYPES.get(info.type, 'ipp')}://{host}:{info.port}/{path}",
        make_and_model=clean_text(txt.get("ty") or txt.get("product", "").strip("()"), 120),
        place=clean_text(txt.get("note", ""), 120),
        uuid=clean_text(txt.get("uuid", ""), 60).lower(),
        formats=tuple(part for part in txt.get("pdl", "").split(",") if _MIME.fullmatch(part)),
    )


class Announcer:
    """Announces the queues that `find` names, until `stop`; what has come or gone is seen within `seconds`.

    `find` is called in threads. `port` serves both schemes; `with_tls` whether `_ipps` is announced too.
    """

    def __init__(
        self,
        find: Callable[[], Sequence[AnnouncedQueue]],
        *,
        port: int,
        with_tls: bool = True,
        interfaces: Sequence[str] | None = None,
        seconds: float = 60.0,
    ) -> None:
        self._find = find
        self._seconds = seconds
        self._announced: dict[AnnouncedQueue, list[ServiceInfo]] = {}
        self._looking: asyncio.Task[None] | None = None
        self._port = port
        self._types = list(TYPES) if with_tls else ["_ipp._tcp.local."]
        self._interfaces = interfaces
        self._zeroconf: AsyncZeroconf | None = None

    async def start(self) -> bool:
        """False where the network has no multicast; the service goes on without."""
        self._zeroconf = _open(self._interfaces)
        if self._zeroconf is None:
            return False
        try:
            await self._look(self._zeroconf)
        except Exception as error:
            log.warning("the queues are not announced: %s", error)
            await self.stop()
            return False
        self._looking = asyncio.create_task(self._look_again(self._zeroconf))
        return True

    async def stop(self) -> None:
        """Says good-bye to clients."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
            self._looking = None
        zeroconf, self._zeroconf = self._zeroconf, None
        self._announced.clear()
        if zeroconf is not None:
            await zeroconf.async_unregister_all_services()
            await zeroconf.async_close()

    async def _look_again(self, zeroconf: AsyncZeroconf) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            try:
                await self._look(zeroconf)
            except Exception as error:
                log.warning("what is announced stays as it was: %s", error)

    async def _look(self, zeroconf: AsyncZeroconf) -> None:
        queues = await asyncio.to_thread(self._find)
        # First what has gone: a queue that changed keeps its name.
        for queue in self._announced.keys() - set(queues):
            for info in self._announced.pop(queue):
                for subtype in SUBTYPES:
                    _remove_subtype(zeroconf.zeroconf, info, subtype)
                await (await zeroconf.async_unregister_service(info))
        for queue in queues:
            if queue not in self._announced:
                self._announced[queue] = [
                    await self._announce(zeroconf, queue, service_type) for service_type in self._types
                ]

    async def _announce(
        self, zeroconf: AsyncZeroconf, queue: AnnouncedQueue, service_type: str
    ) -> ServiceInfo:
        host = re.sub(r"[^a-z0-9-]", "-", socket.gethostname().partition(".")[0].lower())[:50] or "allmende"
        info = ServiceInfo(
            service_type,
            f"{_cut(queue.name.replace('.', ' '), 63)}.{service_type}",
            port=self._port,
            properties=queue.txt(),
            server=f"{host}.local.",
            parsed_addresses=self._addresses(),
        )
        await zeroconf.async_register_service(info, allow_name_change=True)
        for subtype in SUBTYPES:
            _add_subtype(zeroconf.zeroconf, info, subtype)
        return info

    def _addresses(self) -> list[str]:
        if self._interfaces:
            return list(self._interfaces)
        # No packet is sent: connecting a datagram socket only asks the kernel which address it would use.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("224.0.0.251", 5353))
            return [str(probe.getsockname()[0])]


def _add_subtype(zeroconf: Zeroconf, info: ServiceInfo, subtype: str) -> None:
    """Answer questions for `_universal._sub._ipp._tcp` with the same instance (RFC 6763 §7.1)."""
    pointer = ServiceInfo(
        f"{subtype}._sub.{info.type}",
        info.name,
        port=info.port,
        properties=info.text,
        server=info.server,
        addresses=info.addresses,
    )
    zeroconf.registry.types.setdefault(pointer.type.lower(), {})[pointer.key] = pointer


def _remove_subtype(zeroconf: Zeroconf, info: ServiceInfo, subtype: str) -> None:
    zeroconf.registry.types.get(f"{subtype}._sub.{info.type}".lower(), {}).pop(info.key, None)


def _open(interfaces: Sequence[str] | None) -> AsyncZeroconf | None:
    try:
        if interfaces:
            return AsyncZeroconf(interfaces=list(interfaces), ip_version=IPVersion.V4Only)
        return AsyncZeroconf(ip_version=IPVersion.V4Only)
    except OSError as error:
        log.info("no multicast here: %s", error)
        return None


def _cut(text: str, octets: int) -> str:
    return text.encode()[:octets].decode("utf-8", "ignore")
