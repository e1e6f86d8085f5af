# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The whole service as a process of its own, with a town in a folder of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from devices.programs import free_port, listens
from foundation import cluster_url, migrated_foundation

_PREPARE = """
import django, getpass, sys
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from allmende.devices.devices import Device
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person, PersonAlias
from allmende.printing.queues import ensure_direct_queue, ensure_held_queue
for slug, told in (("zerbst", "completed"), ("rosslau", "pending-held")):
    town = Municipality.objects.create(
        slug=slug, name=slug.title(), trusted_networks=["127.0.0.0/8"], quota_jobs=5000, quota_connections=50
    )
    erika = Person.objects.create_person(municipality=town, login="erika", display_name="Erika")
    # Programs of CUPS print under the name of whoever runs them.
    PersonAlias.objects.create(municipality=town, person=erika, name=getpass.getuser().casefold())
    queue = ensure_held_queue(town)
    queue.reported_state = told
    queue.save()
    ensure_direct_queue(Device.objects.create(municipality=town, slug="schalter", name="Schalter", uri=sys.argv[1]))
"""


@dataclass(frozen=True)
class RunningTown:
    port: int
    home: Path
    process_id: int

    def uri(self, path: str) -> str:
        return f"ipp://127.0.0.1:{self.port}{path}"

    def peak_memory(self) -> int:
        """Bytes that the service ever held."""
        status = Path(f"/proc/{self.process_id}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024


@contextlib.contextmanager
def program(*command: str, home: Path, port: int, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Started, and listening on `port`; ended with the block."""
    log = (home / f"log-{port}").open("wb")
    with log, subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **environment}) as process:
        try:
            for _ in range(600):
                if listens(port):
                    break
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(0.1)
                    raise AssertionError((home / f"log-{port}").read_text())
            yield process
        finally:
            process.terminate()
            process.wait(30)


@contextlib.contextmanager
def running_town(home: Path) -> Iterator[RunningTown]:
    """Towns Zerbst (tells that held jobs are complete) and Rosslau (tells that they are held), each with a direct queue to one
    virtual device."""
    port, device_port = free_port(), free_port()
    environment = {
        "ALLMENDE_HOME": str(home),
        "ALLMENDE_PORT": str(port),
        "ALLMENDE_LOOPBACK_DEVICES": "1",
        "ALLMENDE_DATABASE_URL": f"sqlite:///{home / 'town.sqlite3'}",
        "ALLMENDE_SPOOL_URL": (home / "spool").as_uri(),
        "DJANGO_SETTINGS_MODULE": "allmende.server.settings",
    }
    if not cluster_url():
        shutil.copy(migrated_foundation().sqlite_file, home / "town.sqlite3")
    subprocess.run(
        [sys.executable, "-c", _PREPARE, f"ipp://127.0.0.1:{device_port}/ipp/print"],
        env={**os.environ, **environment},
        check=True,
    )
    device = (
        sys.executable, "-m", "allmende.devices.virtual_device", "--name", "schalter", "--title", "Schalter",
        "--port", str(device_port), "--home", str(home / "device"), "--seconds-per-page", "0",
    )  # fmt: skip
    serve = (sys.executable, "-m", "allmende.server.command_line", "serve")
    with (
        program(*device, home=home, port=device_port),
        program(*serve, home=home, port=port, **environment) as process,
    ):
        yield RunningTown(port, home, process.pid)
