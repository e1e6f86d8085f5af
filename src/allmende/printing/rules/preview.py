# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Before a rule is switched on: how many of the last month's jobs it would have matched.

Asked of the jobs that were printed, as their clients sent them, on the cost centres that bore them; other rules are left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from allmende.directory.municipalities import Municipality
from allmende.printing.delivery.port import TicketChanges
from allmende.printing.job_states import State
from allmende.printing.jobs import Job
from allmende.printing.rules.at_release import media_class
from allmende.printing.rules.editing import RuleDetails
from allmende.printing.rules.effects import Saving, saving_between, whole_saving
from allmende.printing.rules.evaluation import Effect, Outcome, Rule, decide
from allmende.printing.rules.facts import Facts
from allmende.printing.rules.job_facts import device_abilities, facts_of_job

PREVIEW_DAYS: Final = 30
#: More jobs are not read: the newest are enough to choose a rule by.
MAX_JOBS: Final = 20_000
_COLUMNS: Final = (
    "municipality_id",
    "cost_centre__number",
    "ticket",
    "document_format",
    "size",
    "pages",
    "colour_pages",
    "media",
    "released_at",
    "finished_at",
    "device__site_id",
    "device__description",
)


@dataclass(frozen=True, slots=True)
class Preview:
    """`jobs` were looked at, `matched` of them by all conditions, `acted` on by the effect; `sheets` is what that would have saved.

    For a refusal or an approval that is all of the jobs. `unknown`: a fact that the rule asks for is not known of so many.
    """

    jobs: int
    matched: int
    acted: int
    unknown: int
    sheets: int
    colour: int
    is_cut: bool


def preview_rule(municipality: Municipality, details: RuleDetails, now: datetime | None = None) -> Preview:
    """Reads the printed jobs of the last 30 days, at most `MAX_JOBS`."""
    now = now or timezone.now()
    rule = Rule(
        id=0,
        name=details.name,
        effect=details.effect,
        conditions=details.conditions,
        advised_device_id=details.advised_device_id,
    )
    printed = (
        Job.objects.filter(
            municipality=municipality,
            finished_at__gte=now - timedelta(days=PREVIEW_DAYS),
            state=State.PRINTED.value,
            device__isnull=False,
        )
        .select_related("cost_centre", "device")
        .only(*_COLUMNS)
        .order_by("-finished_at")
    )
    abilities: dict[int, tuple[bool | None, bool | None]] = {}
    jobs = matched = acted = unknown = sheets = colour = 0
    for job in printed[: MAX_JOBS + 1].iterator(chunk_size=1000):
        if jobs == MAX_JOBS or job.device is None:
            break
        jobs += 1
        if job.device.pk not in abilities:
            abilities[job.device.pk] = device_abilities(job.device)
        can_duplex, can_colour = abilities[job.device.pk]
        at = job.released_at or job.finished_at or now
        facts = facts_of_job(job, job.cost_centre, TicketChanges(), at).at_device(
            job.device.pk, job.device.site_id, can_duplex=can_duplex, can_colour=can_colour
        )
        (finding,) = decide([rule], facts).findings
        unknown += finding.outcome is Outcome.UNKNOWN
        matched += finding.condition is None
        if finding.outcome is Outcome.APPLIED:
            acted += 1
            saving = _saving(rule, facts, media_class(job))
            sheets, colour = sheets + saving.sheets, colour + saving.colour
    return Preview(jobs, matched, acted, unknown, sheets, colour, is_cut=jobs == MAX_JOBS)


def _saving(rule: Rule, facts: Facts, media: str) -> Saving:
    # Prices are left out: a contract's look-up for each of many jobs takes too long for a page.
    facts = replace(facts, device_id=None)
    if rule.effect is Effect.DUPLEX:
        return saving_between(facts, facts.two_sided(), media)
    if rule.effect is Effect.MONO:
        return saving_between(facts, facts.in_black(), media)
    if rule.effect in {Effect.REFUSE, Effect.APPROVE}:
        return whole_saving(facts, media)
    return Saving()
