# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""From a case to its proof: both sides' costs of a year, the price of a page, the saving, the break-even of the membership.

Pure: a `Case` in, a `Proof` out. Its figures are a derivation whose leaves are what the case gives, measures or assumes. What can't be
computed from a case is left out, never guessed; where the arithmetic needs an assumption, the assumption is a figure of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from allmende.fleet.proof.amounts import (
    CENTS_OF_A_EURO,
    MONTHS_OF_A_YEAR,
    PERCENT,
    UnprovableError,
    contribution_year,
    given,
    side_costs,
    told_saving_year,
)
from allmende.fleet.proof.case import Case, Origin, Side, Told
from allmende.fleet.proof.figures import (
    Expression,
    Figure,
    Kind,
    Sentence,
    Unit,
    derive,
    minus,
    over,
    plus,
    times,
    walk,
)
from allmende.fleet.proof.figures import gettext_noop as _
from allmende.fleet.proof.pages_of_year import year_pages


class Standing(StrEnum):
    """What a case establishes."""

    #: Both sides' costs are known and compared.
    PROVED = "proved"
    #: Both sides' costs are known, but not all of those now: no saving, for it would be too large.
    INCOMPLETE = "incomplete"
    #: One side, or both, is known only from the saving that a source tells: repeated, not proved.
    RESTATED = "restated"
    #: Only one side's costs are known: a price, no saving.
    PRICE = "price"
    #: No costs are known: at most from which price on the membership pays.
    BREAK_EVEN = "break-even"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a source tells beside what its own figures give; `difference` is told less computed."""

    told: Told
    figure: Figure
    difference: Decimal
    agrees: bool


@dataclass(frozen=True, slots=True)
class Proof:
    """`figures`: every figure once, those that it was computed from before it."""

    case: Case
    standing: Standing
    figures: tuple[Figure, ...]
    comparisons: tuple[Comparison, ...]

    def find(self, name: str) -> Figure | None:
        return next((figure for figure in self.figures if figure.name == name), None)

    @property
    def assumptions(self) -> tuple[Figure, ...]:
        return tuple(figure for figure in self.figures if figure.kind is Kind.ASSUMED)

    @property
    def contradictions(self) -> tuple[Comparison, ...]:
        return tuple(each for each in self.comparisons if not each.agrees)


def prove(case: Case) -> Proof:
    """Raises UnprovableError, which names the key of the case file and what to do."""
    tree = _Tree(case)
    tree.add_volumes()
    tree.add_costs()
    tree.add_prices()
    tree.add_saving()
    tree.add_same_volume()
    tree.add_fleet()
    tree.add_membership()
    figures = tuple(walk(tuple(tree.known.values())))
    if not figures:
        raise UnprovableError("before.cost", _("the file gives no costs, no saving and no membership"))
    return Proof(case, tree.standing, figures, tuple(_compare(told, figures) for told in case.told))


class _Tree:
    """The figures found so far, by name."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.known: dict[str, Figure] = {}
        self.standing = Standing.BREAK_EVEN

    def get(self, name: str) -> Figure | None:
        return self.known.get(name)

    def add(self, figure: Figure) -> Figure:
        self.known[figure.name] = figure
        return figure

    def derive(self, name: str, unit: Unit, label: str, expression: Expression) -> Figure:
        return self.add(derive(name, unit, Sentence(label), expression))

    def add_volumes(self) -> None:
        self.pages_before = year_pages(self.case.volume_before, "before")
        self.pages_after = year_pages(self.case.volume_after, "after")
        for figure in (*self.pages_before.values(), *self.pages_after.values()):
            self.add(figure)

    def add_costs(self) -> None:
        """`before.year`, `after.year`; where a source tells only the saving, the side that follows from it."""
        case = self.case
        labels = (_("Costs of a year before"), _("Costs of a year now"))
        if case.unpriced:
            labels = (labels[0], _("Costs of a year now, as far as they are known"))
        before = side_costs(
            case.before, case.before_clicks, self.pages_before, "before", case.tax, label=labels[0]
        )
        after = side_costs(
            case.after, case.after_clicks, self.pages_after, "after", case.tax, label=labels[1]
        )
        for figure in filter(None, (before, after)):
            self.add(figure)
        if before and after:
            self.standing = Standing.INCOMPLETE if case.unpriced else Standing.PROVED
        elif before or after:
            self.standing = Standing.PRICE
        told = case.saving
        if told is None:
            return
        if before and after:
            raise UnprovableError(
                "saving",
                _(
                    "both sides' costs are given, so the saving is computed: write the told one under [[published]]"
                ),
            )
        self.standing = Standing.RESTATED
        saving = self.add(told_saving_year(told.amount, told.per, told.origin))
        if before:
            label = _("Costs of a year now, if the told saving is right")
            self.derive("after.year", Unit.EUR_YEAR, label, minus(before, saving))
        elif after and not case.unpriced:
            label = _("Costs of a year before, if the told saving is right")
            self.derive("before.year", Unit.EUR_YEAR, label, plus(after, saving))

    def add_prices(self) -> None:
        """Of a month and of a page."""
        self._assume_same_pages()
        for side, month, page in (
            ("before", _("Costs of a month before"), _("Price of a page before")),
            ("after", _("Costs of a month now"), _("Price of a page now")),
        ):
            costs, pages = self.get(f"{side}.year"), self.get(f"volume.{side}.year")
            if costs is None or (side == "after" and self.case.unpriced):
                # Of a part of the costs there is no price of all pages.
                continue
            self.derive(f"{side}.month", Unit.EUR_MONTH, month, over(costs, MONTHS_OF_A_YEAR))
            if pages is not None and pages.value:
                price = over(times(costs, CENTS_OF_A_EURO), pages)
                self.derive(f"{side}.page", Unit.CENT_PAGE, page, price)

    def _assume_same_pages(self) -> None:
        sides: tuple[tuple[Side, Side, str], ...] = (
            ("before", "after", _("Pages in a year now, assumed to be as before")),
            ("after", "before", _("Pages in a year before, assumed to be as now")),
        )
        for known, other, label in sides:
            pages = self.get(f"volume.{known}.year")
            if pages and f"{other}.year" in self.known and f"volume.{other}.year" not in self.known:
                name = f"volume.{other}.year"
                self.add(Figure(name, pages.value, pages.unit, Kind.ASSUMED, Sentence(label), pages))

    def add_saving(self) -> None:
        before, after = self.get("before.year"), self.get("after.year")
        if self.standing is Standing.PROVED and before and after:
            self.derive("saving.year", Unit.EUR_YEAR, _("Saving in a year"), minus(before, after))
            months = minus(self.known["before.month"], self.known["after.month"])
            self.derive("saving.month", Unit.EUR_MONTH, _("Saving in a month"), months)
        elif "saving.year" in self.known:
            month = over(self.known["saving.year"], MONTHS_OF_A_YEAR)
            self.derive("saving.month", Unit.EUR_MONTH, _("Saving in a month"), month)
        else:
            return
        if before and before.value:
            share = over(times(self.known["saving.year"], PERCENT), before)
            self.derive("saving.percent", Unit.PERCENT, _("Saving, of the costs before"), share)

    def add_same_volume(self) -> None:
        """What today's pages would have cost at the earlier price: only where the pages differ."""
        before, after = self.get("before.year"), self.get("after.year")
        pages_before, pages_after = self.get("volume.before.year"), self.get("volume.after.year")
        if not (before and after and pages_before and pages_after) or self.standing is not Standing.PROVED:
            return
        if pages_before.value in {0, pages_after.value}:
            return
        earlier = self.derive(
            "same_volume.before.year",
            Unit.EUR_YEAR,
            _("Today's pages of a year at the earlier price of a page"),
            over(times(before, pages_after), pages_before),
        )
        saving = self.derive(
            "same_volume.saving.year",
            Unit.EUR_YEAR,
            _("Saving in a year for the same pages"),
            minus(earlier, after),
        )
        if earlier.value:
            self.derive(
                "same_volume.saving.percent",
                Unit.PERCENT,
                _("Saving for the same pages, of the earlier price"),
                over(times(saving, PERCENT), earlier),
            )

    def add_fleet(self) -> None:
        fleet = self.case.fleet
        if fleet is None:
            return
        for name, value, unit, label in (
            ("devices.before", fleet.devices_before, Unit.DEVICES, _("Devices before")),
            ("devices.after", fleet.devices_after, Unit.DEVICES, _("Devices now")),
            ("models.before", fleet.models_before, Unit.MODELS, _("Models before")),
            ("models.after", fleet.models_after, Unit.MODELS, _("Models now")),
            ("buildings", fleet.buildings, Unit.BUILDINGS, _("Buildings")),
        ):
            if value is not None:
                self.add(given(name, Decimal(value), unit, Sentence(label), fleet.origin))
        before, after = self.get("devices.before"), self.get("devices.after")
        if before and after and before.value:
            change = self.derive(
                "devices.change", Unit.DEVICES, _("Change of the fleet"), minus(after, before)
            )
            growth = over(times(change, PERCENT), before)
            self.derive(
                "devices.percent", Unit.PERCENT, _("Change of the fleet, of the devices before"), growth
            )
        for side, label in (
            ("before", _("Costs of a device in a month before")),
            ("after", _("Costs of a device in a month now")),
        ):
            month, devices = self.get(f"{side}.month"), self.get(f"devices.{side}")
            if month and devices and devices.value:
                self.derive(f"{side}.device", Unit.EUR_DEVICE_MONTH, label, over(month, devices))

    def add_membership(self) -> None:
        membership = self.case.membership
        if membership is None:
            return
        paid = self.add(contribution_year(membership.contribution, membership.per, membership.origin))
        if membership.share is not None:
            label = Sentence(_("Share in the cooperative, paid back on exit, so no cost"))
            self.add(given("share", membership.share, Unit.EUR, label, membership.origin))
        pages = self.get("volume.after.year") or self.get("volume.before.year")
        saving = self.get("saving.year")
        if saving:
            self.derive(
                "saving.after_contribution",
                Unit.EUR_YEAR,
                _("Saving in a year that remains after the contribution"),
                minus(saving, paid),
            )
        if not pages or not pages.value:
            return
        self.derive(
            "contribution.page",
            Unit.CENT_PAGE,
            _("Contribution on each page: saved as soon as a page is cheaper by this"),
            over(times(paid, CENTS_OF_A_EURO), pages),
        )
        if saving and saving.value > 0:
            self.derive(
                "break_even.pages",
                Unit.PAGES_YEAR,
                _("Pages in a year from which on the contribution is earned back"),
                over(times(paid, pages), saving),
            )
        if self.case.saving_percent:
            share = given(
                "break_even.saving_percent",
                self.case.saving_percent,
                Unit.PERCENT,
                Sentence(_("Share of the price that is saved")),
                self.case.saving_percent_origin,
            )
            self.derive(
                "break_even.page_before",
                Unit.CENT_PAGE,
                _("Price of a page before from which on the membership pays"),
                over(times(paid, CENTS_OF_A_EURO, PERCENT), pages, share),
            )


def _compare(told: Told, figures: tuple[Figure, ...]) -> Comparison:
    figure = next((figure for figure in figures if figure.name == told.figure), None)
    if figure is None:
        raise UnprovableError(
            "check" if told.is_own else "published",
            _("there is no figure “%(name)s” in this case; there are: %(names)s"),
            name=told.figure,
            names=", ".join(each.name for each in figures if each.kind is Kind.DERIVED),
        )
    difference = told.value - figure.value
    return Comparison(told, figure, difference, abs(difference) <= told.rounded_to / 2)


__all__ = ["Comparison", "Origin", "Proof", "Standing", "UnprovableError", "prove"]
