# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Figures that know where they come from: the nodes of a proof.

A figure is either given (written in a source, measured, or assumed) or derived: then it carries the expression it was computed by, whose
leaves are other figures and named constants. The words, the numbers and the value of a derivation all come from that one expression, so
they can't differ.

Always holds: no binary floating point; a derived figure is rounded once, half up, to the places of its unit, and what is computed
from it uses the rounded value. So every line can be checked with a pocket calculator.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal, DivisionByZero, InvalidOperation, Overflow, localcontext
from enum import StrEnum
from typing import Any, Final, Literal

#: Enough digits that only the one rounding of a figure is ever seen.
_CONTEXT: Final = Context(prec=50, rounding=ROUND_HALF_UP, traps=[InvalidOperation, DivisionByZero, Overflow])


class Unit(StrEnum):
    """The names are those of the JSON output."""

    EUR = "EUR"
    EUR_YEAR = "EUR/year"
    EUR_MONTH = "EUR/month"
    EUR_DEVICE_MONTH = "EUR/device/month"
    CENT_PAGE = "ct/page"
    PAGES = "pages"
    PAGES_YEAR = "pages/year"
    PAGES_MONTH = "pages/month"
    DEVICES = "devices"
    MODELS = "models"
    BUILDINGS = "buildings"
    PERCENT = "%"
    MONTHS = "months"
    DAYS = "days"
    UNITS = "units"


_PLACES: Final = {
    Unit.EUR: 2,
    Unit.EUR_YEAR: 2,
    Unit.EUR_MONTH: 2,
    Unit.EUR_DEVICE_MONTH: 2,
    Unit.CENT_PAGE: 4,
    Unit.PERCENT: 1,
}


def gettext_noop(text: str) -> str:
    """Marks a sentence for the translators; it is translated where it is shown."""
    return text


class Kind(StrEnum):
    GIVEN = "given"
    MEASURED = "measured"
    ASSUMED = "assumed"
    DERIVED = "derived"


@dataclass(frozen=True, slots=True)
class Sentence:
    """An English sentence that is also the key of its translation, and what stands in its gaps (`%(name)s`)."""

    text: str
    gaps: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Constant:
    """A number that needs no source: the months of a year, the cents of a euro."""

    value: Decimal
    words: Sentence


Operator = Literal["+", "−", "×", "÷"]


@dataclass(frozen=True, slots=True)
class Operation:
    """`operands` joined by the operator from left to right."""

    operator: Operator
    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """`label` says what it is; `source`, `note` are the case's own words; `href` is the page of the row it stands for."""

    name: str
    value: Decimal
    unit: Unit
    kind: Kind
    label: Sentence
    expression: Expression | None = None
    source: str = ""
    note: str = ""
    href: str = ""

    @property
    def inputs(self) -> tuple[Figure, ...]:
        """The figures it was computed from, each once, in the order of the expression."""
        found: dict[str, Figure] = {}
        if self.expression is not None:
            for leaf in _leaves(self.expression):
                if isinstance(leaf, Figure):
                    found.setdefault(leaf.name, leaf)
        return tuple(found.values())


Expression = Figure | Constant | Operation


def evaluate(expression: Expression) -> Decimal:
    """The exact value, to 50 digits. Raises decimal.InvalidOperation or DivisionByZero."""
    if not isinstance(expression, Operation):
        return expression.value
    values = [evaluate(operand) for operand in expression.operands]
    with localcontext(_CONTEXT):
        total = values[0]
        for value in values[1:]:
            match expression.operator:
                case "+":
                    total += value
                case "−":
                    total -= value
                case "×":
                    total *= value
                case "÷":
                    total /= value
        return total


def state(value: Decimal, unit: Unit) -> Decimal:
    """The value as it is stated: to the cent, to a tenth of a percent, to 0.0001 ct a page, whole pages and devices. Half up."""
    with localcontext(_CONTEXT):
        return value.quantize(Decimal(1).scaleb(-_PLACES.get(unit, 0))) + 0


def derive(name: str, unit: Unit, label: Sentence, expression: Expression, *, note: str = "") -> Figure:
    return Figure(name, state(evaluate(expression), unit), unit, Kind.DERIVED, label, expression, note=note)


def plus(*terms: Expression) -> Operation:
    return Operation("+", terms)


def minus(left: Expression, right: Expression) -> Operation:
    return Operation("−", (left, right))


def times(*factors: Expression) -> Operation:
    return Operation("×", factors)


def over(left: Expression, *divisors: Expression) -> Operation:
    return Operation("÷", (left, *divisors))


def walk(roots: tuple[Figure, ...]) -> Iterator[Figure]:
    """Every figure once, those that it was computed from before it."""
    seen: set[str] = set()

    def visit(figure: Figure) -> Iterator[Figure]:
        if figure.name in seen:
            return
        seen.add(figure.name)
        for each in figure.inputs:
            yield from visit(each)
        yield figure

    for root in roots:
        yield from visit(root)


def _leaves(expression: Expression) -> Iterator[Figure | Constant]:
    if isinstance(expression, Operation):
        for operand in expression.operands:
            yield from _leaves(operand)
    else:
        yield expression
