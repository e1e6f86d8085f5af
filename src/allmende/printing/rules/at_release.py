# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The rules at the moment of release: what they change of the wish, what they keep from going, and what is counted of that.

A town without rules costs one cached look. With rules, the database is asked per job only for what some rule needs (approvals).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.utils import timezone

from allmende.devices.devices import Device
from allmende.directory.people import Person
from allmende.printing.delivery.port import TicketChanges
from allmende.printing.job_tickets import load_ticket
from allmende.printing.jobs import Job
from allmende.printing.ledger.sheets import MediaClass
from allmende.printing.rules.approvals import Answer, ApprovalRequest, ask_approval, settled_by_approval
from allmende.printing.rules.effects import count_held_back, count_release
from allmende.printing.rules.evaluation import Decision, Effect, Rule, Way, decide, ways_out
from allmende.printing.rules.facts import LONG_EDGE, Facts
from allmende.printing.rules.job_facts import device_abilities, facts_of_job
from allmende.printing.rules.print_rules import PrintRule, TownRules, rules_of_town

REFUSED: Final = "refused-by-rule"
AWAITS: Final = "awaits-approval"
DECLINED: Final = "approval-declined"
ADVISED: Final = "advised"
#: So many other devices are tried for a refused job's way out.
_MAX_ELSEWHERE: Final = 50


@dataclass(frozen=True, slots=True)
class RuleAnswer:
    """What a rule says to the person: `code` is one of the four above, or `hint` for an advice that stops nothing.

    `device`: the advised one. `ways`: how a refused job would come out after all, with the device that `Way.device_id` names.
    `request`: the question for approval.
    """

    code: str
    rule: PrintRule
    device: Device | None = None
    ways: tuple[tuple[Way, Device | None], ...] = ()
    request: ApprovalRequest | None = None


HINT: Final = "hint"


@dataclass(frozen=True, slots=True)
class Ruling:
    """`changes`: the wish as the rules leave it. `answer`: why the job does not go, None where it goes. `hint`: to be shown with it."""

    changes: TicketChanges
    decision: Decision
    asked: Facts
    media: str
    answer: RuleAnswer | None = None
    hint: RuleAnswer | None = None


class ReleaseRules:
    """The town's rules for one release of some jobs at one device. `anyway`: rules whose advice the person has read."""

    def __init__(self, town: TownRules, device: Device, anyway: Collection[int], now: datetime) -> None:
        self._town = town
        self._device = device
        self._anyway = frozenset(anyway)
        self._now = now

    @classmethod
    def of(cls, person: Person, device: Device, anyway: Collection[int] = ()) -> ReleaseRules | None:
        """None where the town has no rules."""
        if person.municipality is None:
            return None
        town = rules_of_town(person.municipality)
        return cls(town, device, anyway, timezone.now()) if town else None

    def look(self, job: Job, changes: TicketChanges) -> tuple[Decision, Facts]:
        """The decision of now, and the facts that it was made of; writes nothing."""
        facts = facts_of_job(job, job.person, self._device, changes, self._now, settled=self._anyway)
        if any(rule.effect is Effect.APPROVE for rule in self._town.rules):
            facts = facts.with_settled(self._anyway | settled_by_approval(job.pk, facts, self._now))
        return decide(self._town.rules, facts), facts

    def rule(self, job: Job, changes: TicketChanges) -> Ruling:
        """The ruling; asks for approval and counts what is held back. In the release's transaction."""
        decision, asked = self.look(job, changes)
        media = media_class(job)
        answer = self._answer(job, decision, asked)
        if answer is not None:
            count_held_back(job.municipality_id, job.pk, decision, media)
            return Ruling(changes, decision, asked, media, answer)
        hint = self._advice(HINT, decision.advice) if decision.advice is not None else None
        return Ruling(rule_changes(changes, decision), decision, asked, media, hint=hint)

    def look_ahead(self, job: Job) -> RuleAnswer | None:
        """What the list of jobs says beforehand: a refusal, or advice."""
        decision, asked = self.look(job, TicketChanges())
        if decision.gate is not None:
            if decision.refused:
                return self._refusal(decision.gate, asked)
            return RuleAnswer(AWAITS, self._town.rows[decision.gate.id])
        return self._advice(HINT, decision.advice) if decision.advice is not None else None

    def _answer(self, job: Job, decision: Decision, asked: Facts) -> RuleAnswer | None:
        if decision.gate is not None:
            if decision.refused:
                return self._refusal(decision.gate, asked)
            request = ask_approval(job, decision.gate.id, decision.facts, self._now)
            code = DECLINED if request.answer == Answer.DECLINED else AWAITS
            return RuleAnswer(code, self._town.rows[decision.gate.id], request=request)
        if decision.asks_first and decision.advice is not None:
            return self._advice(ADVISED, decision.advice)
        return None

    def _refusal(self, rule: Rule, asked: Facts) -> RuleAnswer:
        devices = {
            device.pk: device
            for device in Device.objects.filter(
                municipality_id=self._device.municipality_id, is_active=True
            ).exclude(pk=self._device.pk)[:_MAX_ELSEWHERE]
        }
        elsewhere = (at_device(asked, device) for device in devices.values())
        ways = ways_out(self._town.rules, asked, elsewhere)
        named = tuple((way, devices.get(way.device_id or 0)) for way in ways)
        return RuleAnswer(REFUSED, self._town.rows[rule.id], ways=named)

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
