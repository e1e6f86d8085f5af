# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the HTTP API takes and gives, as OpenAPI describes it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from django.utils.translation import gettext as _
from ninja import Field, Schema

from allmende.printing.budget_words import budget_note_words, budget_words
from allmende.printing.delivery.port import TicketChanges
from allmende.printing.job_words import reason_words
from allmende.printing.rules.words import answer_words, note_words
from allmende.printing.visit.claims import ClaimableJob
from allmende.printing.visit.release import MAX_COPIES, MAX_PAGE_RANGES, ReleaseOutcome
from allmende.printing.visit.visit_jobs import VisitJob

#: What a database takes for a row's number.
RowNumber = Annotated[int, Field(ge=1, le=2**63 - 1)]
JobIds = list[RowNumber]
_MAX_JOBS = 500


class ErrorBody(Schema):
    """Every answer from 400 on."""

    code: str = Field(description="A keyword for programs, e.g. `unknown-chip`.")
    message: str = Field(description="A sentence for people, in the language of `Accept-Language`.")


class TapBody(Schema):
    chip: str = Field(max_length=128, description="The chip's number as the reader wrote it.")
    pin: str | None = Field(None, max_length=64)
    release: Literal["all"] | None = Field(None, description="`all` prints what is held at once.")


class EnrolmentBody(Schema):
    chip: str = Field(max_length=128)
    code: str = Field(max_length=40, description="The one-time code from the portal.")
    label: str = Field("", max_length=80)
    pin: str | None = Field(None, max_length=64)
    chips_lost: bool = Field(
        False, description="All earlier chips are lost: they end, and what waits is lost."
    )


class FurtherChipBody(Schema):
    chip: str = Field(max_length=128)
    label: str = Field("", max_length=80)
    pin: str | None = Field(None, max_length=64)


class ChangesBody(Schema):
    """What to print otherwise than the client asked; absent means as asked."""

    copies: int | None = Field(None, ge=1, le=MAX_COPIES)
    sides: Literal["one-sided", "two-sided-long-edge", "two-sided-short-edge"] | None = None
    colour: bool | None = Field(None, description="false prints in black only.")
    page_ranges: list[tuple[int, int]] | None = Field(None, min_length=1, max_length=MAX_PAGE_RANGES)

    def changes(self) -> TicketChanges:
        ranges = tuple(self.page_ranges) if self.page_ranges is not None else None
        return TicketChanges(self.copies, self.sides, self.colour, ranges)


class ReleaseBody(Schema):
    jobs: Literal["all"] | JobIds = Field(description="`all`, or job numbers in the order of printing.")
    changes: ChangesBody | None = None
    anyway: JobIds = Field(
        default_factory=list, max_length=200, description="Rules whose advice was read and is not taken."
    )
    cost_centre: str | None = Field(
        None,
        min_length=1,
        max_length=40,
        description="The number of who bears it, from now on in this visit; absent: as chosen before, else each owner's own.",
    )

    def ticket_changes(self) -> TicketChanges:
        return self.changes.changes() if self.changes is not None else TicketChanges()

    def job_ids(self) -> JobIds | None:
        return None if self.jobs == "all" else self.jobs[:_MAX_JOBS]


class JobsBody(Schema):
    jobs: JobIds = Field(max_length=_MAX_JOBS)


class TakeOverBody(JobsBody):
    anyway: JobIds = Field(
        default_factory=list, max_length=200, description="Rules whose advice was read and is not taken."
    )


class SettlementBody(Schema):
    came_out: bool = Field(description="false: nothing usable came out; the job is held again.")


class ClaimBody(Schema):
    job: RowNumber = Field(description="The job number that the computer shows.")
    claimed_name: str = Field("", max_length=200, description="The user name on that computer.")


