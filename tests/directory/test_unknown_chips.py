# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""How many unknown numbers a device tells of: honest people on a roll-out day get through, who tries out numbers does not."""

from __future__ import annotations

import pytest

from allmende.directory.attempts import UNKNOWN_CHIP_LIMIT, AttemptCount, TooManyAttemptsError, check_attempts
from allmende.directory.unknown_chips import count_unknown_chip, return_unknown_chip

pytestmark = pytest.mark.django_db
DEVICE, OTHER_DEVICE = 7, 8


def lookup(number: int) -> bytes:
    return number.to_bytes(32)


def count() -> int:
    return AttemptCount.objects.get(purpose=UNKNOWN_CHIP_LIMIT.purpose, target_id=DEVICE).count


def test_only_so_many_different_numbers_are_told_of() -> None:
    for number in range(UNKNOWN_CHIP_LIMIT.count):
        check_attempts(UNKNOWN_CHIP_LIMIT, DEVICE)
        count_unknown_chip(DEVICE, lookup(number))
    with pytest.raises(TooManyAttemptsError):
        check_attempts(UNKNOWN_CHIP_LIMIT, DEVICE)
    check_attempts(UNKNOWN_CHIP_LIMIT, OTHER_DEVICE)


def test_the_same_chip_again_costs_nothing_at_its_device() -> None:
    for _ in range(UNKNOWN_CHIP_LIMIT.count * 2):
        count_unknown_chip(DEVICE, lookup(1))
    assert count() == 1
    count_unknown_chip(OTHER_DEVICE, lookup(1))
    assert AttemptCount.objects.filter(purpose=UNKNOWN_CHIP_LIMIT.purpose, count=1).count() == 2


def test_an_enrolled_chip_gives_back_its_own_attempt_once() -> None:
    for number in range(3):
        count_unknown_chip(DEVICE, lookup(number))
    for _ in range(3):
        return_unknown_chip(DEVICE, lookup(0))
    assert count() == 2


def test_a_chip_that_cost_nothing_gives_nothing_back() -> None:
    count_unknown_chip(DEVICE, lookup(1))
    count_unknown_chip(OTHER_DEVICE, lookup(2))
    return_unknown_chip(DEVICE, lookup(2))
    return_unknown_chip(DEVICE, lookup(3))
    assert count() == 1
