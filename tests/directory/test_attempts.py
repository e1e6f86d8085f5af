# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Attempts are counted one by one, also where many come at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from allmende.directory import attempts
from allmende.directory.attempts import (
    AttemptCount,
    Limit,
    TooManyAttemptsError,
    check_attempts,
    return_attempt,
    spend_attempt,
)

LIMIT = Limit("test", 3, timedelta(minutes=10))
AT_ONCE = 4

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_too_many_is_refused_until_the_window_ends() -> None:
    for _ in range(3):
        spend_attempt(LIMIT, 1)
    with pytest.raises(TooManyAttemptsError):
        spend_attempt(LIMIT, 1)
    spend_attempt(LIMIT, 2)
    AttemptCount.objects.filter(target_id=1).update(ends_at=timezone.now())
    check_attempts(LIMIT, 1)
    for _ in range(3):
        spend_attempt(LIMIT, 1)
    with pytest.raises(TooManyAttemptsError) as refused:
        spend_attempt(LIMIT, 1)
    assert 590 < refused.value.retry_after <= 601


def test_a_returned_attempt_is_free_again() -> None:
    for _ in range(3):
        spend_attempt(LIMIT, 1)
    return_attempt(LIMIT, 1)
    spend_attempt(LIMIT, 1)
    with pytest.raises(TooManyAttemptsError):
        spend_attempt(LIMIT, 1)


@pytest.mark.parametrize("is_first", [True, False])
def test_attempts_at_once_are_all_counted_when_a_window_begins(
    monkeypatch: pytest.MonkeyPatch, is_first: bool
) -> None:
    """Each gets as far as it can while the others have not written yet."""
    if not is_first:
        AttemptCount.objects.create(purpose="test", target_id=1, count=9, ends_at=timezone.now())
    together = threading.Barrier(AT_ONCE)
    real = attempts._open_counts

    def meet(*arguments: Any) -> Any:
        rows = real(*arguments)
        update: Callable[..., int] = rows.update

        def update_and_meet(**values: Any) -> int:
            done = update(**values)
            together.wait(10)
            return done

        rows.update = update_and_meet
        return rows

    monkeypatch.setattr(attempts, "_open_counts", meet)

    def spend(_: int) -> bool:
        try:
            spend_attempt(LIMIT, 1)
        except TooManyAttemptsError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(AT_ONCE) as threads:
        allowed = sum(threads.map(spend, range(AT_ONCE)))
    assert AttemptCount.objects.get().count == AT_ONCE
    assert allowed <= LIMIT.count
