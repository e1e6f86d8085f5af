# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Asking a device what it is: once by address, when it is added, and again from time to time.

A device that is added by its host alone is found by trying what devices usually answer, from the best to the last resort:
IPP over TLS, plain IPP, and the bare port 9100.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from asgiref.sync import sync_to_async
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from allmende import ipp
from allmende.devices.device_addresses import parse_device_uri
from allmende.devices.device_client import (
    AddressPolicy,
    CertificateChangedError,
    DeviceClient,
    DeviceConnections,
    DeviceCutError,
    DeviceError,
    DeviceLimits,
    DeviceNonsenseError,
    DeviceRefusedError,
    DeviceSilentError,
    DeviceUnreachableError,
    Reply,
    UnreachableReason,
)
from allmende.devices.device_description import DeviceDescription
from allmende.devices.device_requests import get_printer_attributes
from allmende.devices.device_settings import address_policy
from allmende.devices.device_states import CERTIFICATE_CHANGED, UNREACHABLE, DeviceState
from allmende.devices.device_wire import Wire
from allmende.devices.devices import Device

PROBE_LIMITS: Final = DeviceLimits(connect=4, silent=8, reply=15, total=20)
PATHS: Final = ("/ipp/print", "/ipp/printer", "/")
_DESCRIPTION_BYTES: Final = 512 * 1024

_UNREACHABLE: Final = {
    UnreachableReason.NO_SUCH_HOST: _("There is no device of this name in the network."),
    UnreachableReason.REFUSED: _("The device does not listen at this port."),
    UnreachableReason.NO_ROUTE: _("There is no way to the device in the network."),
    UnreachableReason.TIMEOUT: _("The device does not answer. Is it switched on?"),
    UnreachableReason.TLS: _("The device and this service found no common encryption."),
    UnreachableReason.FORBIDDEN_ADDRESS: _("This is not an address at which a device may be."),
}


class ProbeError(Exception):
    """Why a device could not be asked; `reason` is a lazy translation for people."""

    def __init__(self, reason: object, cause: DeviceError | None = None) -> None:
        super().__init__(str(cause or reason))
        self.reason = reason
        self.cause = cause

    @property
    def state(self) -> DeviceState:
        """What it says of the device."""
        return CERTIFICATE_CHANGED if isinstance(self.cause, CertificateChangedError) else UNREACHABLE


@dataclass(frozen=True, slots=True)
class FoundAddress:
    """An address that answered; `description` is None for port 9100, which can't be asked."""

    uri: str
    description: DeviceDescription | None


def explain_device_error(error: DeviceError) -> object:
    """For people, as a lazy translation."""
    match error:
        case DeviceUnreachableError(reason=reason):
            return _UNREACHABLE[reason]
        case CertificateChangedError():
            return _(
                "The device shows another certificate than before. Somebody may have put another device in its place."
            )
        case DeviceRefusedError(status=401 | 403):
            return _("The device asks for a password for printing, which this service does not have.")
        case DeviceRefusedError(status=426):
            return _("The device wants encryption: use an address that begins with ipps://.")
        case DeviceRefusedError():
            return _("There is a web server at this address, but no printer.")
        case DeviceSilentError():
            return _("The device took the question and did not answer.")
        case DeviceCutError():
            return _("The device ended the connection.")
        case DeviceNonsenseError():
            return _("What answers at this address does not speak IPP.")
        case _:
            return _("The device could not be asked.")


async def probe_device(
    uri: str,
    *,
    pinned_sha256: str | None = None,
    connections: DeviceConnections | None = None,
    policy: AddressPolicy | None = None,
) -> DeviceDescription:
    """Ask the device at this ipp or ipps address. Raises ProbeError."""
    own = connections is None
    pool = connections or DeviceConnections(policy=policy or address_policy())
    try:
        client = DeviceClient(uri, pinned_sha256=pinned_sha256, limits=PROBE_LIMITS, connections=pool)
        reply = await _ask(client)
    except DeviceError as error:
        raise ProbeError(explain_device_error(error), error) from error
    finally:
        if own:
            pool.close()
    if not reply.is_successful:
        raise ProbeError(_("There is a print server at this address, but no printer under this path."))
    if not reply.message.groups_of(ipp.GroupTag.PRINTER):
        raise ProbeError(_("What answers at this address does not speak IPP."))
    return DeviceDescription.read(uri, reply.message, certificate_sha256=client.certificate_sha256 or "")


async def _ask(client: DeviceClient) -> Reply:
    reply = await client.request(get_printer_attributes(client.uri))
    if reply.status == ipp.Status.SERVER_ERROR_VERSION_NOT_SUPPORTED:
        reply = await client.request(get_printer_attributes(client.uri, version=(1, 1)))
    if reply.status in {
        ipp.Status.CLIENT_ERROR_BAD_REQUEST,
        ipp.Status.CLIENT_ERROR_ATTRIBUTES_OR_VALUES_NOT_SUPPORTED,
    }:
        # Old devices stumble over a list of attributes that they don't know.
        reply = await client.request(get_printer_attributes(client.uri, (), version=(1, 1)))
    return reply


