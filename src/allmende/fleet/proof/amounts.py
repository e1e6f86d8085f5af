# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a side costs in a year: amounts by their period and tax, prices per page by the pages of a year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from allmende.fleet.proof.case import Click, Cost, Origin, Per, Side, Tax
from allmende.fleet.proof.figures import (
    Constant,
    Expression,
    Figure,
    Kind,
    Operation,
    Sentence,
    Unit,
    derive,
    over,
    plus,
    times,
)
from allmende.fleet.proof.figures import gettext_noop as _

MONTHS_OF_A_YEAR: Final = Constant(Decimal(12), Sentence(_("months of a year")))
DAYS_OF_A_YEAR: Final = Constant(Decimal(365), Sentence(_("days of a year")))
CENTS_OF_A_EURO: Final = Constant(Decimal(100), Sentence(_("cents of a euro")))
PERCENT: Final = Constant(Decimal(100), Sentence(_("percent")))

_PAID_PER: Final = {Per.MONTH: Unit.EUR_MONTH, Per.YEAR: Unit.EUR_YEAR}


class UnprovableError(ValueError):
    """The case can't be computed; `key` of the case file, and what to do about it."""

    def __init__(self, key: str, problem: str, /, **gaps: object) -> None:
        super().__init__(f"{key}: {problem % gaps}")
        self.key = key
        self.problem = Sentence(problem, gaps)


def side_costs(
    costs: Sequence[Cost],
    clicks: Sequence[Click],
    pages: Mapping[str, Figure],
    side: Side,
    tax: Tax,
    *,
    label: str,
) -> Figure | None:
    """`before.year` or `after.year`; None where the case gives no costs of this side that count."""
    terms = [
        cost_year(cost, f"{side}.cost.{number}", tax) for number, cost in enumerate(costs, 1) if cost.counted
    ]
    terms += [
        _click_year(click, pages, f"{side}.click.{number}", side, tax)
        for number, click in enumerate(clicks, 1)
    ]
    if not terms:
        return None
    return derive(f"{side}.year", Unit.EUR_YEAR, Sentence(label), plus(*terms))


def cost_year(cost: Cost, name: str, tax: Tax) -> Figure:
    """The amount as the source tells it, brought to a year and to the case's side of the tax."""
    gap = {"name": cost.name}
    unit = _PAID_PER.get(cost.per, Unit.EUR)
    label = Sentence(_("%(name)s: amount"), gap)
    if cost.quantity is not None and cost.unit_price is not None:
        quantity = Sentence(_("%(name)s: quantity"), gap)
        price = Sentence(_("%(name)s: price"), gap)
        product = times(
            given(f"{name}.quantity", cost.quantity, Unit.UNITS, quantity, cost.origin),
            given(f"{name}.unit_price", cost.unit_price, Unit.EUR, price, cost.origin),
        )
        amount = derive(name, Unit.EUR, label, product)
    else:
        amount = given(name, cost.amount, unit, label, cost.origin)
    expression: Expression = amount
    if cost.count != 1:
        devices = given(
            f"{name}.count",
            Decimal(cost.count),
            Unit.DEVICES,
            Sentence(_("%(name)s: number"), gap),
            cost.origin,
        )
        expression = times(expression, devices)
    match cost.per:
        case Per.TERM:
            months = given(
                f"{name}.months",
                Decimal(cost.months),
                Unit.MONTHS,
                Sentence(_("%(name)s: months that it is paid for"), gap),
                cost.origin,
            )
            expression = over(times(expression, MONTHS_OF_A_YEAR), months)
        case Per.SPAN:
            expression = _span_year(expression, cost, name)
        case _:
            expression = _times_a_year(expression, cost.per)
    expression = _taxed(
        expression,
        name=name,
        gap=gap,
        own=cost.tax,
        percent=cost.tax_percent,
        wanted=tax,
        origin=cost.origin,
    )
    return derive(f"{name}.year", Unit.EUR_YEAR, Sentence(_("%(name)s: in a year"), gap), expression)


def contribution_year(amount: Decimal, per: Per, origin: Origin) -> Figure:
    label = Sentence(_("Contribution to the cooperative"))
    paid = given("contribution", amount, _PAID_PER.get(per, Unit.EUR), label, origin)
    return derive(
        "contribution.year",
        Unit.EUR_YEAR,
        Sentence(_("Contribution to the cooperative in a year")),
        _times_a_year(paid, per),
    )


def told_saving_year(amount: Decimal, per: Per, origin: Origin) -> Figure:
    label = Sentence(_("Saving, as the source tells it"))
    told = given("saving", amount, _PAID_PER.get(per, Unit.EUR), label, origin)
    return derive("saving.year", Unit.EUR_YEAR, Sentence(_("Saving in a year")), _times_a_year(told, per))


def given(name: str, value: Decimal, unit: Unit, label: Sentence, origin: Origin) -> Figure:
    """A leaf: as it stands in its source, unrounded."""
    kind = Kind.ASSUMED if origin.assumed else Kind.MEASURED if origin.measured else Kind.GIVEN
    return Figure(name, value, unit, kind, label, source=origin.source, note=origin.note, href=origin.href)


