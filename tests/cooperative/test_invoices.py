# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

import io
import threading
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import facturx
import pikepdf
import pytest
from django.core.exceptions import ValidationError
from django.db import connection, connections
from django.utils import timezone

from allmende.cooperative.accounts import Account, balance_of
from allmende.cooperative.api import AddedCharge, MoneyRefusedError, add_charge
from allmende.cooperative.billing_profile import check_leitweg
from allmende.cooperative.charges import Charge
from allmende.cooperative.claims import next_number
from allmende.cooperative.invoices.checking import check_invoice
from allmende.cooperative.invoices.cii import Guise, to_cii
from allmende.cooperative.invoices.content import (
    CREDIT_NOTE,
    INVOICE,
    Buyer,
    DebitNotice,
    InvoiceContent,
    InvoiceLine,
    Seller,
    content_from_json,
)
from allmende.cooperative.invoices.issued import InvalidInvoiceError, Invoice, credit_invoice, issue_invoice
from allmende.cooperative.invoices.zugferd import to_zugferd
from allmende.cooperative.money_rules import add_money_rules
from makers import make_town

from .money_makers import OWN_IBAN, iban_of, make_paying_member, make_profile

D = Decimal
#: Check number by ISO 7064 MOD 97-10.
LEITWEG = "15082-ZE-" + f"{98 - int('15082' + '3514' + '00') % 97:02d}"
SELLER = Seller(
    "Genossenschaft eG", "Domplatz 1", "39104", "Magdeburg", "GnR 1234", "102/111/12345", "DE123456789", "Frau Beispiel",
    "+49 391 12", "rechnung@eg.example", OWN_IBAN, "COBADEFFXXX",
)  # fmt: skip
BUYER = Buyer(
    "Stadt Zerbst/Anhalt", "Schloßfreiheit 12", "39261", "Zerbst/Anhalt", LEITWEG, "rechnung@zerbst.example"
)
DAY = date(2026, 7, 1)


def content(category: str = "S", rate: str = "19", net: str = "100.00", **changes: Any) -> InvoiceContent:
    reason = "" if category == "S" else "Nicht steuerbar"
    line = InvoiceLine("Beitrag <Juli> & Ümlaut", DAY, date(2026, 7, 31), D(net), category, D(rate), reason)
    made = InvoiceContent("2026-00001", INVOICE, DAY, date(2026, 7, 15), SELLER, BUYER, (line,))
    return replace(made, **changes)


DEBIT = DebitNotice("M-1", "DE98ZZZ09999999999", iban_of(1))
KINDS = [
    content(),
    content("E", "0"),
    content("O", "0"),
    content(debit=DEBIT),
    content(kind=CREDIT_NOTE, corrects=("2025-00009", date(2025, 12, 1))),
    content(lines=(*content().lines, *content(net="-33.33").lines, *content("E", "0", "0.01").lines)),
]


@pytest.mark.parametrize("guise", list(Guise))
@pytest.mark.parametrize("invoice", KINDS)
def test_every_kind_passes_the_rules(invoice: InvoiceContent, guise: Guise) -> None:
    result = check_invoice(to_cii(invoice, guise), guise)
    assert result.findings == ()
    assert any("EN 16931 Schematron" in each for each in result.checked_by)
    # The result says that the national rules were not the official ones.
    assert (guise is Guise.XRECHNUNG) == any("own reading" in each for each in result.checked_by)


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (b"<ram:GrandTotalAmount>119.00", b"<ram:GrandTotalAmount>119.01", "BR-CO"),
        (b"<ram:CalculatedAmount>19.00", b"<ram:CalculatedAmount>18.99", "BR-"),
        (b"<ram:RateApplicablePercent>19.00", b"<ram:RateApplicablePercent>7.00", "BR-"),
        (b">EUR<", b">XYZ<", ""),
        (b"<ram:TypeCode>380<", b"<ram:TypeCode>999<", ""),
        (b"<ram:Name>Stadt Zerbst/Anhalt</ram:Name>", b"", "BR-07"),
        (b"CrossIndustryInvoice", b"OtherInvoice", "XSD"),
        (b"<?xml version='1.0' encoding='UTF-8'?>", b"<!DOCTYPE x [<!ENTITY e 'x'>]>", "XML"),
        (b"<rsm:", b"<<rsm:", "XML"),
    ],
)
def test_broken_invoices_fail(old: bytes, new: bytes, rule: str) -> None:
    xml = to_cii(content(), Guise.EN16931)
    assert old in xml
    result = check_invoice(xml.replace(old, new), Guise.EN16931)
    assert not result.is_valid
    assert rule in {"XSD", "XML"} or result.findings
    if rule in {"XSD", "XML"}:
        assert {each.rule for each in result.findings} == {rule}


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"buyer": replace(BUYER, leitweg_id="")}, "BR-DE-15"),
        ({"buyer": replace(BUYER, place="")}, "BR-DE-8"),
        ({"buyer": replace(BUYER, postcode="")}, "BR-DE-9"),
        ({"seller": replace(SELLER, place="")}, "BR-DE-3"),
        ({"seller": replace(SELLER, contact_phone="")}, "BR-DE-6"),
        ({"seller": replace(SELLER, contact_phone="--")}, "BR-DE-27"),
        ({"seller": replace(SELLER, contact_email="keine")}, "BR-DE-28"),
        ({"seller": replace(SELLER, tax_number="", vat_id="")}, "BR-DE-16"),
        ({"seller": replace(SELLER, iban="")}, "BR-DE-23"),
        ({"debit": replace(DEBIT, mandate="")}, "BR-DE-25"),
        ({"debit": replace(DEBIT, iban="")}, "BR-DE-29"),
    ],
)
def test_national_rules_find_what_is_missing(changes: dict[str, Any], rule: str) -> None:
    result = check_invoice(to_cii(content(**changes), Guise.XRECHNUNG), Guise.XRECHNUNG)
    assert rule in {each.rule for each in result.findings}


def test_an_invoice_of_another_profile_is_no_xrechnung() -> None:
    result = check_invoice(to_cii(content(), Guise.EN16931), Guise.XRECHNUNG)
    assert "BR-DE-21" in {each.rule for each in result.findings}


def test_zugferd_has_the_xml_and_says_so() -> None:
    xml = to_cii(content(debit=DEBIT), Guise.EN16931)
    pdf = to_zugferd(content(debit=DEBIT), xml)
    name, found = facturx.get_facturx_xml_from_pdf(pdf, check_xsd=True)
    assert (name, found) == ("factur-x.xml", xml)
    with pikepdf.open(io.BytesIO(pdf)) as document:
        facts = document.Root.Metadata.read_bytes().decode()
        assert document.Root.AF[0].AFRelationship == "/Alternative"
    assert "<pdfaid:part>3" in facts
    assert "<pdfaid:conformance>B" in facts
    assert "<fx:ConformanceLevel>EN 16931<" in facts
    assert pdf == to_zugferd(content(debit=DEBIT), xml)


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
