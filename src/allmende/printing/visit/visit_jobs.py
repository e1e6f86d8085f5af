# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a person sees of their jobs at a device: one frozen row per job, with the facts that count in front of a printer."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from allmende.directory.cost_centres import CostCentre
from allmende.ipp.ticket import Ticket
from allmende.printing.budget_reservations import BUDGET_EXCEEDED, BudgetNote
from allmende.printing.delivery.port import Progress, running_delivery
from allmende.printing.job_access import (
    MAX_VISIT_JOBS,
    OpenJob,
    finished_in_visit,
    open_job,
    visible_jobs,
)
from allmende.printing.job_costs import cost_of_job
from allmende.printing.job_states import IN_FLIGHT, State
from allmende.printing.job_tickets import impressions_wanted, load_ticket, prints_colour
from allmende.printing.jobs import PREVIEW_NOTE, Job, JobPreview, jobs_in_flight
from allmende.printing.ledger.entries import local_day
from allmende.printing.ledger.job_counts import own_count
from allmende.printing.prices import ImpressionPrices, prices_at
from allmende.printing.rules.approvals import AWAITS, DECLINED, GIVEN
from allmende.printing.rules.at_release import ADVISED, NEEDS_APPROVAL, RuleAnswer
from allmende.printing.visit.bearers import other_bearers
from allmende.printing.visit.outlooks import Outlook, foresee
from allmende.printing.visit.resealing import note_lost_jobs, reseal_at_tap
from allmende.printing.visit.visits import OpenVisit
from allmende.seal import SealError, open_note

#: What a visit lists; beside these only what ended since the tap.
LISTED = (State.HELD, State.RELEASED, State.DELIVERING, State.UNCERTAIN)


@dataclass(frozen=True, slots=True)
class VisitJob:
    """One job as its owner sees it. Counts are None where not known (yet).

    `pages`, `colour_pages`: of the document. Of a held job `sides`, `colour`, `sheets` (all copies) and `cost` are what will come out
    here, as the town's rules and the device leave it; `sent_sides`, `sent_colour` are what its client asked for. `held_back`: the code of
    what keeps it from paper (`rules.at_release`, `budget-exceeded`), empty where it goes. `position`: how many
    jobs come before it at its device, 0 when it is next or printing; `busy_with_pages`: pages that the device has still to
    print before, None when it has none or can't say. `impressions`: printed so far, of `impressions_wanted`. `owner_name`: empty for one's own.
    """

    id: int
    title: str
    pages: int | None
    colour_pages: int | None
    sheets: int | None
    media: str
    copies: int
    sides: str
    colour: bool
    size: int
    created_at: datetime
    expires_at: datetime
    state: State
    reason: str
    device_name: str
    device_id: int | None
    position: int | None
    busy_with_pages: int | None
    owner_name: str
    has_preview: bool
    sealed_to: str
    impressions: int | None
    impressions_wanted: int | None
    sent_sides: str
    sent_colour: bool
    #: As in the job's row: why there are no pages, where there are none.
    inspection: str = ""
    held_back: str = ""
    #: What the town's rules and budgets say of a held job beforehand.
    rule_notes: tuple[RuleAnswer, ...] = ()
    budget_notes: tuple[BudgetNote, ...] = ()
    #: Euros at this device; None where the town doesn't show it, or it isn't known.
    cost: Decimal | None = None
    #: Where its client has named another one than the visit's: who bears it when it is released here.
    bearer: CostCentre | None = None

    @property
    def told_reason(self) -> str:
        """What stands beside the age of a held job; what its approval says stands among the notes."""
        return "" if self.held_back or self.reason in {AWAITS, GIVEN, DECLINED} else self.reason

    @property
    def may_be_sent(self) -> bool:
        """Whether a touch on "print" does anything for a held job: it goes, asks for approval, or shows an advice."""
        if self.held_back == BUDGET_EXCEEDED:
            return all(note.after_others for note in self.budget_notes if note.is_refusal)
        return self.held_back in {"", ADVISED, NEEDS_APPROVAL}


def list_visit_jobs(open_visit: OpenVisit) -> list[VisitJob]:
    """All that waits, prints or is uncertain, and what ended since the tap; newest first, at most 500 rows."""
    jobs = [*visible_jobs(open_visit, LISTED)[:MAX_VISIT_JOBS], *finished_in_visit(open_visit)[:50]]
    opened = [found for job in jobs if (found := open_job(open_visit, job)) is not None]
    previews = set(
        JobPreview.objects.filter(job_id__in=[one.job.pk for one in opened]).values_list("job_id", flat=True)
    )
    if len(opened) < len(jobs):
        known = {one.job.pk for one in opened}
        note_lost_jobs(open_visit, [job for job in jobs if job.pk not in known])
    reseal_at_tap(open_visit, opened)
    queues = _device_queues(open_visit, opened)
    delivery = running_delivery()
    if delivery is not None:
        for one in opened:
            if one.job.state == State.HELD and not one.job.inspection:
                delivery.inspect_later(one.job.pk, one.file_key)
    held = [one.job for one in opened if one.job.state == State.HELD]
    outlooks = foresee(open_visit, held)
    prices = _prices(open_visit)
    bearers = other_bearers(open_visit, held)
    return [
        _visit_job(
            open_visit,
            one,
            one.job.pk in previews,
            queues,
            outlook=outlooks.get(one.job.pk),
            prices=prices,
            bearer=bearers.get(one.job.pk),
        )
        for one in opened
    ]


