# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Sums of the ledger: the same in any order, from any number of writers, for any span of days."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connections, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from allmende.directory.audit import AuditEntry
from allmende.directory.cost_centres import ensure_cost_centres
from allmende.directory.municipalities import Municipality
from allmende.directory.roles import Role, RoleName
from allmende.printing.api import (
    entries_of_device,
    entries_of_person,
    sum_sheets,
    sum_sheets_of_person,
    sum_sheets_of_towns,
)
from allmende.printing.ledger.corrections import CorrectionError, RightCount, correct_entry
from allmende.printing.ledger.entries import append_entry
from allmende.printing.ledger.figures import split_into_months
from allmende.printing.ledger.rebuilding import compare_totals, rebuild_totals
from allmende.printing.ledger.retention import forget_people
from allmende.printing.ledger.rollups import SheetMonth, SheetTotal
from allmende.printing.ledger.sheets import SheetEntry
from makers import make_device, make_entry, make_person, make_town

pytestmark = pytest.mark.django_db(transaction=True)
DAYS = st.dates(date(2026, 1, 20), date(2026, 4, 10))
ENTRIES = st.lists(
    st.fixed_dictionaries(
        {
            "day": DAYS,
            "impressions_mono": st.integers(-5, 50),
            "impressions_colour": st.integers(-5, 50),
            "sheets": st.integers(-5, 50),
            "media": st.sampled_from(["a4", "a3"]),
            "is_duplex": st.booleans(),
            "is_estimate": st.booleans(),
        }
    ),
    max_size=12,
)


def all_sums() -> list[Any]:
    names = ("municipality_id", "media", "is_duplex", "impressions_mono", "sheets", "impressions_estimated")
    return [
        sorted(SheetTotal.objects.values_list("day", *names)),
        sorted(SheetMonth.objects.values_list("month", *names)),
    ]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ENTRIES, st.randoms(use_true_random=False), DAYS, DAYS)
def test_any_order_gives_the_same_sums_and_any_span_the_same_as_the_entries(
    entries: list[dict[str, Any]], random: Any, one: date, other: date
) -> None:
    since, until = sorted((one, other))
    with transaction.atomic():
        town = make_town()
        seen = []
        for _round in range(2):
            random.shuffle(entries)
            with transaction.atomic():
                for values in entries:
                    make_entry(town, **values)
                assert compare_totals().is_right
                seen.append(all_sums())
                within = [values for values in entries if since <= values["day"] <= until]
                for by in ((), ("month",), ("day",), ("media", "duplex")):
                    sums = sum_sheets(town.pk, since, until, by)
                    assert sum(row.sheets for row in sums) == sum(values["sheets"] for values in within)
                transaction.set_rollback(True)
        assert seen[0] == seen[1]
        transaction.set_rollback(True)


def test_many_writers_at_once_lose_nothing() -> None:
    town = make_town()
    device = make_device(town)

    def work() -> None:
        try:
            for _entry in range(10):
                make_entry(town, device=device)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (row,) = sum_sheets(town.pk, timezone.localdate(), timezone.localdate(), ("device",))
    assert (row.device_id, row.sheets) == (device.pk, 40)
    assert compare_totals().is_right
    before = all_sums()
    rebuild_totals()
    assert all_sums() == before


def test_the_same_delivery_can_not_be_written_twice() -> None:
    town = make_town()
    at = timezone.now()
    make_entry(town, job_number=1, released_at=at)
    with pytest.raises(IntegrityError):
        make_entry(town, job_number=1, released_at=at)
    assert SheetTotal.objects.get().sheets == 1


@given(st.dates(date(2025, 1, 1), date(2028, 12, 31)), st.integers(0, 900))
def test_a_span_is_whole_months_and_the_days_at_its_edges(since: date, days: int) -> None:
    until = since + timedelta(days=days)
    months, edges = split_into_months(since, until)
    found: list[date] = []
    for first, last in edges:
        assert first <= last
        found += [first + timedelta(days=n) for n in range((last - first).days + 1)]
    if months is not None:
        day = months[0]
        while (day.year, day.month) <= (months[1].year, months[1].month):
            found.append(day)
            day += timedelta(days=1)
    assert sorted(found) == [since + timedelta(days=n) for n in range(days + 1)]


