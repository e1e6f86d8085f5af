# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from allmende.devices.device_tokens import (
    DeviceToken,
    TokenKind,
    find_device_token,
    issue_device_token,
    revoke_device_token,
)
from allmende.directory.attempts import ENROLMENT_LIMIT, UNKNOWN_CHIP_LIMIT, TooManyAttemptsError
from allmende.directory.chip_enrolment import issue_enrolment_code, revoke_chip
from allmende.directory.chip_openings import UnknownChipError, open_with_chip
from allmende.directory.chips import Chip
from allmende.printing.job_states import State
from allmende.printing.jobs import Job, JobDocument
from allmende.printing.visit.release import list_visit_jobs
from allmende.printing.visit.resealing import reseal_waiting_jobs
from allmende.printing.visit.visits import (
    Visit,
    VisitEndedError,
    begin_visit,
    collect_visit,
    end_visit,
    enrol_at_device,
    enrol_further_at_device,
    keep_visit_open,
    resume_visit,
)
from allmende.seal import ChipNumberError, NumberFormat, NumberKind, SealError, unseal_bytes
from makers import make_chip, make_device, make_job, make_person, make_token, make_town

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_visit_is_resumed_by_its_token_at_its_device_only() -> None:
    town = make_town()
    chip = make_chip(make_person(town))
    token, _ = make_token(make_device(town))
    elsewhere, _ = make_token(make_device(town, "og"))
    visit = begin_visit(token, chip)
    assert resume_visit(token, visit.token).identity == visit.identity
    for wrong in ("", "x" * 32, "x" * 1000, visit.token[:-1]):
        with pytest.raises(VisitEndedError):
            resume_visit(token, wrong)
    with pytest.raises(VisitEndedError):
        resume_visit(elsewhere, visit.token)


def test_the_row_of_a_visit_opens_nothing() -> None:
    town = make_town()
    token, _ = make_token(make_device(town))
    visit = begin_visit(token, make_chip(make_person(town)))
    row = Visit.objects.get()
    for column in (row.lookup, row.wrapped_identity, row.for_panel):
        assert visit.token.encode() not in bytes(column)
        assert visit.identity.to_bytes() not in bytes(column)


@pytest.mark.parametrize("how", ["time", "leaving", "next person", "revoked", "inactive"])
def test_a_visit_ends(how: str) -> None:
    town = make_town()
    anna = make_person(town)
    token, _ = make_token(make_device(town))
    visit = begin_visit(token, make_chip(anna))
    if how == "time":
        Visit.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        keep_visit_open(visit)
        Visit.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif how == "leaving":
        end_visit(visit)
    elif how == "next person":
        begin_visit(token, make_chip(make_person(town, "bernd"), "0badcafe"))
    elif how == "revoked":
        revoke_chip(anna, Chip.objects.get())
    else:
        anna.is_active = False
        anna.save()
    with pytest.raises(VisitEndedError):
        resume_visit(token, visit.token)


def test_unknown_chips_close_a_device_before_they_can_be_counted_through() -> None:
    town = make_town()
    chip = make_chip(make_person(town))
    token, _ = make_token(make_device(town))
    for number in range(20):
        with pytest.raises(UnknownChipError):
            begin_visit(token, f"{number + 1:08x}")
    with pytest.raises(TooManyAttemptsError):
        begin_visit(token, chip)
    elsewhere, _ = make_token(make_device(town, "og"))
    assert begin_visit(elsewhere, chip)


def test_a_day_on_which_everybody_enrols_closes_no_device() -> None:
    town = make_town()
    token, _ = make_token(make_device(town))
    for number in range(UNKNOWN_CHIP_LIMIT.count + 2):
        chip = f"{number + 1:08x}"
        person = make_person(town, f"new-{number}")
        for _ in range(2):
            with pytest.raises(UnknownChipError):
                begin_visit(token, chip)
        enrol_at_device(token, chip, issue_enrolment_code(person, person))
    assert begin_visit(token, "00000001")


def test_a_further_chip_gives_its_attempt_back_too() -> None:
    town = make_town()
    anna = make_person(town)
    token, _ = make_token(make_device(town))
    for number in range(UNKNOWN_CHIP_LIMIT.count - 1):
        with pytest.raises(UnknownChipError):
            begin_visit(token, f"{number + 1:08x}")
    visit = begin_visit(token, make_chip(anna))
    with pytest.raises(UnknownChipError):
        begin_visit(token, "0badcafe")
    enrol_further_at_device(visit, token, "0badcafe")
    assert begin_visit(token, "0badcafe")