def read_preview(open_visit: OpenVisit, job_id: int) -> bytes | None:
    """Page one as PNG; None where there is none (yet) or the job is not this visit's."""
    job = visible_jobs(open_visit, LISTED).filter(pk=job_id).first()
    opened = open_job(open_visit, job) if job is not None else None
    preview = JobPreview.objects.filter(job_id=job_id).first() if opened is not None else None
    if opened is None or preview is None:
        return None
    try:
        return open_note(opened.file_key, PREVIEW_NOTE, bytes(preview.sealed))
    except SealError:
        return None


def sheets_needed(job: Job, ticket: Ticket) -> int | None:
    """Sheets of paper for all copies, as a device with duplex takes them."""
    return None if job.pages is None else own_count(job.pages, job.colour_pages, ticket).sheets


def _prices(open_visit: OpenVisit) -> ImpressionPrices | None:
    """Of this device today, where the town shows people what they cost."""
    town = open_visit.person.municipality
    if town is None or not town.shows_cost:
        return None
    return prices_at(open_visit.device.pk, local_day(timezone.now()))


@dataclass(frozen=True, slots=True)
class _Waiting:
    job_id: int
    pages: int | None
    printed: int


_Queues = dict[int, list[_Waiting]]


def _device_queues(open_visit: OpenVisit, opened: list[OpenJob]) -> _Queues:
    """Per device of our released jobs, all that is in flight there, in its order of printing."""
    devices = {
        one.job.device_id
        for one in opened
        if one.job.state == State.RELEASED and one.job.device_id is not None
    }
    queues: _Queues = defaultdict(list)
    if not devices:
        return queues
    in_flight = (
        jobs_in_flight()
        .filter(
            municipality_id=open_visit.visit.municipality_id,
            state__in=[State.DELIVERING.value, State.RELEASED.value],
            device_id__in=devices,
        )
        .order_by("state", "released_at", "id")
    )
    delivery = running_delivery()
    for job in in_flight.only("id", "device_id", "pages", "impressions_completed", "ticket"):
        if job.device_id is not None:
            progress = delivery.progress(job.pk) if delivery is not None else None
            printed = (progress.impressions if progress is not None else job.impressions_completed) or 0
            queues[job.device_id].append(_Waiting(job.pk, _wanted(job, progress), printed))
    return queues


def _wanted(job: Job, progress: Progress | None) -> int | None:
    """Of the release, where this process delivers it; else as its client sent it."""
    if progress is not None and progress.wanted is not None:
        return progress.wanted
    return impressions_wanted(job.pages, load_ticket(job.ticket))


def _before(job: Job, queues: _Queues) -> tuple[int | None, int | None]:
    """(position, pages to come before it)."""
    if job.state != State.RELEASED or job.device_id is None:
        return None, None
    before: list[_Waiting] = []
    for waiting in queues[job.device_id]:
        if waiting.job_id == job.pk:
            break
        before.append(waiting)
    if not before:
        return 0, None
    if any(waiting.pages is None for waiting in before):
        return len(before), None
    return len(before), sum(max(0, (waiting.pages or 0) - waiting.printed) for waiting in before)


def _visit_job(
    open_visit: OpenVisit,
    one: OpenJob,
    has_preview: bool,
    queues: _Queues,
    *,
    outlook: Outlook | None,
    prices: ImpressionPrices | None,
    bearer: CostCentre | None,
) -> VisitJob:
    """`outlook`: of a held job."""
    job = one.job
    sent = load_ticket(job.ticket)
    ticket = outlook.ticket if outlook is not None else sent
    delivery = running_delivery()
    progress = delivery.progress(job.pk) if delivery is not None and job.state in IN_FLIGHT else None
    position, pages_before = _before(job, queues)
    foreign = job.person is not None and job.person_id != open_visit.person.pk
    return VisitJob(
        id=job.pk,
        title=one.title(),
        pages=job.pages,
        colour_pages=job.colour_pages,
        sheets=sheets_needed(job, ticket),
        media=job.media or ticket.media or "",
        copies=ticket.copies or 1,
        sides=ticket.sides or "one-sided",
        colour=prints_colour(ticket),
        size=job.size,
        created_at=job.created_at,
        expires_at=job.expires_at,
        state=State(job.state),
        reason=(progress.reason if progress and progress.reason else job.reason),
        device_name=job.device.name if job.device is not None and job.state != State.HELD else "",
        device_id=job.device_id,
        position=position,
        busy_with_pages=pages_before,
        owner_name=str(job.person) if foreign else "",
        has_preview=has_preview,
        sealed_to=job.sealed_to,
        impressions=progress.impressions if progress is not None else job.impressions_completed,
        impressions_wanted=_wanted(job, progress),
        sent_sides=sent.sides or "one-sided",
        sent_colour=prints_colour(sent),
        inspection=job.inspection,
        held_back=outlook.held_back if outlook is not None else "",
        rule_notes=outlook.rules if outlook is not None else (),
        budget_notes=outlook.budgets if outlook is not None else (),
        cost=cost_of_job(job, ticket, prices) if outlook is not None else None,
        bearer=bearer,
    )
