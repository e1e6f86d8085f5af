# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Rules at the moment of release: what is sent to the device, what stays, what is counted, what waits for approval."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import override

from allmende.devices.devices import Device
from allmende.directory.cost_centres import CostCentre, ensure_cost_centres
from allmende.directory.delegations import delegate_to
from allmende.directory.people import Person
from allmende.directory.roles import Role, RoleName
from allmende.printing.delivery.port import TicketChanges, set_running_delivery
from allmende.printing.job_states import State
from allmende.printing.jobs import Job
from allmende.printing.portal.my_jobs import list_my_jobs
from allmende.printing.prices import ImpressionPrices, set_price_source
from allmende.printing.rules.approvals import (
    AlreadyAnsweredError,
    ApprovalRequest,
    access_request_for,
    answer_request,
    may_approve,
    open_requests,
)
from allmende.printing.rules.conditions import parse_conditions
from allmende.printing.rules.editing import RuleDetails, add_rule, switch_rule
from allmende.printing.rules.effects import RuleEffect, sum_effects
from allmende.printing.rules.evaluation import Effect
from allmende.printing.rules.print_rules import PrintRule, forget_rules
from allmende.printing.rules.words import answer_words, note_words
from allmende.printing.visit.bearers import choose_bearer
from allmende.printing.visit.release import list_visit_jobs, release_jobs, take_over_jobs
from makers import make_device, make_person, make_town
from printing.rules.made import pages_from
from printing.standing import Standing, stand
from printing.test_release import Recorder

pytestmark = pytest.mark.django_db(transaction=True)

COLOUR = {"kind": "colour_impressions", "at_least": 1, "at_most": None}


@pytest.fixture(autouse=True)
def delivery() -> Iterator[Recorder]:
    recorder = Recorder()
    set_running_delivery(recorder)
    yield recorder
    set_running_delivery(None)
    set_price_source(None)


def stand_with(*rules: tuple[Effect, list[dict[str, Any]], dict[str, Any]], **job: Any) -> Standing:
    standing = stand(**job)
    it = make_person(standing.town, "it", it=True)
    for number, (effect, conditions, fields) in enumerate(rules, start=1):
        add_rule(
            it,
            standing.town,
            RuleDetails(
                name=f"Regel {number}", effect=effect, conditions=parse_conditions(conditions), **fields
            ),
        )
    return standing


def euros(device_id: int, day: object) -> ImpressionPrices:
    return ImpressionPrices(mono=Decimal("0.01"), colour=Decimal("0.05"), sheet=Decimal("0.005"))


def test_a_forced_duplex_changes_the_ticket_and_is_counted(delivery: Recorder) -> None:
    set_price_source(euros)
    standing = stand_with(
        (Effect.DUPLEX, [pages_from(2)], {}), (Effect.MONO, [], {}), pages=5, colour_pages=3
    )
    standing.release(copies=2, sides="one-sided")
    (order,) = delivery.orders
    assert order.changes == TicketChanges(copies=2, sides="two-sided-long-edge", colour=False)
    duplex, mono = RuleEffect.objects.order_by("rule__position")
    assert (duplex.sheets_saved, duplex.euros_saved) == (10 - 6, Decimal("0.02"))
    assert (mono.sheets_saved, mono.colour_saved, mono.euros_saved) == (0, 6, Decimal("0.24"))


def test_without_a_known_price_sheets_are_counted_and_euros_are_not() -> None:
    standing = stand_with((Effect.DUPLEX, [], {}), pages=4)
    standing.release()
    effect = RuleEffect.objects.get()
    assert (effect.sheets_saved, effect.euros_saved) == (2, None)
    (counted,) = sum_effects(standing.town.pk, timezone.localdate()).values()
    assert (counted.jobs, counted.sheets, counted.euros, counted.unpriced) == (1, 2, None, 1)


def test_a_job_released_twice_is_counted_once() -> None:
    standing = stand_with((Effect.DUPLEX, [], {}), pages=4)
    standing.release()
    Job.objects.update(state=State.HELD.value, holder="")
    standing.release()
    assert RuleEffect.objects.count() == 1


def test_a_town_without_rules_asks_the_database_once_for_many_releases() -> None:
    standing = stand(jobs=4)
    forget_rules(standing.town)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        for job_id in standing.job_ids:
            assert release_jobs(standing.visit, [job_id])[0].done
    asked = [one["sql"] for one in queries if "printing_printrule" in one["sql"]]
    assert len(asked) == 1
    assert not [one for one in queries if "approvalrequest" in one["sql"] or "ruleeffect" in one["sql"]]


