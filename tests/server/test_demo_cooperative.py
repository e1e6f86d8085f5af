# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The demo's cooperative grows as the papers tell, and its books balance."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum
from django.utils import timezone

from allmende.cooperative.accessions import Accession, is_pending, steps_of
from allmende.cooperative.accounts import Account, BookLine, balance_of, unbalanced_entries
from allmende.cooperative.bank.statements import BankStatement, unmatched
from allmende.cooperative.boards import seats_on
from allmende.cooperative.chain_checking import verify_chain
from allmende.cooperative.chain_values import label_of
from allmende.cooperative.contacts import ContactRole, contacts_on
from allmende.cooperative.due_dates import agenda_of
from allmende.cooperative.invoices.issued import Invoice
from allmende.cooperative.member_list import members_on
from allmende.cooperative.member_page import balance_of_membership
from allmende.cooperative.members import Member
from allmende.cooperative.models import ChangeEntry
from allmende.cooperative.reminders import due_reminders, send_reminders
from allmende.cooperative.resolutions import Body
from allmende.cooperative.sepa.collecting import CollectionRun, collectible
from allmende.cooperative.sepa.files import is_bank_day
from allmende.cooperative.sepa.mandates import Mandate, record_mandate, revoke_mandate
from allmende.cooperative.shares import share_standing
from allmende.directory.models import Role
from allmende.directory.roles import RoleName
from allmende.server.demo.demo_cooperative import make_cooperative_demo
from allmende.server.demo.demo_payments import BOUNCES
from makers import make_person, make_town

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo() -> Member:
    office = make_town("genossenschaft", is_cooperative=True)
    Role.objects.create(municipality=office, person=make_person(office, "m.stein"), name=RoleName.OFFICE)
    zerbst = make_town("zerbst", official_key="15082430")
    make_town("elbauen")
    make_person(zerbst, "o.thiele", it=True)
    assert make_cooperative_demo(timezone.localdate())
    return Member.objects.get(municipality=zerbst)


def test_the_cooperative_of_the_demo(demo: Member) -> None:
    # Case 7: 3 (12/2009), 17 (4/2011), 25 (11/2013), 30 (7/2014).
    days = (date(2009, 12, 31), date(2011, 4, 30), date(2013, 11, 30), date(2014, 6, 30), date(2014, 7, 1))
    assert [len(members_on(day)) for day in days] == [3, 17, 25, 29, 30]
    assert len(members_on(timezone.localdate())) == 30
    thirtieth = next(each for each in members_on(date(2014, 7, 1)) if each.member == demo)
    assert thirtieth.number == 30

    assert share_standing(demo).paid_in == Decimal(5000)
    first = Invoice.objects.filter(member=demo).order_by("day")[0]
    assert (first.gross, first.day) == (Decimal("300.00"), date(2014, 7, 15))
    assert first.claim.open_amount() == 0
    assert BookLine.objects.aggregate(sum=Sum("amount"))["sum"] == 0
    zerbst = Accession.objects.get(member=demo)
    assert steps_of(zerbst)
    assert zerbst.ended_as == "entered"
    assert is_pending(Accession.objects.get(name="Stadt Wolmirstedt"))

    report = verify_chain()
    assert report.is_whole
    assert report.entries == ChangeEntry.objects.count() > 30
    told = {(each.noun, name) for each in ChangeEntry.objects.all() for name in each.read_values()}
    assert {each for each in told if label_of(*each) is None} == {("turnover", "before")}
    agenda = agenda_of(timezone.localdate())
    assert agenda.failed == ()
    nouns = {each.item.key.partition(":")[0] for each in agenda.items}
    assert {"accession", "request", "meeting", "money"} <= nouns
    assert demo.municipality is not None
    assert balance_of_membership(demo, demo.municipality.pk, timezone.localdate()).contributions == Decimal(
        "600.00"
    )

    # Whoever opens the boards or invites to the meeting finds people.
    today = timezone.localdate()
    assert [len(seats_on(today, body)) for body in (Body.BOARD, Body.SUPERVISORY)] == [2, 3]
    assert all(contacts_on(each.member, today, ContactRole.VOTING) for each in members_on(today))

    # A second start changes nothing.
    assert not make_cooperative_demo(timezone.localdate())


def test_the_bank_of_the_demo_has_a_debit_to_be_dealt_with(demo: Member) -> None:
    """The way of the handbook: look at what came back, remind, and collect again by a new mandate."""
    today = timezone.localdate()
    assert {mandate.member.name for mandate in Mandate.objects.all()} == {demo.name, BOUNCES}
    run = CollectionRun.objects.get()
    assert run.day < today
    assert is_bank_day(run.day)
    assert sorted(run.items.values_list("state", "return_code")) == [("paid", ""), ("returned", "AC04")]
    assert [each.purpose for each in unmatched()] == ["Mitgliedsbeitrag, vielen Dank"]
    # The bank's own balance and the books say the same.
    newest = BankStatement.objects.first()
    assert newest is not None
    assert newest.closing == balance_of(Account.BANK) == balance_of(Account.BANK, on=newest.day)
    assert balance_of(Account.RESERVES) == 0
    assert unbalanced_entries() == []

    (due,) = due_reminders(today)
    assert (due.claim.member.name, due.stage.number) == (BOUNCES, 1)
    office = Role.objects.get(name=RoleName.OFFICE).person
    revoke_mandate(office, Mandate.objects.get(member__name=BOUNCES), today)
    record_mandate(
        office,
        Mandate(
            member=due.claim.member,
            reference="NEU-1",
            holder=BOUNCES,
            iban="DE02500105170137075030",
            signed_on=today,
        ),
    )
    again = collectible(today + timedelta(days=14))
    assert due.claim in {each.claim for each in again}
    assert all(each.claim.member.name == BOUNCES for each in again)
    assert send_reminders(office, today) != []
    assert due_reminders(today) == []
