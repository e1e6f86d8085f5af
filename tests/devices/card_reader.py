# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A PC/SC daemon of the test's own with the virtual reader (vsmartcard's vpcd), and a card to hold to it.

The daemon's socket has a fixed path, so it runs in a mount namespace where a folder of the test lies there. vpcd's protocol: each
message has two bytes of length; one byte is a command (0 off, 1 on, 2 reset, 4 ATR), more is an APDU.
"""

import asyncio
import contextlib
import os
import shlex
import struct
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from devices.avahi import running
from devices.programs import free_port, require_program, wait_until

ATR = bytes.fromhex("3B8F8001804F0CA000000306030001000000006A")
#: How often the daemon is started, and how often it is asked for its reader.
_STARTS, _LOOKS = 3, 20
_LIST_READERS = """
from smartcard import scard
result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
print(*scard.SCardListReaders(context, [])[1] if result == scard.SCARD_S_SUCCESS else ())
"""
_DRIVER = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"


class PcscDaemon:
    def __init__(self, home: Path) -> None:
        self.port = free_port()
        self.socket_folder = home / "pcscd"
        self.config = home / "reader.conf"
        self.socket_folder.mkdir()
        self.config.write_text(
            f'FRIENDLYNAME "Virtual PCD"\nDEVICENAME /dev/null:{self.port:#x}\nLIBPATH {_DRIVER}\nCHANNELID {self.port:#x}\n'
        )

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "PCSCLITE_CSOCK_NAME": str(self.socket_folder / "pcscd.comm")}

    @contextlib.asynccontextmanager
    async def run(self) -> AsyncIterator[asyncio.subprocess.Process]:
        program = require_program("pcscd")
        if not os.path.exists(_DRIVER):  # noqa: ASYNC240, PTH110
            if os.environ.get("CI"):
                pytest.fail("vsmartcard-vpcd is not installed")
            pytest.skip("vsmartcard-vpcd is not installed")
        command = shlex.join([program, "--foreground", "--config", str(self.config)])
        hide = (
            f"mkdir -p /run/pcscd && mount --bind {shlex.quote(str(self.socket_folder))} /run/pcscd && exec "
        )
        for attempt in range(_STARTS):
            for leftover in self.socket_folder.iterdir():
                leftover.unlink()
            async with running("unshare", "--mount", "sh", "-c", hide + command) as process:
                # Looked up, not tried out: whoever connects is a card to vpcd, also one that is gone again at once.
                await wait_until(lambda: "0A" in _states(self.port))
                # On a busy machine the daemon now and then comes up without its reader, and stays so.
                if await self._has_reader() or attempt == _STARTS - 1:
                    yield process
                    return

    async def _has_reader(self) -> bool:
        for _ in range(_LOOKS):
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", _LIST_READERS, env=self.environment, stdout=asyncio.subprocess.PIPE
            )
            names, _ = await process.communicate()
            if b"Virtual PCD" in names:
                return True
        return False

    @contextlib.asynccontextmanager
    async def card(self, uid: bytes, heard: list[bytes] | None = None) -> AsyncIterator[asyncio.Event]:
        """A card that lies on the reader inside the `with`; the event is set when the daemon has noticed it."""
        noticed = asyncio.Event()
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        task = asyncio.create_task(_play(reader, writer, uid, noticed, heard if heard is not None else []))
        try:
            yield noticed
        finally:
            task.cancel()
            writer.close()
            await asyncio.gather(task, return_exceptions=True)
            # vpcd looks every now and then; a next card in between would be the same one to it.
            await wait_until(lambda: not _states(self.port) & {"01", "08"})


async def _play(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    uid: bytes,
    noticed: asyncio.Event,
    heard: list[bytes],
) -> None:
    while True:
        (size,) = struct.unpack(">H", await reader.readexactly(2))
        message = await reader.readexactly(size)
        if size == 1:
            if message == b"\x04":
                noticed.set()
            answer = ATR if message == b"\x04" else None
        elif message.startswith(b"\xff\xca\x00\x00"):
            answer = uid + b"\x90\x00" if uid else b"\x6a\x81"
        else:
            heard.append(message)
            answer = b"\x90\x00"
        if answer is not None:
            writer.write(struct.pack(">H", len(answer)) + answer)
            await writer.drain()


def _states(port: int) -> set[str]:
    """Of the sockets at this port (0A listening, 01 connected, 08 the other side has closed)."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    ends = [(line.split()[1], line.split()[3]) for line in lines]
    return {state for local, state in ends if local.endswith(f":{port:04X}")}
