# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from allmende.directory import events
from allmende.directory.attempts import AttemptCount, TooManyAttemptsError
from allmende.directory.audit import AuditEntry
from allmende.directory.chip_enrolment import (
    CODE_ALPHABET,
    ChipTakenError,
    CodeRefusedError,
    OtherChipNeededError,
    PinRefusedError,
    enrol_chip_with_code,
    enrol_further_chip,
    issue_enrolment_code,
    revoke_chip,
)
from allmende.directory.chip_openings import UnknownChipError, open_with_chip
from allmende.directory.chips import Chip, EnrolmentCode
from allmende.directory.events import ChipRevoked, PersonEnrolled
from allmende.directory.people import Person
from makers import make_chip, make_person, make_town

pytestmark = pytest.mark.django_db
ONE, TWO = bytes.fromhex("04a1b2c3"), bytes.fromhex("04ffeedd")


@pytest.fixture
def told() -> list[events.Event]:
    heard: list[events.Event] = []
    handlers = {kind: list(found) for kind, found in events._handlers.items()}
    events._handlers.clear()
    events.subscribe(PersonEnrolled, heard.append)
    events.subscribe(ChipRevoked, heard.append)
    yield heard  # type: ignore[misc]
    events._handlers.clear()
    events._handlers.update(handlers)


def test_the_first_chip_makes_the_key(told: list[events.Event]) -> None:
    town = make_town()
    anna = make_person(town)
    code = issue_enrolment_code(anna, anna)
    enrolment = enrol_chip_with_code(town, ONE, code, label="Schlüsselbund")
    anna.refresh_from_db()
    opened = open_with_chip(town, ONE)
    assert opened.person == anna
    assert opened.identity.recipient.to_text() == anna.recipient
    assert (enrolment.fresh_key, enrolment.chip.label) == (False, "Schlüsselbund")
    assert told == [PersonEnrolled(town.pk, anna.pk, replaced_key=False)]


def test_neither_number_nor_code_nor_key_is_stored() -> None:
    town = make_town()
    anna = make_person(town)
    code = issue_enrolment_code(anna, anna)
    stored = bytes(EnrolmentCode.objects.get().lookup)
    assert code.replace("-", "").encode() not in stored
    identity = enrol_chip_with_code(town, ONE, code).identity
    chip = Chip.objects.get()
    for secret in (ONE, identity.to_bytes(), identity.to_text().encode()):
        for column in (bytes(chip.lookup), bytes(chip.wrapped_identity), chip.label.encode()):
            assert secret not in column
    assert not any(ONE.hex() in str(entry.detail) + entry.target for entry in AuditEntry.objects.all())


def test_a_code_works_once_for_half_an_hour_in_its_town() -> None:
    town, other = make_town(), make_town("dessau")
    anna = make_person(town)
    code = issue_enrolment_code(anna, anna)
    assert set(code) <= {*CODE_ALPHABET, "-"}
    with pytest.raises(CodeRefusedError):
        enrol_chip_with_code(other, ONE, code)
    enrol_chip_with_code(town, ONE, code.lower().replace("-", " "))
    with pytest.raises(CodeRefusedError):
        enrol_chip_with_code(town, TWO, code, chips_lost=True)
    late = issue_enrolment_code(anna, anna)
    EnrolmentCode.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(CodeRefusedError):
        enrol_chip_with_code(town, TWO, late, chips_lost=True)
    assert Chip.objects.count() == 1


def test_a_new_code_ends_the_one_before() -> None:
    town = make_town()
    anna = make_person(town)
    first, second = issue_enrolment_code(anna, anna), issue_enrolment_code(anna, anna)
    with pytest.raises(CodeRefusedError):
        enrol_chip_with_code(town, ONE, first)
    enrol_chip_with_code(town, ONE, second)


def test_codes_can_not_be_guessed_at_a_device() -> None:
    town = make_town()
    anna = make_person(town)
    code = issue_enrolment_code(anna, anna)
    for _ in range(10):
        with pytest.raises(CodeRefusedError):
            enrol_chip_with_code(town, ONE, "AAA-AAA-AAA", attempts_of=7)
    with pytest.raises(TooManyAttemptsError):
        enrol_chip_with_code(town, ONE, code, attempts_of=7)
    enrol_chip_with_code(town, ONE, code, attempts_of=8)


