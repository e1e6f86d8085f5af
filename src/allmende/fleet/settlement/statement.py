# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A settlement in words: tables for the page, the PDF, XLSX and CSV; the words for lines, problems and readings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allmende.fleet.contracts import SERVICES, Contract
from allmende.fleet.figures import Kind, count_words, day_words, money_words
from allmende.fleet.papers import Section, typeset_paper
from allmende.fleet.prices import ImpressionClass
from allmende.fleet.settlement.arithmetic import Days, LineKind
from allmende.fleet.settlement.closing import to_row
from allmende.fleet.settlement.drafts import Draft
from allmende.fleet.settlement.settlements import Settlement, SettlementLine
from allmende.fleet.settlement.volumes import MISSING, Problem
from allmende.fleet.tables import Column, Table

CLASS_WORDS: Final[dict[str, str | Promise]] = {
    ImpressionClass.MONO: gettext_lazy("A4 black and white"),
    ImpressionClass.COLOUR: gettext_lazy("A4 colour"),
    ImpressionClass.MONO_A3: gettext_lazy("A3 black and white"),
    ImpressionClass.COLOUR_A3: gettext_lazy("A3 colour"),
}
_PROBLEMS: Final[dict[str, str | Promise]] = {
    Problem.NO_READING: gettext_lazy(
        "no readings: only its rent is settled. Enter a reading by hand, or let the device be read"
    ),
    Problem.STARTS_LATE: gettext_lazy(
        "its first reading is later: what was printed before is not in the settlement"
    ),
    Problem.ENDS_EARLY: gettext_lazy(
        "its last reading is earlier: what was printed after it comes into the next settlement"
    ),
    Problem.SWAPPED: gettext_lazy(
        "its counter began anew: what was printed between the two readings is not known"
    ),
    Problem.SETTLED_TOO_FAR: gettext_lazy(
        "the settlement before counted further than today's readings: correct that one first"
    ),
    Problem.NO_COLOUR_COUNT: gettext_lazy("tells no colour: all is counted as black and white"),
    Problem.INTERPOLATED: gettext_lazy("estimated: its readings lie more than two days apart at an end"),
}


@dataclass(frozen=True, slots=True)
class Statement:
    """What a draft and a closed settlement have in common, as pages show it."""

    contract: Contract
    period: Days
    version: int
    rows: Sequence[SettlementLine]
    net: Decimal
    tax: Decimal
    gross: Decimal
    taxes: Sequence[Mapping[str, Any]]
    centres: Sequence[Mapping[str, Any]]
    problems: Sequence[Mapping[str, Any]]
    closed_at: datetime | None = None
    reason: str = ""

    @property
    def period_words(self) -> str:
        return days_words(self.period.first_day, self.period.last_day)

    @property
    def has_estimates(self) -> bool:
        return any(row.is_estimate for row in self.rows)


def state_draft(draft: Draft) -> Statement:
    names = draft.centre_names
    return Statement(
        draft.contract,
        draft.period,
        draft.version,
        [to_row(draft, None, position, each) for position, each in enumerate(draft.lines, start=1)],
        draft.net,
        draft.tax,
        draft.gross,
        [{"rate": each.rate, "net": each.net, "tax": each.tax} for each in draft.taxes],
        [
            {
                "number": names.get(each.cost_centre_id, ("", ""))[0],
                "name": names.get(each.cost_centre_id, ("", ""))[1],
                "net": each.net,
                "tax": each.tax,
                "gross": each.gross,
            }
            for each in draft.centres
        ],
        [
            {
                "problem": each.problem.value,
                "device": each.device_name,
                "first_day": each.days.first_day.isoformat(),
                "last_day": each.days.last_day.isoformat(),
            }
            for each in draft.problems
        ],
    )


def state_settlement(settlement: Settlement) -> Statement:
    return Statement(
        settlement.contract,
        Days(settlement.first_day, settlement.last_day),
        settlement.version,
        list(SettlementLine.objects.filter(settlement=settlement)),
        settlement.net,
        settlement.tax,
        settlement.gross,
        settlement.taxes,
        settlement.centres,
        settlement.problems,
        settlement.closed_at,
        settlement.reason,
    )


def days_words(first_day: date, last_day: date) -> str:
    return (
        day_words(first_day) if first_day == last_day else f"{day_words(first_day)} – {day_words(last_day)}"
    )


def line_words(row: SettlementLine) -> str:
    """What a line is for."""
    words = {
        LineKind.RENT: _("Rent, %(months)s months") % {"months": number_words(abs(row.quantity))},
        LineKind.COUNTED: _("%(what)s, counted for the pool"),
        LineKind.POOL: _("%(what)s, all devices together"),
        LineKind.SHORTFALL: _("%(what)s, missing to the minimum"),
        LineKind.CLICKS: "%(what)s",
        LineKind.CHARGE: row.label,
    }[LineKind(row.kind)]
    if row.impression_class:
        words %= {"what": CLASS_WORDS[row.impression_class]}
    if row.is_estimate:
        words = _("%(line)s (estimate)") % {"line": words}
    return _("Taken back: %(line)s") % {"line": words} if row.is_reversal else words


def problem_words(problem: Mapping[str, Any]) -> str:
    days = days_words(date.fromisoformat(problem["first_day"]), date.fromisoformat(problem["last_day"]))
    return f"{problem['device']}, {days}: {_PROBLEMS[problem['problem']]}."


def is_missing(problem: Mapping[str, Any]) -> bool:
    return problem["problem"] in MISSING


