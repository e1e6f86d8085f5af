# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""An invoice's XML from its content, in both guises, and what the checks find in it.

Behind this module lie XML and Saxon's processor, some 40 MB: it is imported when an invoice is issued, never at the start.
"""

from __future__ import annotations

from allmende.cooperative.invoices.checking import CheckResult, check_invoice
from allmende.cooperative.invoices.cii import Guise, to_cii
from allmende.cooperative.invoices.content import InvoiceContent


def render_xml(content: InvoiceContent) -> tuple[bytes, bytes, CheckResult]:
    """The XRechnung (empty without a Leitweg-ID), the XML for the PDF, and what both checks found."""
    plain = to_cii(content, Guise.EN16931)
    result = check_invoice(plain, Guise.EN16931)
    if not content.buyer.leitweg_id:
        return b"", plain, result
    xrechnung = to_cii(content, Guise.XRECHNUNG)
    national = check_invoice(xrechnung, Guise.XRECHNUNG)
    findings = dict.fromkeys((*result.findings, *national.findings))
    return (
        xrechnung,
        plain,
        CheckResult(tuple(findings), tuple(dict.fromkeys((*result.checked_by, *national.checked_by)))),
    )
