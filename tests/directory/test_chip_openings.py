# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from allmende.directory.attempts import PIN_LIMIT, AttemptCount, TooManyAttemptsError
from allmende.directory.chip_openings import PinNeededError, UnknownChipError, WrongPinError, open_with_chip
from allmende.directory.chips import Chip
from allmende.directory.keys import chip_secrets, enrolment_identity, ensure_enrolment_key
from allmende.seal import SealError
from makers import make_chip, make_person, make_town

pytestmark = pytest.mark.django_db
NUMBER = bytes.fromhex("04a1b2c3")


def test_the_same_chip_is_unknown_in_another_town() -> None:
    town, other = make_town(), make_town("dessau")
    make_chip(make_person(town), NUMBER.hex())
    with pytest.raises(UnknownChipError):
        open_with_chip(other, NUMBER)
    assert chip_secrets(town, NUMBER).lookup != chip_secrets(other, NUMBER).lookup


def test_a_row_copied_to_another_person_opens_nothing() -> None:
    town = make_town()
    anna, bernd = make_person(town), make_person(town, "bernd")
    make_chip(anna, NUMBER.hex())
    Chip.objects.update(person=bernd)
    with pytest.raises(SealError):
        open_with_chip(town, NUMBER)


def test_an_inactive_person_has_no_chip() -> None:
    town = make_town()
    anna = make_person(town)
    make_chip(anna, NUMBER.hex())
    anna.is_active = False
    anna.save()
    with pytest.raises(UnknownChipError):
        open_with_chip(town, NUMBER)


def test_five_wrong_pins_close_the_chip_for_minutes() -> None:
    town = make_town()
    make_chip(make_person(town), NUMBER.hex(), pin="2468")
    with pytest.raises(PinNeededError):
        open_with_chip(town, NUMBER)
    assert open_with_chip(town, NUMBER, " 2468 ")
    for wrong in ("1111", "2222", "3333", "x", "5555"):
        with pytest.raises(WrongPinError):
            open_with_chip(town, NUMBER, wrong)
    with pytest.raises(TooManyAttemptsError) as closed:
        open_with_chip(town, NUMBER, "2468")
    assert 500 < closed.value.retry_after <= 601
    AttemptCount.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    assert open_with_chip(town, NUMBER, "2468")
    assert not AttemptCount.objects.filter(purpose=PIN_LIMIT.purpose).exists()


def test_a_right_pin_forgets_the_wrong_ones() -> None:
    town = make_town()
    make_chip(make_person(town), NUMBER.hex(), pin="2468")
    for _ in range(3):
        for wrong in ("1111", "2222"):
            with pytest.raises(WrongPinError):
                open_with_chip(town, NUMBER, wrong)
        assert open_with_chip(town, NUMBER, "2468")


def test_the_enrolment_key_is_made_once_and_needs_the_pepper(settings: object) -> None:
    town = make_town()
    first = ensure_enrolment_key(town)
    town.refresh_from_db()
    assert ensure_enrolment_key(town) == first
    assert enrolment_identity(town).recipient == first
    settings.ALLMENDE_PEPPER = b"another pepper, of thirty-two byt"  # type: ignore[attr-defined]
    with pytest.raises(SealError):
        enrolment_identity(town)


def test_use_is_noted_by_the_day_only() -> None:
    town = make_town()
    make_chip(make_person(town), NUMBER.hex())
    open_with_chip(town, NUMBER)
    noted = Chip.objects.get().last_used_at
    open_with_chip(town, NUMBER)
    assert Chip.objects.get().last_used_at == noted
