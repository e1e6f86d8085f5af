# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is measured on a print server, the same for each: acceptance, release, one very large document, growth.

Every measurement begins with a server over an empty folder, and fails rather than give a figure when a job was refused or
when the server does not hold as many jobs as it acknowledged. All loops are bounded by count and by time.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from device_sink import IppDevice, SocketDevice
from ipp_client import print_file
from load_generator import LoadFailedError, LoadResult, print_jobs_or_fail
from print_server import PrintServer, ServerKind
from process_memory import forget_peak, peak_bytes, processor_seconds, resident_bytes
from sample_documents import small_document

#: Name of a figure (see figures.py) and its value.
Values = dict[str, float]

_MIB = 1 << 20
#: Files from this size on are emptied when their server's measurement is over.
_LARGE = _MIB
#: Clients that fill a server, and the jobs a second below which filling is given up.
_FILL_CLIENTS = 16
_SLOWEST_FILL = 100
_RELEASE_PATIENCE = 30.0
#: Seconds between a server's start and its first load.
_SETTLING = 3.0
#: More jobs than these are copied where the server's kind has a way for it.
_COPIED_FROM = 20_000
#: From the spool to a device: raw over IPP, over IPP as a driverless queue sends (through whatever filters the server has), raw over port 9100.
#: For a server that knows no driverless queue beside the other, the two are one.
RELEASE_WAYS = ("ipp", "driverless", "socket")


@dataclasses.dataclass(frozen=True)
class Plan:
    """How much is measured in one round."""

    seconds: int = 5
    clients: Sequence[int] = (1, 16, 64)
    held: int = 15_000
    releases: int = 30
    #: A 99th percentile needs some hundreds.
    growth_releases: int = 200


QUICK = Plan(seconds=1, clients=(1, 16), held=500, releases=5, growth_releases=20)


@contextlib.contextmanager
def fresh_server(kind: ServerKind, parent: Path) -> Iterator[PrintServer]:
    """A started server over an empty folder under `parent`, stopped afterwards.

    The folder stays until the whole run is over: ext4 without a journal (usual in virtual machines) does not
    reuse an inode for some 35 s after its file was deleted and searches past each of them, which was seen to slow the
    next server's new files, one or two for each of CUPS' jobs, to a third.
    """
    folder = Path(tempfile.mkdtemp(prefix="server-", dir=parent))
    server = kind(folder)
    try:
        server.start()
        # A start is measured by itself; what goes on behind it (imports, the first look at the disk) is not a load's.
        time.sleep(_SETTLING)
        # What writing back the last measurement's files costs is not this one's.
        os.sync()
        yield server
    finally:
        server.stop()
        _free_large_files(folder)


