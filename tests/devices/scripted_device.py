# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A device whose every byte is written down by the test: one script per connection, in the order of connecting."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from allmende import ipp
from allmende.ipp import make
from devices.programs import free_port

Script = Callable[["Peer"], Awaitable[None]]


class Peer:
    """The device's end of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def read_head(self) -> str:
        return (await self.reader.readuntil(b"\r\n\r\n")).decode("ascii")

    async def read_request(self) -> bytes:
        """The whole body of one request, chunked or not."""
        return await self.read_body(await self.read_head())

    async def read_body(self, head: str) -> bytes:
        head = head.lower()
        if "transfer-encoding: chunked" not in head:
            return await self.reader.readexactly(int(head.split("content-length:")[1].split()[0]))
        body = b""
        while size := int(await self.reader.readline(), 16):
            body += await self.reader.readexactly(size)
            await self.reader.readexactly(2)
        await self.reader.readexactly(2)
        return body

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    def reset(self) -> None:
        self.writer.transport.abort()

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


class ScriptedDevice:
    def __init__(self, scripts: Iterable[Script]) -> None:
        self._scripts = iter(scripts)
        self.connections = 0
        self.port = 0
        self.problems: list[Exception] = []

    @property
    def uri(self) -> str:
        return f"ipp://127.0.0.1:{self.port}/ipp/print"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        peer = Peer(reader, writer)
        try:
            script = next(self._scripts, None)
            assert script is not None, f"connection {self.connections} was not expected"
            await script(peer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client hung up, which many scripts provoke
        except Exception as problem:
            self.problems.append(problem)
        finally:
            await peer.close()


@contextlib.asynccontextmanager
async def scripted_device(
    *scripts: Script, tls: ssl.SSLContext | None = None
) -> AsyncIterator[ScriptedDevice]:
    device = ScriptedDevice(scripts)
    device.port = free_port()
    server = await asyncio.start_server(device.serve, "127.0.0.1", device.port, ssl=tls)
    try:
        yield device
    finally:
        server.close()
    if device.problems:
        raise ExceptionGroup("the device's script", device.problems)


def ipp_reply(status: int = 0, *groups: ipp.Group, request_id: int = 1) -> bytes:
    operation = ipp.Group(
        ipp.GroupTag.OPERATION,
        [make.charset("attributes-charset", "utf-8"), make.language("attributes-natural-language", "de")],
    )
    return ipp.encode(ipp.Message((2, 0), status, request_id, (operation, *groups)))


def http_reply(body: bytes | None = None, *, status: str = "200 OK", headers: str = "") -> bytes:
    body = ipp_reply() if body is None else body
    return (
        f"HTTP/1.1 {status}\r\nContent-Type: application/ipp\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    ).encode() + body


def tls_context(folder: Path, name: str) -> ssl.SSLContext:
    """A server's context with a fresh self-signed certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=2))
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name}.pem"
    file.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
