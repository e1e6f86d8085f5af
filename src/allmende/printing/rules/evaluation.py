# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which rules act on a job, in which order, and why the others do not: a pure function of rules and facts.

    rules in their order ──▶ decide(rules, facts) ──▶ Decision: two-sided? black? refused, to be approved, advised? + one finding per rule

What always holds
- Every rule gets exactly one finding, so every decision can be explained; without rules nothing changes.
- A rule sees the job as earlier rules left it: after "black and white" there is no colour for a later rule to refuse.
- Refusal and approval are one question, the first rule that matches answers it ("approve over 500 pages" before "refuse over 500
  pages": an approval is the exception). Advice is a second question of its own. An exemption, or a refusal, ends the evaluation.
- A fact that is not known meets no condition, so a rule never acts on a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from allmende.printing.rules.conditions import Condition
from allmende.printing.rules.facts import Facts


class Effect(StrEnum):
    DUPLEX = "duplex"
    MONO = "mono"
    APPROVE = "approve"  #: waits until somebody approves
    ADVISE = "advise"  #: another device is named
    REFUSE = "refuse"
    EXEMPT = "exempt"  #: no later rule acts


class Outcome(StrEnum):
    APPLIED = "applied"
    NOTHING_TO_CHANGE = "nothing-to-change"  #: matches, but the job is so already
    CANNOT = "cannot"  #: matches, but the device can't, or there is no device to advise
    SETTLED = "settled"  #: matches, and was answered: approved, or the advice was read
    OVERRULED = "overruled"  #: matches, but an earlier rule answered the same question
    NOT_MATCHED = "not-matched"
    UNKNOWN = "unknown"  #: a fact that it asks for is not known
    ENDED = "ended"  #: not looked at: an earlier rule ended the evaluation
    INACTIVE = "inactive"
    NOT_VALID = "not-valid"  #: not on this day
    BROKEN = "broken"  #: its stored conditions can't be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule as it is evaluated. `conditions` is None where those stored can't be read: then it never acts.

    `advised_device_id`: the device that ADVISE names, None where it is not in use any more. `asks_first`: the advice is seen before
    paper. `needs_no_approval`: persons who may approve, whose own jobs this rule lets pass.
    """

    id: int
    name: str
    effect: Effect
    conditions: tuple[Condition, ...] | None = ()
    is_active: bool = True
    valid_from: date | None = None
    valid_until: date | None = None
    advised_device_id: int | None = None
    asks_first: bool = False
    needs_no_approval: frozenset[int] = frozenset()

    def valid_on(self, day: date) -> bool:
        return (self.valid_from or day) <= day <= (self.valid_until or day)


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one rule. `condition`: the first one that did not hold; `by`: the earlier rule that was in the way."""

    rule: Rule
    outcome: Outcome
    condition: Condition | None = None
    by: Rule | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """`facts`: the job as the rules leave it. `gate`: the rule that refuses or asks for approval; `advice`: the rule whose advice applies."""

    facts: Facts
    findings: tuple[Finding, ...] = ()
    two_sided: bool = False
    black: bool = False
    gate: Rule | None = None
    advice: Rule | None = None

    @property
    def refused(self) -> bool:
        return self.gate is not None and self.gate.effect is Effect.REFUSE

    @property
    def awaits_approval(self) -> bool:
        return self.gate is not None and self.gate.effect is Effect.APPROVE

    @property
    def asks_first(self) -> bool:
        """Whether the advice must be seen before paper."""
        return self.gate is None and self.advice is not None and self.advice.asks_first

    @property
    def goes(self) -> bool:
        return self.gate is None and not self.asks_first

    @property
    def applied(self) -> tuple[Rule, ...]:
        return tuple(finding.rule for finding in self.findings if finding.outcome is Outcome.APPLIED)


#: Rules with these effects answer one question, which the first of them that matches decides.
_GATES: Final = frozenset({Effect.REFUSE, Effect.APPROVE})


def decide(rules: Sequence[Rule], facts: Facts) -> Decision:
    """Never raises, for any rules and facts."""
    return _Evaluation(facts).run(rules)


@dataclass(frozen=True, slots=True)
class Way:
    """How a refused job would come out after all: in black, with one copy, or at the device with this number."""

    kind: str
    device_id: int | None = None


def ways_out(rules: Sequence[Rule], facts: Facts, elsewhere: Iterable[Facts]) -> list[Way]:
    """For a refused job, the smallest changes with which it is not refused; `elsewhere`: the same job at other devices.

    A way that would then wait for approval is one too. At most one other device is named, the first that takes it.
    """
    ways = []
    if facts.colour and not decide(rules, facts.in_black()).refused:
        ways.append(Way("black"))
    if facts.copies > 1 and not decide(rules, facts.with_copies(1)).refused:
        ways.append(Way("one-copy"))
    for other in elsewhere:
        if not decide(rules, other).refused:
            ways.append(Way("device", other.device_id))
            break
    return ways


class _Evaluation:
    """One walk through the rules."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.findings: list[Finding] = []
        self.two_sided = self.black = False
        self.gate: Rule | None = None
        self.advice: Rule | None = None
        self.gate_taken: Rule | None = None
        self.advice_taken: Rule | None = None
        self.ended: Rule | None = None

    def run(self, rules: Sequence[Rule]) -> Decision:
        for rule in rules:
            self.findings.append(self._look(rule))
        return Decision(self.facts, tuple(self.findings), self.two_sided, self.black, self.gate, self.advice)

    def _look(self, rule: Rule) -> Finding:
        if not rule.is_active:
            return Finding(rule, Outcome.INACTIVE)
        if rule.conditions is None:
            return Finding(rule, Outcome.BROKEN)
        if self.ended is not None:
            return Finding(rule, Outcome.ENDED, by=self.ended)
        if not rule.valid_on(self.facts.at.date()):
            return Finding(rule, Outcome.NOT_VALID)
        for condition in rule.conditions:
            holds = condition.holds(self.facts)
            if not holds:
                return Finding(rule, Outcome.NOT_MATCHED if holds is False else Outcome.UNKNOWN, condition)
        return self._act(rule)

    def _act(self, rule: Rule) -> Finding:
        if rule.effect in _GATES:
            return self._close(rule)
        if rule.effect is Effect.ADVISE:
            return self._advise(rule)
        if rule.effect is Effect.EXEMPT:
            self.ended = rule
            return Finding(rule, Outcome.APPLIED)
        if rule.effect is Effect.DUPLEX:
            return self._duplex(rule)
        return self._mono(rule)

    def _close(self, rule: Rule) -> Finding:
        if self.gate_taken is not None:
            return Finding(rule, Outcome.OVERRULED, by=self.gate_taken)
        self.gate_taken = rule
        if rule.effect is Effect.APPROVE and (
            rule.id in self.facts.settled or self.facts.person_id in rule.needs_no_approval
        ):
            return Finding(rule, Outcome.SETTLED)
        self.gate = rule
        if rule.effect is Effect.REFUSE:
            self.ended = rule
        return Finding(rule, Outcome.APPLIED)

    def _advise(self, rule: Rule) -> Finding:
        if rule.advised_device_id is None:
            return Finding(rule, Outcome.CANNOT)
        if rule.advised_device_id == self.facts.device_id:
            return Finding(rule, Outcome.NOTHING_TO_CHANGE)
        if self.advice_taken is not None:
            return Finding(rule, Outcome.OVERRULED, by=self.advice_taken)
        self.advice_taken = rule
        if rule.id in self.facts.settled:
            return Finding(rule, Outcome.SETTLED)
        self.advice = rule
        return Finding(rule, Outcome.APPLIED)

    def _duplex(self, rule: Rule) -> Finding:
        if self.facts.sides.startswith("two-sided") or self.facts.pages == 1:
            return Finding(rule, Outcome.NOTHING_TO_CHANGE)
        if self.facts.can_duplex is False:
            return Finding(rule, Outcome.CANNOT)
        self.facts = self.facts.two_sided()
        self.two_sided = True
        return Finding(rule, Outcome.APPLIED)

    def _mono(self, rule: Rule) -> Finding:
        if self.facts.colour_impressions == 0:
            return Finding(rule, Outcome.NOTHING_TO_CHANGE)
        self.facts = self.facts.in_black()
        self.black = True
        return Finding(rule, Outcome.APPLIED)