def test_a_refusal_says_why_and_the_way_out(delivery: Recorder) -> None:
    standing = stand_with(
        (
            Effect.REFUSE,
            [COLOUR],
            {"reason_de": "Farbe nur im Druckzentrum", "reason_en": "Colour at the print centre only"},
        ),
        pages=3,
        colour_pages=3,
    )
    here = standing.device.pk
    PrintRule.objects.update(conditions=[COLOUR, {"kind": "devices", "values": [here]}])
    forget_rules(standing.town)
    # In the inventory only, and by name before the other: no way out.
    make_device(standing.town, "archiv", uri="")
    make_device(standing.town, "druckzentrum")
    (outcome,) = release_jobs(standing.visit)
    assert (outcome.done, outcome.code) == (False, "refused-by-rule")
    assert outcome.rule is not None
    with override("en"):
        said = answer_words(outcome.rule)
        assert "Colour at the print centre only." in said
        assert "In black and white" in said
        assert "At Druckzentrum it can be printed." in said
    with override("de"):
        assert "Farbe nur im Druckzentrum." in answer_words(outcome.rule)
    assert (delivery.orders, Job.objects.get().state) == ([], State.HELD)
    prevented = RuleEffect.objects.get()
    assert (prevented.sheets_saved, prevented.colour_saved) == (3, 3)

    assert release_jobs(standing.visit, changes=TicketChanges(colour=False))[0].done
    prevented.refresh_from_db()
    assert (prevented.sheets_saved, prevented.colour_saved, prevented.euros_saved) == (0, 0, 0)


def test_a_refusal_is_not_walked_round_by_fetching(delivery: Recorder) -> None:
    standing = stand_with((Effect.REFUSE, [], {"reason_de": "nein"}))
    elsewhere = make_device(standing.town, "rathaus-og")
    PrintRule.objects.update(conditions=[{"kind": "devices", "values": [elsewhere.pk]}])
    forget_rules(standing.town)
    standing.release()
    visit = standing.tap(elsewhere)
    assert [one.code for one in take_over_jobs(visit, standing.job_ids)] == ["refused-by-rule"]
    assert (Job.objects.get().device_id, len(delivery.orders)) == (standing.device.pk, 1)


def test_each_job_has_its_own_ruling(delivery: Recorder) -> None:
    standing = stand_with((Effect.REFUSE, [pages_from(100)], {"reason_de": "zu viel"}), jobs=2, pages=3)
    small, large = standing.job_ids
    Job.objects.filter(pk=large).update(pages=500)
    assert {one.job_id: one.code for one in release_jobs(standing.visit)} == {
        small: "",
        large: "refused-by-rule",
    }
    assert [order.job_id for order in delivery.orders] == [small]


def test_advice_that_asks_first_waits_for_an_answer(delivery: Recorder) -> None:
    set_price_source(
        lambda device_id, day: ImpressionPrices(
            mono=Decimal("0.01" if device_id == centre.pk else "0.03"), colour=Decimal(1)
        )
    )
    standing = stand_with(jobs=2, pages=100)
    centre = make_device(standing.town, "druckzentrum")
    rule = add_rule(
        Person.objects.get(login="it"),
        standing.town,
        RuleDetails(name="Rat", effect=Effect.ADVISE, advised_device_id=centre.pk, asks_first=True),
    )
    anyway, followed = standing.job_ids
    assert [one.code for one in release_jobs(standing.visit)] == ["advised", "advised"]
    assert delivery.orders == []
    assert release_jobs(standing.visit, [anyway], anyway=[rule.pk])[0].done
    assert RuleEffect.objects.get(job_number=anyway).euros_saved == 0

    visit = standing.tap(centre)
    assert release_jobs(visit, [followed])[0].done
    assert RuleEffect.objects.get(job_number=followed).euros_saved == Decimal("2.00")


def test_advice_that_does_not_ask_is_a_hint_and_one_touch_prints(delivery: Recorder) -> None:
    standing = stand_with(pages=100)
    centre = make_device(standing.town, "druckzentrum")
    details = RuleDetails(name="Rat", effect=Effect.ADVISE, advised_device_id=centre.pk)
    add_rule(Person.objects.get(login="it"), standing.town, details)
    (shown,) = list_visit_jobs(standing.visit)
    assert "Druckzentrum" in note_words(shown.rule_notes[0])
    (outcome,) = release_jobs(standing.visit)
    assert outcome.done
    assert outcome.rule is not None
    assert outcome.rule.code == "hint"
    assert len(delivery.orders) == 1


