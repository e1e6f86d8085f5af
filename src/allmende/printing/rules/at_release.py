# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The rules at the moment of release: what they change of the wish, what they keep from going, and what is counted of that.

A town without rules costs one cached look. With rules, the database is asked per job only for what some rule needs (approvals).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from django.utils import timezone

from allmende.devices.devices import Device
from allmende.directory.cost_centres import CostCentre
from allmende.printing.delivery.port import TicketChanges
from allmende.printing.job_tickets import load_ticket
from allmende.printing.jobs import Job
from allmende.printing.ledger.sheets import MediaClass
from allmende.printing.rules.approvals import (
    AWAITS,
    DECLINED,
    Answer,
    ApprovalRequest,
    ask_approval,
    requests_of_jobs,
    settled_by_approval,
)
from allmende.printing.rules.effects import count_held_back, count_release
from allmende.printing.rules.evaluation import Decision, Effect, Outcome, Rule, Way, decide, ways_out
from allmende.printing.rules.facts import LONG_EDGE, Facts
from allmende.printing.rules.job_facts import device_abilities, facts_of_job
from allmende.printing.rules.print_rules import PrintRule, TownRules, rules_of_town
from allmende.printing.visit.visits import OpenVisit

REFUSED: Final = "refused-by-rule"
ADVISED: Final = "advised"
#: These stop nothing, or nothing yet.
HINT: Final = "hint"
NEEDS_APPROVAL: Final = "needs-approval"
APPROVED: Final = "approved"
TWO_SIDED: Final = "two-sided"
BLACK: Final = "black"
_CHANGES: Final = {Effect.DUPLEX: TWO_SIDED, Effect.MONO: BLACK}
#: So many other devices are tried for a refused job's way out.
_MAX_ELSEWHERE: Final = 50


@dataclass(frozen=True, slots=True)
class RuleAnswer:
    """What a rule says to the person; `code` is one of those above.

    `device`: the advised one. `ways`: how a refused job would come out after all, with the device that `Way.device_id` names.
    `request`: the question for approval.
    """

    code: str
    rule: PrintRule
    device: Device | None = None
    ways: tuple[tuple[Way, Device | None], ...] = ()
    request: ApprovalRequest | None = None


