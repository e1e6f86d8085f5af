# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Order, conflicts and explanations of rules; what holds for all rules and all jobs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.printing.delivery.port import TicketChanges
from allmende.printing.rules.at_release import rule_changes
from allmende.printing.rules.conflicts import find_conflicts
from allmende.printing.rules.evaluation import Effect, Outcome, Rule, decide, ways_out
from allmende.printing.rules.facts import Facts
from printing.rules.made import all_facts, make_facts, make_rule, pages_from, rule_lists


def outcomes(rules: list[Rule], facts: Facts) -> list[Outcome]:
    return [finding.outcome for finding in decide(rules, facts).findings]


@given(all_facts())
def test_no_rule_changes_nothing(facts: Facts) -> None:
    decision = decide([], facts)
    assert decision.facts == facts
    assert decision.goes
    assert rule_changes(TicketChanges(copies=3), decision) == TicketChanges(copies=3)


@given(rule_lists(), all_facts())
def test_every_decision_is_total_and_explained(rules: list[Rule], facts: Facts) -> None:
    decision = decide(rules, facts)
    assert decision == decide(rules, facts)
    assert [finding.rule for finding in decision.findings] == rules
    assert decision.refused + decision.awaits_approval + decision.asks_first + decision.goes == 1
    for finding in decision.findings:
        if finding.outcome in {Outcome.NOT_MATCHED, Outcome.UNKNOWN}:
            assert finding.condition in (finding.rule.conditions or ())
        if finding.outcome in {Outcome.OVERRULED, Outcome.ENDED}:
            assert finding.by in rules[: rules.index(finding.rule)]
    # What is said of the effect is what the findings say.
    assert decision.two_sided == any(rule.effect is Effect.DUPLEX for rule in decision.applied)
    assert decision.black == any(rule.effect is Effect.MONO for rule in decision.applied)
    assert (decision.gate in decision.applied) or decision.gate is None
    assert (decision.advice in decision.applied) or decision.advice is None


@given(rule_lists(), all_facts())
def test_the_rules_wish_applied_twice_is_applied_once(rules: list[Rule], facts: Facts) -> None:
    decision = decide(rules, facts)
    once = rule_changes(TicketChanges(), decision)
    assert rule_changes(once, decision) == once
    # A rule never takes more paper or colour than was asked for.
    assert (decision.facts.sheets or 0) <= (facts.sheets or 0)
    assert (decision.facts.colour_impressions or 0) <= (facts.colour_impressions or 0)


@given(rule_lists(), all_facts())
def test_what_does_not_act_has_no_say(rules: list[Rule], facts: Facts) -> None:
    """Without the rules that did not act, and with inactive ones anywhere, the job comes out the same."""
    decision = decide(rules, facts)
    acted = {Outcome.APPLIED, Outcome.SETTLED}
    fewer = [finding.rule for finding in decision.findings if finding.outcome in acted]
    again = decide(fewer, facts)
    assert (again.facts, again.gate, again.advice) == (decision.facts, decision.gate, decision.advice)
    more = [replace(rule, id=100 + rule.id, is_active=False) for rule in rules] + rules
    assert decide(more, facts).facts == decision.facts


@given(rule_lists(), all_facts())
def test_the_first_of_two_answers_wins(rules: list[Rule], facts: Facts) -> None:
    for effects in ({Effect.REFUSE, Effect.APPROVE}, {Effect.ADVISE}):
        answered = [
            finding.outcome
            for finding in decide(rules, facts).findings
            if finding.rule.effect in effects
            and finding.outcome in {Outcome.APPLIED, Outcome.SETTLED, Outcome.OVERRULED}
        ]
        assert answered[1:] == [Outcome.OVERRULED] * len(answered[1:])
        assert answered[:1] != [Outcome.OVERRULED]


@given(rule_lists(), all_facts())
def test_a_rule_that_is_said_never_to_act_never_does(rules: list[Rule], facts: Facts) -> None:
    never = {conflict.rule.id for conflict in find_conflicts(rules) if conflict.never}
    for finding in decide(rules, facts).findings:
        if finding.rule.id in never:
            assert finding.outcome is not Outcome.APPLIED, finding


@given(rule_lists(), all_facts(), st.lists(all_facts(), max_size=3))
def test_a_way_out_leads_out(rules: list[Rule], facts: Facts, elsewhere: list[Facts]) -> None:
    if not decide(rules, facts).refused:
        return
    for way in ways_out(rules, facts, elsewhere):
        if way.kind == "black":
            assert not decide(rules, facts.in_black()).refused
        elif way.kind == "one-copy":
            assert not decide(rules, facts.with_copies(1)).refused
        else:
            assert any(
                other.device_id == way.device_id and not decide(rules, other).refused for other in elsewhere
            )


def test_a_later_rule_sees_what_an_earlier_one_left() -> None:
    mono = make_rule(1, Effect.MONO)
    refuse = make_rule(2, Effect.REFUSE, {"kind": "colour_impressions", "at_least": 1, "at_most": None})
    facts = make_facts(colour_pages=4)
    assert outcomes([mono, refuse], facts) == [Outcome.APPLIED, Outcome.NOT_MATCHED]
    assert decide([refuse, mono], facts).refused
    assert outcomes([refuse, mono], facts) == [Outcome.APPLIED, Outcome.ENDED]