def test_a_device_out_of_use_is_not_advised() -> None:
    standing = stand_with(pages=100)
    centre = make_device(standing.town, "druckzentrum")
    details = RuleDetails(name="Rat", effect=Effect.ADVISE, advised_device_id=centre.pk, asks_first=True)
    add_rule(Person.objects.get(login="it"), standing.town, details)
    Device.objects.filter(pk=centre.pk).update(is_active=False)
    forget_rules(standing.town)
    assert release_jobs(standing.visit)[0].done


def approving(**job: Any) -> tuple[Standing, Person]:
    """A rule that asks the head of the office from ten pages on."""
    standing = stand_with(**{"pages": 20, **job})
    head = make_person(standing.town, "chefin", display_name="Carla Chefin")
    details = RuleDetails(
        name="Große Aufträge",
        effect=Effect.APPROVE,
        conditions=parse_conditions([pages_from(10)]),
        approver_id=head.pk,
        approval_hours=4,
    )
    add_rule(Person.objects.get(login="it"), standing.town, details)
    return standing, head


def test_an_approval_from_the_question_to_paper(delivery: Recorder) -> None:
    standing, head = approving()
    (shown,) = list_visit_jobs(standing.visit)
    assert [note.code for note in shown.rule_notes] == ["needs-approval"]
    for _ in range(2):
        assert release_jobs(standing.visit)[0].code == "awaits-approval"
    (request,) = open_requests(head)
    assert (Job.objects.get().reason, request.impressions) == ("awaits-approval", 20)
    (shown,) = list_visit_jobs(standing.visit)
    assert "Carla Chefin" in note_words(shown.rule_notes[0])
    assert delivery.orders == []

    answer_request(head, request, approve=True)
    assert Job.objects.get().reason == "approval-given"
    assert open_requests(head) == []
    # Not for more than was asked.
    assert release_jobs(standing.visit, changes=TicketChanges(copies=2))[0].code == "awaits-approval"
    answer_request(head, open_requests(head)[0], approve=True)
    assert release_jobs(standing.visit, changes=TicketChanges(copies=2))[0].done
    assert len(delivery.orders) == 1


def test_a_declined_job_does_not_go_and_says_why() -> None:
    standing, head = approving()
    release_jobs(standing.visit)
    answer_request(head, open_requests(head)[0], approve=False, note="Bitte nur zwei Exemplare")
    (outcome,) = release_jobs(standing.visit)
    assert outcome.code == "approval-declined"
    assert outcome.rule is not None
    assert "Bitte nur zwei Exemplare." in answer_words(outcome.rule)
    assert open_requests(head) == []
    less = TicketChanges(page_ranges=((1, 12),))
    assert release_jobs(standing.visit, changes=less)[0].code == "awaits-approval"


def test_questions_and_approvals_end() -> None:
    standing, head = approving()
    release_jobs(standing.visit)
    (request,) = open_requests(head)
    long_ago = timezone.now() - timedelta(minutes=1)
    ApprovalRequest.objects.update(expires_at=long_ago)
    assert open_requests(head) == []
    with pytest.raises(AlreadyAnsweredError):
        answer_request(head, request, approve=True)
    release_jobs(standing.visit)
    answer_request(head, open_requests(head)[0], approve=True)
    assert ApprovalRequest.objects.get().expires_at > timezone.now() + timedelta(hours=3)
    ApprovalRequest.objects.update(expires_at=long_ago)
    assert release_jobs(standing.visit)[0].code == "awaits-approval"


def test_an_answer_is_given_once_and_to_the_question_that_was_seen() -> None:
    standing, head = approving()
    release_jobs(standing.visit)
    (seen,) = open_requests(head)
    release_jobs(standing.visit, changes=TicketChanges(copies=50))
    with pytest.raises(AlreadyAnsweredError):
        answer_request(head, seen, approve=True)
    (fresh,) = open_requests(head)
    answer_request(head, fresh, approve=True)
    with pytest.raises(AlreadyAnsweredError):
        answer_request(head, fresh, approve=False)


