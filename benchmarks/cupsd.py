# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A private cupsd, as fast as its configuration allows.

It shares nothing with the machine's own CUPS: configuration, spool, state and temporary files lie in one folder, it
listens on a loopback port of its own, announces nothing and has every limit on jobs off. Run by root it gives its folders to
its user `lp` and starts backends as that user, so the folder above them must be open to pass through; run by anybody else
it stays who it is. The queues are raw: no filter runs between spool and device, so its figures are the best it can reach. Beside
them stands a driverless queue (`-m everywhere`), as offices have them: its documents pass through CUPS' filters.
Nothing it acknowledges is flushed to the disk (SyncOnClose is off, its default).
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from ipp_client import RequestFailedError, exchange, print_one
from print_messages import PrintTarget, get_printer_attributes, release_job, reply_integer

_PROGRAM = shutil.which("cupsd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") or "cupsd"
_IDLE = 3
#: Seconds for a start or an orderly end, both of which read or write every job.
_PATIENCE = 300.0

_CUPSD_CONF = """Listen 127.0.0.1:{port}
LogLevel error
AccessLogLevel none
Browsing No
BrowseLocalProtocols none
WebInterface No
DefaultAuthType None
IdleExitTimeout 0
MaxClients 300
MaxJobs 0
MaxJobsPerPrinter 0
MaxJobsPerUser 0
MaxHoldTime 0
MaxLogSize 0
PreserveJobHistory Yes
PreserveJobFiles Yes
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

_CUPS_FILES_CONF = """FileDevice Yes
ServerRoot {folder}/root
RequestRoot {folder}/spool
CacheDir {folder}/cache
StateDir {folder}/state
TempDir {folder}/tmp
ErrorLog {folder}/log/error
AccessLog {folder}/log/access
PageLog {folder}/log/page
SystemGroup root
"""


class Cupsd:
    """Implements `print_server.PrintServer` with two queues that hold: one to /dev/null, one to the device."""

    name = "cupsd"
    release_ways = ("ipp", "driverless", "socket")

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._device_queue = "device"
        folder.chmod(0o755)
        for name in ("root", "spool", "cache", "state", "tmp", "log"):
            (folder / name).mkdir(mode=0o755)
        files = _CUPS_FILES_CONF.format(folder=folder)
        if os.geteuid() == 0:
            files += "User lp\nGroup lp\n"
            shutil.chown(folder / "tmp", "lp", "lp")
        else:
            user = pwd.getpwuid(os.geteuid()).pw_name
            files += f"User {user}\n"
        (folder / "cupsd.conf").write_text(_CUPSD_CONF.format(port=self._port))
        (folder / "cups-files.conf").write_text(files)
        self._has_queues = False

    def start(self) -> float:
        if not self._has_queues:
            self._launch()
            self._set_up_queue("held", "file:///dev/null")
            self._set_up_queue("device", "file:///dev/null")
            self._has_queues = True
            self.stop()
        return self._launch()

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
        return [self._process.pid] if self._process else []

    def held_targets(self) -> Sequence[PrintTarget]:
        return [self._target("held")]

    def held_jobs(self) -> int:
        return self._ask("held", "queued-job-count")

    def hold_copies(self, count: int) -> bool:
        del count
        return False

    def connect_device(self, uri: str, way: str) -> None:
        driverless = way == "driverless"
        self._device_queue = way if driverless else "device"
        self._set_up_queue(self._device_queue, uri, "everywhere" if driverless else "raw")
        if driverless:
            self._wait_for_description()

    def hold_for_release(self, document: bytes) -> int:
        return print_one(self._target(self._device_queue), document)

    def release(self, job_id: int) -> None:
        target = self._target(self._device_queue)
        exchange(target, release_job(target, job_id))

    def wait_until_idle(self) -> None:
        deadline = time.monotonic() + 60
        while self._ask(self._device_queue, "printer-state") != _IDLE:
            if time.monotonic() > deadline:
                raise TimeoutError("cupsd does not come to rest")
            time.sleep(0.01)

    def _launch(self) -> float:
        begin = time.monotonic()
        with (self._folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                [_PROGRAM, "-f", "-c", self._folder / "cupsd.conf", "-s", self._folder / "cups-files.conf"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        queue = self._target("held")
        while True:
            try:
                exchange(queue, get_printer_attributes(queue, ["printer-state"]), _PATIENCE)
            except RequestFailedError:
                # It answers: before the queues are set up, it does not know this one.
                break
            except OSError:
                if self._process.poll() is not None:
                    raise RuntimeError((self._folder / "output").read_text(errors="replace")) from None
                if time.monotonic() > begin + _PATIENCE:
                    raise
                time.sleep(0.002)
            else:
                break
        return time.monotonic() - begin

    def _set_up_queue(self, name: str, device_uri: str, model: str = "raw") -> None:
        subprocess.run(
            [
                *("lpadmin", "-h", f"127.0.0.1:{self._port}", "-p", name, "-E"),
                *("-v", device_uri, "-m", model),
                *("-o", "job-hold-until-default=indefinite", "-o", "printer-error-policy=retry-job"),
            ],
            check=True,
            capture_output=True,
            timeout=60,
        )

    def _wait_for_description(self) -> None:
        """The device is asked by cupsd after lpadmin has ended; where it fails the queue silently stays a raw one."""
        description = self._folder / "root" / "ppd" / "driverless.ppd"
        deadline = time.monotonic() + 60
        while not description.exists():
            if time.monotonic() > deadline:
                raise TimeoutError("cupsd could not make a driverless queue of the device")
            time.sleep(0.01)

    def _target(self, queue: str) -> PrintTarget:
        address = f"127.0.0.1:{self._port}/printers/{queue}"
        return PrintTarget(f"http://{address}", f"ipp://{address}", "erika")

    def _ask(self, queue: str, name: str) -> int:
        target = self._target(queue)
        return reply_integer(exchange(target, get_printer_attributes(target, [name])), name)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
