# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The addresses under which clients reach a queue, from the service's public address.

One port speaks HTTP and IPP, with and without TLS (`server.http_server`), so the public address gives all of them; behind a proxy
that only speaks TLS (a public `https:` address) the unencrypted one is not told.
"""

from __future__ import annotations

import plistlib
import uuid
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

IPP_PORT: Final = 631
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class PrinterAddresses:
    """`ipp` is empty where only TLS is offered. `web` is the form that Windows asks for."""

    host: str
    port: int
    #: Without the slash at its beginning, as macOS and ChromeOS want the name of a queue.
    queue: str
    ipp: str
    ipps: str
    web: str

    @property
    def server(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def best(self) -> str:
        return self.ipp or self.ipps


def printer_addresses(path: str) -> PrinterAddresses:
    """The addresses of the queue at `path` (`/ipp/print/…`)."""
    parts = urlsplit(settings.ALLMENDE_PUBLIC_URL)
    host = parts.hostname or "localhost"
    shown = f"[{host}]" if ":" in host else host
    port = parts.port or _DEFAULT_PORTS.get(parts.scheme, _DEFAULT_PORTS["http"])
    tls_only = parts.scheme == "https"
    ipp_place = shown if port == IPP_PORT else f"{shown}:{port}"
    web_place = shown if port == _DEFAULT_PORTS.get(parts.scheme) else f"{shown}:{port}"
    return PrinterAddresses(
        host=shown,
        port=port,
        queue=path.lstrip("/"),
        ipp="" if tls_only else f"ipp://{ipp_place}{path}",
        ipps=f"ipps://{ipp_place}{path}",
        web=f"{parts.scheme}://{web_place}{path}",
    )


def airprint_profile(addresses: PrinterAddresses, name: str, identifier: str) -> bytes:
    """A configuration profile for iOS, iPadOS and macOS (payload `com.apple.airprint`): they take no address by hand.

    `identifier` makes the profile's UUIDs: the same address gives the same profile, so that a new one replaces the old one.
    """
    payload_id = f"allmende.{identifier}"
    tls = not addresses.ipp
    airprint = {
        "PayloadType": "com.apple.airprint",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"{payload_id}.airprint",
        "PayloadUUID": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{payload_id}.airprint")),
        "PayloadDisplayName": name,
        "AirPrint": [
            {
                "IPAddress": addresses.host.strip("[]"),
                "ResourcePath": addresses.queue,
                "Port": addresses.port,
                "ForceTLS": tls,
            }
        ],
    }
    profile = {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadIdentifier": payload_id,
        "PayloadUUID": str(uuid.uuid5(uuid.NAMESPACE_URL, payload_id)),
        "PayloadDisplayName": name,
        "PayloadContent": [airprint],
    }
    return plistlib.dumps(profile)
