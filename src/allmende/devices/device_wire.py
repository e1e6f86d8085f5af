# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""One connection to a device: bytes out with backpressure, bytes in with a bound, TLS with a pinned certificate.

Certificates: printers sign their own, so no authority is asked. What counts is that it is the same one as at first use
(SHA-256 of the DER form), compared after the handshake and before any byte of ours is sent.
"""

import asyncio
import errno
import hashlib
import hmac
import ipaddress
import socket
import ssl
from collections.abc import Iterable
from typing import Final, Self, cast

from allmende.devices.device_addresses import AddressPolicy, DeviceAddress
from allmende.devices.device_errors import CertificateChangedError, DeviceUnreachableError, UnreachableReason

_HELD: Final = 262_144
_UNREAD: Final = 65_536
_ADDRESSES_TRIED: Final = 4


class Wire(asyncio.Protocol):
    """`read` gives what has arrived, b"" at the end; `write` and `drain` send. Losing the connection raises OSError."""

    def __init__(self) -> None:
        self.certificate_sha256: str | None = None
        self._transport: asyncio.Transport = cast("asyncio.Transport", None)
        self._received = bytearray()
        self._ended = False
        self._lost: Exception | None = None
        self._reading_paused = False
        self._readable: asyncio.Future[None] | None = None
        self._writable: asyncio.Future[None] | None = None
        self._writing_paused = False

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=_HELD)
        found = transport.get_extra_info("socket")
        if found is not None:
            found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # A device that was switched off tells nobody; the kernel finds out for the connections that wait.
            found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if len(self._received) >= _UNREAD and not self._reading_paused:
            self._reading_paused = True
            self._transport.pause_reading()
        _wake(self._readable)

    def eof_received(self) -> bool:
        self._ended = True
        _wake(self._readable)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended = True
        self._lost = exc or ConnectionResetError("the device closed the connection")
        _wake(self._readable)
        _wake(self._writable)

    def pause_writing(self) -> None:
        self._writing_paused = True

    def resume_writing(self) -> None:
        self._writing_paused = False
        _wake(self._writable)

    # for the dialogue above

    @property
    def is_stale(self) -> bool:
        """While nobody has asked anything: the device hung up, or spoke unasked."""
        return self._ended or bool(self._received) or self._transport.is_closing()

    async def read(self) -> bytes:
        """What has arrived, at least one byte; b"" when the device ended the connection in order."""
        while not self._received:
            if self._ended:
                if self._lost and not isinstance(self._lost, ConnectionResetError):
                    raise self._lost
                return b""
            self._readable = asyncio.get_running_loop().create_future()
            await self._readable
        data = bytes(self._received)
        self._received.clear()
        if self._reading_paused and not self._ended:
            self._reading_paused = False
            self._transport.resume_reading()
        return data

    def write(self, parts: Iterable[bytes]) -> None:
        """Raises OSError when the connection is gone."""
        if self._lost:
            raise self._lost
        if self._transport.is_closing():
            raise ConnectionResetError("the device closed the connection")
        self._transport.write(b"".join(parts))

    async def drain(self) -> None:
        """Until there is room again. Raises OSError when the connection is gone."""
        # One turn of the loop, so that a reply which came meanwhile is seen before more is sent.
        await asyncio.sleep(0)
        while self._writing_paused and not self._lost:
            self._writable = asyncio.get_running_loop().create_future()
            await self._writable
        if self._lost:
            raise self._lost

    def end_writing(self) -> None:
        """Half-close where the transport can (not under TLS)."""
        if self._transport.can_write_eof():
            self._transport.write_eof()

    def close(self) -> None:
        self._transport.close()

    def abort(self) -> None:
        self._transport.abort()

    @classmethod
    async def connect(
        cls, address: DeviceAddress, *, pinned_sha256: str | None, policy: AddressPolicy, seconds: float
    ) -> Self:
        """Raises DeviceUnreachableError, CertificateChangedError."""
        try:
            async with asyncio.timeout(seconds):
                wire = await cls._open(address, policy)
        except TimeoutError:
            raise DeviceUnreachableError(UnreachableReason.TIMEOUT, f"no connection in {seconds} s") from None
        seen = wire.certificate_sha256
        if pinned_sha256 and not hmac.compare_digest(seen or "", pinned_sha256.lower()):
            wire.abort()
            raise CertificateChangedError(seen or "")
        return wire

    @classmethod
    async def _open(cls, address: DeviceAddress, policy: AddressPolicy) -> Self:
        loop = asyncio.get_running_loop()
        tls = _tls_context() if address.is_tls else None
        problem: Exception | None = None
        for host in await _resolve(address, policy):
            try:
                transport, wire = await loop.create_connection(
                    cls,
                    host,
                    address.port,
                    ssl=tls,
                    server_hostname=address.host if tls else None,
                    ssl_shutdown_timeout=2 if tls else None,
                )
            except OSError as error:  # ssl.SSLError is one
                problem = error
                continue
            if tls:
                seen = transport.get_extra_info("ssl_object").getpeercert(binary_form=True)
                wire.certificate_sha256 = hashlib.sha256(seen or b"").hexdigest()
            return wire
        raise _unreachable(problem) from problem


async def _resolve(address: DeviceAddress, policy: AddressPolicy) -> list[str]:
    try:
        hosts = [str(ipaddress.ip_address(address.host))]
    except ValueError:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                address.host, address.port, type=socket.SOCK_STREAM
            )
        except (OSError, UnicodeError) as error:
            raise DeviceUnreachableError(UnreachableReason.NO_SUCH_HOST, str(error)) from None
        hosts = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    allowed = [host for host in hosts if "%" not in host and policy.allows(ipaddress.ip_address(host))]
    if not allowed:
        raise DeviceUnreachableError(
            UnreachableReason.FORBIDDEN_ADDRESS, f"{address.host} is no address for a device"
        )
    return allowed[:_ADDRESSES_TRIED]


def _tls_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Devices of ten years ago have keys of 1024 bits; the pin below holds with these too.
    context.set_ciphers("DEFAULT:@SECLEVEL=1")
    return context


def _unreachable(problem: Exception | None) -> DeviceUnreachableError:
    reason = UnreachableReason.NO_ROUTE
    if isinstance(problem, ssl.SSLError | ConnectionResetError):
        reason = UnreachableReason.TLS
    elif isinstance(problem, ConnectionRefusedError):
        reason = UnreachableReason.REFUSED
    elif isinstance(problem, OSError) and problem.errno == errno.ETIMEDOUT:
        reason = UnreachableReason.TIMEOUT
    return DeviceUnreachableError(reason, str(problem))


def _wake(future: "asyncio.Future[None] | None") -> None:
    if future is not None and not future.done():
        future.set_result(None)