def whole_months(since: date, until: date) -> int | None:
    """How many calendar months lie between two dates (`until` exclusive), if they are whole ones."""
    if since.day != until.day:
        return None
    return (until.year - since.year) * 12 + until.month - since.month


def _times_a_year(amount: Expression, per: Per) -> Expression:
    match per:
        case Per.MONTH:
            return times(amount, MONTHS_OF_A_YEAR)
        case Per.QUARTER:
            return times(amount, Constant(Decimal(4), Sentence(_("quarters of a year"))))
        case _:
            return amount


def _span_year(amount: Expression, cost: Cost, name: str) -> Expression:
    if cost.since is None or cost.until is None:
        raise UnprovableError(name, _("a span needs “from” and “until”"))
    return span_to_year(amount, cost.since, cost.until, name=name, words=cost.name, origin=cost.origin)


def span_to_year(
    amount: Expression, since: date, until: date, *, name: str, words: str | Sentence, origin: Origin
) -> Expression:
    """What was paid or printed from a day to a last day, as of a year: by whole months, else by days."""
    gap = {"name": words}
    end = until + timedelta(days=1)
    months = whole_months(since, end)
    if months == 12:
        return amount
    if months:
        label = Sentence(_("%(name)s: months of the span"), gap)
        span = given(f"{name}.months", Decimal(months), Unit.MONTHS, label, origin)
        return over(times(amount, MONTHS_OF_A_YEAR), span)
    label = Sentence(_("%(name)s: days of the span"), gap)
    days = given(f"{name}.days", Decimal((end - since).days), Unit.DAYS, label, origin)
    return over(times(amount, DAYS_OF_A_YEAR), days)


def _taxed(
    amount: Expression,
    *,
    name: str,
    gap: Mapping[str, object],
    own: Tax | None,
    percent: Decimal | None,
    wanted: Tax,
    origin: Origin,
) -> Expression:
    if own is None or own is wanted:
        return amount
    if percent is None:
        raise UnprovableError(
            name,
            _("the amount is %(own)s and the case is %(wanted)s: “tax_percent” is needed"),
            own=own.value,
            wanted=wanted.value,
        )
    rate = given(
        f"{name}.tax_percent",
        percent,
        Unit.PERCENT,
        Sentence(_("%(name)s: value added tax"), dict(gap)),
        replace(origin, assumed=False),
    )
    with_tax = plus(PERCENT, rate)
    if wanted is Tax.NET:
        return over(times(amount, PERCENT), with_tax)
    return over(times(amount, with_tax), PERCENT)


def _click_year(click: Click, pages: Mapping[str, Figure], name: str, side: Side, tax: Tax) -> Figure:
    volume = pages.get(click.pages)
    if volume is None:
        raise UnprovableError(
            name,
            _("a price per page needs the pages of a year: give “%(key)s” under [volume.%(side)s]"),
            key="pages" if click.pages == "all" else click.pages,
            side=side,
        )
    gap = {"name": _CLICK_WORDS[click.pages]}
    price = given(
        name, click.cents, Unit.CENT_PAGE, Sentence(_("%(name)s: price of a page"), gap), click.origin
    )
    billed: Figure = volume
    if click.included or click.minimum:
        paid = max(volume.value - click.included, Decimal(0))
        paid = max(paid, Decimal(click.minimum))
        billed = _billed_pages(volume, click, paid, name, gap)
    expression: Expression = over(times(price, billed), CENTS_OF_A_EURO)
    expression = _taxed(
        expression,
        name=name,
        gap=gap,
        own=click.tax,
        percent=click.tax_percent,
        wanted=tax,
        origin=click.origin,
    )
    return derive(f"{name}.year", Unit.EUR_YEAR, Sentence(_("%(name)s: in a year"), gap), expression)


def _billed_pages(
    volume: Figure, click: Click, paid: Decimal, name: str, gap: Mapping[str, object]
) -> Figure:
    """The pages that are paid: at least the minimum, without the included ones."""
    if click.minimum and paid == click.minimum:
        label = Sentence(_("%(name)s: pages of a year that are paid at least"), dict(gap))
        return given(f"{name}.minimum", paid, Unit.PAGES_YEAR, label, click.origin)
    label = Sentence(_("%(name)s: pages of a year that are included in the rent"), dict(gap))
    included = given(f"{name}.included", volume.value - paid, Unit.PAGES_YEAR, label, click.origin)
    return derive(
        f"{name}.paid",
        Unit.PAGES_YEAR,
        Sentence(_("%(name)s: pages of a year that are paid"), dict(gap)),
        Operation("−", (volume, included)),
    )


_CLICK_WORDS: Final = {
    "mono": Sentence(_("Pages in black and white")),
    "colour": Sentence(_("Pages in colour")),
    "all": Sentence(_("Pages")),
}
