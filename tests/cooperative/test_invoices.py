# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, connections
from django.utils import timezone

from allmende.cooperative.accounts import Account, balance_of
from allmende.cooperative.api import AddedCharge, MoneyRefusedError, add_charge
from allmende.cooperative.billing_profile import check_leitweg
from allmende.cooperative.charges import Charge, ChargeKind, add_member_charge
from allmende.cooperative.claims import next_number
from allmende.cooperative.invoices.checking import check_invoice
from allmende.cooperative.invoices.cii import Guise
from allmende.cooperative.invoices.content import content_from_json
from allmende.cooperative.invoices.issued import (
    InvalidInvoiceError,
    Invoice,
    credit_invoice,
    issue_all,
    issue_invoice,
)
from allmende.cooperative.legal_rules import LegalRule
from allmende.cooperative.members import Member
from allmende.cooperative.money_rules import add_money_rules
from allmende.cooperative.tax import SETTLEMENTS_RULE, Tax
from makers import make_town

from .invoice_makers import DAY, KINDS, LEITWEG
from .money_makers import make_paying_member, make_profile

D = Decimal


def test_content_is_kept_as_it_was() -> None:
    for each in KINDS:
        assert content_from_json(each.as_json()) == each


def test_leitweg_ids() -> None:
    check_leitweg(LEITWEG)
    for wrong in (LEITWEG[:-1] + str((int(LEITWEG[-1]) + 1) % 10), "15082", "abc-12", ""):
        with pytest.raises(ValidationError):
            check_leitweg(wrong)


@pytest.mark.django_db
def test_a_settlement_comes_by_the_api_once_and_is_invoiced_and_credited() -> None:
    add_money_rules()
    make_profile()
    town = make_town("zerbst")
    member = make_paying_member("Zerbst", date(2014, 7, 1), leitweg=LEITWEG)
    member.municipality = town
    member.save()
    what = {
        "source_key": "settlement:17:1",
        "text": "Abrechnung",
        "first_day": DAY,
        "last_day": date(2026, 9, 30),
    }
    first = add_charge(town.pk, net=D("100.00"), **what)
    assert add_charge(town.pk, net=D("100.00"), **what) == first
    with pytest.raises(MoneyRefusedError):
        add_charge(town.pk, net=D("100.01"), **what)
    with pytest.raises(MoneyRefusedError):
        add_charge(make_town("fremd").pk, net=D("1.00"), **{**what, "source_key": "x"})
    today = timezone.localdate()
    invoice = issue_invoice(None, list(Charge.objects.all()), today)
    assert (invoice.number, invoice.gross, invoice.tax) == (f"{today.year}-00001", D("119.00"), D("19.00"))
    assert check_invoice(bytes(invoice.xrechnung), Guise.XRECHNUNG).is_valid
    assert add_charge(town.pk, net=D("100.00"), **what) == AddedCharge(first.charge_id, invoice.number)
    with pytest.raises(MoneyRefusedError):
        issue_invoice(None, list(Charge.objects.all()), today)
    invoice.gross = D(1)
    for forbidden in (invoice.save, invoice.delete):
        with pytest.raises(TypeError):
            forbidden()
    note = credit_invoice(None, Invoice.objects.get(), today)
    assert note.claim.open_amount() == balance_of(Account.TAX) == balance_of(Account.CHARGES) == 0
    with pytest.raises(MoneyRefusedError):
        credit_invoice(None, Invoice.objects.get(serial=1), today)


@pytest.mark.django_db
def test_a_settlement_is_taxed_as_the_rule_of_its_days_says_and_a_correction_as_what_it_corrects() -> None:
    add_money_rules()
    make_profile()
    town = make_town("zerbst")
    Member.objects.filter(pk=make_paying_member("Zerbst", date(2014, 7, 1)).pk).update(municipality=town)
    what = {"text": "Abrechnung", "first_day": DAY, "last_day": date(2026, 9, 30)}
    add_charge(town.pk, net=D("100.00"), source_key="settlement:17:1", **what)
    rule = LegalRule.objects.get(key=SETTLEMENTS_RULE)
    rule.text = Tax.EXEMPT
    rule.save()
    add_charge(town.pk, net=D("100.00"), source_key="settlement:17:1", **what)
    add_charge(town.pk, net=D("-1.00"), source_key="settlement:17:2", corrects="settlement:17:1", **what)
    add_charge(town.pk, net=D("50.00"), source_key="settlement:18:1", **what)
    assert list(Charge.objects.order_by("pk").values_list("tax", flat=True)) == ["S", "S", "E"]
    exempt = issue_invoice(None, list(Charge.objects.filter(tax=Tax.EXEMPT)), timezone.localdate())
    assert (exempt.gross, exempt.tax) == (D("50.00"), 0)
    rule.delete()
    with pytest.raises(MoneyRefusedError, match=r"value_added_tax\.settlements"):
        add_charge(town.pk, net=D("50.00"), source_key="settlement:19:1", **what)


