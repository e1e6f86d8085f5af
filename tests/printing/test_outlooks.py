# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the panel says beforehand is what then comes out: rules, the device, budgets, and the sum on "print all"."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.test import Client
from django.utils.translation import override

from allmende.directory.cost_centres import CostCentre
from allmende.directory.delegations import delegate_to
from allmende.directory.people import Person
from allmende.printing.budget_words import budget_note_words
from allmende.printing.budgets import Budget, BudgetReservation
from allmende.printing.delivery.port import set_running_delivery
from allmende.printing.job_tickets import change_ticket, load_ticket
from allmende.printing.jobs import Job
from allmende.printing.ledger.job_counts import own_count
from allmende.printing.panel.access import Panel
from allmende.printing.panel.forms import JobChangesForm
from allmende.printing.panel.lists import list_panel_jobs
from allmende.printing.prices import ImpressionPrices, set_price_source
from allmende.printing.rules.editing import RuleDetails, add_rule
from allmende.printing.rules.effects import RuleEffect
from allmende.printing.rules.evaluation import Effect
from allmende.printing.rules.words import note_words
from allmende.printing.visit.outlooks import as_device_prints
from allmende.printing.visit.release import TicketChanges, list_visit_jobs, release_jobs
from makers import make_device, make_job, make_person
from printing.rules.made import pages_from
from printing.rules.test_at_release import stand_with
from printing.standing import Standing
from printing.test_release import Recorder

pytestmark = pytest.mark.django_db(transaction=True)

COLOUR = {"kind": "colour_impressions", "at_least": 1, "at_most": None}
REFUSE_COLOUR = (Effect.REFUSE, [COLOUR], {"reason_de": "Farbe kostet", "reason_en": "Colour costs"})


@pytest.fixture(autouse=True)
def delivery() -> Iterator[Recorder]:
    recorder = Recorder()
    set_running_delivery(recorder)
    yield recorder
    set_running_delivery(None)
    set_price_source(None)


def priced(standing: Standing) -> Standing:
    set_price_source(
        lambda _device, _day: ImpressionPrices(
            mono=Decimal("0.01"), colour=Decimal("0.10"), sheet=Decimal("0.02")
        )
    )
    standing.town.shows_cost = True
    standing.town.save(update_fields=["shows_cost"])
    standing.tap()
    return standing


def add(standing: Standing, details: RuleDetails) -> None:
    add_rule(Person.objects.get(login="it"), standing.town, details)


def hard_budget(standing: Standing, sheets: int) -> Budget:
    centre = CostCentre.objects.create(municipality=standing.town, number="1101", name="Hauptamt")
    standing.person.cost_centre = centre
    standing.person.save(update_fields=["cost_centre"])
    standing.tap()
    return Budget.objects.create(
        municipality=standing.town,
        cost_centre=centre,
        period="month",
        unit="sheets",
        limit_parts=sheets,
        is_hard=True,
        contact="Frau Berger",
    )


def test_what_is_shown_is_what_comes_out(delivery: Recorder) -> None:
    standing = priced(
        stand_with(
            (Effect.DUPLEX, [pages_from(3)], {}), (Effect.MONO, [pages_from(3)], {}), pages=5, colour_pages=2
        )
    )
    (shown,) = list_visit_jobs(standing.visit)
    assert (shown.sides, shown.colour, shown.sheets) == ("two-sided-long-edge", False, 3)
    assert shown.cost == Decimal("0.11")
    assert (shown.sent_sides, shown.sent_colour, shown.held_back) == ("one-sided", True, "")
    with override("en"):
        assert [note_words(note) for note in shown.rule_notes] == [
            "Sent one-sided, is printed on both sides: rule “Regel 1”.",
            "Sent in colour, is printed in black and white: rule “Regel 2”.",
        ]
    assert release_jobs(standing.visit)[0].done
    job = Job.objects.get()
    came_out = own_count(5, 2, change_ticket(load_ticket(job.ticket), delivery.orders[0].changes))
    assert (came_out.sheets, came_out.colour) == (shown.sheets, 0)


def test_the_form_begins_with_what_will_come_out_and_asks_for_just_that() -> None:
    standing = stand_with((Effect.DUPLEX, [pages_from(3)], {}), pages=5)
    (shown,) = list_visit_jobs(standing.visit)
    form = JobChangesForm(job=shown, can_duplex=True)
    assert form["sides"].value() == "two-sided-long-edge"
    # With one page the rule is silent; what stood on the screen still comes out.
    sent = {"copies": "1", "sides": "two-sided-long-edge", "colour": "as-sent", "pages": "1-2"}
    form = JobChangesForm(sent, job=shown, can_duplex=True)
    assert form.is_valid()
    assert form.changes() == TicketChanges(sides="two-sided-long-edge", page_ranges=((1, 2),))


def test_a_choice_that_a_rule_overrules_is_told() -> None:
    standing = stand_with((Effect.DUPLEX, [], {}), pages=5)
    (outcome,) = release_jobs(standing.visit, changes=TicketChanges(sides="one-sided"))
    assert [answer.code for answer in outcome.overruled] == ["two-sided"]


def test_a_device_without_duplex_or_colour_is_not_promised_to_have_them() -> None:
    ticket = load_ticket('{"sides": "two-sided-long-edge", "print_color_mode": "color"}')
    there = as_device_prints(ticket, (False, False))
    assert (own_count(4, 4, there).sheets, own_count(4, 4, there).colour) == (4, 0)
    assert as_device_prints(ticket, (None, None)) == ticket


