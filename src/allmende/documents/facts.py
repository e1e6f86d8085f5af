# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is known of a document after one look at it.

Facts come from a worker that has read hostile bytes, so reading them from JSON checks every bound.
"""

import json
import re
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, get_args

Sides = Literal["one-sided", "two-sided-long-edge", "two-sided-short-edge"]

MAX_PREVIEW_BYTES: Final = 1_000_000
_MAX_PAGES: Final = 10_000_000
_MEDIA_NAME: Final = re.compile(r"[a-z0-9_.\-]{1,127}\Z")


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """A document's format, pages, colour, paper and preview.

    `format`: MIME type. `pages`: ≥ 1. `colour_pages`: 0..pages; with `colour_estimated` it is counted on a
    sample of the pages and scaled up. `media`: PWG 5101.1 name of page one; None where the document has
    no paper of its own (JPEG, PNG). `mixed_media`: another page has another size. `sides`: what a raster's
    headers ask for, else None. `preview_png`: page one as PNG, about 400 pixels high.
    """

    format: str
    pages: int
    colour_pages: int
    media: str | None
    mixed_media: bool = False
    sides: Sides | None = None
    colour_estimated: bool = False
    preview_png: bytes | None = None

    def to_json(self) -> str:
        """All but the preview, as one JSON object."""
        fields = asdict(self)
        del fields["preview_png"]
        return json.dumps(fields, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str | bytes, preview_png: bytes | None = None) -> "DocumentFacts":
        """Read what `to_json` wrote; ValueError when a field is missing, unknown or out of bounds."""
        fields: Any = json.loads(text)
        if not isinstance(fields, dict) or set(fields) != _JSON_FIELDS:
            raise ValueError("not the facts of a document")
        _check(fields, preview_png)
        return cls(**fields, preview_png=preview_png)


_JSON_FIELDS: Final = frozenset(DocumentFacts.__dataclass_fields__) - {"preview_png"}


def _check(fields: dict[str, Any], preview: bytes | None) -> None:
    pages, colour_pages, media = fields["pages"], fields["colour_pages"], fields["media"]
    good = (
        isinstance(fields["format"], str)
        and type(pages) is int
        and 1 <= pages <= _MAX_PAGES
        and type(colour_pages) is int
        and 0 <= colour_pages <= pages
        and isinstance(fields["mixed_media"], bool)
        and isinstance(fields["colour_estimated"], bool)
        and (media is None or (isinstance(media, str) and _MEDIA_NAME.match(media) is not None))
        and (fields["sides"] is None or fields["sides"] in get_args(Sides))
        and (preview is None or (len(preview) <= MAX_PREVIEW_BYTES and preview.startswith(b"\x89PNG")))
    )
    if not good:
        raise ValueError("a fact is out of bounds")
