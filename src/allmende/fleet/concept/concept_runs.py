# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Services on planned concepts: begin one, follow it, cancel it, read its result. Solving runs in a process of its own.

Always holds: a town solves one concept at a time; whoever reads a run sees only their own town's. A process that died is noticed by its
silence, so that no run waits for ever.
"""

from __future__ import annotations

import os
import subprocess
import sys
from decimal import Decimal

from django.db import transaction
from django.db.models import Max
from django.http import Http404
from django.utils import timezone

from allmende.directory.audit import record_audit
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.fleet.concept.concept_records import SILENCE, ConceptRun, RunState
from allmende.fleet.concept.input_file import read_concept
from allmende.fleet.concept.model import Concept
from allmende.fleet.concept.results import Result

_STATE_OF = {
    "optimal": RunState.DONE,
    "time_limit": RunState.DONE,
    "infeasible": RunState.INFEASIBLE,
    "unknown": RunState.UNKNOWN,
}


class AnotherRunsError(Exception):
    """The town's solver is busy; `run` is what it solves."""

    def __init__(self, run: ConceptRun) -> None:
        super().__init__(str(run))
        self.run = run


def begin_run(actor: Person, municipality: Municipality, source: str, seconds: int) -> ConceptRun:
    """A new version of this title, to be solved; raises InputFileError and AnotherRunsError. Whoever calls starts the process."""
    concept = read_concept(source)
    with transaction.atomic():
        Municipality.objects.select_for_update().get(pk=municipality.pk)
        end_silent_runs(municipality)
        running = ConceptRun.objects.filter(municipality=municipality, state=RunState.RUNNING).first()
        if running is not None:
            raise AnotherRunsError(running)
        last = ConceptRun.objects.filter(municipality=municipality, title=concept.title).aggregate(
            Max("version")
        )
        run = ConceptRun.objects.create(
            municipality=municipality,
            title=concept.title,
            version=(last["version__max"] or 0) + 1,
            source=source,
            seconds=seconds,
            begun_by=actor,
        )
        record_audit(municipality, actor, "concept.begun", str(run), run=run.pk)
    return run


def start_process(run: ConceptRun) -> None:
    """Solve the run beside us, at low priority; it outlives the request and speaks through the run's row."""
    subprocess.Popen(
        [sys.executable, "-m", "allmende.fleet.concept.solving_process", str(run.pk)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
        env=os.environ.copy(),
    )


def access_run_for(actor: Person, run_id: int) -> ConceptRun:
    """The run, if it is the actor's town's; raises Http404. Roles are checked by the page's guard."""
    run = ConceptRun.objects.filter(pk=run_id, municipality=actor.municipality).first()
    if actor.municipality is None or run is None:
        raise Http404
    end_silent_runs(actor.municipality)
    run.refresh_from_db()
    return run


def end_silent_runs(municipality: Municipality) -> None:
    """Runs whose process is gone have failed."""
    ConceptRun.objects.filter(
        municipality=municipality, state=RunState.RUNNING, seen_at__lt=timezone.now() - SILENCE
    ).update(state=RunState.FAILED, ended_at=timezone.now())


def cancel_run(actor: Person, run: ConceptRun) -> bool:
    """Whether it was still running; its process notices within seconds."""
    changed = ConceptRun.objects.filter(pk=run.pk, state=RunState.RUNNING).update(
        state=RunState.CANCELLED, ended_at=timezone.now()
    )
    if changed:
        record_audit(run.municipality, actor, "concept.cancelled", str(run), run=run.pk)
    return bool(changed)


def tell_so_far(run_id: int, cost: Decimal | None, bound: Decimal) -> None:
    """What is found and proven while the run is being solved, EUR a year."""
    so_far = {"bound": str(bound)} | ({} if cost is None else {"cost": str(cost)})
    ConceptRun.objects.filter(pk=run_id, state=RunState.RUNNING).update(result={"so_far": so_far})


def keep_outcome(run_id: int, result: Result) -> bool:
    """Write the result, once, if nobody cancelled meanwhile."""
    return bool(
        ConceptRun.objects.filter(pk=run_id, state=RunState.RUNNING).update(
            state=_STATE_OF[result.status],
            result=result.to_json(),
            ended_at=timezone.now(),
            is_pricing=False,
        )
    )


def fail_run(run_id: int) -> None:
    ConceptRun.objects.filter(pk=run_id, state=RunState.RUNNING).update(
        state=RunState.FAILED, ended_at=timezone.now()
    )


def read_run(run: ConceptRun) -> tuple[Concept, Result | None]:
    """What was planned from, and what came of it (None: not yet, or nothing)."""
    return read_concept(run.source), Result.from_json(run.result) if run.has_result else None