def scene() -> tuple[Municipality, Municipality]:
    mine, other = make_town("zerbst"), make_town("coswig")
    device = make_device(mine)
    centre = ensure_cost_centres(mine, ["1101"])["1101"]
    anna = make_person(mine, "anna")
    make_entry(mine, device=device, cost_centre=centre, person=anna, sheets=3, day=date(2026, 3, 1))
    make_entry(mine, device=device, sheets=4, day=date(2026, 3, 31), is_estimate=True)
    make_entry(mine, sheets=5, day=date(2026, 4, 1), media="a3")
    make_entry(other, sheets=100, day=date(2026, 3, 15))
    return mine, other


def test_sums_are_of_one_town_and_told_apart_as_asked() -> None:
    mine, other = scene()
    device = mine.devices.get()
    first, last = date(2026, 3, 1), date(2026, 4, 30)
    by_month = sum_sheets(mine.pk, first, last, ("month",))
    assert [(row.month, row.sheets, row.impressions_estimated) for row in by_month] == [
        (date(2026, 3, 1), 7, 1),
        (date(2026, 4, 1), 5, 0),
    ]
    by_device = sum_sheets(mine.pk, first, last, ("device", "media"))
    assert [(row.device_id, row.media, row.sheets) for row in by_device] == [
        (None, "a3", 5),
        (device.pk, "a4", 7),
    ]
    centres = sum_sheets(mine.pk, first, last, ("cost_centre",), device_ids=[device.pk])
    assert [row.sheets for row in centres] == [4, 3]
    assert [(row.municipality_id, row.sheets) for row in sum_sheets_of_towns(first, last)] == sorted(
        [(mine.pk, 12), (other.pk, 100)]
    )


def test_a_figure_leads_to_its_rows_page_by_page() -> None:
    mine, other = scene()
    device = mine.devices.get()
    span = (date(2026, 3, 1), date(2026, 3, 31))
    (newest,) = entries_of_device(mine.pk, device.pk, *span, limit=1)
    (oldest,) = entries_of_device(mine.pk, device.pk, *span, before_id=newest.id)
    assert (newest.sheets, oldest.sheets) == (4, 3)
    assert entries_of_device(other.pk, device.pk, *span) == []


def test_people_are_forgotten_after_the_towns_days_and_the_counts_stay() -> None:
    mine, _other = scene()
    anna = mine.people.get()
    now = datetime(2026, 5, 30, 12, tzinfo=UTC)
    Municipality.objects.update(ledger_person_days=90)
    assert forget_people(now) == 0
    assert len(entries_of_person(mine.pk, anna.pk)) == 1
    assert sum_sheets_of_person(mine.pk, anna.pk, date(2026, 1, 1), date(2026, 12, 31)).sheets == 3
    assert forget_people(now + timedelta(days=1)) == 1
    assert entries_of_person(mine.pk, anna.pk) == []
    assert SheetEntry.objects.filter(municipality=mine).count() == 3
    entry = AuditEntry.objects.get(action="ledger.people_forgotten")
    assert (entry.municipality_id, entry.detail["entries"]) == (mine.pk, 1)
    assert compare_totals().is_right


def test_a_correction_is_a_counter_entry_and_the_right_one_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    mine, _other = scene()
    centre = mine.cost_centres.get()
    clerk = make_person(mine, "clerk")
    Role.objects.create(municipality=mine, person=clerk, name=RoleName.FINANCE)
    wrong = SheetEntry.objects.get(cost_centre=centre)
    correct_entry(clerk, wrong, RightCount(1, 0, 1, None), "wrong centre")
    assert (
        sum_sheets(mine.pk, date(2026, 1, 1), timezone.localdate(), cost_centre_ids=[centre.pk])[0].sheets
        == 0
    )
    assert SheetEntry.objects.get(pk=wrong.pk).sheets == 3
    with pytest.raises(CorrectionError):
        correct_entry(clerk, wrong, RightCount(1, 0, 1, None), "again")
    # Two at once: both have looked before either wrote.
    monkeypatch.setattr("allmende.printing.ledger.corrections.may_be_corrected", lambda _entry: True)
    with pytest.raises(CorrectionError):
        correct_entry(clerk, wrong, RightCount(1, 0, 1, None), "at once")
    assert compare_totals().is_right


def test_an_entry_that_fails_leaves_no_sum() -> None:
    town = make_town()
    with pytest.raises(IntegrityError):
        append_entry(SheetEntry(municipality=town, day=date(2026, 1, 1), at=None, sheets=1))
    assert not SheetTotal.objects.exists()