@dataclass(frozen=True, slots=True)
class Ruling:
    """`changes`: the wish as the rules leave it. `answer`: why the job does not go, None where it goes. `hint`: to be shown with it.

    `overruled`: the person chose otherwise at the device, and a rule said no.
    """

    changes: TicketChanges
    decision: Decision
    asked: Facts
    media: str
    answer: RuleAnswer | None = None
    hint: RuleAnswer | None = None
    overruled: tuple[RuleAnswer, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleOutlook:
    """What rules will do with a held job here. `held_back`: the code of what keeps it from paper, empty where it goes.

    `changes`: what they change of the ticket. `notes`: what they say, the answer to a refusal with its ways out.
    """

    changes: TicketChanges = field(default_factory=TicketChanges)
    notes: tuple[RuleAnswer, ...] = ()
    held_back: str = ""


class ReleaseRules:
    """The town's rules for one release of some jobs at one device. `anyway`: rules whose advice the person has read."""

    def __init__(self, town: TownRules, open_visit: OpenVisit, anyway: Collection[int]) -> None:
        self._town = town
        self._device = open_visit.device
        self._anyway = frozenset(anyway)
        self._now = timezone.now()
        self._abilities = device_abilities(open_visit.device)
        self._some_approve = any(rule.effect is Effect.APPROVE for rule in town.rules)
        self._others: dict[int, Device] | None = None

    @classmethod
    def of(cls, open_visit: OpenVisit, anyway: Collection[int] = ()) -> ReleaseRules | None:
        """None where the town has no rules."""
        municipality = open_visit.person.municipality
        town = rules_of_town(municipality) if municipality is not None else None
        return cls(town, open_visit, anyway) if town else None

    def rule(self, job: Job, changes: TicketChanges, bearer: CostCentre | None) -> Ruling:
        """The ruling for a job that goes on `bearer`; asks for approval and counts what is held back. In the release's transaction."""
        requests = requests_of_jobs([job.pk]).get(job.pk, []) if self._some_approve else []
        decision, asked = self._decide(job, changes, bearer, requests)
        media = media_class(job)
        answer = self._answer(job, decision, asked)
        if answer is not None:
            count_held_back(job.municipality_id, job.pk, decision, media)
            return Ruling(changes, decision, asked, media, answer)
        hint = self._advice(HINT, decision.advice) if decision.advice is not None else None
        overruled = (
            RuleAnswer(TWO_SIDED, self._town.rows[rule.id])
            for rule in decision.applied
            if rule.effect is Effect.DUPLEX and changes.sides is not None
        )
        return Ruling(
            rule_changes(changes, decision), decision, asked, media, hint=hint, overruled=tuple(overruled)
        )

    def look_ahead(
        self, jobs: Sequence[Job], bearers: Mapping[int, CostCentre | None]
    ) -> dict[int, RuleOutlook]:
        """What becomes of held jobs if nobody changes anything, by job. Writes nothing; one query at most."""
        requests = requests_of_jobs([job.pk for job in jobs]) if self._some_approve else {}
        return {job.pk: self._outlook(job, bearers[job.pk], requests.get(job.pk, [])) for job in jobs}

    def count_refusals(self, jobs: Sequence[Job], bearers: Mapping[int, CostCentre | None]) -> None:
        """Their owner is told that they are refused here: that counts, as if they had been sent."""
        requests = requests_of_jobs([job.pk for job in jobs]) if self._some_approve else {}
        for job in jobs:
            decision, _asked = self._decide(job, TicketChanges(), bearers[job.pk], requests.get(job.pk, []))
            if decision.refused:
                count_held_back(job.municipality_id, job.pk, decision, media_class(job))

    def _outlook(
        self, job: Job, bearer: CostCentre | None, requests: Sequence[ApprovalRequest]
    ) -> RuleOutlook:
        decision, asked = self._decide(job, TicketChanges(), bearer, requests)
        notes = tuple(self._notes(decision, asked, requests))
        held_back = ""
        if decision.gate is not None:
            held_back = next(note.code for note in notes if note.rule.pk == decision.gate.id)
        elif decision.asks_first:
            held_back = ADVISED
        return RuleOutlook(rule_changes(TicketChanges(), decision), notes, held_back)

    def _decide(
        self,
        job: Job,
        changes: TicketChanges,
        bearer: CostCentre | None,
        requests: Sequence[ApprovalRequest],
    ) -> tuple[Decision, Facts]:
        facts = facts_of_job(job, bearer, changes, self._now).at_device(
            self._device.pk,
            self._device.site_id,
            can_duplex=self._abilities[0],
            can_colour=self._abilities[1],
        )
        facts = facts.with_settled(self._anyway | settled_by_approval(requests, facts, self._now))
        return decide(self._town.rules, facts), facts

    def _notes(
        self, decision: Decision, asked: Facts, requests: Sequence[ApprovalRequest]
    ) -> Iterator[RuleAnswer]:
        for finding in decision.findings:
            row = self._town.rows[finding.rule.id]
            effect = finding.rule.effect
            if finding.outcome is Outcome.SETTLED and finding.rule.id not in self._anyway:
                if effect is Effect.APPROVE and finding.rule.id in decision.facts.settled:
                    request = next((one for one in requests if one.rule_id == row.pk), None)
                    yield RuleAnswer(APPROVED, row, request=request)
            elif finding.outcome is not Outcome.APPLIED:
                continue
            elif effect is Effect.REFUSE:
                yield self._refusal(finding.rule, asked)
            elif effect is Effect.APPROVE:
                request = next((one for one in requests if one.rule_id == row.pk), None)
                yield self._approval_note(row, request)
            elif effect is Effect.ADVISE:
                yield self._advice(HINT, finding.rule)
            elif effect in _CHANGES:
                yield RuleAnswer(_CHANGES[effect], row)

    def _approval_note(self, row: PrintRule, request: ApprovalRequest | None) -> RuleAnswer:
        if request is None or request.expires_at <= self._now or request.answer == Answer.APPROVED:
            return RuleAnswer(NEEDS_APPROVAL, row)
        code = DECLINED if request.answer == Answer.DECLINED else AWAITS
        return RuleAnswer(code, row, request=request)

    def _answer(self, job: Job, decision: Decision, asked: Facts) -> RuleAnswer | None:
        if decision.gate is not None:
            if decision.refused:
                return self._refusal(decision.gate, asked)
            request = ask_approval(job, decision.gate.id, asked, self._now)
            code = DECLINED if request.answer == Answer.DECLINED else AWAITS
            return RuleAnswer(code, self._town.rows[decision.gate.id], request=request)
        if decision.asks_first and decision.advice is not None:
            return self._advice(ADVISED, decision.advice)
        return None

    def _refusal(self, rule: Rule, asked: Facts) -> RuleAnswer:
        devices = self._other_devices()
        elsewhere = (at_device(asked, device) for device in devices.values())
        ways = ways_out(self._town.rules, asked, elsewhere)
        named = tuple((way, devices.get(way.device_id or 0)) for way in ways)
        return RuleAnswer(REFUSED, self._town.rows[rule.id], ways=named)

    def _other_devices(self) -> dict[int, Device]:
        if self._others is None:
            rows = Device.objects.filter(municipality_id=self._device.municipality_id, is_active=True)
            # What has no address is in the inventory only, and no way out.
            rows = rows.exclude(uri="").exclude(pk=self._device.pk)
            self._others = {row.pk: row for row in rows[:_MAX_ELSEWHERE]}
        return self._others

    def _advice(self, code: str, rule: Rule) -> RuleAnswer:
        row = self._town.rows[rule.id]
        return RuleAnswer(code, row, device=row.advised_device)


def rule_changes(changes: TicketChanges, decision: Decision) -> TicketChanges:
    """The person's wish, as the rules leave it."""
    if decision.two_sided:
        changes = replace(changes, sides=LONG_EDGE)
    return replace(changes, colour=False) if decision.black else changes


def count_ruling(job: Job, ruling: Ruling) -> None:
    """The job is on its way. In the release's transaction."""
    count_release(job.municipality_id, job.pk, ruling.asked, ruling.decision, ruling.media)


def at_device(facts: Facts, device: Device) -> Facts:
    can_duplex, can_colour = device_abilities(device)
    return facts.at_device(device.pk, device.site_id, can_duplex=can_duplex, can_colour=can_colour)


def media_class(job: Job) -> str:
    """A3 costs more; the ledger's own class where it has one."""
    media = job.media or load_ticket(job.ticket).media or ""
    return (
        MediaClass.A3.value
        if media.startswith(("iso_a3", "na_ledger", "na_tabloid"))
        else MediaClass.A4.value
    )
