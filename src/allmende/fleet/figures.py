# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Figures in the words of the reader's language: counts, money, shares, days. German `1.234,50 €`, English `€1,234.50`.

Money comes in euros. A share is a fraction: 0.25 is written 25.0 %. The minus is U+2212, which screen readers read as one.
"""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Final

from django.utils.formats import date_format, number_format
from django.utils.translation import get_language

NO_BREAK: Final = "\u00a0"
MINUS: Final = "\u2212"


class Kind(StrEnum):
    """What a column or an axis holds."""

    TEXT = "text"
    COUNT = "count"
    MONEY = "money"
    PERCENT = "percent"
    DAY = "day"


#: Digits behind the mark where a column does not say.
DECIMALS: Final = {Kind.COUNT: 0, Kind.MONEY: 2, Kind.PERCENT: 1}


def is_german() -> bool:
    return (get_language() or "de").startswith("de")


def round_half_up(value: Decimal, decimals: int) -> Decimal:
    """As accountants round (DIN 1333), not to the even digit."""
    return value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def count_words(value: Decimal | int, decimals: int = 0) -> str:
    rounded = round_half_up(Decimal(value), decimals)
    if not rounded:
        rounded = abs(rounded)  # no "-0"
    words = number_format(abs(rounded), decimal_pos=decimals, use_l10n=True, force_grouping=True)
    return MINUS + words if rounded < 0 else words


def money_words(value: Decimal | int, decimals: int = 2) -> str:
    words = count_words(value, decimals)
    if is_german():
        return f"{words}{NO_BREAK}€"
    return f"{MINUS}€{words[1:]}" if words.startswith(MINUS) else f"€{words}"


def percent_words(share: Decimal | int, decimals: int = 1) -> str:
    words = count_words(Decimal(share) * 100, decimals)
    return f"{words}{NO_BREAK}%" if is_german() else f"{words}%"


def day_words(day: date) -> str:
    return date_format(day, "SHORT_DATE_FORMAT" if is_german() else "j M Y", use_l10n=True)


def figure_words(value: Decimal | int, kind: Kind, decimals: int | None = None) -> str:
    """A number of this kind; `decimals` as DECIMALS where None."""
    digits = DECIMALS[kind] if decimals is None else decimals
    if kind is Kind.MONEY:
        return money_words(value, digits)
    return percent_words(value, digits) if kind is Kind.PERCENT else count_words(value, digits)