def test_codes_of_ones_own_are_no_way_to_try_out_numbers() -> None:
    """Whether a number is taken is told at enrolment too: to one person not more often than to a device."""
    town = make_town()
    make_chip(make_person(town), "04a1b2c3")
    mallory = make_person(town, "mallory")
    token, _ = make_token(make_device(town))
    for number in range(ENROLMENT_LIMIT.count):
        code = issue_enrolment_code(mallory, mallory)
        visit, _enrolment = enrol_at_device(token, f"{number + 1:08x}", code, chips_lost=True)
    with pytest.raises(TooManyAttemptsError):
        enrol_at_device(token, "04a1b2c3", issue_enrolment_code(mallory, mallory), chips_lost=True)
    with pytest.raises(TooManyAttemptsError):
        enrol_further_at_device(visit, token, "04a1b2c3")


def test_the_reader_decides_how_a_number_is_read() -> None:
    town = make_town()
    device = make_device(town)
    make_chip(make_person(town), "04a1b2c3")
    decimal = issue_device_token(
        None, device, TokenKind.READER, "", NumberFormat(NumberKind.DECIMAL, reversed=True)
    )
    token = find_device_token(decimal)
    assert token is not None
    assert begin_visit(token, str(int.from_bytes(bytes.fromhex("04a1b2c3"), "little")))
    with pytest.raises(ChipNumberError):
        begin_visit(token, "no number")


def test_a_tap_at_the_reader_opens_the_panel_beside_once() -> None:
    town = make_town()
    device = make_device(town)
    chip = make_chip(make_person(town))
    panel, clear = make_token(device, TokenKind.PANEL)
    other_panel, other_clear = make_token(make_device(town, "og"), TokenKind.PANEL)
    reader, reader_clear = make_token(device, TokenKind.READER)
    assert collect_visit(panel, clear) is None
    visit = begin_visit(reader, chip)
    assert collect_visit(other_panel, other_clear) is None
    assert collect_visit(panel, reader_clear) is None
    collected = collect_visit(panel, clear)
    assert collected is not None
    assert (collected.token, collected.identity) == (visit.token, visit.identity)
    assert collect_visit(panel, clear) is None


def test_device_tokens_are_found_until_revoked() -> None:
    town = make_town()
    device = make_device(town)
    row, clear = make_token(device)
    assert clear.encode() not in bytes(DeviceToken.objects.get().lookup)
    for wrong in ("", "x", "x" * 500, clear[:-1], "\ud800" * 40):
        assert find_device_token(wrong) is None
    revoke_device_token(None, row)
    assert find_device_token(clear) is None
    _, again = make_token(device)
    device.is_active = False
    device.save()
    assert find_device_token(again) is None


# -- before the first chip -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("spooled", [False, True])
def test_what_waited_before_the_first_chip_is_re_sealed_to_it(spooled: bool) -> None:
    town = make_town()
    anna = make_person(town)
    made = make_job(town, anna, spooled=spooled, preview=b"\x89PNG")
    old_key = made.job.spool_key
    token, _ = make_token(make_device(town))
    visit, enrolment = enrol_at_device(token, "04a1b2c3", issue_enrolment_code(anna, anna))
    assert not enrolment.fresh_key
    (before,) = list_visit_jobs(visit)
    assert before.title == "Haushaltsplan"
    wait_for_resealing(town.pk, anna.pk)

    job = Job.objects.get()
    assert job.sealed_to == "person"
    (after,) = list_visit_jobs(visit)
    assert (after.title, after.has_preview) == ("Haushaltsplan", True)
    from allmende.directory.keys import enrolment_identity
    from allmende.printing.job_spool import job_spool

    if spooled:
        assert job.spool_key != old_key
        assert list(job_spool().keys()) == [job.spool_key]
        sealed = b"".join(job_spool().read(job.spool_key))
    else:
        sealed = bytes(JobDocument.objects.get().sealed)
    assert sealed.startswith(bytes(job.header))
    assert unseal_bytes(visit.identity, sealed).startswith(b"%PDF")
    with pytest.raises(SealError):
        unseal_bytes(enrolment_identity(town), sealed)


def test_a_fresh_key_cancels_what_nobody_can_open() -> None:
    town = make_town()
    anna = make_person(town)
    make_chip(anna)
    lost = make_job(town, anna).job
    token, _ = make_token(make_device(town))
    visit, enrolment = enrol_at_device(token, "0badcafe", issue_enrolment_code(anna, anna), chips_lost=True)
    assert enrolment.fresh_key
    lost.refresh_from_db()
    assert (lost.state, lost.reason) == (State.CANCELLED, "key-replaced")
    assert list_visit_jobs(visit) == []
    with pytest.raises(UnknownChipError):
        open_with_chip(town, bytes.fromhex("04a1b2c3"))


def wait_for_resealing(town_id: int, person_id: int) -> None:
    """The re-sealing after the commit runs in a thread; doing it here as well is allowed, and comes to the same end."""
    import threading

    for thread in threading.enumerate():
        if thread.name == "reseal":
            thread.join()
    reseal_waiting_jobs(town_id, person_id)
