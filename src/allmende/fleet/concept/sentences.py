# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Sentences that are kept as data: an English text with its values, put into the reader's language when it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


def mark(text: str) -> str:
    """Marks a text for translation; imported as `_`, so that the tools find it."""
    return text


@dataclass(frozen=True, slots=True)
class Sentence:
    """`text` is English with `%(name)s` for each of `values`; str() gives the English sentence."""

    text: str
    values: Mapping[str, str | int] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text % self.values
