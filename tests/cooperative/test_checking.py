# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Correct invoices pass the official rules; each that is broken in one way fails by the rule that is about it, and the office reads what to do."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from allmende.cooperative.invoices.advice import NO_RULES, advice_for
from allmende.cooperative.invoices.checking import LARGEST, CheckResult, check_invoice
from allmende.cooperative.invoices.cii import Guise, to_cii
from allmende.cooperative.invoices.content import CREDIT_NOTE, InvoiceContent

from .invoice_makers import BUYER, DEBIT, KINDS, SELLER, content

WRONG_IBAN = "DE89370400440532013001"


def rules_of(result: CheckResult) -> set[str]:
    return {each.rule for each in result.findings}


@pytest.mark.parametrize("guise", list(Guise))
@pytest.mark.parametrize("invoice", KINDS)
def test_every_kind_passes_the_rules(invoice: InvoiceContent, guise: Guise) -> None:
    result = check_invoice(to_cii(invoice, guise), guise)
    assert result.findings == ()
    # The rules name themselves: an XRechnung was checked by those of the KoSIT.
    by_kosit = [
        each
        for each in result.checked_by
        if re.search(r"Schematron Version 2\.\d+\.\d+ - XRechnung 3\.0", each)
    ]
    assert len(by_kosit) == (guise is Guise.XRECHNUNG)
    assert any("EN16931" in each for each in result.checked_by)


#: What is missing or wrong in the data; which rules say so; what the office is told to look after.
BY_DATA: list[tuple[dict[str, Any], set[str], str]] = [
    ({"buyer": replace(BUYER, leitweg_id="")}, {"BR-DE-15"}, "Leitweg-ID"),
    ({"buyer": replace(BUYER, place="")}, {"BR-DE-8"}, "place of the member"),
    ({"buyer": replace(BUYER, postcode="")}, {"BR-DE-9"}, "place of the member"),
    (
        {"buyer": replace(BUYER, email="", leitweg_id="")},
        {"BR-DE-15", "PEPPOL-EN16931-R010"},
        "e-mail address for invoices",
    ),
    ({"seller": replace(SELLER, place="")}, {"BR-DE-3"}, "place of the cooperative"),
    ({"seller": replace(SELLER, postcode="")}, {"BR-DE-4"}, "place of the cooperative"),
    (
        {"seller": replace(SELLER, contact_name="", contact_phone="", contact_email="")},
        {"BR-DE-2", "PEPPOL-EN16931-R020"},
        "contact under “Own details”",
    ),
    ({"seller": replace(SELLER, contact_name="")}, {"BR-DE-5"}, "contact under “Own details”"),
    ({"seller": replace(SELLER, contact_phone="")}, {"BR-DE-6", "BR-DE-27"}, "contact under “Own details”"),
    ({"seller": replace(SELLER, contact_phone="--")}, {"BR-DE-27"}, "three digits"),
    ({"seller": replace(SELLER, contact_email="keine")}, {"BR-DE-28"}, "valid e-mail address"),
    ({"seller": replace(SELLER, tax_number="", vat_id="")}, {"BR-S-02", "BR-DE-16"}, "tax number"),
    (
        {"seller": replace(SELLER, iban="")},
        {"BR-50", "BR-61", "CII-SR-470", "BR-DE-19"},
        "cooperative's IBAN",
    ),
    ({"seller": replace(SELLER, iban=WRONG_IBAN)}, {"BR-DE-19"}, "cooperative's IBAN"),
    ({"debit": replace(DEBIT, mandate="")}, {"PEPPOL-EN16931-R061"}, "member's mandate"),
    ({"debit": replace(DEBIT, iban="")}, {"BR-DE-31", "BR-DE-20"}, "member's mandate"),
    ({"debit": replace(DEBIT, iban=WRONG_IBAN)}, {"BR-DE-20"}, "member's mandate"),
    ({"debit": replace(DEBIT, creditor_id="")}, {"BR-DE-30"}, "creditor identifier"),
]


@pytest.mark.parametrize(("changes", "rules", "words"), BY_DATA)
def test_what_is_missing_is_named_with_what_to_do(
    changes: dict[str, Any], rules: set[str], words: str
) -> None:
    result = check_invoice(to_cii(content(**changes), Guise.XRECHNUNG), Guise.XRECHNUNG)
    assert rules_of(result) == rules
    told = [advice_for(each) for each in result.findings]
    assert any(words in each for each in told)
    # All of it can be mended by entering something, and the rule stands with it for who wants to look it up.
    assert not any("report it" in each for each in told)
    assert all(f"({each.rule}: " in one for each, one in zip(result.findings, told, strict=True))
    with translation.override("de"):
        assert not set(told) & {advice_for(each) for each in result.findings}


