# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The agent as the process that it is, with lines, and with a real PC/SC daemon and a virtual card."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from devices.card_reader import PcscDaemon
from devices.programs import free_port, wait_until
from devices.scripted_device import tls_context
from devices.tap_server import TapServer

UID = bytes.fromhex("04A1B2C3D4E5F6")
NUMBER = UID.hex().upper()


class Agent:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said = ""
        self._listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        assert self.process.stderr is not None
        while line := await self.process.stderr.readline():
            self.said += line.decode()

    async def wait_for(self, words: str, times: int = 1) -> None:
        try:
            await wait_until(lambda: self.said.count(words) >= times)
        except TimeoutError:
            pytest.fail(f"the agent did not say {words!r} {times} times, but:\n{self.said}")

    async def type(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(text.encode())
        await self.process.stdin.drain()

    async def end(self) -> int:
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        status = await self.process.wait()
        await self._listening
        return status


async def start_agent(
    home: Path, port: int, *options: str, env: dict[str, str] | None = None, scheme: str = "http"
) -> asyncio.subprocess.Process:
    token = home / "token"
    token.write_text("geheim\n")
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "allmende.server.command_line", "reader", "--server", f"{scheme}://127.0.0.1:{port}",
        "--device", "rathaus-eg", "--token-file", str(token), *options,
        stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=env,
    )  # fmt: skip


@contextlib.asynccontextmanager
async def agent(
    home: Path, port: int, *options: str, env: dict[str, str] | None = None, scheme: str = "http"
) -> AsyncIterator[Agent]:
    found = Agent(await start_agent(home, port, *options, env=env, scheme=scheme))
    try:
        yield found
    finally:
        await found.end()
    assert NUMBER not in found.said


async def test_each_line_is_a_tap(tmp_path: Path) -> None:
    with TapServer() as server:
        async with agent(tmp_path, server.port, "--stdin") as reader:
            await reader.type(f"{NUMBER}\n\n{NUMBER}\n0102030405\n" + "9" * 500 + "\nAABBCC\n")
            await reader.wait_for("tap taken", 3)
            assert server.chips == [NUMBER, "0102030405", "AABBCC"]
            assert "too long" in reader.said
            assert server.connections == 1
        assert server.taps[0] == {
            "path": "/api/v1/devices/rathaus-eg/taps",
            "token": "Bearer geheim",
            "chip": NUMBER,
        }


async def test_what_the_service_refuses_is_said_without_its_words(tmp_path: Path) -> None:
    with TapServer() as server:
        server.answers = [
            (404, {"code": "unknown-chip", "message": NUMBER}),
            (500, {"code": f"{NUMBER}\n" * 9}),
            (401, {"detail": "?"}),
        ]
        async with agent(tmp_path, server.port, "--stdin") as reader:
            await reader.type("010203\n040506\n070809\n")
            await reader.wait_for("tap refused: unknown-chip")
            await reader.wait_for("tap refused: http-500")
            await reader.wait_for("tap refused: http-401")


async def test_a_restart_of_the_service_is_survived(tmp_path: Path) -> None:
    with TapServer() as server:
        async with agent(tmp_path, server.port, "--stdin") as reader:
            await reader.type("010203\n")
            await reader.wait_for("tap taken")
            server.stop()
            await reader.type("040506\n")
            await reader.wait_for("tap refused: unreachable")
            with TapServer(server.port) as again:
                await reader.type("070809\n")
                await reader.wait_for("tap taken", 2)
                assert again.chips == ["070809"]


async def test_a_pinned_certificate(tmp_path: Path) -> None:
    import hashlib
    import ssl

    with TapServer(tls=tls_context(tmp_path, "right")) as server:
        pem = await asyncio.to_thread(ssl.get_server_certificate, ("127.0.0.1", server.port))
        pin = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
        for given, said in ((pin, "tap taken"), ("0" * 64, "certificate-changed"), ("", "unreachable")):
            options = ["--stdin", *(["--certificate-sha256", given] if given else [])]
            async with agent(tmp_path, server.port, *options, scheme="https") as reader:
                await reader.type("010203\n")
                await reader.wait_for(said)
        assert server.chips == ["010203"]


async def test_without_a_token_it_does_not_start(tmp_path: Path) -> None:
    async with agent(tmp_path, free_port(), "--token-file", str(tmp_path / "none")) as reader:
        assert await reader.process.wait() == 1


@pytest.mark.system
async def test_a_card_is_a_tap_and_the_reader_shows_the_outcome(tmp_path: Path) -> None:
    daemon, heard = PcscDaemon(tmp_path), []  # type: PcscDaemon, list[bytes]
    with TapServer() as server:
        async with (
            daemon.run(),
            agent(tmp_path, server.port, "--feedback", "acr122", env=daemon.environment) as reader,
        ):
            await reader.wait_for("reading at Virtual PCD")
            async with daemon.card(UID, heard):
                await reader.wait_for("tap taken")
                await wait_until(lambda: heard)
            server.answers = [(404, {"code": "unknown-chip"})]
            async with daemon.card(b"\x01\x02\x03\x04", heard):
                await reader.wait_for("tap refused: unknown-chip")
                await wait_until(lambda: len(heard) == 2)
            async with daemon.card(b"", heard):
                await reader.wait_for("a card could not be read")
            assert await reader.end() == 0
    assert server.chips == [NUMBER, "01020304"]
    assert heard[0] != heard[1]
    assert all(command.startswith(b"\xff\x00\x40") for command in heard)


@pytest.mark.system
async def test_a_restart_of_the_daemon_is_survived(tmp_path: Path) -> None:
    daemon = PcscDaemon(tmp_path)
    with TapServer() as server:
        async with agent(tmp_path, server.port, env=daemon.environment) as reader:
            await reader.wait_for("not")  # no daemon yet
            async with daemon.run() as process:
                await reader.wait_for("reading at")
                async with daemon.card(UID):
                    await reader.wait_for("tap taken")
                process.kill()
                await process.wait()
            async with daemon.run():
                await reader.wait_for("reading at", 2)
                async with daemon.card(b"\x05\x06\x07\x08"):
                    await reader.wait_for("tap taken", 2)
    assert server.chips == [NUMBER, "05060708"]


@pytest.mark.system
async def test_a_card_that_lies_there_at_the_start_is_no_tap(tmp_path: Path) -> None:
    daemon = PcscDaemon(tmp_path)
    with TapServer() as server:
        async with daemon.run():
            async with daemon.card(b"\x09\x09\x09\x09") as noticed:
                await asyncio.wait_for(noticed.wait(), 20)
                reader = Agent(await start_agent(tmp_path, server.port, env=daemon.environment))
                await reader.wait_for("reading at")
            # Where the daemon looks away in the moment of the change it takes both for one card: people then hold theirs there again.
            for _ in range(3):
                async with daemon.card(UID):
                    with contextlib.suppress(TimeoutError):
                        await wait_until(lambda: "tap taken" in reader.said, 6)
                if "tap taken" in reader.said:
                    break
            await reader.end()
    assert server.chips == [NUMBER]
