# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Compare print servers on this machine: `python benchmarks/run.py` prints Markdown tables.

All servers are measured in turn in every round (A B A B ...), so that what else the machine does hits all alike; the
tables show medians over the rounds, --json keeps every single value. Everything stays on the loopback address.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from allmende_server import AllmendePair, AllmendeServer
from cupsd import Cupsd
from figures import comparison_table, growth_table, insert_figures
from load_generator import LoadFailedError
from measurements import QUICK, Plan, Values, measure_growth, measure_round
from print_server import ServerKind
from sample_documents import BIG, write_document

#: In the order of comparison: ratios are to the first.
SERVERS: Mapping[str, ServerKind] = {
    "cupsd": Cupsd,
    "allmende": AllmendeServer,
    "allmende-pair": AllmendePair,
}

#: Filling cupsd with so many jobs takes hours; its growth shows between the first rows and "many held".
GROWING = ("allmende",)

_QUIET_LOAD = 0.5


def main() -> int:
    options = _options()
    plan = QUICK if options.quick else Plan()
    rounds: dict[str, list[Values]] = {name: [] for name in options.servers}
    growth: dict[str, list[tuple[int, Values]]] = {}
    machine = _machine()
    load_average = os.getloadavg()[0]
    if load_average > _QUIET_LOAD:
        _say(f"The machine is not quiet (load average {load_average:.1f}): figures are indicative only.")
    with tempfile.TemporaryDirectory(prefix="benchmark-", dir=options.folder) as name:
        folder = Path(name)
        # A server that gives up root must be able to reach its own folder below.
        folder.chmod(0o755)
        document = folder / "big.pdf"
        write_document(document, 64 << 20 if options.quick else BIG)
        for number in range(1 if options.quick else options.rounds):
            for server in options.servers:
                begin = time.monotonic()
                rounds[server].append(measure_round(SERVERS[server], plan, folder, document))
                _say(f"round {number + 1}, {server}: {time.monotonic() - begin:.0f} s")
        for server in GROWING if options.growth else []:
            begin = time.monotonic()
            growth[server] = []
            for row in measure_growth(SERVERS[server], options.growth, plan, folder):
                growth[server].append(row)
                _say(
                    f"growth, {server}: {row[0]:,} held after {time.monotonic() - begin:.0f} s\n{growth_table([row])}"
                )
    report = _report(rounds, growth, plan, machine, load_average)
    print(report)
    if options.markdown:
        insert_figures(options.markdown, report)
    if options.json:
        result = {"machine": machine, "load_average": load_average, "rounds": rounds, "growth": growth}
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    return 0


def _report(
    rounds: Mapping[str, list[Values]],
    growth: Mapping[str, list[tuple[int, Values]]],
    plan: Plan,
    machine: Mapping[str, int | str],
    load_average: float,
) -> str:
    """All tables as Markdown, and under what circumstances they came about."""
    counts = {len(values) for values in rounds.values()}
    lines = [comparison_table(rounds)] if any(counts) else []
    lines += [
        f"\n{server} with more and more held jobs:\n\n{growth_table(rows)}" for server, rows in growth.items()
    ]
    quiet = "quiet" if load_average <= _QUIET_LOAD else "**not quiet: figures are indicative only**"
    lines.append(
        f"\n{datetime.now(UTC):%Y-%m-%d}, medians of {max(counts, default=0)} rounds in turn; {machine['processor']}, "
        f"{machine['cores']} cores, {machine['system']}, Python {machine['python']}. Load average at the beginning "
        f"{load_average:.2f} ({quiet}). “Many held” are {plan.held:,}."
    )
    return "\n".join(lines)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare print servers on this machine.")
    parser.add_argument("--quick", action="store_true", help="one short round: does it work at all")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--servers", nargs="+", choices=list(SERVERS), default=list(SERVERS))
    parser.add_argument(
        "--growth",
        type=int,
        nargs="+",
        default=[],
        metavar="HELD",
        help=f"also with so many held jobs ({', '.join(GROWING)} only)",
    )
    parser.add_argument(
        "--markdown", type=Path, help="document whose figures, between its two marks, are replaced"
    )
    parser.add_argument("--json", type=Path, help="file for every single value")
    parser.add_argument(
        "--folder", type=Path, help="where spools and documents lie (default: the temporary folder)"
    )
    return parser.parse_args()


def _machine() -> dict[str, int | str]:
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return {
        "processor": models[0] if models else platform.machine(),
        "cores": os.cpu_count() or 1,
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except LoadFailedError as error:
        _say(f"Not measured: {error}")
        sys.exit(1)
