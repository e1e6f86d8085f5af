# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What XRechnung 3.0 asks beyond EN 16931, as far as our own invoices can touch it. A reading of the published rules, not the official ones.

Each rule bears the number of the specification (BR-DE-…, and the Peppol rules it takes over). The official Schematron can be set beside it:
see `checking`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from lxml import etree

from allmende.cooperative.invoices.cii import Guise

RAM: Final = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
RSM: Final = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
_NAMES: Final = {"ram": RAM, "rsm": RSM}
_HEAD: Final = "rsm:SupplyChainTradeTransaction"
_AGREED: Final = f"{_HEAD}/ram:ApplicableHeaderTradeAgreement"
_PAID: Final = f"{_HEAD}/ram:ApplicableHeaderTradeSettlement"
_SELLER: Final = f"{_AGREED}/ram:SellerTradeParty"
_BUYER: Final = f"{_AGREED}/ram:BuyerTradeParty"
_CONTACT: Final = f"{_SELLER}/ram:DefinedTradeContact"
_EMAIL: Final = re.compile(r"^[^@\s.][^@\s]*[^@\s.]@[^@\s.][^@\s]*[^@\s.]$")
_TYPES: Final = {"326", "380", "384", "389", "381", "875", "876", "877"}
_TAXED: Final = {"S", "Z", "E", "AE", "K", "G", "L", "M"}
_TRANSFERS: Final = {"30", "58"}


@dataclass(frozen=True, slots=True)
class Finding:
    rule: str
    text: str


class _Reader:
    def __init__(self, root: etree._Element) -> None:
        self._root = root

    def texts(self, path: str) -> list[str]:
        found = (" ".join((each.text or "").split()) for each in self._root.iterfind(path, _NAMES))
        return [text for text in found if text]

    def has(self, path: str) -> bool:
        return bool(self.texts(path))

    def exists(self, path: str) -> bool:
        return self._root.find(path, _NAMES) is not None


_Rule = tuple[str, str, Callable[[_Reader], bool]]


def _needs(rule: str, path: str, words: str) -> _Rule:
    return rule, words, lambda xml: xml.has(path)


def _tax_identified(xml: _Reader) -> bool:
    used = set(
        xml.texts(
            f"{_HEAD}/ram:IncludedSupplyChainTradeLineItem/ram:SpecifiedLineTradeSettlement/ram:ApplicableTradeTax/ram:CategoryCode"
        )
    )
    return not used & _TAXED or xml.has(f"{_SELLER}/ram:SpecifiedTaxRegistration/ram:ID")


def _debit_complete(xml: _Reader) -> bool:
    parts = _debit_parts(xml)
    return all(parts) or not any(parts)


def _debit_parts(xml: _Reader) -> list[bool]:
    return [
        xml.has(f"{_PAID}/ram:SpecifiedTradePaymentTerms/ram:DirectDebitMandateID"),
        xml.has(f"{_PAID}/ram:CreditorReferenceID"),
        xml.has(
            f"{_PAID}/ram:SpecifiedTradeSettlementPaymentMeans/ram:PayerPartyDebtorFinancialAccount/ram:IBANID"
        ),
    ]


def _means(xml: _Reader) -> set[str]:
    return set(xml.texts(f"{_PAID}/ram:SpecifiedTradeSettlementPaymentMeans/ram:TypeCode"))


def _transfer_alone(xml: _Reader) -> bool:
    account = xml.has(
        f"{_PAID}/ram:SpecifiedTradeSettlementPaymentMeans/ram:PayeePartyCreditorFinancialAccount/ram:IBANID"
    )
    return not _means(xml) & _TRANSFERS or (account and not any(_debit_parts(xml)))


def _debit_alone(xml: _Reader) -> bool:
    return "59" not in _means(xml) or all(_debit_parts(xml))


def _phone(xml: _Reader) -> bool:
    return all(
        sum(letter.isdigit() for letter in text) >= 3
        for text in xml.texts(f"{_CONTACT}/ram:TelephoneUniversalCommunication/ram:CompleteNumber")
    )