class JobView(Schema):
    id: int
    title: str
    state: str
    reason: str = Field(description="A keyword such as `media-jam`; empty where all is well.")
    message: str = Field(description="The reason in words.")
    pages: int | None
    colour_pages: int | None
    sheets: int | None = Field(
        description="Of a held job sheets, sides, colour and cost are what will come out here, as the town's rules leave it."
    )
    media: str
    copies: int
    sides: str
    colour: bool
    size: int = Field(description="Bytes of the document.")
    created_at: datetime
    expires_at: datetime
    device: str = Field(description="Name of the device where it waits or prints.")
    position: int | None = Field(description="Jobs before it at its device; 0: next.")
    pages_before: int | None
    impressions: int | None = Field(description="Pages printed so far, where the device tells.")
    owner: str = Field(description="Empty for one's own jobs.")
    has_preview: bool
    sealed_to: str
    cost: Decimal | None = Field(
        description="Euros at this device; null where the town doesn't show it or no price is known."
    )
    cost_centre: str = Field(
        description="The number of who bears it when it is released here, where its client named another than the visit's."
    )
    rule_notes: list[str] = Field(description="What the town's rules will do with it here, in words.")
    budget_notes: list[str] = Field(description="What budgets will say to it, in words.")
    held_back: str = Field(
        description="Why a held job will not come out here: a code as of a release, or `needs-approval`; empty where it goes."
    )


class ClaimableView(Schema):
    id: int
    claimed_name: str
    pages: int | None
    size: int
    created_at: datetime


class OutcomeView(Schema):
    job: int
    done: bool
    code: str = Field(
        description="Empty when done, else e.g. `not-held`, `begun`, `not-waiting` (there is nothing to take over), "
        "`not-found`, `no-such-pages`; of the town's rules `refused-by-rule`, `awaits-approval`, `approval-declined`, "
        "`advised` (send it again with `anyway`); "
        "of budgets `budget-exceeded` (choose another cost centre)."
    )
    message: str = Field(
        "", description="What a rule or a budget says to the person; also a hint with a job that goes."
    )
    rule: int | None = Field(None, description="The number of that rule.")


class VisitView(Schema):
    person: str
    device: str
    expires_at: datetime


class TapAnswer(VisitView):
    visit_token: str = Field(description="For the header `Allmende-Visit` of what follows.")
    jobs: list[JobView]
    claimable: list[ClaimableView]
    released: list[OutcomeView]
    messages: list[str]


class CostCentreView(Schema):
    number: str
    name: str
    kind: str = Field(description="`centre` or `project`.")
    chosen: bool = Field(description="What is released now goes on it.")


class ClaimView(Schema):
    job: int


class ChipView(Schema):
    id: int
    label: str


def job_view(job: VisitJob) -> JobView:
    return JobView(
        id=job.id,
        title=job.title,
        state=job.state.value,
        reason=job.reason,
        message=reason_words(job.reason) if job.reason else "",
        pages=job.pages,
        colour_pages=job.colour_pages,
        sheets=job.sheets,
        media=job.media,
        copies=job.copies,
        sides=job.sides,
        colour=job.colour,
        size=job.size,
        created_at=job.created_at,
        expires_at=job.expires_at,
        device=job.device_name,
        position=job.position,
        pages_before=job.busy_with_pages,
        impressions=job.impressions,
        owner=job.owner_name,
        has_preview=job.has_preview,
        sealed_to=job.sealed_to,
        cost=job.cost,
        cost_centre=job.bearer.number if job.bearer is not None else "",
        rule_notes=[note_words(note) for note in job.rule_notes],
        budget_notes=[budget_note_words(note) for note in job.budget_notes],
        held_back=job.held_back,
    )


def claimable_view(job: ClaimableJob) -> ClaimableView:
    return ClaimableView(
        id=job.id,
        claimed_name=job.claimed_name,
        pages=job.pages,
        size=job.size,
        created_at=job.created_at,
    )


def outcome_views(outcomes: Iterable[ReleaseOutcome]) -> list[OutcomeView]:
    return [
        OutcomeView(
            job=one.job_id,
            done=one.done,
            code=one.code,
            message=" ".join(_words(one)),
            rule=one.rule.rule.pk if one.rule is not None else None,
        )
        for one in outcomes
    ]


def _words(outcome: ReleaseOutcome) -> list[str]:
    words = [answer_words(outcome.rule)] if outcome.rule is not None else []
    words += [answer_words(rule) for rule in outcome.overruled]
    return words + [budget_words(note) for note in outcome.budgets]


def fresh_key_message() -> str:
    return _(
        "Your new chip has a new key. Jobs that waited under the old one could not be kept; please print them again."
    )
