# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""From a row of a report to what it is the sum of: the next finer report, or the ledger's entries of the same days."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

from django.urls import reverse

from allmende.fleet.reports.kinds import Grain, ReportKind, Wish
from allmende.fleet.reports.periods import Period, Preset, last_of_month


def time_href(wish: Wish, begin: date) -> str | None:
    """To the ledger's entries of this row; a site's stand there device by device."""
    if wish.site_id is not None and wish.device_id is None:
        return None
    until = begin
    if wish.grain is not Grain.DAY:
        until = begin.replace(month=12, day=31) if wish.grain is Grain.YEAR else last_of_month(begin)
    period = Period(max(begin, wish.period.since), min(until, wish.period.until))
    return ledger_href(period, device=wish.device_id, cost_centre=wish.cost_centre_id)


def ledger_href(period: Period, **chosen: int | None) -> str:
    """`chosen`: device, cost_centre."""
    return _href("administer_ledger", since=period.since, until=period.until, **chosen)


def report_href(wish: Wish, kind: ReportKind, **chosen: int | None) -> str:
    """Another report of the same days. `chosen`: standort, geraet, kostenstelle."""
    days = wish.period
    return _href(f"report_{kind.value}", zeitraum=Preset.FREE.value, von=days.since, bis=days.until, **chosen)


def _href(name: str, **query: date | str | int | None) -> str:
    told = {key: str(value) for key, value in query.items() if value is not None}
    return f"{reverse(name)}?{urlencode(told)}"
