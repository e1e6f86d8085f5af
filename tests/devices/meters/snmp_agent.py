# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A real SNMP agent that plays the printers of `agents/*.snmprec`: by community over v2c, by user over v3."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from devices.programs import free_port

AGENTS = Path(__file__).parent / "agents"
USER, AUTH_KEY, PRIV_KEY = "allmende", "eine-lange-signatur", "ein-langer-schluessel"
_PROGRAM = Path(__file__).with_name("agent_program.py")


@dataclass(frozen=True)
class Agent:
    host: str
    port: int
    folder: Path

    def play(self, name: str, community: str = "public") -> None:
        """From now on the community (and over v3 everybody) sees this printer."""
        shutil.copy(AGENTS / f"{name}.snmprec", self.folder / f"{community}.snmprec")


@contextmanager
def running_agent(
    folder: Path, name: str = "kyocera", *, auth: str = "SHA256", priv: str = "AES128"
) -> Iterator[Agent]:
    """Every file of `agents` under its own name as the community; `name` as `public` and as what v3 sees."""
    if find_spec("snmpsim") is None or find_spec("pysmi") is None:
        if os.environ.get("CI"):
            pytest.fail("snmpsim (with pysmi) is missing")
        pytest.skip("snmpsim is not installed")
    data = folder / "agents"
    data.mkdir()
    for record in AGENTS.glob("*.snmprec"):
        shutil.copy(record, data / record.name)
    port = free_port(socket.SOCK_DGRAM)
    agent = Agent("127.0.0.1", port, data)
    agent.play(name)
    (folder / "cache").mkdir()
    told = folder / "agent.log"
    output = told.open("wb")
    process = subprocess.Popen(
        [
            sys.executable,
            str(_PROGRAM),
            "--v3-engine-id=auto",
            f"--data-dir={data}",
            f"--agent-udpv4-endpoint=127.0.0.1:{port}",
            f"--v3-user={USER}",
            f"--v3-auth-key={AUTH_KEY}",
            f"--v3-auth-proto={auth}",
            f"--v3-priv-key={PRIV_KEY}",
            f"--v3-priv-proto={priv}",
            f"--cache-dir={folder / 'cache'}",
        ],
        stdout=output,
        stderr=subprocess.STDOUT,
    )
    try:
        # It tells every request: into a file, because a pipe that nobody reads would stop it.
        while "Listening at UDP/IPv4" not in told.read_text():
            if process.poll() is not None:
                pytest.fail(f"the agent did not start: {told.read_text()[-500:]}")
            time.sleep(0.05)
        yield agent
    finally:
        process.kill()
        process.wait()
        output.close()
