# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""An invoice as UN/CEFACT Cross Industry Invoice (EN 16931-3-3), in the guise of XRechnung 3.0 or of plain EN 16931 (ZUGFeRD)."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Final

from drafthorse.models.accounting import ApplicableTradeTax
from drafthorse.models.document import Document
from drafthorse.models.note import IncludedNote
from drafthorse.models.party import TaxRegistration
from drafthorse.models.payment import PaymentMeans, PaymentTerms
from drafthorse.models.tradelines import LineItem
from lxml import etree

from allmende.cooperative.invoices.content import CREDIT_NOTE, InvoiceContent, InvoiceLine


class Guise(StrEnum):
    XRECHNUNG = "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"
    EN16931 = "urn:cen.eu:en16931:2017"


_PROCESS: Final = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
_CREDIT_TRANSFER, _DIRECT_DEBIT, _SETTLED = "58", "59", "97"
#: UNTDID scheme of electronic addresses: e-mail, Leitweg-ID.
_EMAIL, _LEITWEG = "EM", "0204"
_PIECE: Final = "C62"
_OUTSIDE: Final = "O"
_EUR: Final = "EUR"


def to_cii(content: InvoiceContent, guise: Guise) -> bytes:
    """UTF-8 XML. XRechnung needs the buyer's reference (`leitweg_id`); without it the result fails the national rules."""
    document = Document()
    document.context.guideline_parameter.id = guise.value
    document.context.business_parameter.id = _PROCESS
    document.header.id = content.number
    document.header.type_code = content.kind
    document.header.issue_date_time = content.day
    note = IncludedNote()
    note.content = _note(content)
    document.header.notes.add(note)
    _parties(document, content)
    for number, line in enumerate(content.lines, start=1):
        document.trade.items.add(_line(number, line))
    # The service's last day stands for the delivery; its days stand as the period of the invoice (BG-14).
    document.trade.delivery.event.occurrence = max(line.last_day for line in content.lines)
    _settlement(document, content)
    return _tidy(document.serialize(schema=None))


def _tidy(xml: bytes) -> bytes:
    """The library writes a scheme for every identifier; a register number has none that is in the list of codes (ISO 6523)."""
    root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))
    for each in root.xpath("//*[@schemeID='']"):
        del each.attrib["schemeID"]
    made: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return made


def _note(content: InvoiceContent) -> str:
    if content.kind == CREDIT_NOTE and content.corrects is not None:
        return f"Gutschrift zur Rechnung {content.corrects[0]}."
    if content.debit is not None:
        return (
            f"Der Betrag wird zum {content.due_day:%d.%m.%Y} durch SEPA-Lastschrift eingezogen "
            f"(Mandat {content.debit.mandate}, Gläubiger-ID {content.debit.creditor_id})."
        )
    return content.seller.register_number


def _parties(document: Document, content: InvoiceContent) -> None:
    agreement, seller, buyer = document.trade.agreement, content.seller, content.buyer
    agreement.buyer_reference = buyer.leitweg_id
    party = agreement.seller
    party.name = seller.name
    party.legal_organization.id = ("", seller.register_number)
    party.contact.person_name = seller.contact_name
    party.contact.telephone.number = seller.contact_phone
    party.contact.email.address = seller.contact_email
    party.address.line_one, party.address.postcode = seller.street, seller.postcode
    party.address.city_name, party.address.country_id = seller.place, "DE"
    party.electronic_address.uri_ID = (_EMAIL, seller.contact_email)
    # Outside of the tax no VAT identifier is named (BR-O-2).
    if seller.vat_id and all(line.category != _OUTSIDE for line in content.lines):
        party.tax_registrations.add(TaxRegistration(id=("VA", seller.vat_id)))
    if seller.tax_number:
        party.tax_registrations.add(TaxRegistration(id=("FC", seller.tax_number)))
    party = agreement.buyer
    party.name = buyer.name
    party.address.line_one, party.address.postcode = buyer.street, buyer.postcode
    party.address.city_name, party.address.country_id = buyer.place, "DE"
    if buyer.email:
        party.electronic_address.uri_ID = (_EMAIL, buyer.email)
    elif buyer.leitweg_id:
        party.electronic_address.uri_ID = (_LEITWEG, buyer.leitweg_id)


def _line(number: int, line: InvoiceLine) -> LineItem:
    item = LineItem()
    item.document.line_id = str(number)
    item.product.name = line.text
    # A price is never negative (BR-27): money back is a negative quantity.
    item.agreement.net.amount = abs(line.net)
    item.delivery.billed_quantity = (Decimal(1 if line.net >= 0 else -1), _PIECE)
    tax = item.settlement.trade_tax
    tax.type_code, tax.category_code = "VAT", line.category
    if line.category != _OUTSIDE:
        tax.rate_applicable_percent = line.rate.quantize(Decimal("0.01"))
    item.settlement.period.start, item.settlement.period.end = line.first_day, line.last_day
    item.settlement.monetary_summation.total_amount = line.net
    return item


def _settlement(document: Document, content: InvoiceContent) -> None:
    settlement = document.trade.settlement
    settlement.currency_code = _EUR
    settlement.payment_reference = content.number
    means = PaymentMeans()
    terms = PaymentTerms()
    if content.kind == CREDIT_NOTE:
        means.type_code = _SETTLED
        terms.description = "Der Betrag wird verrechnet oder überwiesen."
    elif content.debit is not None:
        means.type_code = _DIRECT_DEBIT
        means.payer_account.iban = content.debit.iban
        settlement.creditor_reference_id = content.debit.creditor_id
        terms.debit_mandate_id = content.debit.mandate
    else:
        means.type_code = _CREDIT_TRANSFER
        means.payee_account.iban, means.payee_account.account_name = content.seller.iban, content.seller.name
        means.payee_institution.bic = content.seller.bic
    terms.due = content.due_day
    settlement.payment_means.add(means)
    settlement.period.start = min(line.first_day for line in content.lines)
    settlement.period.end = max(line.last_day for line in content.lines)
    for group in content.groups:
        tax = ApplicableTradeTax()
        tax.calculated_amount, tax.basis_amount = group.tax, group.base
        tax.type_code, tax.category_code = "VAT", group.category
        # A rate stands here also where nothing is taxed (BR-DE-14), unlike with the line (BR-O-5).
        tax.rate_applicable_percent = group.rate.quantize(Decimal("0.01"))
        if group.reason:
            tax.exemption_reason = group.reason
        settlement.trade_tax.add(tax)
    settlement.terms.add(terms)
    sums = settlement.monetary_summation
    sums.line_total, sums.tax_basis_total = content.net, content.net
    sums.tax_total = (content.tax, _EUR)
    sums.grand_total, sums.due_amount = content.gross, content.gross
    if content.corrects is not None:
        settlement.invoice_referenced_document.issuer_assigned_id = content.corrects[0]
        settlement.invoice_referenced_document.issue_date_time = content.corrects[1]
