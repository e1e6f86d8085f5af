# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Correcting the ledger: never by changing a row, always by a counter-entry and, where something did come out, a right one beside it.

Both are of the day of the correction, so a month that was billed stays as it was; each says why.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils import timezone

from allmende.directory.access import may_keep_contracts
from allmende.directory.audit import record_audit
from allmende.directory.cost_centres import CostCentre
from allmende.directory.page_access import town_id_of
from allmende.directory.people import Person
from allmende.printing.budget_reservations import use_budgets
from allmende.printing.ledger.counting import counter_entry
from allmende.printing.ledger.entries import append_entry, local_day
from allmende.printing.ledger.sheets import EntryReason, SheetEntry


class CorrectionError(Exception):
    """This entry can't be corrected: it is a counter-entry itself, or was taken back already."""


@dataclass(frozen=True, slots=True)
class RightCount:
    """What it should have been; all zero: nothing came out."""

    mono: int
    colour: int
    sheets: int
    cost_centre: CostCentre | None


def access_entry_for(actor: Person, entry_id: int) -> SheetEntry:
    """An entry of the actor's town; Http404 for every other number."""
    entry = (
        SheetEntry.objects.select_related("device", "cost_centre", "municipality")
        .filter(pk=entry_id, municipality_id=town_id_of(actor))
        .first()
    )
    if entry is None:
        raise Http404
    return entry


def may_be_corrected(entry: SheetEntry) -> bool:
    return entry.reverses_id is None and not SheetEntry.objects.filter(reverses=entry).exists()


def correct_entry(actor: Person, entry: SheetEntry, right: RightCount, note: str) -> None:
    """Take an entry back and write the right one. Raises PermissionDenied, CorrectionError."""
    if not may_keep_contracts(actor, entry.municipality_id):
        raise PermissionDenied
    if right.cost_centre is not None and right.cost_centre.municipality_id != entry.municipality_id:
        raise PermissionDenied
    now = timezone.now()
    day = local_day(now)
    with transaction.atomic():
        if not may_be_corrected(entry):
            raise CorrectionError
        back = counter_entry(entry, EntryReason.CORRECTED, now, note)
        use_budgets(back, day)
        try:
            append_entry(back)
        except IntegrityError:  # the unique key of `reverses`: somebody else was faster
            raise CorrectionError from None
        if right.mono or right.colour or right.sheets:
            fresh = SheetEntry(
                municipality_id=entry.municipality_id,
                day=day,
                at=now,
                device_id=entry.device_id,
                cost_centre=right.cost_centre,
                person_id=entry.person_id,
                job_number=entry.job_number,
                released_at=entry.released_at,
                kind=entry.kind,
                media=entry.media,
                is_duplex=right.sheets < right.mono + right.colour,
                impressions_mono=right.mono,
                impressions_colour=right.colour,
                sheets=right.sheets,
                is_estimate=False,
                reason=EntryReason.CORRECTED,
                note=note,
            )
            use_budgets(fresh, day)
            append_entry(fresh)
        record_audit(entry.municipality, actor, "sheets.corrected", f"entry:{entry.pk}", note=note)