def addresses_to_try(host: str) -> Iterator[str]:
    """`host` may be a name, an address, or either with a port; the best first."""
    authority = f"[{host}]" if host.count(":") > 1 and not host.startswith("[") else host
    for scheme in ("ipps", "ipp"):
        for path in PATHS:
            yield f"{scheme}://{authority}{path}"
    if authority.rpartition(":")[2].isdecimal() and not authority.endswith("]"):
        return  # a port was given, so the usual one of the last resort was not meant
    yield f"socket://{authority}:9100"


async def try_addresses(host: str, *, policy: AddressPolicy | None = None) -> FoundAddress:
    """The best address under which the host answers. Raises ProbeError, with the best address' reason."""
    policy = policy or address_policy()
    first: ProbeError | None = None
    skipped: set[str] = set()
    for uri in addresses_to_try(host.strip()):
        scheme = uri.partition(":")[0]
        if scheme in skipped:
            continue
        if scheme == "socket":
            if await _listens(uri, policy):
                return FoundAddress(uri, None)
            continue
        try:
            return FoundAddress(uri, await probe_device(uri, policy=policy))
        except ProbeError as error:
            first = first or error
            if isinstance(error.cause, DeviceUnreachableError):
                skipped.add(scheme)  # another path under the same port would be as unreachable
                if error.cause.reason in {
                    UnreachableReason.NO_SUCH_HOST,
                    UnreachableReason.FORBIDDEN_ADDRESS,
                }:
                    raise
            elif error.cause is None or isinstance(error.cause, DeviceRefusedError):
                first = error
    raise first or ProbeError(_("The device could not be asked."))


async def _listens(uri: str, policy: AddressPolicy) -> bool:
    try:
        wire = await Wire.connect(
            parse_device_uri(uri, policy), pinned_sha256=None, policy=policy, seconds=PROBE_LIMITS.connect
        )
    except DeviceError:
        return False
    wire.close()
    return True


async def refresh_device(
    device: Device, *, connections: DeviceConnections | None = None
) -> DeviceDescription | None:
    """Ask the device and store what it says; the certificate is pinned when it is the first one seen.

    None for port 9100, and for what has no address. Raises ProbeError, after the row says "unreachable".
    """
    if not device.is_printable or device.uri.lower().startswith("socket:"):
        return None
    in_thread = sync_to_async(store_description, thread_sensitive=False)
    try:
        description = await probe_device(
            device.uri, pinned_sha256=device.certificate_sha256 or None, connections=connections
        )
    except ProbeError as error:
        await in_thread(device, error.state)
        raise
    await in_thread(device, description)
    return description


def refresh_device_now(device: Device) -> DeviceDescription | None:
    """`refresh_device` for code in a thread."""
    if not device.is_printable or device.uri.lower().startswith("socket:"):
        return None
    try:
        description = asyncio.run(probe_device(device.uri, pinned_sha256=device.certificate_sha256 or None))
    except ProbeError as error:
        store_description(device, error.state)
        raise
    store_description(device, description)
    return description


def store_description(device: Device, description: DeviceDescription | DeviceState) -> None:
    """The model's fields from what the device said, or why it could not be asked."""
    if isinstance(description, DeviceState):
        device.state, device.state_reasons = description.name, list(description.reasons)
        fields = ["state", "state_reasons"]
    else:
        device.make_and_model = description.make_and_model
        device.serial_number = description.serial_number or device.serial_number
        device.description = (
            description.attributes if len(description.attributes) <= _DESCRIPTION_BYTES else b""
        )
        device.state = description.state
        device.state_reasons = list(description.state_reasons)
        device.seen_at = timezone.now()
        fields = ["make_and_model", "serial_number", "description", "state", "state_reasons", "seen_at"]
        if not device.certificate_sha256 and description.certificate_sha256:
            device.certificate_sha256 = description.certificate_sha256
            fields.append("certificate_sha256")
    # Only these columns, and only where the address is still the one that was asked.
    rows = Device.objects.filter(pk=device.pk, uri=device.uri)
    rows.update(**{field: getattr(device, field) for field in fields})


def probe_host_now(host: str) -> FoundAddress:
    """`try_addresses` for a view in a thread; a whole URI is asked as it is. Raises ProbeError."""
    if "://" not in host:
        return asyncio.run(try_addresses(host))
    if host.lower().startswith("socket:"):
        if asyncio.run(_listens(host, address_policy())):
            return FoundAddress(host, None)
        raise ProbeError(_("The device does not listen at this port."))
    return FoundAddress(host, asyncio.run(probe_device(host)))
