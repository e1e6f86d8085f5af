# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A real service as its own process, with its own state folder, port, database and log; killed and started again at will.

With `ALLMENDE_DATABASE_URL` naming a PostgreSQL cluster each service gets a fresh database there, else SQLite in its folder.
What only begins with a migrated database or the demo's town takes a copy of the run's own (`foundation`).
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from allmende.server.demo.demo_town import DemoFacts
from devices.programs import free_ports
from foundation import (
    SET_UP_DEMO,
    Foundation,
    cluster_url,
    create_database,
    database_url,
    demo_foundation,
    drop_database,
    migrated_foundation,
)

#: The service's port and those above it; the demo's virtual devices take the tenth and the eleventh.
_PORTS: Final = 12
_PATIENCE: Final = 60.0
_PROGRAM: Final = (sys.executable, "-m", "allmende.server.command_line")


class ServiceProcess:
    """`home` is ALLMENDE_HOME, `temporary` the process' TMPDIR, `log_path` all that it ever wrote to its terminal."""

    def __init__(self, folder: Path, *, database_url: str = "", **environment: str) -> None:
        self.home = folder / "home"
        self.temporary = folder / "tmp"
        self.temporary.mkdir(parents=True, exist_ok=True)
        self.log_path = folder / "service.log"
        self.port = free_ports(_PORTS)[0]
        self.database_url = database_url
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("ALLMENDE_")},
            "DJANGO_SETTINGS_MODULE": "allmende.server.settings",
            "ALLMENDE_HOME": str(self.home),
            "ALLMENDE_PORT": str(self.port),
            "ALLMENDE_LOOPBACK_DEVICES": "1",
            # A town where nothing was printed yet: what tests count is their own, and they start sooner.
            "ALLMENDE_DEMO_YEAR": "0",
            "TMPDIR": str(self.temporary),
            "LANG": "de_DE.UTF-8",
            **environment,
        }
        for name in ("LC_ALL", "LC_MESSAGES", "LANGUAGE"):
            self.environment.pop(name, None)
        if database_url:
            self.environment["ALLMENDE_DATABASE_URL"] = database_url
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def database(self) -> Path:
        """SQLite's file, where it is that."""
        return self.home / "allmende.sqlite3"

    # the process

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self, *words: str, wait: bool = True) -> None:
        """`allmende serve`, or the command that `words` name; returns when it answers, or at once."""
        assert self._process is None, "it runs already"
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [*_PROGRAM, *(words or ("serve",))],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
            )
        if wait:
            self.wait_until_it_answers()

    def wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not self.answers():
            if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the service does not start:\n{self.log()}")
            time.sleep(0.02)

    def answers(self) -> bool:
        """Whether it does more than listen: that begins before the application is loaded."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("HEAD", "/static/kern/kern.min.css")
            connection.getresponse()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        return True

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def send_signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """As a power cut would: SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def writers(self) -> list[int]:
        """The processes that write jobs into its database, also for one that was killed."""
        return writers_of(self.database)

    def kill_writers(self) -> None:
        for number in self.writers():
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)

    def stop(self) -> int:
        """Politely; its exit status."""
        if self._process is None:
            return 0
        self._process.terminate()
        try:
            return self._process.wait(_PATIENCE)
        finally:
            self.kill()

    def log(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    # commands and questions

    def command(
        self, *words: str, text: str | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """`allmende …` in this service's environment, from a terminal of its own; `text` is its standard input."""
        return self._run([*_PROGRAM, *words], text, environment)

    def python(self, program: str, *arguments: str, **environment: str) -> str:
        """What a program prints that runs beside the service with its settings. Fails where it fails."""
        done = self._run([sys.executable, "-c", program, *arguments], None, environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def django(self, program: str, *arguments: str) -> Any:
        """The same, with Django started; `program` leaves its answer, as JSON has it, in `answer`."""
        head = "import json, sys\nfrom allmende.server.command_line import start_django\nstart_django()\nanswer = None\n"
        return json.loads(self.python(head + program + "\nprint(json.dumps(answer))", *arguments))

    def _run(
        self, command: list[str], text: str | None, environment: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            input=text if text is not None else "",
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
            env={**self.environment, **environment},
        )

    # what it begins with, where a test is not about the first start itself

    def take_migrated_home(self) -> None:
        """As after `allmende migrate`."""
        self._take(migrated_foundation())

    def set_up_demo(self) -> DemoFacts:
        """The demo's town without its virtual devices, for tests that bring their own."""
        self._take(demo_foundation())
        self.python(SET_UP_DEMO)
        return self.demo_facts()

    def _take(self, foundation: Foundation) -> None:
        foundation.copy(self.home, self.database_url)
        pepper = self.home / "secrets" / "pepper"
        wanted = Path(self.environment.get("ALLMENDE_PEPPER_FILE", pepper))
        wanted.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        pepper.replace(wanted)

    def demo_facts(self) -> DemoFacts:
        return DemoFacts.load(self.home)


def writers_of(path: Path) -> list[int]:
    """The processes that write jobs and were told this path, of their database or of their socket."""
    mark = str(path).encode()
    return [
        int(found.parent.name)
        for found in Path("/proc").glob("[0-9]*/cmdline")
        if b"sqlite_writer_process" in (words := read_if_there(found)) and mark in words
    ]


def read_if_there(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it has ended
        return b""


@contextlib.contextmanager
def service_process(folder: Path, **environment: str) -> Iterator[ServiceProcess]:
    """A service that is not started yet; it ends, and its database goes, with the test."""
    with fresh_database() as url:
        service = ServiceProcess(folder, database_url=url, **environment)
        try:
            yield service
        finally:
            # Not politely: what lies jammed at a device would be given ten seconds.
            service.kill()


@contextlib.contextmanager
def fresh_database() -> Iterator[str]:
    """The URL of an empty PostgreSQL database, or nothing where the tests run on SQLite."""
    if not cluster_url():
        yield ""
        return
    name = f"allmende_{uuid.uuid4().hex[:12]}"
    create_database(name)
    try:
        yield database_url(name)
    finally:
        drop_database(name)