def _free_large_files(folder: Path) -> None:
    """Give back the room of what is large without deleting it."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.stat().st_size >= _LARGE:
            os.truncate(path, 0)


def measure_round(kind: ServerKind, plan: Plan, parent: Path, big_document: Path) -> Values:
    """All figures of one server, once."""
    values: Values = {}
    for clients in plan.clients:
        with fresh_server(kind, parent) as server:
            values |= measure_acceptance(server, clients, plan.seconds, f"accept_{clients}")
    with fresh_server(kind, parent) as server:
        values |= measure_release(server, plan.releases, "release")
        values |= measure_big_document(server, big_document)
    with fresh_server(kind, parent) as server:
        values |= measure_held(server, plan)
    return values


def measure_acceptance(server: PrintServer, clients: int, seconds: int, name: str) -> Values:
    """Held jobs accepted in a second, their latency, and the cores that the server and the load took."""
    before_cpu = processor_seconds(server.process_ids())
    result = _send_counted(server, clients, seconds, 0)
    cpu = processor_seconds(server.process_ids()) - before_cpu
    return {
        f"{name}_rate": result.rate,
        f"{name}_p50_ms": result.p50_ms,
        f"{name}_p99_ms": result.p99_ms,
        f"{name}_server_cores": cpu / result.seconds,
        f"{name}_load_cores": result.generator_cpu,
    }


def fill(server: PrintServer, held: int) -> None:
    """Let the server hold `held` jobs; nothing is done where it already does."""
    missing = held - server.held_jobs()
    if missing > _COPIED_FROM and server.hold_copies(missing):
        missing = 0
    if missing > 0:
        _send_counted(server, _FILL_CLIENTS, 30 + missing // _SLOWEST_FILL, missing)
    if server.held_jobs() < held:
        raise LoadFailedError(f"{server.name} did not come to hold {held} jobs")


def _send_counted(server: PrintServer, clients: int, seconds: int, count: int) -> LoadResult:
    """Send, and compare what was acknowledged with what the server holds."""
    before = _count_at_rest(server)
    result = print_jobs_or_fail(
        server.held_targets(), small_document(), clients=clients, seconds=seconds, count=count
    )
    more = _count_at_rest(server) - before
    # What was under way when the time was over may have been taken without being counted.
    if not result.count <= more <= result.count + clients:
        raise LoadFailedError(f"{server.name} acknowledged {result.count} jobs and holds {more} more")
    return result


def _count_at_rest(server: PrintServer) -> int:
    """How many jobs are held when what was cut off at the end of the last load has also come to its end."""
    count = server.held_jobs()
    while True:
        time.sleep(0.1)
        before, count = count, server.held_jobs()
        if before == count:
            return count


def measure_release(server: PrintServer, releases: int, name: str) -> Values:
    """Milliseconds from the person's act to the document's first byte at the device, for each way there."""
    values: Values = {}
    for way in server.release_ways:
        with SocketDevice() if way == "socket" else IppDevice() as device:
            server.connect_device(device.uri, way)
            job_ids = [server.hold_for_release(small_document()) for _ in range(releases)]
            durations = []
            for job_id in job_ids:
                begin = time.monotonic()
                server.release(job_id)
                durations.append((device.wait_for_first_byte(_RELEASE_PATIENCE) - begin) * 1000)
                server.wait_until_idle()
        durations.sort()
        values[f"{name}_{way}_median_ms"] = statistics.median(durations)
        values[f"{name}_{way}_p99_ms"] = durations[min(len(durations) - 1, int(0.99 * len(durations)))]
    for figure in ("median_ms", "p99_ms"):
        values.setdefault(f"{name}_driverless_{figure}", values[f"{name}_ipp_{figure}"])
    return values


def measure_big_document(server: PrintServer, document: Path) -> Values:
    """Megabytes (10^6) a second until the server has acknowledged the job, and how far its memory grew (MiB)."""
    values: Values = {}
    target = server.held_targets()[0]
    size = document.stat().st_size
    for name, chunked in (("counted", False), ("chunked", True)):
        os.sync()
        processes = server.process_ids()
        forget_peak(processes)
        before = resident_bytes(processes)
        seconds = print_file(target, document, chunked=chunked)
        values[f"big_{name}_mb_s"] = size / 1e6 / seconds
        values[f"big_{name}_growth_mib"] = (peak_bytes(processes) - before) / _MIB
    return values


def measure_held(server: PrintServer, plan: Plan) -> Values:
    """The figures with `plan.held` jobs held from before: acceptance, release, start and memory after it."""
    fill(server, plan.held)
    values = measure_acceptance(server, 1, plan.seconds, "held_accept_1")
    values |= measure_release(server, plan.releases, "held_release")
    server.stop()
    values["held_start_s"] = server.start()
    values["held_memory_mib"] = resident_bytes(server.process_ids()) / _MIB
    if server.held_jobs() < plan.held:
        raise LoadFailedError(f"{server.name} held {plan.held} jobs and after a start {server.held_jobs()}")
    return values


def measure_growth(
    kind: ServerKind, sizes: Sequence[int], plan: Plan, parent: Path
) -> Iterator[tuple[int, Values]]:
    """`measure_held` for rising numbers of held jobs, one server that is filled further each time; each as it is known."""
    with fresh_server(kind, parent) as server:
        for size in sorted(sizes):
            yield (
                size,
                measure_held(server, dataclasses.replace(plan, held=size, releases=plan.growth_releases)),
            )