def lines_table(statement: Statement, links: Iterable[str | None] = ()) -> Table:
    rows = tuple(
        (
            row.device_name or _("Contract"),
            line_words(row),
            days_words(row.first_day, row.last_day),
            row.counted if row.impression_class else None,
            row.free or None,
            int(row.quantity) if row.impression_class and row.kind != LineKind.COUNTED else None,
            None if row.kind == LineKind.COUNTED else row.unit_price,
            row.amount,
            row.tax_rate / 100,
        )
        for row in statement.rows
    )
    columns = (
        Column(_("Device")),
        Column(_("For")),
        Column(_("Days")),
        Column(_("Counted"), Kind.COUNT),
        Column(_("In the price"), Kind.COUNT),
        Column(_("Billed"), Kind.COUNT),
        Column(_("Unit price"), Kind.MONEY, _price_decimals(statement)),
        Column(_("Amount, net"), Kind.MONEY),
        Column(_("Tax"), Kind.PERCENT, 0),
    )
    totals = (_("Total"), "", "", None, None, None, None, statement.net, None)
    return Table(_("Lines"), columns, rows, totals, links=tuple(links))


def _price_decimals(statement: Statement) -> int:
    """As many as the finest price of this statement has, at least those of cents."""
    exponents = (row.unit_price.normalize().as_tuple().exponent for row in statement.rows)
    return max((2, *(-each for each in exponents if isinstance(each, int))))


def payable_words(statement: Statement) -> str:
    """Who owes the sum that stands beside it without its sign."""
    if statement.version > 1:
        return _("Difference, credited to us") if statement.gross < 0 else _("Difference to pay")
    return _("Credited to us") if statement.gross < 0 else _("To pay")


def centres_table(statement: Statement) -> Table:
    rows = tuple(
        (
            f"{each['number']} {each['name']}".strip() or _("Without a cost centre"),
            Decimal(each["net"]),
            Decimal(each["tax"]),
            Decimal(each["gross"]),
        )
        # By number; without one at the end.
        for each in sorted(statement.centres, key=lambda each: (not each["number"], each["number"]))
    )
    columns = (
        Column(_("Cost centre")),
        Column(_("Net"), Kind.MONEY),
        Column(_("Tax"), Kind.MONEY),
        Column(_("Gross"), Kind.MONEY),
    )
    note = _(
        "Shared out by what the ledger counted for each cost centre at the device in this period; cents that are left go to the largest remainders."
    )
    return Table(
        _("Cost centres"), columns, rows, (_("Total"), statement.net, statement.tax, statement.gross), (note,)
    )


def taxes_table(statement: Statement) -> Table:
    rows = tuple(
        (_tax_words(Decimal(each["rate"])), Decimal(each["net"]), Decimal(each["tax"]))
        for each in statement.taxes
    )
    columns = (Column(_("Rate")), Column(_("Net"), Kind.MONEY), Column(_("Tax"), Kind.MONEY))
    return Table(_("Tax"), columns, rows, (_("Total"), statement.net, statement.tax))


def statement_tables(statement: Statement) -> tuple[Table, ...]:
    return (lines_table(statement), centres_table(statement), taxes_table(statement))


def statement_paper(statement: Statement, town: str) -> bytes:
    """PDF/UA. Raises TypesettingError."""
    contract = statement.contract
    lead = [
        _("Supplier: %(supplier)s, contract %(number)s")
        % {"supplier": contract.supplier, "number": contract.number},
        _("Period: %(period)s") % {"period": statement.period_words},
        _("Net %(net)s, tax %(tax)s. %(payable)s: %(gross)s")
        % {
            "net": money_words(statement.net),
            "tax": money_words(statement.tax),
            "payable": payable_words(statement),
            "gross": money_words(abs(statement.gross)),
        },
        services_words(contract),
    ]
    if statement.reason:
        lead.append(_("Correction: %(reason)s") % {"reason": statement.reason})
    rules = (
        _("Each line is rounded to the cent once, halves up; tax once per rate on the sum."),
        _("Rent of a part of a month goes by the days of that month."),
        _("Impressions are the difference of two meter readings, which the page of the settlement names."),
    )
    sections = [
        Section(_("Cost centres"), table=centres_table(statement)),
        Section(_("Tax"), table=taxes_table(statement)),
        Section(_("Lines"), table=lines_table(statement)),
    ]
    if statement.problems:
        sections.append(
            Section(_("What to know"), text=tuple(problem_words(each) for each in statement.problems))
        )
    sections.append(Section(_("How it was reckoned"), text=rules))
    return typeset_paper(
        settlement_title(statement),
        town,
        sections,
        lead=lead,
        written_at=statement.closed_at or timezone.now(),
    )


def settlement_title(statement: Statement) -> str:
    if statement.version > 1:
        return _("Settlement %(period)s, version %(version)d") % {
            "period": statement.period_words,
            "version": statement.version,
        }
    return _("Settlement %(period)s") % {"period": statement.period_words}


def services_words(contract: Contract) -> str:
    inside = [str(words) for key, words in SERVICES if key in contract.services]
    outside = [str(words) for key, words in SERVICES if key not in contract.services]
    return _("In the price: %(inside)s. Not in it: %(outside)s.") % {
        "inside": ", ".join(inside) or "–",
        "outside": ", ".join(outside) or "–",
    }


def price_words(price: Decimal) -> str:
    """Euros with as many decimals as there are, at least two."""
    return money_words(price, max(2, _decimals(price)))


def number_words(number: Decimal) -> str:
    """With as many decimals as there are."""
    return count_words(number, _decimals(number))


def _decimals(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _tax_words(rate: Decimal) -> str:
    return f"{number_words(rate)} %"