#: What no entry of the office can break: a fault of the program. The pattern, what stands instead, the rule.
BY_PROGRAM = [
    (rb"<ram:GrandTotalAmount>119.00", b"<ram:GrandTotalAmount>119.01", "BR-CO-15"),
    (rb"<ram:DuePayableAmount>119.00", b"<ram:DuePayableAmount>118.00", "BR-CO-16"),
    (rb"<ram:TaxBasisTotalAmount>100.00", b"<ram:TaxBasisTotalAmount>99.99", "BR-CO-13"),
    (
        rb"<ram:LineTotalAmount>100.00(?=</ram:LineTotalAmount>\s*<ram:TaxBasis)",
        b"<ram:LineTotalAmount>100.01",
        "BR-CO-10",
    ),
    (rb"<ram:CalculatedAmount>19.00", b"<ram:CalculatedAmount>17.00", "BR-CO-17"),
    (
        rb"(?s)(.*)<ram:RateApplicablePercent>19.00",
        rb"\1<ram:RateApplicablePercent>7.00",
        "BR-S-09",
    ),
    (rb"<ram:CategoryCode>S", b"<ram:CategoryCode>E", "BR-E-05"),
    (rb"<ram:CategoryCode>S", b"<ram:CategoryCode>Z", "BR-Z-05"),
    (
        rb"(?s)<ram:SpecifiedTradeSettlementPaymentMeans>.*</ram:SpecifiedTradeSettlementPaymentMeans>",
        b"",
        "BR-DE-1",
    ),
    (
        rb"(?s)<ram:BusinessProcessSpecified.*</ram:BusinessProcessSpecifiedDocumentContextParameter>",
        b"",
        "PEPPOL-EN16931-R001",
    ),
    (rb"xeinkauf.de:kosit:xrechnung_3.0", b"xeinkauf.de:kosit:xrechnung_2.3", "BR-DE-21"),
    (rb"urn:cen.eu:en16931:2017#compliant#[^<]*", b"urn:cen.eu:en16931:2017", "BR-DE-21"),
    (rb"<ram:TypeCode>380", b"<ram:TypeCode>383", "BR-DE-17"),
    (rb"<ram:ID>2026-00001</ram:ID>", b"<ram:ID></ram:ID>", "BR-02"),
    (rb"<ram:Name>Stadt Zerbst/Anhalt</ram:Name>", b"", "BR-07"),
]


@pytest.mark.parametrize(("old", "new", "rule"), BY_PROGRAM)
def test_what_the_program_would_write_wrong_is_found(old: bytes, new: bytes, rule: str) -> None:
    xml = to_cii(content(), Guise.XRECHNUNG)
    broken = re.sub(old, new, xml)
    assert broken != xml
    assert rule in rules_of(check_invoice(broken, Guise.XRECHNUNG))


def test_a_fault_of_the_program_is_to_be_reported() -> None:
    xml = to_cii(content(), Guise.EN16931).replace(b"TotalAmount>119.00", b"TotalAmount>119.01")
    (finding,) = (each for each in check_invoice(xml, Guise.EN16931).findings if each.rule == "BR-CO-15")
    assert "report it" in advice_for(finding)
    assert "BR-CO-15" in advice_for(finding)


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (b"<ram:GrandTotalAmount>119.00", b"<ram:GrandTotalAmount>119.01", "BR-CO-15"),
        (b"<ram:CalculatedAmount>19.00", b"<ram:CalculatedAmount>17.00", "BR-CO-17"),
        (b">EUR<", b">XYZ<", "FX-SCH-A-000595"),
        (b"<ram:TypeCode>380<", b"<ram:TypeCode>999<", "FX-SCH-A-000555"),
        (b"<ram:Name>Stadt Zerbst/Anhalt</ram:Name>", b"", "BR-07"),
        (b"CrossIndustryInvoice", b"OtherInvoice", "XSD"),
        (b"<?xml version='1.0' encoding='UTF-8'?>", b"<!DOCTYPE x [<!ENTITY e 'x'>]>", "XML"),
        (b"<rsm:", b"<<rsm:", "XML"),
    ],
)
def test_broken_zugferd_fails(old: bytes, new: bytes, rule: str) -> None:
    xml = to_cii(content(), Guise.EN16931)
    assert old in xml
    assert rule in rules_of(check_invoice(xml.replace(old, new), Guise.EN16931))


def test_a_credit_note_must_name_its_money_right_too() -> None:
    xml = to_cii(content(kind=CREDIT_NOTE), Guise.XRECHNUNG)
    assert check_invoice(xml, Guise.XRECHNUNG).is_valid
    assert "BR-CO-15" in rules_of(
        check_invoice(xml.replace(b"TotalAmount>119.00", b"TotalAmount>-119.00"), Guise.XRECHNUNG)
    )


def test_a_huge_file_is_not_read() -> None:
    assert rules_of(check_invoice(b" " * (LARGEST + 1), Guise.EN16931)) == {"size"}


def test_without_the_official_rules_nothing_is_valid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLMENDE_XRECHNUNG_RULES", str(tmp_path))
    result = check_invoice(to_cii(content(), Guise.XRECHNUNG), Guise.XRECHNUNG)
    assert rules_of(result) == {NO_RULES}
    assert "Ask who runs Allmende" in advice_for(result.findings[0])
    # What needs them not is checked as ever.
    assert check_invoice(to_cii(content(), Guise.EN16931), Guise.EN16931).is_valid


def test_an_operator_may_bring_newer_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the KoSIT's archive lays them: each syntax in folders of its own."""
    from allmende.cooperative.invoices import schematron

    shipped = schematron._rules_folder()
    for name in ("EN16931-CII-validation.xsl", "XRechnung-CII-validation.xsl"):
        folder = tmp_path / "resources" / name[:5]
        folder.mkdir(parents=True)
        text = (shipped / name).read_text()
        (folder / name).write_text(text.replace("Schematron Version 2.6.0", "Schematron Version 9.9.9"))
    monkeypatch.setenv("ALLMENDE_XRECHNUNG_RULES", str(tmp_path))
    result = check_invoice(to_cii(content(), Guise.XRECHNUNG), Guise.XRECHNUNG)
    assert result.is_valid
    assert any("Version 9.9.9" in each for each in result.checked_by)
