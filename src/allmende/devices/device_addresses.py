# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where this service connects to when somebody enters a device's address.

Whoever may add a device makes the service send requests, so the address is bounded: three schemes, the ports on which
printers listen, and never this machine itself, link-local addresses (cloud metadata lives there), multicast or the
unspecified address. Names are resolved once and the *resolved* addresses are checked, so a name that changes
its mind between check and use gains nothing. Virtual devices on the same machine need `AddressPolicy(loopback=True)`.
"""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

from allmende.devices.device_errors import DeviceUnreachableError, UnreachableReason

DEFAULT_PORTS: Final = {"ipp": 631, "ipps": 631, "socket": 9100}
_LOW_IPP_PORTS: Final = frozenset({80, 443, 631})
_SOCKET_PORTS: Final = range(9100, 9110)
_HOST: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_.])?", re.ASCII)


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """`loopback`: devices on this machine are allowed, on any port from 1024 (virtual devices, tests)."""

    loopback: bool = False

    def allows(self, address: "ipaddress.IPv4Address | ipaddress.IPv6Address") -> bool:
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        if address.is_loopback:
            return self.loopback
        return not (
            address.is_unspecified
            or address.is_multicast
            or address.is_link_local
            or (isinstance(address, ipaddress.IPv4Address) and address.is_reserved)
        )


@dataclass(frozen=True, slots=True)
class DeviceAddress:
    """A device's URI, taken apart and checked. `host` is a name or an address without brackets."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def is_tls(self) -> bool:
        return self.scheme == "ipps"

    @property
    def authority(self) -> str:
        """For the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"


def parse_device_uri(uri: str, policy: AddressPolicy = AddressPolicy()) -> DeviceAddress:
    """Raises DeviceUnreachableError (forbidden-address) for all that is not a device's address."""
    if len(uri) > 300:
        raise _forbidden("too long")
    try:
        parts = urlsplit(uri.strip())
        port = parts.port
    except ValueError:
        raise _forbidden("not a URI") from None
    scheme, host = parts.scheme.lower(), parts.hostname or ""
    if scheme not in DEFAULT_PORTS:
        raise _forbidden("only ipp, ipps and socket")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise _forbidden("no user, password or fragment")
    if not _is_host(host):
        raise _forbidden("no host")
    if port is None:
        port = DEFAULT_PORTS[scheme]
    if not _is_port(scheme, port, policy):
        raise _forbidden(f"port {port}")
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    if parts.query:
        path += "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    return DeviceAddress(scheme, host, port, path)


def _is_host(host: str) -> bool:
    if ":" in host:
        try:
            return not ipaddress.IPv6Address(host).scope_id
        except ValueError:
            return False
    return bool(_HOST.fullmatch(host))


def _is_port(scheme: str, port: int, policy: AddressPolicy) -> bool:
    if policy.loopback and port >= 1024:
        return True
    if scheme == "socket":
        return port in _SOCKET_PORTS
    return port in _LOW_IPP_PORTS or port >= 1024


def _forbidden(message: str) -> DeviceUnreachableError:
    return DeviceUnreachableError(UnreachableReason.FORBIDDEN_ADDRESS, message)