def _mail(xml: _Reader) -> bool:
    return all(
        _EMAIL.match(text) for text in xml.texts(f"{_CONTACT}/ram:EmailURIUniversalCommunication/ram:URIID")
    )


_RULES: Final[tuple[_Rule, ...]] = (
    (
        "BR-DE-1",
        "payment instructions (BG-16) are missing",
        lambda xml: xml.exists(f"{_PAID}/ram:SpecifiedTradeSettlementPaymentMeans"),
    ),
    ("BR-DE-2", "the seller's contact (BG-6) is missing", lambda xml: xml.exists(_CONTACT)),
    _needs(
        "BR-DE-3", f"{_SELLER}/ram:PostalTradeAddress/ram:CityName", "the seller's place (BT-37) is missing"
    ),
    _needs(
        "BR-DE-4",
        f"{_SELLER}/ram:PostalTradeAddress/ram:PostcodeCode",
        "the seller's postcode (BT-38) is missing",
    ),
    _needs("BR-DE-5", f"{_CONTACT}/ram:PersonName", "the name of the seller's contact (BT-41) is missing"),
    _needs(
        "BR-DE-6",
        f"{_CONTACT}/ram:TelephoneUniversalCommunication/ram:CompleteNumber",
        "the seller's telephone number (BT-42) is missing",
    ),
    _needs(
        "BR-DE-7",
        f"{_CONTACT}/ram:EmailURIUniversalCommunication/ram:URIID",
        "the seller's e-mail address (BT-43) is missing",
    ),
    _needs(
        "BR-DE-8", f"{_BUYER}/ram:PostalTradeAddress/ram:CityName", "the buyer's place (BT-52) is missing"
    ),
    _needs(
        "BR-DE-9",
        f"{_BUYER}/ram:PostalTradeAddress/ram:PostcodeCode",
        "the buyer's postcode (BT-53) is missing",
    ),
    _needs(
        "BR-DE-15", f"{_AGREED}/ram:BuyerReference", "the buyer's reference (BT-10, Leitweg-ID) is missing"
    ),
    ("BR-DE-16", "a VAT identifier or tax number of the seller (BT-31, BT-32) is missing", _tax_identified),
    (
        "BR-DE-17",
        "the kind of the invoice (BT-3) is not one of the permitted",
        lambda xml: set(xml.texts("rsm:ExchangedDocument/ram:TypeCode")) <= _TYPES,
    ),
    (
        "BR-DE-21",
        "the specification (BT-24) is not XRechnung 3.0",
        lambda xml: (
            xml.texts("rsm:ExchangedDocumentContext/ram:GuidelineSpecifiedDocumentContextParameter/ram:ID")
            == [Guise.XRECHNUNG.value]
        ),
    ),
    ("BR-DE-23", "a transfer needs the seller's account and no mandate", _transfer_alone),
    ("BR-DE-25", "a debit needs mandate, creditor identifier and debited account", _debit_alone),
    ("BR-DE-27", "the telephone number (BT-42) has fewer than three digits", _phone),
    ("BR-DE-28", "the e-mail address (BT-43) is none", _mail),
    (
        "BR-DE-29",
        "mandate (BT-89), creditor identifier (BT-90) and debited account (BT-91) stand together or not at all",
        _debit_complete,
    ),
    _needs(
        "PEPPOL-EN16931-R001",
        "rsm:ExchangedDocumentContext/ram:BusinessProcessSpecifiedDocumentContextParameter/ram:ID",
        "the business process (BT-23) is missing",
    ),
    _needs(
        "PEPPOL-EN16931-R010",
        f"{_BUYER}/ram:URIUniversalCommunication/ram:URIID",
        "the buyer's electronic address (BT-49) is missing",
    ),
    _needs(
        "PEPPOL-EN16931-R020",
        f"{_SELLER}/ram:URIUniversalCommunication/ram:URIID",
        "the seller's electronic address (BT-34) is missing",
    ),
)


def national_findings(root: etree._Element) -> list[Finding]:
    """The rules that this invoice (its root element) breaks."""
    reader = _Reader(root)
    return [Finding(rule, words) for rule, words, holds in _RULES if not holds(reader)]
