# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What an entry of the audit trail says of a change: whatever was stored can be read."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.directory.audit_words import detail_words


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ({"held_hours": [24, 48]}, "held_hours: 24 → 48"),
        ({"name": ["", "Bauamt"]}, "name: – → Bauamt"),
        ({"rents": [{}, {"A3": "58.50", "A4": "21.50"}]}, "rents: – → A3 58.50, A4 21.50"),
        ({"fields": ["name", "place"]}, "fields: name, place"),
    ],
)
def test_words(detail: dict[str, Any], words: str) -> None:
    assert detail_words(detail) == words


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), _JSON))
def test_whatever_is_stored_can_be_read(detail: dict[str, Any]) -> None:
    assert len(detail_words(detail)) <= 400
