# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""One page for the mayor: this year beside the year before, and beside what it was before the contract.

Always holds: like is compared with like, the same days of both years; what is not known is said to be unknown and is not zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from allmende.directory.administration_access import Desk, figures_page
from allmende.directory.municipalities import Municipality
from allmende.fleet.baselines import Baseline, find_baseline
from allmende.fleet.charts import Chart, Ink, Series, draw_lines
from allmende.fleet.environment import UNITS, Effect, effect_of, factors_of, factors_used
from allmende.fleet.figures import NO_BREAK, count_words, money_words, percent_words
from allmende.fleet.papers import PDF_TYPE, Section, typeset_paper
from allmende.fleet.proof.amounts import UnprovableError
from allmende.fleet.proof.arithmetic import Proof, prove
from allmende.fleet.proof.town_case import NoCaseError, make_case, offer_spans
from allmende.fleet.reports.counts import Counts, add_up, change_of
from allmende.fleet.reports.pages import file_response
from allmende.fleet.reports.periods import Period, Preset, period_of
from allmende.fleet.reports.report_files import ReportFile
from allmende.fleet.tables import Cell, Column, Kind, Table, to_html
from allmende.printing.api import SheetSum, sum_sheets


@dataclass(frozen=True, slots=True)
class Headline:
    """One large figure; `beside` says what it is compared with, `href` where it comes from."""

    name: str
    words: str
    beside: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Situation:
    """All that the page and its paper show."""

    period: Period
    headlines: tuple[Headline, ...]
    chart: Chart
    table: Table
    has_counts: bool


@require_GET
@figures_page
def show_dashboard(request: HttpRequest, desk: Desk) -> HttpResponse:
    situation = describe_situation(desk.municipality, timezone.localdate())
    if request.GET.get("datei") == "pdf":
        return file_response(_paper(desk.municipality, situation))
    return desk.show(
        request,
        "fleet/reports/dashboard.html",
        situation=situation,
        plot=draw_lines(situation.chart) if situation.has_counts else "",
        table=to_html(situation.table),
    )


def describe_situation(municipality: Municipality, today: date) -> Situation:
    period = period_of(Preset.THIS_YEAR, today)
    sums = _sums(municipality, period.since, period.until)
    year_before = _sums(municipality, date(today.year - 1, 1, 1), date(today.year - 1, 12, 31))
    # The same days: whole months of that year, and of its last month a part.
    end = period.year_before().until
    sums_before = [each for each in year_before if each.month and each.month < end.replace(day=1)]
    sums_before += _sums(municipality, end.replace(day=1), end)
    now, before = add_up(sums), add_up(sums_before)
    baseline = find_baseline(municipality)
    headlines = (
        *_saving_headlines(municipality, baseline, today),
        *_count_headlines(now, before),
        *_environment_headlines(municipality, sums, sums_before),
    )
    chart, table = _by_month({today.year: sums, today.year - 1: year_before}, baseline, today)
    return Situation(period, headlines, chart, table, now != Counts() or before != Counts())


def _saving_headlines(
    municipality: Municipality, baseline: Baseline | None, today: date
) -> tuple[Headline, ...]:
    """What is proved, or what is missing for a proof."""
    spans = offer_spans(municipality, today)
    try:
        proof = prove(make_case(municipality, baseline, spans[0] if spans else None))
    except NoCaseError as missing:
        return (Headline(_("saving a year"), "–", missing.words, "savings"),)
    except UnprovableError:
        return (_not_proved(),)
    year, share = proof.find("saving.year"), proof.find("saving.percent")
    if year is None:
        return _known_costs(proof)
    beside = _("measured %(span)s") % {"span": spans[0]}
    if share is not None:
        beside = f"{percent_words(share.value / 100)}, {beside}"
    return (Headline(_("saving a year"), money_words(year.value), beside, "proof"),)


def _known_costs(proof: Proof) -> tuple[Headline, ...]:
    """Where something has no price: what it is, and the costs that are known."""
    beside = " ".join(proof.case.unpriced)
    named = (
        (_("paid a year before the contract"), "before.year", ""),
        (_("paid a year now"), "after.year", _("as far as prices are known")),
    )
    costs = ((name, proof.find(figure), words) for name, figure, words in named)
    return (
        Headline(_("saving a year"), "–", beside, "savings") if beside else _not_proved(),
        *(
            Headline(name, money_words(figure.value), words, "proof")
            for name, figure, words in costs
            if figure is not None
        ),
    )


def _not_proved() -> Headline:
    return Headline(_("saving a year"), "–", _("It can't be proved yet; see what is missing."), "savings")


