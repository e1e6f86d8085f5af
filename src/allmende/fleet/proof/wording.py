# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A proof in the reader's words: figures with their units, derivations as a formula in words and in numbers. Needs no Django.

German `1.234,50 €`, English `€1,234.50`. The minus is U+2212, which screen readers read as one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from allmende.fleet.proof.arithmetic import Standing
from allmende.fleet.proof.figures import (
    Constant,
    Expression,
    Figure,
    Kind,
    Operation,
    Sentence,
    Unit,
    state,
)
from allmende.fleet.proof.figures import gettext_noop as _

_NO_BREAK: Final = "\u00a0"
#: A sum with more terms than this is told by its ends.
_TERMS: Final = 6
_RANK: Final = {"+": 1, "−": 1, "×": 2, "÷": 2}

_UNITS: Final = {
    Unit.EUR: "",
    Unit.EUR_YEAR: _("a year"),
    Unit.EUR_MONTH: _("a month"),
    Unit.EUR_DEVICE_MONTH: _("a device and month"),
    Unit.CENT_PAGE: _("ct a page"),
    Unit.PAGES: _("pages"),
    Unit.PAGES_YEAR: _("pages a year"),
    Unit.PAGES_MONTH: _("pages a month"),
    Unit.DEVICES: _("devices"),
    Unit.MODELS: _("models"),
    Unit.BUILDINGS: _("buildings"),
    Unit.MONTHS: _("months"),
    Unit.DAYS: _("days"),
    Unit.UNITS: "",
}
_MONEY: Final = {Unit.EUR, Unit.EUR_YEAR, Unit.EUR_MONTH, Unit.EUR_DEVICE_MONTH}
KINDS: Final = {
    Kind.GIVEN: _("from a source"),
    Kind.MEASURED: _("measured"),
    Kind.ASSUMED: _("assumed"),
    Kind.DERIVED: _("computed"),
}
STANDINGS: Final = {
    Standing.PROVED: _("The saving is computed from the costs before and now."),
    Standing.INCOMPLETE: _(
        "Not everything that costs something now has a price: no saving is computed, it would be too large."
    ),
    Standing.RESTATED: _(
        "The saving is taken from the source; it is not computed from prices on both sides."
    ),
    Standing.PRICE: _("Only one side's costs are known: this proves a price, no saving."),
    Standing.BREAK_EVEN: _("No costs are known: this shows from when on the membership pays, no saving."),
}


@dataclass(frozen=True, slots=True)
class Speaker:
    """One language: `translate` is a gettext of it."""

    translate: Callable[[str], str]
    is_german: bool

    def say(self, sentence: Sentence | str) -> str:
        if isinstance(sentence, str):
            return self.translate(sentence) if sentence else ""
        gaps = {
            name: self.say(value) if isinstance(value, Sentence) else value
            for name, value in sentence.gaps.items()
        }
        return self.translate(sentence.text) % gaps

    def number(self, value: Decimal) -> str:
        """All the decimals that the value has."""
        text = f"{abs(value):,f}"
        if self.is_german:
            text = text.translate(str.maketrans(",.", ".,"))
        return f"\u2212{text}" if value < 0 else text

    def value(self, value: Decimal, unit: Unit) -> str:
        """With its unit: `46.557,30 € im Jahr`."""
        if unit is Unit.PERCENT:
            return self.number(value) + (f"{_NO_BREAK}%" if self.is_german else "%")
        words = self.translate(_UNITS[unit]) if _UNITS[unit] else ""
        if unit not in _MONEY:
            return f"{self.number(value)}{_NO_BREAK}{words}" if words else self.number(value)
        amount = self.euros(value)
        return f"{amount} {words}" if words else amount

    def euros(self, value: Decimal) -> str:
        """With cents, and with more decimals only where a price has them."""
        number = self.number(_with_cents(value))
        if self.is_german:
            return f"{number}{_NO_BREAK}€"
        return f"\u2212€{number[1:]}" if value < 0 else f"€{number}"

    def figure(self, figure: Figure) -> str:
        return self.value(figure.value, figure.unit)

    def formula(self, figure: Figure) -> str:
        """The derivation in words; empty for what is not derived."""
        return self._write(figure.expression, self._name) if figure.expression else ""

    def calculation(self, figure: Figure) -> str:
        """The derivation in numbers; empty where it is the same number again."""
        if figure.expression is None or _is_same(figure.expression):
            return ""
        return self._write(figure.expression, self._short)

    def _name(self, leaf: Figure | Constant) -> str:
        if isinstance(leaf, Constant):
            return f"{self.number(leaf.value)} {self.say(leaf.words)}"
        quotes = "„%s“" if self.is_german else "“%s”"
        return quotes % self.say(leaf.label)

    def _short(self, leaf: Figure | Constant) -> str:
        if isinstance(leaf, Constant):
            return self.number(leaf.value)
        if leaf.unit in _MONEY:
            return self.euros(leaf.value)
        if leaf.unit is Unit.PERCENT:
            return self.number(leaf.value)
        if leaf.unit is Unit.CENT_PAGE:
            return f"{self.number(leaf.value)}{_NO_BREAK}ct"
        return self.number(leaf.value)

    def _write(self, expression: Expression, leaf: Callable[[Figure | Constant], str], rank: int = 0) -> str:
        if not isinstance(expression, Operation):
            text = leaf(expression)
            return f"({text})" if text.startswith("\u2212") and rank else text
        own = _RANK[expression.operator]
        operands = expression.operands
        if len(operands) == 1:
            return self._write(operands[0], leaf, rank)
        # What follows a minus or a division sign keeps its parentheses although it ranks the same.
        written = [
            self._write(operand, leaf, own + (number > 0 and expression.operator in "−÷"))
            for number, operand in enumerate(operands)
            if len(operands) <= _TERMS or number in {0, 1, len(operands) - 1}
        ]
        if len(operands) > _TERMS:
            count = self.say(Sentence(_("… (%(count)d terms in all)"), {"count": len(operands)}))
            written.insert(2, count)
        text = f" {expression.operator} ".join(written)
        return f"({text})" if own < rank else text


def _with_cents(value: Decimal) -> Decimal:
    stated = state(value, Unit.EUR)
    return stated if stated == value else value.normalize()


def _is_same(expression: Expression) -> bool:
    if isinstance(expression, Operation):
        return len(expression.operands) == 1 and _is_same(expression.operands[0])
    return True
