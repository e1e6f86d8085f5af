# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The standard reports: by town, site, cost centre, device and time, and what the paper costs the environment.

Always holds: reports read sums alone; figures of too few people are withheld (`withholding`). A report that tells cost centres apart is
about whole months, and is never told apart by device or site too: days and places would speak of single people again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Final

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from allmende.devices.devices import Device
from allmende.devices.sites import Site
from allmende.directory.cost_centres import CostCentre
from allmende.directory.municipalities import Municipality
from allmende.fleet import environment
from allmende.fleet.charts import Chart, Series
from allmende.fleet.figures import day_words, percent_words
from allmende.fleet.reports.cost_report import build_cost_report
from allmende.fleet.reports.counts import Counts, change_of, group_sums
from allmende.fleet.reports.kinds import PLOTTED, Grain, Report, ReportKind, Wish, WithheldError
from allmende.fleet.reports.links import ledger_href, report_href, time_href
from allmende.fleet.reports.periods import Period
from allmende.fleet.reports.withholding import withheld_cost_centres, withheld_places
from allmende.fleet.tables import WITHHELD, Cell, Column, Kind, Table
from allmende.printing.api import SheetSum, sum_sheets

_BY: Final = ("kind", "duplex")
#: They tell cost centres apart.
OF_COST_CENTRES: Final = frozenset({ReportKind.COST_CENTRE, ReportKind.COST})


def build_report(municipality: Municipality, wish: Wish) -> Report:
    """Raises WithheldError where all that is asked for is withheld."""
    if wish.kind in OF_COST_CENTRES or wish.cost_centre_id is not None:
        grain = Grain.MONTH if wish.grain is Grain.DAY else wish.grain
        wish = replace(wish, period=wish.period.whole_months(), grain=grain, site_id=None, device_id=None)
    if wish.cost_centre_id is not None and wish.cost_centre_id in withheld_cost_centres(municipality):
        raise WithheldError("cost_centre")
    if wish.site_id is not None or wish.device_id is not None:
        places = withheld_places(municipality)
        if wish.site_id in places.sites and wish.site_id is not None:
            raise WithheldError("site")
        if wish.device_id in places.devices and wish.device_id is not None:
            raise WithheldError("device")
    return _BUILDERS[wish.kind](municipality, wish)


def _sums(municipality: Municipality, wish: Wish, period: Period, by: Sequence[str]) -> list[SheetSum]:
    devices: list[int] | None = None
    if wish.site_id is not None or wish.device_id is not None:
        rows = Device.objects.filter(municipality=municipality)
        if wish.site_id is not None:
            rows = rows.filter(site_id=wish.site_id)
        if wish.device_id is not None:
            rows = rows.filter(pk=wish.device_id)
        devices = list(rows.values_list("pk", flat=True))
    centres = None if wish.cost_centre_id is None else [wish.cost_centre_id]
    return sum_sheets(
        municipality.pk, period.since, period.until, by, device_ids=devices, cost_centre_ids=centres
    )


def _town(municipality: Municipality, wish: Wish) -> Report:
    by = (*_BY, "media")
    names = {
        ("print", "a4"): _("Printed, A4"),
        ("print", "a3"): _("Printed, A3"),
        ("print", "other"): _("Printed, other paper"),
        ("copy", "a4"): _("Copied, A4"),
        ("copy", "a3"): _("Copied, A3"),
        ("copy", "other"): _("Copied, other paper"),
        ("scan", ""): _("Scanned"),
    }

    def key(each: SheetSum) -> tuple[str, str]:
        return (each.kind or "", "" if each.kind == "scan" else each.media or "")

    now = group_sums(_sums(municipality, wish, wish.period, by), key)
    before = group_sums(_sums(municipality, wish, wish.period.year_before(), by), key)
    groups = [(name, now.get(at, Counts()), before.get(at, Counts())) for at, name in names.items()]
    shown = [group for group in groups if group[1] != Counts() or group[2] != Counts()]
    return _compared(wish, _("The whole town"), _("What"), shown)