def test_nobody_approves_their_own_job_or_another_towns() -> None:
    standing, head = approving()
    release_jobs(standing.visit)
    request = ApprovalRequest.objects.get()
    stranger = make_person(make_town("coswig"), "chefin", it=True)
    for person in (standing.person, stranger, Person.objects.get(login="it", municipality=standing.town)):
        assert not may_approve(person)
        assert open_requests(person) == []
        with pytest.raises(Http404):
            access_request_for(person, request.pk)
        with pytest.raises(PermissionDenied):
            answer_request(person, request, approve=True)
    assert access_request_for(head, request.pk) == request
    ApprovalRequest.objects.update(owner=head)
    with pytest.raises(Http404):
        access_request_for(head, request.pk)


def test_a_role_approves_and_it_stands_in_for_nobody() -> None:
    standing, head = approving()
    PrintRule.objects.update(approver_role=RoleName.MANAGEMENT, approver=None)
    forget_rules(standing.town)
    it = Person.objects.get(login="it")
    assert (may_approve(head), may_approve(it)) == (False, True)
    Role.objects.create(municipality=standing.town, person=head, name=RoleName.MANAGEMENT)
    forget_rules(standing.town)
    assert (may_approve(head), may_approve(it)) == (True, False)


def test_who_may_approve_prints_at_once_also_through_a_delegate(delivery: Recorder) -> None:
    standing, head = approving()
    delegate_to(head, standing.person)
    Job.objects.update(person=head, created_at=timezone.now())  # it came since
    assert release_jobs(standing.visit, standing.job_ids)[0].done
    assert len(delivery.orders) == 1


def test_a_rule_switched_off_is_off_at_once() -> None:
    standing = stand_with((Effect.REFUSE, [], {"reason_de": "nein"}))
    assert not release_jobs(standing.visit)[0].done
    switch_rule(Person.objects.get(login="it"), PrintRule.objects.get(), active=False)
    assert release_jobs(standing.visit)[0].done


def test_stored_nonsense_stops_no_release(delivery: Recorder) -> None:
    standing = stand_with((Effect.REFUSE, [], {"reason_de": "nein"}))
    PrintRule.objects.update(conditions={"kind": "pages", "at_least": "__import__('os')"})
    forget_rules(standing.town)
    assert release_jobs(standing.visit)[0].done
    assert len(delivery.orders) == 1


def test_rules_of_another_town_have_no_say() -> None:
    standing = stand()
    other = make_town("coswig")
    add_rule(make_person(other, "it", it=True), other, RuleDetails(name="nein", effect=Effect.REFUSE))
    assert release_jobs(standing.visit)[0].done


def test_the_cost_centre_chosen_at_the_panel_is_the_one_that_counts() -> None:
    standing = stand_with(
        (Effect.REFUSE, [{"kind": "cost_centres", "values": ["4711"]}], {"reason_de": "geschlossen"})
    )
    assert release_jobs(standing.visit)[0].done
    Job.objects.update(state=State.HELD.value, holder="")
    standing.visit.visit.cost_centre = CostCentre.objects.create(municipality=standing.town, number="4711")
    assert release_jobs(standing.visit)[0].code == "refused-by-rule"


@pytest.mark.parametrize(
    ("named", "chosen", "code"),
    [("5100", "", "refused-by-rule"), ("5100", "1000", ""), ("", "", ""), ("", "5100", "refused-by-rule")],
)
def test_a_rule_on_a_cost_centre_looks_at_the_one_that_bears_the_job(
    named: str, chosen: str, code: str
) -> None:
    standing = stand_with(
        (Effect.REFUSE, [{"kind": "cost_centres", "values": ["5100"]}], {"reason_de": "nein"}),
        ticket={"job_account_id": named} if named else {},
    )
    standing.person.cost_centre = ensure_cost_centres(standing.town, ["1000", "5100"])["1000"]
    standing.person.save()
    visit = standing.tap()
    if chosen:
        choose_bearer(visit, number=chosen)
    (job,) = list_visit_jobs(visit)
    assert job.held_back == code
    assert [one.code for one in release_jobs(visit)] == [code]


def test_the_portal_foresees_a_rule_on_the_cost_centre_that_the_client_named() -> None:
    standing = stand_with(
        (Effect.DUPLEX, [{"kind": "cost_centres", "values": ["5100"]}], {}),
        ticket={"job_account_id": "5100"},
        pages=4,
    )
    ensure_cost_centres(standing.town, ["5100"])
    (mine,) = list_my_jobs(standing.person)
    assert mine.outlook is not None
    assert (mine.outlook.sides, mine.outlook.rules) == ("two-sided-long-edge", ("Regel 1",))
