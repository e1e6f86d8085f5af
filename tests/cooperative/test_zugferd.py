# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The PDF against what ISO 19005-3 (PDF/A-3, level B) and ZUGFeRD ask, as far as it can be read off the file; veraPDF was not at hand."""

from __future__ import annotations

import io
from typing import Any

import facturx
import pikepdf
import pytest
from lxml import etree

from allmende.cooperative.invoices.checking import check_invoice
from allmende.cooperative.invoices.cii import Guise, to_cii
from allmende.cooperative.invoices.content import InvoiceContent
from allmende.cooperative.invoices.zugferd import to_zugferd

from .invoice_makers import DEBIT, KINDS, content

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"


@pytest.mark.parametrize("invoice", KINDS)
def test_the_xml_in_the_pdf_is_the_one_that_was_checked(invoice: InvoiceContent) -> None:
    xml = to_cii(invoice, Guise.EN16931)
    pdf = to_zugferd(invoice, xml)
    name, found = facturx.get_facturx_xml_from_pdf(pdf, check_xsd=True)
    assert (name, found) == ("factur-x.xml", xml)
    assert check_invoice(found, Guise.EN16931).is_valid
    assert pdf == to_zugferd(invoice, xml)


def test_a_pdf_with_broken_xml_is_found_by_reading_it_back() -> None:
    broken = to_cii(content(), Guise.EN16931).replace(
        b"<ram:GrandTotalAmount>119.00", b"<ram:GrandTotalAmount>119.01"
    )
    _name, found = facturx.get_facturx_xml_from_pdf(to_zugferd(content(), broken), check_xsd=True)
    assert "BR-CO-15" in {each.rule for each in check_invoice(found, Guise.EN16931).findings}


@pytest.fixture(scope="module")
def pdf() -> bytes:
    invoice = content(debit=DEBIT)
    return to_zugferd(invoice, to_cii(invoice, Guise.EN16931))


def test_the_file_says_what_it_is(pdf: bytes) -> None:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert document.Root.Metadata.Type == "/Metadata"
        packet = document.Root.Metadata.read_bytes()
        title = str(document.docinfo["/Title"])
    assert packet.startswith(b"<?xpacket begin=")
    assert packet.rstrip().endswith(b'<?xpacket end="w"?>')
    facts: dict[str, list[str]] = {}
    root = etree.fromstring(packet)
    for each in root.iter():
        facts.setdefault(str(each.tag), []).append((each.text or "").strip())
    pdfaid, fx = "{http://www.aiim.org/pdfa/ns/id/}", "{urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#}"
    assert (facts[f"{pdfaid}part"], facts[f"{pdfaid}conformance"]) == (["3"], ["B"])
    assert facts[f"{fx}DocumentType"] == ["INVOICE"]
    assert facts[f"{fx}DocumentFileName"] == ["factur-x.xml"]
    assert facts[f"{fx}ConformanceLevel"] == ["EN 16931"]
    # What PDF/A does not know by itself is described in the file (6.6.2.3): each of the four properties, and in one list.
    described = facts["{http://www.aiim.org/pdfa/ns/property#}name"]
    assert {"ConformanceLevel", "DocumentFileName", "DocumentType", "Version"} <= set(described)
    assert len(facts["{http://www.aiim.org/pdfa/ns/extension/}schemas"]) == 1
    assert fx.strip("{}") in facts["{http://www.aiim.org/pdfa/ns/schema#}namespaceURI"]
    # No property stands twice (ISO 16684-1, 6.3).
    names = [str(each.tag) for parent in root.iter(f"{_RDF}Description") for each in parent]
    assert len(names) == len(set(names))
    # The file's own facts and its metadata say the same (6.6.3).
    assert title in facts[f"{_RDF}li"]


def test_the_attachment_is_one_of_pdf_a_3(pdf: bytes) -> None:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        (attached,) = document.Root.AF
        assert (attached.Type, attached.AFRelationship) == ("/Filespec", "/Alternative")
        assert (str(attached.F), str(attached.UF)) == ("factur-x.xml", "factur-x.xml")
        assert attached.EF.F.Subtype == "/text/xml"
        assert "/ModDate" in attached.EF.F.Params
        assert list(document.attachments) == ["factur-x.xml"]


def test_nothing_stands_in_the_file_that_pdf_a_forbids(pdf: bytes) -> None:
    assert pdf.startswith(b"%PDF-1.7\n%")
    assert all(octet > 127 for octet in pdf.split(b"\n")[1][1:5])
    assert pdf.rstrip().endswith(b"%%EOF")
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert document.check_pdf_syntax() == []
        assert not document.is_encrypted
        assert "/ID" in document.trailer
        # Colours mean something: there is one intent, with a profile in it (6.2.3).
        (intent,) = document.Root.OutputIntents
        assert intent.S == "/GTS_PDFA1"
        assert int(intent.DestOutputProfile.N) in {1, 3}
        assert bytes(intent.DestOutputProfile.read_bytes())[36:40] == b"acsp"
        forbidden = {
            "/AA",
            "/OpenAction",
            "/JavaScript",
            "/XFA",
            "/NeedAppearances",
            "/NeedsRendering",
            "/Launch",
        }
        fonts = 0
        for each in document.objects:
            keys = _keys(each)
            assert not keys & forbidden
            if isinstance(each, pikepdf.Stream):
                filters = each.get("/Filter", [])
                assert "/LZWDecode" not in (filters if isinstance(filters, pikepdf.Array) else [filters])
                assert not keys & {"/F", "/FFilter"}
            if "/Type" in keys and each.Type == "/FontDescriptor":
                fonts += 1
                assert keys & {"/FontFile", "/FontFile2", "/FontFile3"}
        assert fonts


def _keys(each: Any) -> set[str]:
    return set(each.keys()) if isinstance(each, pikepdf.Dictionary | pikepdf.Stream) else set()
