# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Print-Jobs as fast as a server takes them, over keep-alive connections.

    python benchmarks/load_generator.py print-jobs --url http://127.0.0.1:631/printers/x --uri ipp://... --clients 16

prints one JSON object; its exit status is 1 when a single reply was not a successful one.

The loop itself is wrk's, in C, on one thread: it alone reaches several times what any server in the comparison
takes, and leaves the machine's cores to them. What Python adds is the bytes (head, attributes and document
in one piece, made once) and what Lua adds is the look at the reply's IPP status: HTTP says 200 to a refused job too.
Each client sends its next job when it has the reply to the last one.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import resource
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from print_messages import PrintTarget, http_request, print_job
from sample_documents import small_document

_SCRIPT = Path(__file__).with_name("print_jobs.lua")
#: A client that waits longer than this for one reply counts as an error.
_REPLY_TIMEOUT = 30
#: What the script says when it has counted enough replies.
_LIMIT_REACHED = "limit reached\n"


class LoadFailedError(Exception):
    """The server refused or dropped a job, so that its rate would mean nothing."""


@dataclasses.dataclass(frozen=True)
class LoadResult:
    """What the clients saw; latencies in milliseconds, `generator_cpu` as a share of one core."""

    count: int
    seconds: float
    rate: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    errors: int
    first_error: str
    generator_cpu: float


def send_print_jobs(
    targets: Sequence[PrintTarget],
    document: bytes,
    *,
    clients: int,
    seconds: float,
    count: int = 0,
) -> LoadResult:
    """Send jobs to the targets in turn for `seconds`, or until `count` replies (0: no such end) have come.

    All targets are of one server. At the end up to `clients` jobs more than were counted may have reached it.
    """
    with tempfile.TemporaryDirectory(prefix="load-") as folder:
        for number, target in enumerate(targets, 1):
            path = Path(folder, f"{number}.http")
            path.write_bytes(http_request(target, print_job(target), document))
        command = [
            "wrk",
            *("--threads", "1", "--connections", str(clients)),
            *("--duration", f"{max(1, round(seconds))}s", "--timeout", f"{_REPLY_TIMEOUT}s"),
            *("--script", str(_SCRIPT), targets[0].url),
            *("--", folder, str(len(targets)), str(count)),
        ]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        returncode, output, complaint = _run_wrk(command, seconds + 2 * _REPLY_TIMEOUT)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    last = output.strip().rpartition("\n")[2]
    if returncode or not last.startswith("{"):
        raise LoadFailedError(f"wrk ended with {returncode}: {complaint or output}")
    return _load_result(json.loads(last), cpu)


def _run_wrk(command: Sequence[str], patience: float) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of one run that is killed after `patience` seconds."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        watchdog = threading.Timer(patience, process.kill)
        watchdog.start()
        try:
            # wrk sleeps for its whole duration also when its one thread has ended; an interrupt wakes it and it reports.
            complaint = process.stderr.readline() if process.stderr else ""
            if complaint == _LIMIT_REACHED:
                process.send_signal(signal.SIGINT)
            output, rest = process.communicate()
        finally:
            watchdog.cancel()
    return process.returncode, output, complaint + rest


def _load_result(seen: dict[str, float], cpu: float) -> LoadResult:
    errors = int(seen["refused"] + seen["connection_errors"])
    first = ""
    if seen["refused"]:
        first = f"HTTP {seen['http_status']}, IPP status {int(seen['ipp_status']) & 0xFFFF:#06x}"
    elif errors:
        first = "connection refused, cut or silent"
    return LoadResult(
        count=int(seen["accepted"]),
        seconds=seen["seconds"],
        rate=seen["accepted"] / seen["seconds"],
        p50_ms=seen["p50_ms"],
        p99_ms=seen["p99_ms"],
        max_ms=seen["max_ms"],
        errors=errors,
        first_error=first,
        generator_cpu=cpu / seen["seconds"],
    )


def print_jobs_or_fail(
    targets: Sequence[PrintTarget], document: bytes, *, clients: int, seconds: float, count: int = 0
) -> LoadResult:
    """As `send_print_jobs`, but a single failed job raises `LoadFailedError`."""
    result = send_print_jobs(targets, document, clients=clients, seconds=seconds, count=count)
    if result.errors or not result.count:
        raise LoadFailedError(f"{result.count} jobs taken, {result.errors} not; last: {result.first_error}")
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description="Load a print server and say how it fared, as JSON.")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    jobs = actions.add_parser("print-jobs", help="Print-Job after Print-Job")
    jobs.add_argument("--url", required=True, help="http://HOST:PORT/PATH that is posted to")
    jobs.add_argument("--uri", required=True, help="printer-uri inside the request")
    jobs.add_argument("--user", action="append", help="requesting-user-name; several take turns")
    jobs.add_argument("--clients", type=int, default=1, help="keep-alive connections")
    jobs.add_argument("--seconds", type=int, default=5)
    jobs.add_argument("--count", type=int, default=0, help="end after so many replies, if that is earlier")
    jobs.add_argument("--document", type=Path, help="a PDF; by default one of 10 KiB is made")
    options = parser.parse_args()
    document = options.document.read_bytes() if options.document else small_document()
    targets = [PrintTarget(options.url, options.uri, user) for user in options.user or ["erika"]]
    result = send_print_jobs(
        targets, document, clients=options.clients, seconds=options.seconds, count=options.count
    )
    print(json.dumps(dataclasses.asdict(result)))
    return 1 if result.errors or not result.count else 0


if __name__ == "__main__":
    sys.exit(main())