def test_print_all_counts_and_costs_only_what_prints() -> None:
    standing = priced(stand_with(REFUSE_COLOUR, pages=2))
    make_job(standing.town, standing.person, pages=7, colour_pages=7, title="Bunt")
    standing.tap()
    jobs = list_panel_jobs(standing.visit)
    assert [job.id for job in jobs.held] == standing.job_ids
    assert (jobs.sheets, jobs.cost) == (2, Decimal("0.06"))
    (refused,) = jobs.kept_back
    assert (refused.held_back, refused.may_be_sent) == ("refused-by-rule", False)
    with override("en"):
        said = note_words(refused.rule_notes[0])
    assert "Colour costs." in said
    assert "In black and white" in said


def test_the_panel_sends_only_what_prints_and_counts_the_refusal_once(client: Client) -> None:
    standing = stand_with(REFUSE_COLOUR, pages=2)
    refused = make_job(standing.town, standing.person, pages=7, colour_pages=7, title="Bunt").job
    panel = Panel(standing.token, standing.clear_token)
    client.get(f"{panel.href}?token={panel.clear_token}")
    client.post(f"{panel.href}/chip", {"chip": standing.chip})
    page = client.get(panel.href, headers={"accept-language": "en"}).content.decode()
    client.get(panel.href)
    button = page[page.index('class="print-all"') : page.index("</form>", page.index('class="print-all"'))]
    assert f'name="job" value="{standing.job_ids[0]}"' in button
    assert f'name="job" value="{refused.pk}"' not in button
    assert "Not printed with the others" in page
    assert "Is not printed here: rule “Regel 1”. Colour costs." in page
    assert RuleEffect.objects.get().sheets_saved == 7


def test_approval_is_asked_for_by_its_own_touch() -> None:
    standing = stand_with(pages=20)
    head = make_person(standing.town, "chefin", display_name="Carla Chefin")
    add(standing, RuleDetails(name="Viel", effect=Effect.APPROVE, approver_id=head.pk))
    jobs = list_panel_jobs(standing.tap())
    assert [job.held_back for job in jobs.kept_back] == ["needs-approval"]
    assert jobs.kept_back[0].may_be_sent
    release_jobs(standing.visit)
    (waits,) = list_panel_jobs(standing.visit).kept_back
    assert (waits.held_back, waits.may_be_sent) == ("awaits-approval", False)
    assert "Carla Chefin" in note_words(waits.rule_notes[0])


def test_advice_that_asks_first_is_sent_and_not_counted() -> None:
    standing = stand_with(pages=3)
    centre = make_device(standing.town, "druckzentrum")
    details = RuleDetails(name="Rat", effect=Effect.ADVISE, advised_device_id=centre.pk, asks_first=True)
    add(standing, details)
    jobs = list_panel_jobs(standing.tap())
    assert ([job.held_back for job in jobs.held], jobs.asking, jobs.going) == (["advised"], 1, ())
    assert jobs.sheets == 0


def test_a_hard_budget_speaks_before_release_and_as_print_all_uses_it_up() -> None:
    standing = stand_with(jobs=3, pages=4)
    budget = hard_budget(standing, 9)
    jobs = list_panel_jobs(standing.visit)
    oldest, middle, newest = standing.job_ids
    assert [job.id for job in jobs.held] == [middle, oldest]
    (kept,) = jobs.kept_back
    assert (kept.id, kept.held_back, kept.may_be_sent) == (newest, "budget-exceeded", True)
    with override("en"):
        assert budget_note_words(kept.budget_notes[0]) == (
            "Is not printed with the others: after them the budget of 1101 Hauptamt has 1 sheet left, and this needs "
            "4 sheets. Choose another cost centre, or ask Frau Berger for more."
        )
    outcomes = release_jobs(standing.visit, [job.id for job in reversed(jobs.held)])
    assert all(outcome.done for outcome in outcomes)
    assert sum(BudgetReservation.objects.values_list("parts", flat=True)) == 8
    # Now it is too much for this one alone.
    (kept,) = list_panel_jobs(standing.visit).kept_back
    assert (kept.held_back, kept.may_be_sent) == ("budget-exceeded", False)
    Budget.objects.filter(pk=budget.pk).update(limit_parts=12)
    assert list_panel_jobs(standing.visit).kept_back == ()


def test_looking_sets_nothing_aside() -> None:
    standing = stand_with(jobs=2, pages=4)
    hard_budget(standing, 8)
    for _ in range(3):
        assert list_panel_jobs(standing.visit).kept_back == ()
    assert not BudgetReservation.objects.exists()
    assert all(outcome.done for outcome in release_jobs(standing.visit))


def test_a_soft_budget_warns_beforehand_and_prints() -> None:
    standing = stand_with(pages=4)
    Budget.objects.filter(pk=hard_budget(standing, 3).pk).update(is_hard=False)
    (shown,) = list_panel_jobs(standing.visit).held
    assert [note.is_refusal for note in shown.budget_notes] == [False]
    with override("en"):
        assert "is exceeded this month" in budget_note_words(shown.budget_notes[0])


def test_what_others_delegated_does_not_use_up_what_is_left_for_ones_own() -> None:
    standing = stand_with(pages=4)
    budget = hard_budget(standing, 4)
    boss = make_person(standing.town, "chefin", cost_centre="")
    boss.cost_centre = budget.cost_centre
    boss.save(update_fields=["cost_centre"])
    delegate_to(boss, standing.person)
    make_job(standing.town, boss, pages=4)
    jobs = list_panel_jobs(standing.tap())
    assert [job.id for job in jobs.held] == standing.job_ids
    assert [job.held_back for group in jobs.delegated for job in group.jobs] in ([""], [])