def test_a_further_chip_opens_the_same_key() -> None:
    town = make_town()
    anna = make_person(town)
    make_chip(anna, ONE.hex())
    identity = open_with_chip(town, ONE).identity
    enrol_further_chip(anna, identity, TWO, label="Ersatz")
    assert open_with_chip(town, TWO).identity == identity
    with pytest.raises(ChipTakenError):
        enrol_further_chip(anna, identity, TWO)


def test_a_further_chip_needs_the_persons_own_identity() -> None:
    town = make_town()
    anna, bernd = make_person(town), make_person(town, "bernd")
    make_chip(anna, ONE.hex())
    make_chip(bernd, TWO.hex())
    identity = open_with_chip(town, TWO).identity
    with pytest.raises(ValueError, match="not this person"):
        enrol_further_chip(anna, identity, bytes.fromhex("01020304"))


def test_a_code_beside_a_living_chip_asks_first() -> None:
    town = make_town()
    anna = make_person(town)
    make_chip(anna, ONE.hex())
    with pytest.raises(OtherChipNeededError):
        enrol_chip_with_code(town, TWO, issue_enrolment_code(anna, anna))
    open_with_chip(town, ONE)


def test_all_chips_lost_makes_a_fresh_key(told: list[events.Event]) -> None:
    town = make_town()
    anna = make_person(town)
    make_chip(anna, ONE.hex())
    before = anna.recipient
    chip = Chip.objects.get()
    told.clear()
    enrolment = enrol_chip_with_code(town, TWO, issue_enrolment_code(anna, anna), chips_lost=True)
    anna.refresh_from_db()
    assert enrolment.fresh_key
    assert anna.recipient != before
    with pytest.raises(UnknownChipError):
        open_with_chip(town, ONE)
    assert told == [
        ChipRevoked(town.pk, anna.pk, chip.pk),
        PersonEnrolled(town.pk, anna.pk, replaced_key=True),
    ]


def test_a_taken_chip_is_nobody_elses_and_costs_no_code() -> None:
    town = make_town()
    anna, bernd = make_person(town), make_person(town, "bernd")
    make_chip(anna, ONE.hex())
    code = issue_enrolment_code(bernd, bernd)
    with pytest.raises(ChipTakenError):
        enrol_chip_with_code(town, ONE, code)
    bernd.refresh_from_db()
    assert bernd.recipient == ""
    assert enrol_chip_with_code(town, TWO, code).person == bernd


@pytest.mark.parametrize("pin", ["", "123", "x" * 65])
def test_an_impossible_pin_is_refused(pin: str) -> None:
    town = make_town()
    anna = make_person(town)
    with pytest.raises(PinRefusedError):
        enrol_chip_with_code(town, ONE, issue_enrolment_code(anna, anna), pin=pin)
    assert Person.objects.get(pk=anna.pk).recipient == ""
    assert not AttemptCount.objects.exists()


def test_revoking_closes_the_only_way(told: list[events.Event]) -> None:
    town = make_town()
    anna = make_person(town)
    make_chip(anna, ONE.hex())
    chip = Chip.objects.get()
    chip_id = chip.pk
    revoke_chip(anna, chip)
    with pytest.raises(UnknownChipError):
        open_with_chip(town, ONE)
    assert told[-1] == ChipRevoked(town.pk, anna.pk, chip_id)
    assert AuditEntry.objects.filter(action="chip.revoked").exists()


def test_only_the_person_and_their_towns_it_may() -> None:
    town, other = make_town(), make_town("dessau")
    anna, bernd = make_person(town), make_person(town, "bernd")
    make_chip(anna, ONE.hex())
    chip = Chip.objects.get()
    for actor in (bernd, make_person(other, "anna", it=True)):
        with pytest.raises(PermissionDenied):
            issue_enrolment_code(actor, anna)
        with pytest.raises(PermissionDenied):
            revoke_chip(actor, chip)
    it = make_person(town, "it", it=True)
    assert issue_enrolment_code(it, anna)
    revoke_chip(it, chip)
