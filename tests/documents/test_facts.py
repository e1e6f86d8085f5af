# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
import json
from typing import Any

import pytest

from allmende.documents import DocumentFacts

FACTS = DocumentFacts(
    format="application/pdf",
    pages=3,
    colour_pages=1,
    media="iso_a4_210x297mm",
    mixed_media=True,
    sides="two-sided-long-edge",
    preview_png=b"\x89PNG...",
)


def test_json_round_trip_keeps_all_but_the_preview() -> None:
    assert "PNG" not in FACTS.to_json()
    assert DocumentFacts.from_json(FACTS.to_json(), FACTS.preview_png) == FACTS


@pytest.mark.parametrize(
    "change",
    [
        {"pages": 0},
        {"pages": -1},
        {"pages": 1e3},
        {"pages": True},
        {"pages": 10**12},
        {"colour_pages": 4},
        {"colour_pages": -1},
        {"media": "<script>"},
        {"media": "a" * 200},
        {"mixed_media": 1},
        {"sides": "three-sided"},
        {"format": None},
        {"preview_png": "x"},
        {"more": 1},
    ],
)
def test_facts_from_a_taken_over_worker_are_refused(change: dict[str, Any]) -> None:
    fields = json.loads(FACTS.to_json()) | change
    with pytest.raises(ValueError):
        DocumentFacts.from_json(json.dumps(fields))


@pytest.mark.parametrize("preview", [b"<svg/>", b"\x89PNG" + bytes(1_000_000)])
def test_a_preview_is_a_small_png(preview: bytes) -> None:
    with pytest.raises(ValueError):
        DocumentFacts.from_json(FACTS.to_json(), preview)
