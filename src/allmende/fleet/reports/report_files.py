# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A report as a file: CSV, XLSX or PDF."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from allmende.directory.municipalities import Municipality
from allmende.fleet.charts import Ink
from allmende.fleet.papers import PDF_TYPE, Section, typeset_paper
from allmende.fleet.reports.kinds import Report
from allmende.fleet.reports.words import ADDRESSES
from allmende.fleet.tables import CSV_TYPE, XLSX_TYPE, to_csv, to_xlsx


class FileKind(StrEnum):
    PDF = "pdf"
    XLSX = "xlsx"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class ReportFile:
    name: str
    content_type: str
    data: bytes


def write_file(report: Report, municipality: Municipality, kind: FileKind, address: str = "") -> ReportFile:
    """The file in the active language; its name says town, report (or `address`) and days."""
    period = report.period
    stem = f"{municipality.slug}-{address or ADDRESSES[report.kind]}-{period.since:%Y-%m-%d}-{period.until:%Y-%m-%d}"
    if kind is FileKind.CSV:
        return ReportFile(f"{stem}.csv", CSV_TYPE, to_csv(report.table))
    if kind is FileKind.XLSX:
        tables = [report.table] if report.sources is None else [report.table, report.sources]
        return ReportFile(f"{stem}.xlsx", XLSX_TYPE, to_xlsx(*tables, title=report.title))
    section = Section(
        plot=report.draw(Ink.PAPER),
        plot_words=f"{report.chart.title}. {report.chart.description}",
        table=report.table,
    )
    sections = [section]
    if report.sources is not None:
        sections.append(Section(report.sources.title, table=report.sources))
    pdf = typeset_paper(report.title, municipality.name, sections, lead=report.lead)
    return ReportFile(f"{stem}.pdf", PDF_TYPE, pdf)