def _site(municipality: Municipality, wish: Wish) -> Report:
    sites: dict[int | None, str] = dict(
        Site.objects.filter(municipality=municipality).values_list("pk", "name")
    )
    rows = Device.objects.filter(municipality=municipality).values_list("pk", "site_id")
    site_of: dict[int | None, int | None] = dict(rows)

    def key(each: SheetSum) -> int | None:
        return site_of.get(each.device_id)

    withheld = withheld_places(municipality).sites

    return _by_name(
        municipality,
        wish,
        by="device",
        key=key,
        names={**sites, None: _("Without a site")},
        href=lambda at: report_href(wish, ReportKind.DEVICE, standort=at),
        title=_("Sites"),
        head=_("Site"),
        withheld=withheld,
    )


def _device(municipality: Municipality, wish: Wish) -> Report:
    rows = Device.objects.filter(municipality=municipality).select_related("site")
    if wish.site_id is not None:
        rows = rows.filter(site_id=wish.site_id)
    names: dict[int | None, str] = {
        device.pk: f"{device.name} ({device.site})" if device.site else device.name for device in rows
    }
    if wish.site_id is None:
        names[None] = _("Unknown device")
    withheld = withheld_places(municipality).devices & names.keys()
    return _by_name(
        municipality,
        wish,
        by="device",
        key=lambda each: each.device_id,
        names=names,
        href=lambda at: ledger_href(wish.period, device=at),
        title=_("Devices"),
        head=_("Device"),
        withheld=withheld,
    )


def _cost_centre(municipality: Municipality, wish: Wish) -> Report:
    names: dict[int | None, str] = {
        centre.pk: str(centre) for centre in CostCentre.objects.filter(municipality=municipality)
    }
    names[None] = _("Without a cost centre")
    withheld = frozenset(number or None for number in withheld_cost_centres(municipality))
    return _by_name(
        municipality,
        wish,
        by="cost_centre",
        key=lambda each: each.cost_centre_id,
        names=names,
        href=lambda at: ledger_href(wish.period, cost_centre=at),
        title=_("Cost centres"),
        head=_("Cost centre"),
        withheld=withheld,
    )


def _by_name(
    municipality: Municipality,
    wish: Wish,
    *,
    by: str,
    key: Callable[[SheetSum], int | None],
    names: dict[int | None, str],
    title: str,
    head: str,
    href: Callable[[int], str],
    withheld: AbstractSet[int | None] = frozenset(),
) -> Report:
    now = group_sums(_sums(municipality, wish, wish.period, (by, *_BY)), key)
    before = group_sums(_sums(municipality, wish, wish.period.year_before(), (by, *_BY)), key)
    told = sorted(
        (now.keys() | before.keys()) - withheld,
        key=lambda at: (-now.get(at, Counts()).sheets, names.get(at, "–")),
    )
    groups = [(names.get(at, "–"), now.get(at, Counts()), before.get(at, Counts())) for at in told]
    all_now, all_before = (sum(counts.values(), Counts()) for counts in (now, before))
    # A withheld group stands in the table also where nothing was printed: its absence would tell just that.
    kept = (
        sorted(names.get(at, "–") for at in withheld) if all_now != Counts() or all_before != Counts() else []
    )
    return _compared(
        wish,
        title,
        head,
        groups,
        totals=(all_now, all_before),
        withheld=kept,
        people=municipality,
        links=[href(at) if at is not None else None for at in told],
    )


