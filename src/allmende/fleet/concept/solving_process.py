# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The process that solves one concept: `python -m allmende.fleet.concept.solving_process RUN`.

Always holds: the run's row says how far it is and gets a result, a failure or a cancellation; a cancelled run's process ends within
seconds, whatever the solver is doing. The solver and its memory never come into the web process.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import django

if TYPE_CHECKING:
    from allmende.fleet.concept.model import Concept

log = logging.getLogger(__name__)
_HEARTBEAT_SECONDS: Final = 1.0
_CANCELLED: Final = 3


def solve_run(run_id: int) -> None:
    """Solve this run here and now, and keep what came of it."""
    from allmende.fleet.concept.concept_records import ConceptRun  # noqa: PLC0415 - after django.setup
    from allmende.fleet.concept.concept_runs import fail_run, keep_outcome, tell_so_far  # noqa: PLC0415
    from allmende.fleet.concept.costs import to_cents  # noqa: PLC0415
    from allmende.fleet.concept.input_file import read_concept  # noqa: PLC0415
    from allmende.fleet.concept.results import plan_concept  # noqa: PLC0415

    run = ConceptRun.objects.get(pk=run_id)

    def a_year(concept: Concept, amount: float) -> Decimal:
        return to_cents(Fraction(amount) * 12 / concept.parameters.months)

    def tell(step: str, done: int, count: int) -> None:
        ConceptRun.objects.filter(pk=run_id).update(
            parts_done=done, parts=count, is_pricing=step == "constraints"
        )

    try:
        concept = read_concept(run.source)

        def report(cost: float | None, bound: float) -> None:
            tell_so_far(run_id, None if cost is None else a_year(concept, cost), a_year(concept, bound))

        result = plan_concept(concept, seconds=run.seconds, progress=tell, report=report)
    except Exception:
        log.exception("run %s failed", run_id)
        fail_run(run_id)
        return
    keep_outcome(run_id, result)


def _watch(run_id: int, ended: threading.Event) -> None:
    """A sign of life each second; the end of the process when the run was cancelled."""
    from django.db import connection  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from allmende.fleet.concept.concept_records import ConceptRun, RunState  # noqa: PLC0415

    while not ended.wait(_HEARTBEAT_SECONDS):
        with suppress(django.db.OperationalError):
            runs = ConceptRun.objects.filter(pk=run_id, state=RunState.RUNNING)
            if not runs.update(seen_at=timezone.now()):
                os._exit(_CANCELLED)
    connection.close()


def main() -> int:
    run_id = int(sys.argv[1])
    django.setup()
    with suppress(OSError):
        os.nice(10)
    ended = threading.Event()
    watcher = threading.Thread(target=_watch, args=(run_id, ended), daemon=True)
    watcher.start()
    solve_run(run_id)
    ended.set()
    watcher.join(5)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
