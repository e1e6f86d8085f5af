# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Meter less counted, of the very same days."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from allmende.devices.meters.counts import Counts
from allmende.devices.meters.reading_keeping import record_reading
from allmende.devices.meters.readings import ReadingSource
from allmende.fleet import uncounted
from allmende.fleet.uncounted import uncounted_sides
from allmende.printing.api import SheetSum
from makers import make_device, make_person, make_town

pytestmark = pytest.mark.django_db
ZONE = ZoneInfo("Europe/Berlin")


def test_days_are_those_that_both_know(monkeypatch: pytest.MonkeyPatch) -> None:
    town = make_town()
    device, silent = make_device(town, "eg"), make_device(town, "og")
    for day, total in ((3, 1000), (13, 2000), (23, 3000)):
        at = datetime(2026, 1, day, tzinfo=ZONE)
        record_reading(device, at, ReadingSource.SNMP, Counts(total=total))
    asked = []

    def sums(municipality_id: int, since: date, until: date, **how: object) -> list[SheetSum]:
        asked.append((municipality_id, since, until, how["device_ids"]))
        return [
            SheetSum(municipality_id, kind="print", impressions_mono=700, impressions_colour=50),
            SheetSum(municipality_id, kind="scan", impressions_mono=90),
        ]

    monkeypatch.setattr(uncounted, "sum_sheets", sums)
    row, nothing = uncounted_sides(town.pk, date(2026, 1, 1), date(2026, 1, 12))
    assert asked == [(town.pk, date(2026, 1, 3), date(2026, 1, 12), [device.pk])]
    assert (row.metered, row.counted, row.uncounted, row.percent) == (1000, 750, 250, 25)
    assert row.span is not None
    assert not row.span.is_interpolated
    assert (nothing.device_id, nothing.uncounted) == (silent.pk, None)


def test_the_page_and_another_town(client: Client) -> None:
    town = make_town()
    it = make_person(town, "it", it=True)
    make_device(make_town("gommern"), "fremd")
    make_device(town, "eigen")
    client.force_login(it)
    page = client.get("/verwaltung/zaehler/ungezaehlt/?since=2026-01-01&until=2026-01-31").content.decode()
    assert "Eigen" in page
    assert "Fremd" not in page
    wrong = client.get("/verwaltung/zaehler/ungezaehlt/?since=2026-02-01&until=2026-01-31")
    assert wrong.context["form"].errors
    client.force_login(make_person(town, "anna"))
    assert client.get("/verwaltung/zaehler/ungezaehlt/").status_code == 403
