# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The ledger's personal data comes to its end: after the town's period an entry has no person any more, and its counts stay."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from allmende.directory.audit import record_audit
from allmende.directory.municipalities import Municipality
from allmende.printing.ledger.device_users import forget_users
from allmende.printing.ledger.entries import local_day
from allmende.printing.ledger.sheets import SheetEntry

#: Entries at a time; one statement, so many are quick.
BATCH: Final = 5_000


def forget_people(now: datetime) -> int:
    """Take people out of entries older than their town keeps them; how many entries. Each round is noted in the audit trail."""
    count = 0
    for town in Municipality.objects.only("id", "ledger_person_days"):
        last = local_day(now) - timedelta(days=town.ledger_person_days)
        forget_users(town.pk, last)
        old = SheetEntry.objects.filter(municipality_id=town.pk, person__isnull=False, day__lt=last)
        ids = list(old.order_by("day").values_list("pk", flat=True)[: BATCH - count])
        if not ids:
            continue
        with transaction.atomic():
            forgotten = SheetEntry.objects.filter(pk__in=ids, person__isnull=False).forget_people()
            if forgotten:
                record_audit(town, None, "ledger.people_forgotten", "", entries=forgotten, before=str(last))
        count += forgotten
        if count >= BATCH:
            break
    return count