def test_an_approval_above_is_the_exception_from_a_refusal() -> None:
    approve = make_rule(1, Effect.APPROVE, pages_from(5))
    refuse = make_rule(2, Effect.REFUSE, pages_from(5))
    facts = make_facts()
    assert decide([approve, refuse], facts).awaits_approval
    approved = decide([approve, refuse], facts.with_settled(frozenset({1})))
    assert approved.goes
    assert [one.outcome for one in approved.findings] == [Outcome.SETTLED, Outcome.OVERRULED]
    assert decide([refuse, approve], facts.with_settled(frozenset({2}))).refused


def test_who_may_approve_needs_no_approval() -> None:
    rule = make_rule(1, Effect.APPROVE, needs_no_approval=frozenset({7}))
    assert decide([rule], make_facts(person_id=7)).goes
    assert decide([rule], make_facts(person_id=8)).awaits_approval


def test_an_exemption_ends_the_evaluation() -> None:
    rules = [
        make_rule(1, Effect.EXEMPT, {"kind": "cost_centres", "values": ["4100"]}),
        make_rule(2, Effect.DUPLEX),
    ]
    assert not decide(rules, make_facts()).two_sided
    assert decide(rules, make_facts(cost_centre="4200")).two_sided


def test_what_is_not_known_meets_no_condition() -> None:
    rule = make_rule(1, Effect.REFUSE, pages_from(1))
    assert outcomes([rule], make_facts(pages=None)) == [Outcome.UNKNOWN]
    assert decide([rule], make_facts(pages=None)).goes


def test_a_device_that_cannot_is_not_credited() -> None:
    decision = decide([make_rule(1, Effect.DUPLEX)], make_facts(can_duplex=False))
    assert [one.outcome for one in decision.findings] == [Outcome.CANNOT]
    assert decision.facts.sheets == 10
    assert decide([make_rule(1, Effect.MONO)], make_facts(can_colour=False)).findings[0].outcome is (
        Outcome.NOTHING_TO_CHANGE
    )


def test_advice_is_silent_at_the_advised_device_and_once_it_was_read() -> None:
    rule = make_rule(3, Effect.ADVISE, advised_device_id=2, asks_first=True)
    assert decide([rule], make_facts(device_id=1)).asks_first
    assert decide([rule], make_facts(device_id=2)).goes
    assert decide([rule], make_facts(device_id=1, settled=frozenset({3}))).goes
    assert decide([replace(rule, advised_device_id=None)], make_facts()).findings[0].outcome is Outcome.CANNOT
    assert decide([replace(rule, asks_first=False)], make_facts()).goes


def test_a_refusal_comes_before_an_advice_whatever_their_order() -> None:
    advise = make_rule(1, Effect.ADVISE, advised_device_id=2, asks_first=True)
    decision = decide([advise, make_rule(2, Effect.REFUSE)], make_facts())
    assert (decision.refused, decision.asks_first) == (True, False)


def test_days_of_validity_are_the_towns_and_both_count() -> None:
    rule = make_rule(1, Effect.DUPLEX, valid_from=date(2026, 11, 18), valid_until=date(2026, 11, 18))
    assert decide([rule], make_facts()).two_sided
    later = replace(rule, valid_from=date(2026, 11, 19), valid_until=None)
    assert outcomes([later], make_facts()) == [Outcome.NOT_VALID]


def test_a_rule_that_cannot_be_read_does_not_act() -> None:
    broken = Rule(id=1, name="broken", effect=Effect.REFUSE, conditions=None)
    assert outcomes([broken], make_facts()) == [Outcome.BROKEN]


@pytest.mark.parametrize(
    ("first", "second", "never"),
    [
        ((Effect.REFUSE, pages_from(10)), (Effect.APPROVE, pages_from(20)), True),
        ((Effect.REFUSE, pages_from(20)), (Effect.APPROVE, pages_from(10)), False),
        ((Effect.EXEMPT, pages_from(10)), (Effect.DUPLEX, pages_from(20)), True),
        ((Effect.DUPLEX, pages_from(10)), (Effect.DUPLEX, pages_from(20)), True),
        ((Effect.DUPLEX, pages_from(10)), (Effect.MONO, pages_from(20)), None),
        ((Effect.DUPLEX, pages_from(20)), (Effect.DUPLEX, pages_from(10)), None),
        (
            (Effect.REFUSE, {"kind": "pages", "at_least": 1, "at_most": 5}),
            (Effect.APPROVE, pages_from(6)),
            None,
        ),
    ],
)
def test_conflicts_are_found(
    first: tuple[Effect, dict[str, object]], second: tuple[Effect, dict[str, object]], never: bool | None
) -> None:
    """`never`: the second can't act; False: it contradicts the first; None: neither."""
    found = find_conflicts([make_rule(1, *first), make_rule(2, *second)])
    assert [conflict.never for conflict in found] == ([] if never is None else [never])


def test_a_refusal_that_an_approval_overrules_takes_nothing() -> None:
    rules = [make_rule(1, Effect.APPROVE), make_rule(2, Effect.REFUSE), make_rule(3, Effect.DUPLEX)]
    assert [conflict.rule.id for conflict in find_conflicts(rules)] == [2]
    assert decide(rules, make_facts(settled=frozenset({1}))).two_sided
