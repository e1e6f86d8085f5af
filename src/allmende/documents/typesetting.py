# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""PDF documents of our own: statements, reports, papers for the council. Typst sets them; no program outside the wheel is needed.

Always holds: a template gets its values as data (`sys.inputs.data`, JSON), never as text that is set, so nothing a person has typed
is read as markup; templates see their own folder and nothing else of the machine; the same data gives the same bytes.

A template begins with `#let data = json(bytes(sys.inputs.data))`. Money and dates come into it as strings that are already written in
the reader's language. An SVG drawing is set with `#image(bytes(data.plot), alt: data.plot_words)`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

#: PDF/UA-1 (ISO 14289-1): readable with a screen reader, which the law asks of public bodies.
ACCESSIBLE: Final = "ua-1"
Standard = Literal["ua-1", "a-3a", "a-3b"]


class TypesettingError(Exception):
    """The template can't be set: a fault of ours, never of the person's data."""


def typeset(
    template: Path,
    data: Mapping[str, Any],
    *,
    standards: Sequence[Standard] = (ACCESSIBLE,),
    written_at: datetime | None = None,
) -> bytes:
    """The PDF of a Typst template. `data` must be representable as JSON; `written_at` goes into the file's own facts.

    Raises TypesettingError.
    """
    import typst  # noqa: PLC0415 - 7 MB and its fonts, only where a paper is set

    try:
        made: bytes = typst.compile(
            str(template),
            root=str(template.parent),
            ignore_system_fonts=True,
            format="pdf",
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
            pdf_standards=list(standards),
            timestamp=int((written_at or datetime.now(UTC)).timestamp()),
        )
    except (RuntimeError, typst.TypstError) as error:
        raise TypesettingError(str(error)) from error
    return made
