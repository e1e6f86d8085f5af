# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Allmende as it is shipped: `allmende serve` over a folder of its own, with SQLite, inspection and sealing on; one process, or two that share the port.

Every acknowledged job is sealed and flushed to the disk. A release is a tap of the chip at a reader with the wish to print all
(`POST /api/v1/devices/…/taps`), so it has everything in it: the token, Argon2id, the visit, the release, the delivery. How many jobs
are held is asked of the database, where they are durable, not of memory.
"""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from allmende_filling import copy_held_job
from allmende_town import CROWD, SLUG, TAPPERS, chip_number
from ipp_client import RequestFailedError, exchange, print_one
from print_messages import PrintTarget, get_printer_attributes
from process_memory import with_descendants
from sample_documents import small_document

_PATIENCE = 120.0
#: People whose jobs the load generator sends, in turn.
_SENDERS = 64
_SETUP = Path(__file__).with_name("allmende_setup.py")


class AllmendeServer:
    """Implements `print_server.PrintServer`."""

    name = "allmende"
    release_ways = ("ipp", "socket")
    _serving = 1

    def __init__(self, folder: Path, *, crowd: int = CROWD, tappers: int = TAPPERS) -> None:
        self._folder = folder
        self._home = folder / "home"
        self._port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._device: dict[str, str] = {}
        self._next_person = itertools.cycle(range(tappers))
        self._senders = min(crowd, _SENDERS)
        self._owners: dict[int, int] = {}
        shutil.copytree(_founded_town(folder.parent, crowd, tappers), self._home)

    def start(self) -> float:
        begin = time.monotonic()
        words = ["serve", "--port", str(self._port), "--processes", str(self._serving)]
        with (self._folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "allmende.server.command_line", *words],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=_environment(self._home),
                cwd=self._folder,
            )
        target = self._target("crowd-0")
        while True:
            try:
                exchange(target, get_printer_attributes(target, ["printer-state"]), _PATIENCE)
            except OSError:
                if self._process.poll() is not None:
                    raise RuntimeError((self._folder / "output").read_text(errors="replace")) from None
                if time.monotonic() > begin + _PATIENCE:
                    raise
                time.sleep(0.002)
            else:
                return time.monotonic() - begin

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_PATIENCE)
        finally:
            self._process.kill()
            self._process.wait()
            self._process = None

    def process_ids(self) -> Sequence[int]:
        return with_descendants(self._process.pid) if self._process else []

    def held_targets(self) -> Sequence[PrintTarget]:
        return [self._target(f"crowd-{number}") for number in range(self._senders)]

    def held_jobs(self) -> int:
        return self._count("state = 'held'")

    def hold_copies(self, count: int) -> bool:
        """Stop, copy an accepted job's rows, start again: what is measured is the state, not the way to it."""
        print_one(self._target("crowd-0"), small_document())
        self._wait_until(lambda: self._count("state = 'held' AND inspection = 'ok'") > 0)
        self.stop()
        copy_held_job(self._home / "allmende.sqlite3", count)
        os.sync()
        self.start()
        return True

    def connect_device(self, uri: str, way: str) -> None:
        del way
        output = subprocess.run(
            [sys.executable, _SETUP, "device", uri.partition("/?")[0]],
            env=_environment(self._home),
            check=True,
            capture_output=True,
            timeout=_PATIENCE,
        ).stdout
        self._device = json.loads(output)

    def hold_for_release(self, document: bytes) -> int:
        person = next(self._next_person)
        job_id = print_one(self._target(f"tap-{person}"), document)
        self._owners[job_id] = person
        return job_id

    def release(self, job_id: int) -> None:
        answer = self._call_api(
            f"/api/v1/devices/{self._device['slug']}/taps",
            {"chip": chip_number(self._owners.pop(job_id)), "release": "all"},
        )
        released = [one["job"] for one in answer["released"] if one["done"]]
        if released != [job_id]:
            raise RequestFailedError(f"the tap released {released} instead of job {job_id}")

    def wait_until_idle(self) -> None:
        self._wait_until(lambda: not self._count("state IN ('released', 'delivering')"))

    def _call_api(self, path: str, content: dict[str, str]) -> dict[str, list[dict[str, int | bool]]]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_PATIENCE)
        with contextlib.closing(connection):
            headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._device['token']}"}
            connection.request("POST", path, json.dumps(content), headers)
            response = connection.getresponse()
            body = response.read()
        if response.status != http.client.OK:
            raise RequestFailedError(f"HTTP {response.status}: {body[:200].decode(errors='replace')}")
        answer: dict[str, list[dict[str, int | bool]]] = json.loads(body)
        return answer

    def _target(self, user: str) -> PrintTarget:
        address = f"127.0.0.1:{self._port}/ipp/print/{SLUG}"
        return PrintTarget(f"http://{address}", f"ipp://{address}", user)

    def _count(self, condition: str) -> int:
        path = self._home / "allmende.sqlite3"
        with contextlib.closing(
            sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=30)
        ) as database:
            counting = f"SELECT count(*) FROM printing_job WHERE {condition}"  # noqa: S608 - our own words
            return int(database.execute(counting).fetchone()[0])

    def _wait_until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 60
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError("allmende does not come to rest")
            time.sleep(0.01)


class AllmendePair(AllmendeServer):
    """Two equal processes on one port, one database and one spool."""

    name = "allmende, two processes"
    _serving = 2


def _founded_town(parent: Path, crowd: int, tappers: int) -> Path:
    """A home with the town in it, made once for all servers of a run."""
    home = parent / "allmende-town"
    if not home.exists():
        draft = parent / "allmende-town.draft"
        subprocess.run(
            [sys.executable, _SETUP, "found", str(crowd), str(tappers)],
            env=_environment(draft),
            check=True,
            timeout=_PATIENCE,
        )
        draft.rename(home)
    return home


def _environment(home: Path) -> dict[str, str]:
    """Nothing of the caller's own settings."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("ALLMENDE_", "DJANGO_"))
    }
    return kept | {
        "ALLMENDE_HOME": str(home),
        "ALLMENDE_LOOPBACK_DEVICES": "1",
        "ALLMENDE_LOG_LEVEL": "ERROR",
        "PYTHONUNBUFFERED": "1",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
