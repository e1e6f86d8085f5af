# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reports on paper: what was given stands in the PDF, and nothing typed is read as markup."""

from __future__ import annotations

import pypdfium2
from django.utils.translation import override

from allmende.fleet.charts import Chart, Ink, Series, draw_columns
from allmende.fleet.papers import Section, typeset_paper
from allmende.fleet.tables import Column, Kind, Table

HOSTILE = '#panic("x") $ * _ <label> \\ @ref'


def text_of(pdf: bytes) -> str:
    return "\n".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf))


def test_a_paper_holds_text_plot_and_table() -> None:
    table = Table(
        "Sheets", (Column("Site"), Column("Sheets", Kind.COUNT)), ((HOSTILE, 12345),), ("Summe", 12345)
    )
    plot = draw_columns(Chart("Plot", ("Jan.",), (Series("x", (1,)),)), ink=Ink.PAPER)
    with override("de"):
        pdf = typeset_paper(
            "Bericht", "Zerbst", [Section("Teil", (HOSTILE,), plot, "a plot", table)], lead=[HOSTILE]
        )
    text = text_of(pdf)
    assert text.count('#panic("x")') == 3
    assert "12.345" in text
    assert "Jan." in text
    assert b"pdfuaid" in pdf, "readable with a screen reader"
