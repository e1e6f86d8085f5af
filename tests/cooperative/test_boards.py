# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from allmende.cooperative.boards import BoardSeat, ending_seats, save_seat, seats_on
from allmende.cooperative.circulations import (
    Circulation,
    CirculationChoice,
    close_circulation,
    open_circulation,
    vote_in_circulation,
)
from allmende.cooperative.meetings import MeetingRefusedError
from allmende.cooperative.resolutions import Body, Resolution

from .meeting_makers import Cooperative, make_cooperative

pytestmark = pytest.mark.django_db
TODAY = date(2027, 2, 1)


@pytest.fixture
def cooperative() -> Cooperative:
    return make_cooperative(3)


@pytest.fixture
def seats(cooperative: Cooperative) -> list[BoardSeat]:
    first = timezone.localdate() - timedelta(days=100)
    return [
        save_seat(
            cooperative.office, BoardSeat(body=Body.BOARD, name=str(head), person=head, first_day=first)
        )
        for head in cooperative.heads
    ]


def open_one(cooperative: Cooperative) -> Circulation:
    ends = timezone.now() + timedelta(days=7)
    wanted = Circulation(body=Body.BOARD, title="Fahrzeug", text="Kauf", ends_at=ends)
    return open_circulation(cooperative.office, wanted)


def test_terms_are_watched_until_the_next_one_is_known(cooperative: Cooperative) -> None:
    seat = BoardSeat(
        body=Body.SUPERVISORY, name="Frau Linde", first_day=date(2024, 7, 1), last_day=date(2027, 6, 30)
    )
    save_seat(cooperative.office, seat)
    assert ending_seats(date(2026, 12, 29)) == []
    assert ending_seats(date(2026, 12, 30)) == [seat]
    again = BoardSeat(
        body=Body.SUPERVISORY, name="Frau Linde", first_day=date(2027, 7, 1), last_day=date(2030, 6, 30)
    )
    save_seat(cooperative.office, again)
    assert ending_seats(date(2027, 6, 30)) == []
    assert seats_on(date(2027, 6, 30)) == [seat]
    assert seats_on(date(2027, 7, 1)) == [again]


def test_nobody_sits_in_both_bodies_at_once(cooperative: Cooperative) -> None:
    save_seat(cooperative.office, BoardSeat(body=Body.BOARD, name="Frau Linde", first_day=TODAY))
    with pytest.raises(MeetingRefusedError, match="Nobody is in both"):
        save_seat(cooperative.office, BoardSeat(body=Body.SUPERVISORY, name="frau linde", first_day=TODAY))
    with pytest.raises(MeetingRefusedError, match="before the first"):
        save_seat(
            cooperative.office,
            BoardSeat(body=Body.BOARD, name="X", first_day=TODAY, last_day=TODAY - timedelta(days=1)),
        )


@pytest.mark.usefixtures("seats")
def test_a_circulation_is_decided_when_all_have_voted(
    cooperative: Cooperative, seats: list[BoardSeat]
) -> None:
    circulation = open_one(cooperative)
    for head, seat, choice in zip(cooperative.heads, seats, ("yes", "no", "yes"), strict=True):
        with pytest.raises(MeetingRefusedError):
            close_circulation(cooperative.office, circulation)
        vote_in_circulation(head, circulation, seat, choice)
    with pytest.raises(MeetingRefusedError):
        vote_in_circulation(cooperative.heads[0], circulation, seats[1], "yes")
    close_circulation(cooperative.office, circulation)
    assert (circulation.outcome, circulation.tally) == ("adopted", {"yes": 2, "no": 1, "abstain": 0})
    assert str(Resolution.objects.get().number) == "1"
    with pytest.raises(MeetingRefusedError):
        vote_in_circulation(cooperative.heads[0], circulation, seats[0], "no")


def test_one_objection_ends_it_without_a_resolution(cooperative: Cooperative, seats: list[BoardSeat]) -> None:
    circulation = open_one(cooperative)
    vote_in_circulation(cooperative.heads[0], circulation, seats[0], "yes")
    vote_in_circulation(cooperative.office, circulation, seats[1], CirculationChoice.OBJECT, is_noted=True)
    close_circulation(cooperative.office, circulation)
    assert circulation.outcome == "objected"
    assert not Resolution.objects.exists()


def test_after_the_period_no_vote_is_taken_and_the_rest_decides(
    cooperative: Cooperative, seats: list[BoardSeat]
) -> None:
    circulation = open_one(cooperative)
    vote_in_circulation(cooperative.heads[0], circulation, seats[0], "yes")
    Circulation.objects.filter(pk=circulation.pk).update(ends_at=timezone.now() - timedelta(minutes=1))
    with pytest.raises(MeetingRefusedError, match="ended"):
        vote_in_circulation(cooperative.heads[1], circulation, seats[1], "no")
    close_circulation(cooperative.office, circulation)
    assert circulation.outcome == "adopted"


@pytest.mark.usefixtures("seats")
def test_only_who_sits_there_sees_the_page(cooperative: Cooperative) -> None:
    circulation = open_one(cooperative)
    for person, status in ((cooperative.heads[0], 200), (cooperative.office, 404)):
        client = Client()
        client.force_login(person)
        assert client.get(f"/mitgliedschaft/umlauf/{circulation.pk}/").status_code == status
