# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A real cupsd of the test's own as our client: its queues, its filters, its back ends; nothing of the machine's CUPS is touched."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from devices.programs import free_port, listens, require_program

_PATIENCE: Final = 90.0
_CUPSD: Final = """
Listen 127.0.0.1:{port}
LogLevel debug
Browsing No
WebInterface No
DefaultAuthType None
IdleExitTimeout 0
PreserveJobHistory Yes
<Location />
  Order allow,deny
  Allow all
</Location>
<Policy default>
  JobPrivateAccess all
  JobPrivateValues none
  SubscriptionPrivateAccess all
  SubscriptionPrivateValues none
  <Limit All>
    Order allow,deny
    Allow all
  </Limit>
</Policy>
"""
_FILES: Final = """
ServerRoot {folder}/root
RequestRoot {folder}/spool
CacheDir {folder}/cache
StateDir {folder}/state
TempDir {folder}/tmp
ErrorLog {folder}/log/error
AccessLog {folder}/log/access
PageLog {folder}/log/page
SystemGroup root
User {user}
Group {group}
"""


class PrivateCups:
    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self.server = f"127.0.0.1:{port}"

    def run(self, program: str, *words: str) -> str:
        """A program of CUPS' against this server; what it prints. In English, so that it can be read here."""
        done = subprocess.run(
            [require_program(program), *words],
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
            env={**os.environ, "CUPS_SERVER": self.server, "LANG": "C", "LC_ALL": "C"},
        )
        assert done.returncode == 0, f"{program} {words}: {done.stderr}\n{self.log()[-4000:]}"
        return done.stdout

    def add_queue(self, name: str, uri: str) -> None:
        """Ready when it returns: cupsd asks the printer behind lpadmin's back, and aborts what is printed meanwhile as not convertible."""
        self.run("lpadmin", "-p", name, "-E", "-v", uri, "-m", "everywhere")
        deadline = time.monotonic() + _PATIENCE
        while f'Printer "{name}" is now available.' not in self.log():
            assert time.monotonic() < deadline, f"{name} does not come up: {self.log()[-4000:]}"
            time.sleep(0.05)

    def print(self, queue: str, file: Path, *options: str) -> str:
        """CUPS' own name for the job, such as `town-3`."""
        answer = self.run("lp", "-d", queue, *options, str(file))
        return answer.split("request id is ")[1].split()[0]

    def jobs(self, which: str) -> list[str]:
        """Names of jobs that are `completed` or `not-completed`."""
        return [line.split()[0] for line in self.run("lpstat", "-W", which, "-o").splitlines()]

    def wait_until_handed_over(self, job: str) -> None:
        """The job is not CUPS' business any more."""
        deadline = time.monotonic() + _PATIENCE
        while job not in self.jobs("completed"):
            assert time.monotonic() < deadline, f"{job} stays with CUPS: {self.log()[-6000:]}"
            time.sleep(0.1)

    def log(self) -> str:
        return (self._folder / "log" / "error").read_text(errors="replace")


@contextlib.contextmanager
def private_cups() -> Iterator[PrivateCups]:
    program = require_program("cupsd")
    # Not below pytest's own folder: the filters and back ends run as another user, who may not pass through there.
    folder = Path(tempfile.mkdtemp(prefix="allmende-cups-"))
    port = free_port()
    folder.chmod(0o755)
    for name in ("root", "spool", "cache", "state", "tmp", "log"):
        (folder / name).mkdir(mode=0o755)
    is_root = os.geteuid() == 0
    user, group = ("lp", "lp") if is_root else (getpass.getuser(), str(os.getegid()))
    if is_root:
        shutil.chown(folder / "tmp", "lp", "lp")
    (folder / "cupsd.conf").write_text(_CUPSD.format(port=port))
    (folder / "cups-files.conf").write_text(_FILES.format(folder=folder, user=user, group=group))
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            [program, "-f", "-c", str(folder / "cupsd.conf"), "-s", str(folder / "cups-files.conf")],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        deadline = time.monotonic() + _PATIENCE
        while not listens(port):
            assert process.poll() is None and time.monotonic() < deadline, (folder / "output").read_text()  # noqa: PT018
            time.sleep(0.05)
        yield PrivateCups(folder, port)
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)
