# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The invoice as a page with its XML inside: ZUGFeRD 2 / Factur-X 1.0, profile EN 16931, in PDF/A-3b.

Typst writes the PDF/A-3 and refuses what the standard does not permit; what it can't write, the four facts of Factur-X in the file's metadata
with the description of their namespace (ZUGFeRD 2.3, section 6.2), is added afterwards.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any, Final

import pikepdf
from lxml import etree

from allmende.cooperative.invoices.checking import hardened_parser
from allmende.cooperative.invoices.content import CREDIT_NOTE, InvoiceContent
from allmende.documents.typesetting import typeset

ATTACHED_AS: Final = "factur-x.xml"
_TEMPLATE: Final = Path(__file__).parent.parent / "templates" / "cooperative" / "invoice.typ"
_RDF: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_EXTENSION: Final = "{http://www.aiim.org/pdfa/ns/extension/}"
_FACTS: Final = """<rdf:Description xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" rdf:about=""
 xmlns:fx="urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#">
<fx:DocumentType>INVOICE</fx:DocumentType><fx:DocumentFileName>factur-x.xml</fx:DocumentFileName>
<fx:Version>1.0</fx:Version><fx:ConformanceLevel>EN 16931</fx:ConformanceLevel></rdf:Description>"""
_SCHEMA: Final = """<rdf:li xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" rdf:parseType="Resource"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>fx</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq>{properties}</rdf:Seq></pdfaSchema:property></rdf:li>"""
_PROPERTY: Final = (
    '<rdf:li rdf:parseType="Resource"><pdfaProperty:name>{name}</pdfaProperty:name>'
    "<pdfaProperty:valueType>Text</pdfaProperty:valueType><pdfaProperty:category>external</pdfaProperty:category>"
    "<pdfaProperty:description>{words}</pdfaProperty:description></rdf:li>"
)
_PROPERTIES: Final = {
    "DocumentFileName": "The name of the embedded XML document",
    "DocumentType": "The type of the hybrid document in capital letters",
    "Version": "The actual version of the standard applying to the embedded XML document",
    "ConformanceLevel": "The conformance level of the embedded XML document",
}


def to_zugferd(content: InvoiceContent, xml: bytes) -> bytes:
    """The PDF of the invoice with `xml` (EN 16931, CII) attached. Invoices are in German. Raises TypesettingError."""
    written_at = datetime.combine(content.day, time(12), UTC)
    pdf = typeset(
        _TEMPLATE, {**_page(content), "xml": xml.decode()}, standards=("a-3b",), written_at=written_at
    )
    return _with_facts(pdf)


def _page(content: InvoiceContent) -> dict[str, Any]:
    is_credit = content.kind == CREDIT_NOTE
    seller, buyer = content.seller, content.buyer
    if is_credit:
        payment = "Der Betrag wird verrechnet oder überwiesen."
    elif content.debit is not None:
        payment = (
            f"Den Betrag von {_euros(content.gross)} ziehen wir am {_day(content.due_day)} durch SEPA-Lastschrift von Ihrem Konto "
            f"{_grouped(content.debit.iban)} ein. Mandat {content.debit.mandate}, Gläubiger-Identifikationsnummer {content.debit.creditor_id}. "
            "Diese Rechnung ist zugleich die Vorabankündigung der Lastschrift."
        )
    else:
        payment = (
            f"Bitte überweisen Sie {_euros(content.gross)} bis zum {_day(content.due_day)} auf das Konto "
            f"{_grouped(seller.iban)} ({seller.bic}) mit dem Verwendungszweck {content.number}."
        )
    numbers = [
        ("Steuernummer", seller.tax_number),
        ("USt-IdNr.", seller.vat_id),
        ("", seller.register_number),
    ]
    return {
        "title": "Gutschrift" if is_credit else "Rechnung",
        "number": content.number,
        "facts": [
            ["Nummer", content.number],
            ["Datum", _day(content.day)],
            *(
                [["zur Rechnung", f"{content.corrects[0]} vom {_day(content.corrects[1])}"]]
                if content.corrects
                else []
            ),
            *([] if is_credit else [["Zahlbar bis", _day(content.due_day)]]),
            *([["Leitweg-ID", buyer.leitweg_id]] if buyer.leitweg_id else []),
        ],
        "seller": [seller.name, seller.street, f"{seller.postcode} {seller.place}"],
        "contact": [seller.contact_name, seller.contact_phone, seller.contact_email],
        "imprint": [f"{label} {value}".strip() for label, value in numbers if value],
        "buyer": [buyer.name, buyer.street, f"{buyer.postcode} {buyer.place}"],
        "lines": [
            [
                str(index),
                line.text,
                f"{_day(line.first_day)} – {_day(line.last_day)}",
                _rate(line.category, line.rate),
                _euros(line.net),
            ]
            for index, line in enumerate(content.lines, start=1)
        ],
        "sums": [
            ["Summe netto", _euros(content.net)],
            *(
                [f"Umsatzsteuer {_number(group.rate)} % auf {_euros(group.base)}", _euros(group.tax)]
                for group in content.groups
                if group.rate
            ),
        ],
        "total": ["Gutschriftsbetrag" if is_credit else "Rechnungsbetrag", _euros(content.gross)],
        "reasons": sorted({group.reason for group in content.groups if group.reason}),
        "payment": payment,
    }


def _with_facts(pdf: bytes) -> bytes:
    properties = "".join(_PROPERTY.format(name=name, words=words) for name, words in _PROPERTIES.items())
    with pikepdf.open(io.BytesIO(pdf)) as document:
        packet = etree.fromstring(document.Root.Metadata.read_bytes(), hardened_parser())
        rdf = packet if packet.tag == f"{_RDF}RDF" else packet.find(f".//{_RDF}RDF")
        rdf.append(etree.fromstring(_FACTS))
        # Typst describes namespaces of its own there; a property stands once in a file (ISO 16684-1), so ours joins them.
        described = rdf.find(f".//{_EXTENSION}schemas/{_RDF}Bag")
        described.append(etree.fromstring(_SCHEMA.format(properties=properties)))
        body = etree.tostring(packet, encoding="unicode")
        framed = f'<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>{body}<?xpacket end="w"?>'
        document.Root.Metadata = document.make_stream(
            framed.encode(), Type=pikepdf.Name.Metadata, Subtype=pikepdf.Name.XML
        )
        made = io.BytesIO()
        document.save(made, deterministic_id=True)
    return made.getvalue()


def _day(day: Any) -> str:
    return f"{day:%d.%m.%Y}"


def _euros(amount: Any) -> str:
    return f"{amount:,.2f} €".translate(str.maketrans(",.-", ".,−"))


def _number(amount: Any) -> str:
    return f"{amount.normalize():f}".replace(".", ",")


def _rate(category: str, rate: Any) -> str:
    return f"{_number(rate)} %" if category == "S" else "–"


def _grouped(iban: str) -> str:
    return " ".join(iban[index : index + 4] for index in range(0, len(iban), 4))