def _compared(
    wish: Wish,
    title: str,
    head: str,
    groups: Sequence[tuple[str, Counts, Counts]],
    *,
    totals: tuple[Counts, Counts] | None = None,
    withheld: Sequence[str] = (),
    people: Municipality | None = None,
    links: Sequence[str | None] = (),
) -> Report:
    """Groups beside the same days a year before, and their sum."""
    now, before = totals or (
        sum((group[1] for group in groups), Counts()),
        sum((group[2] for group in groups), Counts()),
    )
    columns = (
        Column(head),
        *_count_columns(),
        Column(_("Sheets the year before"), Kind.COUNT),
        _change_column(),
    )
    rows: list[tuple[Cell, ...]] = [
        (name, *_count_cells(this), last.sheets, change_of(this.sheets, last.sheets))
        for name, this, last in groups
    ]
    rows += [(name, *([WITHHELD] * (len(columns) - 1))) for name in withheld]
    total = (_("Total"), *_count_cells(now), before.sheets, change_of(now.sheets, before.sheets))
    notes = _notes(now)
    if withheld and people is not None:
        notes += (
            _(
                "Withheld: fewer than %(least)d people stand behind the figure, or it could be computed from the total."
            )
            % {"least": people.least_people},
        )
    drawn = [group for group in groups if group[1].impressions][:PLOTTED]
    if len(drawn) < len([group for group in groups if group[1].impressions]):
        notes += (_("The plot shows the %(count)d largest.") % {"count": PLOTTED},)
    chart = _impressions_chart(
        title, [name for name, _now, _before in drawn], [this for _name, this, _before in drawn]
    )
    hrefs = (*links, *([None] * len(withheld))) if links else ()
    table = Table(title, columns, tuple(rows), total if rows else None, notes, links=hrefs)
    return Report(wish.kind, title, wish.period, _lead(wish, now), chart, table)


def _time(municipality: Municipality, wish: Wish) -> Report:
    by = "day" if wish.grain is Grain.DAY else "month"

    def begin(each: SheetSum) -> date:
        day = each.day if by == "day" else each.month
        assert day is not None  # noqa: S101 - it was asked for
        return day.replace(month=1) if wish.grain is Grain.YEAR else day

    groups = group_sums(_sums(municipality, wish, wish.period, (by, *_BY)), begin)
    days = sorted(groups)
    total = sum(groups.values(), Counts())
    title = {Grain.DAY: _("By day"), Grain.MONTH: _("By month"), Grain.YEAR: _("By year")}[wish.grain]
    if wish.grain is Grain.DAY:
        first: Column = Column(_("Day"), Kind.DAY)
        rows = tuple((day, *_count_cells(groups[day])) for day in days)
    else:
        first = Column(_("Month") if wish.grain is Grain.MONTH else _("Year"))
        rows = tuple((_begin_words(day, wish.grain), *_count_cells(groups[day])) for day in days)
    totals = (_("Total"), *_count_cells(total)) if rows else None
    hrefs = tuple(time_href(wish, day) for day in days)
    table = Table(title, (first, *_count_columns()), rows, totals, _notes(total), links=hrefs)
    chart = _impressions_chart(
        title, [_begin_words(day, wish.grain) for day in days], [groups[day] for day in days]
    )
    return Report(wish.kind, title, wish.period, _lead(wish, total), chart, table, is_lying=False)


def _begin_words(day: date, grain: Grain) -> str:
    if grain is Grain.DAY:
        return day_words(day)
    return str(day.year) if grain is Grain.YEAR else date_format(day, "M Y")


