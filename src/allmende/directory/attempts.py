# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Counting attempts, so that what is short (a PIN, a code, a chip's number) can't be guessed.

One row per thing that is guarded, in the database: all processes count together, and a restart forgives nothing. An
attempt is counted *before* its answer is known, so parallel attempts don't slip through between check and count.
Call these outside of a transaction that may be rolled back.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import models
from django.db.models import F
from django.utils import timezone


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` attempts within `window`, which begins with the first of them."""

    purpose: str
    count: int
    window: timedelta


PIN_LIMIT: Final = Limit("pin", 5, timedelta(minutes=10))
UNKNOWN_CHIP_LIMIT: Final = Limit("unknown-chip", 20, timedelta(minutes=10))
CODE_LIMIT: Final = Limit("enrolment-code", 10, timedelta(minutes=10))
#: Numbers that one person may try to make their own: whether a chip is taken would else be told as often as they like.
ENROLMENT_LIMIT: Final = Limit("enrolment", 10, timedelta(hours=1))
CLAIM_LIMIT: Final = Limit("claim", 10, timedelta(minutes=10))


class TooManyAttemptsError(Exception):
    def __init__(self, limit: Limit, until: datetime) -> None:
        super().__init__(f"too many attempts: {limit.purpose}")
        self.limit = limit
        self.until = until

    @property
    def retry_after(self) -> int:
        """Seconds until the next attempt is heard, at least 1."""
        return max(1, int((self.until - timezone.now()).total_seconds()) + 1)


class AttemptCount(models.Model):
    purpose = models.CharField(max_length=30)
    #: Row number of what is guarded (a chip, a device), or a keyed hash; never the guessed value.
    target_id = models.BigIntegerField()
    count = models.PositiveIntegerField()
    ends_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["purpose", "target_id"], name="attempts_once")]

    def __str__(self) -> str:
        return f"{self.purpose} {self.target_id}: {self.count}"


def check_attempts(limit: Limit, target_id: int) -> None:
    """Raises TooManyAttemptsError while no further attempt is allowed; counts nothing."""
    until = find_closings(limit, [target_id]).get(target_id)
    if until is not None:
        raise TooManyAttemptsError(limit, until)


def find_closings(limit: Limit, target_ids: Collection[int]) -> dict[int, datetime]:
    """Of these targets the ones for which no further attempt is allowed, each with the end of that."""
    rows = AttemptCount.objects.filter(
        purpose=limit.purpose, target_id__in=target_ids, ends_at__gt=timezone.now(), count__gte=limit.count
    )
    return dict(rows.values_list("target_id", "ends_at"))


def spend_attempt(limit: Limit, target_id: int) -> None:
    """Count one attempt; raises TooManyAttemptsError where it is one too many."""
    now = timezone.now()
    begun = {"count": 0, "ends_at": now + limit.window}
    # Of several that come at once one begins the window, and none takes back what the others have counted.
    AttemptCount.objects.filter(purpose=limit.purpose, target_id=target_id, ends_at__lte=now).update(**begun)
    AttemptCount.objects.get_or_create(purpose=limit.purpose, target_id=target_id, defaults=begun)
    _open_counts(limit, target_id).update(count=F("count") + 1)
    row = _open_counts(limit, target_id).first()
    if row is not None and row.count > limit.count:
        raise TooManyAttemptsError(limit, row.ends_at)


def return_attempt(limit: Limit, target_id: int) -> None:
    """One attempt proved to be honest: it no longer counts. Never gives more than was spent."""
    _open_counts(limit, target_id).filter(count__gt=0).update(count=F("count") - 1)


def forget_attempts(limit: Limit, target_id: int) -> bool:
    """Whether there were any that still counted."""
    still_counted = _open_counts(limit, target_id).delete()[0] > 0
    AttemptCount.objects.filter(purpose=limit.purpose, target_id=target_id).delete()
    return still_counted


def _open_counts(limit: Limit, target_id: int) -> models.QuerySet[AttemptCount]:
    return AttemptCount.objects.filter(purpose=limit.purpose, target_id=target_id, ends_at__gt=timezone.now())