def _count_headlines(now: Counts, before: Counts) -> tuple[Headline, ...]:
    change = change_of(now.sheets, before.sheets)
    return (
        Headline(
            _("sheets"),
            count_words(now.sheets),
            _change_words(change, count_words(before.sheets)),
            "report_time",
        ),
        Headline(
            _("printed on both sides"),
            _share(now.duplex_share),
            _before(_share(before.duplex_share)),
            "report_town",
        ),
        Headline(
            _("of the sides in colour"),
            _share(now.colour_share),
            _before(_share(before.colour_share)),
            "report_town",
        ),
    )


def _environment_headlines(
    municipality: Municipality, sums: list[SheetSum], sums_before: list[SheetSum]
) -> tuple[Headline, ...]:
    factors = factors_of(municipality)
    headlines = []
    for effect, name in ((Effect.CO2, _("CO₂ of the paper")), (Effect.WOOD, _("wood of the paper"))):
        now, before = (effect_of(factors, effect, each) for each in (sums, sums_before))
        unit = UNITS[effect]
        was = _before(f"{count_words(before)}{NO_BREAK}{unit}")
        if len(factors_used(factors, effect, [*sums, *sums_before])) > 1:
            was = _("%(before)s, with another factor") % {"before": was}
        headlines.append(
            Headline(
                name,
                f"{count_words(now)}{NO_BREAK}{unit}",
                was,
                "report_environment",
            )
        )
    return tuple(headlines)


def _sums(municipality: Municipality, since: date, until: date) -> list[SheetSum]:
    return sum_sheets(municipality.pk, since, until, ("month", "kind", "duplex", "media"))


def _by_month(
    years: dict[int, list[SheetSum]], baseline: Baseline | None, today: date
) -> tuple[Chart, Table]:
    """The year's twelve months; those to come are gaps. The baseline is known by year alone, so its line is level."""
    lines: dict[str, list[int | None]] = {}
    for year, sums in years.items():
        last = today if year == today.year else date(year, 12, 31)
        sides = dict.fromkeys(range(1, 13), 0)
        for row in sums:
            if row.month and row.kind != "scan":
                sides[row.month.month] += row.impressions
        lines[str(year)] = [sides[month] if date(year, month, 1) <= last else None for month in sides]
    notes = [_("The running month ends today.")]
    if baseline is not None and baseline.pages_mono is not None:
        year_before = baseline.pages_mono + (baseline.pages_colour or 0)
        lines[_("before the contract")] = [year_before // 12] * 12
        notes.append(_("Before the contract: a twelfth of the year's pages in the baseline."))
    months = [date_format(date(today.year, month, 1), "M") for month in range(1, 13)]
    chart = Chart(
        _("Printed sides by month"),
        tuple(months),
        tuple(Series(name, tuple(values)) for name, values in lines.items()),
        description=_("One line for each year. The table below the plot has the figures."),
    )
    columns = (Column(_("Month")), *(Column(name, Kind.COUNT) for name in lines))
    cells = tuple(
        (month, *(values[index] for values in lines.values())) for index, month in enumerate(months)
    )
    totals: tuple[Cell, ...] = (_("Total"), *(sum(each or 0 for each in values) for values in lines.values()))
    return chart, Table(chart.title, columns, cells, totals, tuple(notes))


def _share(share: Decimal | None) -> str:
    return "–" if share is None else percent_words(share)


def _before(words: str) -> str:
    return _("year before: %(figure)s") % {"figure": words}


def _change_words(change: Decimal | None, before: str) -> str:
    if change is None:
        return _("year before: nothing counted")
    if change < 0:
        return _("%(share)s fewer than the year before (%(figure)s)") % {
            "share": percent_words(-change),
            "figure": before,
        }
    return _("%(share)s more than the year before (%(figure)s)") % {
        "share": percent_words(change),
        "figure": before,
    }


def _paper(municipality: Municipality, situation: Situation) -> ReportFile:
    table = Table(
        _("Key figures"),
        (Column(_("What")), Column(_("This year")), Column(_("Compared"))),
        tuple((each.name, each.words, each.beside) for each in situation.headlines),
    )
    sections = [
        Section(table=table),
        Section(
            situation.chart.title,
            plot=draw_lines(situation.chart, ink=Ink.PAPER) if situation.has_counts else "",
            plot_words=f"{situation.chart.title}. {situation.chart.description}",
            table=situation.table,
        ),
    ]
    pdf = typeset_paper(_("Where we stand"), municipality.name, sections, lead=[situation.period.words()])
    return ReportFile(f"{municipality.slug}-lage-{situation.period.until:%Y-%m-%d}.pdf", PDF_TYPE, pdf)
