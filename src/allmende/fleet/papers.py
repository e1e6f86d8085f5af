# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A report on paper: sections of text, plot and table, set by Typst as PDF/UA, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from allmende.documents.typesetting import typeset
from allmende.fleet.figures import is_german
from allmende.fleet.tables import Table, paper_table

PDF_TYPE: Final = "application/pdf"
_TEMPLATE: Final = Path(__file__).parent / "templates" / "fleet" / "report.typ"
#: More columns than this do not fit across an upright page.
_UPRIGHT_COLUMNS: Final = 7


@dataclass(frozen=True, slots=True)
class Section:
    """`plot` is an SVG drawn with `Ink.PAPER`, `plot_words` what it shows, for who does not see it."""

    heading: str = ""
    text: tuple[str, ...] = ()
    plot: str = ""
    plot_words: str = ""
    table: Table | None = None


def typeset_paper(
    title: str,
    town: str,
    sections: Sequence[Section],
    *,
    lead: Sequence[str] = (),
    written_at: datetime | None = None,
) -> bytes:
    """The PDF. Raises `allmende.documents.typesetting.TypesettingError`."""
    now = timezone.localtime(written_at)
    widest = max((len(section.table.columns) for section in sections if section.table), default=0)
    made = _("Made on %(when)s with Allmende") % {
        "when": date_format(now, "SHORT_DATETIME_FORMAT" if is_german() else "j M Y, H:i")
    }
    data: dict[str, Any] = {
        "title": title,
        "town": town,
        "language": "de" if is_german() else "en",
        "landscape": widest > _UPRIGHT_COLUMNS,
        "made": made,
        "lead": list(lead),
        "sections": [
            {
                "heading": section.heading,
                "text": list(section.text),
                "plot": section.plot,
                "plot_words": section.plot_words,
                "table": paper_table(section.table) if section.table else None,
            }
            for section in sections
        ],
    }
    return typeset(_TEMPLATE, data, written_at=now)
