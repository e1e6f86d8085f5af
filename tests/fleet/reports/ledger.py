# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Sheets for tests of reports, put into the ledger as counting puts them there."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from allmende.devices.devices import Device
from allmende.directory.cost_centres import CostCentre
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.printing.ledger.entries import append_entry
from allmende.printing.ledger.sheets import EntryReason, SheetEntry


def count_sheets(
    town: Municipality,
    day: date,
    *,
    mono: int = 0,
    colour: int = 0,
    sheets: int | None = None,
    device: Device | None = None,
    cost_centre: CostCentre | None = None,
    person: Person | None = None,
    **fields: Any,
) -> None:
    append_entry(
        SheetEntry(
            municipality=town,
            day=day,
            at=datetime.combine(day, time(12), UTC),
            device=device,
            cost_centre=cost_centre,
            person=person,
            impressions_mono=mono,
            impressions_colour=colour,
            sheets=mono + colour if sheets is None else sheets,
            reason=EntryReason.CORRECTED,
            **fields,
        )
    )
