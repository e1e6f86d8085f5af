# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""`device_words` as template filters."""

from __future__ import annotations

from django import template

from allmende.devices import device_words

register = template.Library()
register.filter("device_state_word", device_words.device_state_word)
register.filter("device_state_kind", device_words.device_state_kind)
register.filter("device_reason_words", device_words.device_reason_words)
register.filter("device_format_word", device_words.device_format_word)


@register.filter
def fingerprint(sha256: str) -> str:
    """In groups of four that two people can compare by voice."""
    return " ".join(sha256[start : start + 4] for start in range(0, len(sha256), 4))