def _environment(municipality: Municipality, wish: Wish) -> Report:
    title = _("Environment")
    factors = environment.factors_of(municipality)
    periods = (wish.period, wish.period.year_before())
    now, before = (_sums(municipality, wish, period, ("month", "media")) for period in periods)
    columns = (
        Column(_("What")),
        Column(_("Unit")),
        Column(_("In the period"), Kind.COUNT),
        Column(_("Year before"), Kind.COUNT),
        _change_column(),
        Column(_("Per sheet of A4"), Kind.COUNT, 4),
        Column(_("Source of the factor")),
    )
    sheets = environment.sheets_as_a4(now), environment.sheets_as_a4(before)
    rows: list[tuple[Cell, ...]] = [
        (_("Sheets, counted as A4"), "", *sheets, change_of(*sheets), None, _("The ledger of sheets"))
    ]
    notes = [
        _(
            "Counted is the making of the paper, by the factors of the days; a sheet of A3 is two of A4. The devices' electricity is not in it."
        )
    ]
    for effect in environment.Effect:
        notes += environment.words_of_changes(environment.factors_used(factors, effect, [*before, *now]))
        factor = environment.factor_on(factors, effect, wish.period.until)
        amounts = [
            environment.effect_of(factors, effect, sums).quantize(Decimal(1)) for sums in (now, before)
        ]
        cells: tuple[Cell, ...] = (
            str(effect.label),
            environment.UNITS[effect],
            *amounts,
            change_of(*map(int, amounts)),
            factor.per_sheet,
            environment.words_of_source(factor),
        )
        rows.append(cells)
    months = sorted({each.month for each in now if each.month})
    by_month = tuple(
        environment.sheets_as_a4([each for each in now if each.month == month]) for month in months
    )
    chart = Chart(
        _("Sheets by month, counted as A4"),
        tuple(date_format(month, "M Y") for month in months),
        (Series(_("Sheets"), by_month),),
        description=_("Columns: one for each month. The table beside the plot has the figures."),
    )
    lead = (wish.period.words(),)
    table = Table(title, columns, tuple(rows), None, tuple(notes))
    return Report(wish.kind, title, wish.period, lead, chart, table, is_lying=False)


def _impressions_chart(title: str, labels: Sequence[str], counts: Sequence[Counts]) -> Chart:
    return Chart(
        _("Printed sides: %(title)s") % {"title": title},
        tuple(labels),
        (
            Series(_("black and white"), tuple(each.mono for each in counts)),
            Series(_("colour"), tuple(each.colour for each in counts)),
        ),
        description=_(
            "Bars of black and white and of coloured sides. The table beside the plot has the figures."
        ),
    )


def _count_columns() -> tuple[Column, ...]:
    return (
        Column(_("Printed sides"), Kind.COUNT),
        Column(_("of these in colour"), Kind.COUNT),
        Column(_("Colour share"), Kind.PERCENT),
        Column(_("Sheets"), Kind.COUNT),
        Column(_("Two-sided share"), Kind.PERCENT),
        Column(_("Scanned"), Kind.COUNT),
    )


def _count_cells(counts: Counts) -> tuple[Cell, ...]:
    return (
        counts.impressions,
        counts.colour,
        counts.colour_share,
        counts.sheets,
        counts.duplex_share,
        counts.scans,
    )


def _change_column() -> Column:
    return Column(_("Against the year before"), Kind.PERCENT)


def _notes(counts: Counts) -> tuple[str, ...]:
    if not counts.estimated:
        return ()
    share = Decimal(counts.estimated) / Decimal(counts.impressions) if counts.impressions else Decimal(0)
    return (
        _("%(share)s of the printed sides are our own count, because the device reported none.")
        % {"share": percent_words(share)},
    )


def _lead(wish: Wish, now: Counts) -> tuple[str, ...]:
    lines = [wish.period.words()]
    if wish.cost_centre_id is not None or wish.kind is ReportKind.COST_CENTRE:
        lines.append(_("Cost centres are told apart by whole months."))
    if now == Counts():
        lines.append(_("Nothing was counted in this period."))
    return tuple(lines)


_BUILDERS: Final = {
    ReportKind.TOWN: _town,
    ReportKind.SITE: _site,
    ReportKind.COST_CENTRE: _cost_centre,
    ReportKind.COST: build_cost_report,
    ReportKind.DEVICE: _device,
    ReportKind.TIME: _time,
    ReportKind.ENVIRONMENT: _environment,
}