@pytest.mark.django_db
def test_an_invalid_invoice_uses_up_no_number() -> None:
    add_money_rules()
    make_profile(contact_phone="--")
    member = make_paying_member("Zerbst", date(2014, 7, 1), leitweg=LEITWEG)
    town = make_town("zerbst")
    member.municipality = town
    member.save()
    add_charge(town.pk, source_key="a", text="A", first_day=DAY, last_day=DAY, net=D("1.00"))
    today = timezone.localdate()
    with pytest.raises(InvalidInvoiceError, match="BR-DE-27"):
        issue_invoice(None, list(Charge.objects.all()), today)
    assert not Invoice.objects.exists()
    make_profile()
    assert issue_invoice(None, list(Charge.objects.all()), today).serial == 1


@pytest.mark.django_db(transaction=True)
def test_numbers_have_no_gap_with_two_threads() -> None:
    """Half of the attempts fail after they drew a number: those who succeed still have 1, 2, 3 …."""
    from django.db import transaction

    drawn: list[int] = []
    faults: list[BaseException] = []

    def draw(fails: bool) -> None:
        try:
            for attempt in range(8):
                try:
                    with transaction.atomic():
                        number = next_number("test")
                        if fails and attempt % 2:
                            raise RuntimeError  # noqa: TRY301 - the transaction is to fail
                    drawn.append(number)
                except RuntimeError:
                    continue
        except BaseException as error:
            faults.append(error)
        finally:
            connections.close_all()

    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        pytest.skip("the database lies in memory: threads share its connection")
    threads = [threading.Thread(target=draw, args=(fails,)) for fails in (True, False)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert faults == []
    assert sorted(drawn) == list(range(1, 13))


def at_the_same_time(works: list[Callable[[], object]]) -> list[object]:
    """What each gave, or the MoneyRefusedError that it was refused with; every other fault is raised."""
    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        pytest.skip("the database lies in memory: threads share its connection")
    ready = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> object:
        try:
            ready.wait(60)
            return work()
        except MoneyRefusedError as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return [each.result(120) for each in [pool.submit(run, work) for work in works]]


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_share_the_work_and_leave_no_gap() -> None:
    add_money_rules()
    make_profile()
    today = timezone.localdate()
    for name in ("Aken", "Barby", "Calbe", "Dessau", "Egeln", "Gommern"):
        member = make_paying_member(name, date(2014, 7, 1))
        add_member_charge(
            member,
            source_key=name,
            kind=ChargeKind.OTHER,
            text="Beitrag",
            first_day=DAY,
            last_day=DAY,
            net=D("10.00"),
            tax=Tax.STANDARD,
        )
    runs = at_the_same_time([lambda: issue_all(None, today), lambda: issue_all(None, today)])
    issued = [invoice for run in runs for invoice in run[0]]  # type: ignore[index]
    assert sorted(each.serial for each in issued) == list(range(1, 7))
    assert len({each.member_id for each in issued}) == Invoice.objects.count() == 6
    assert not Charge.objects.filter(invoice__isnull=True).exists()
    assert balance_of(Account.RECEIVABLES) == D("71.40")

    first = Invoice.objects.get(serial=1)
    results = at_the_same_time([lambda: credit_invoice(None, first, today)] * 2)
    notes = [each for each in results if isinstance(each, Invoice)]
    assert [each.serial for each in notes] == [7]
    assert sum(isinstance(each, MoneyRefusedError) for each in results) == 1
    assert balance_of(Account.RECEIVABLES) == D("59.50")
