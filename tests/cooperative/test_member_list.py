# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The list of members: case 7's counts, any order of recording, what was known when, and what is refused."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from allmende.cooperative.chain_checking import verify_chain
from allmende.cooperative.laender import Land
from allmende.cooperative.member_list import (
    Draft,
    EntryKind,
    ExitReason,
    MemberListEntry,
    RefusedEntryError,
    append_entries,
    is_member_on,
    members_on,
    memberships_of,
    reverse_entry,
)
from allmende.cooperative.members import Member
from allmende.server.command_line import main

from .member_makers import make_member

K = EntryKind
#: Case 7: how many members the cooperative had by each of these days.
COUNTS = (
    (date(2009, 12, 31), 3),
    (date(2011, 4, 30), 17),
    (date(2013, 11, 30), 25),
    (date(2014, 7, 1), 30),
    (date(2015, 9, 30), 37),
    (date(2018, 6, 30), 59),
    (date(2019, 9, 30), 74),
    (date(2021, 12, 31), 90),
    (date(2022, 10, 1), 100),
)


def grow() -> list[Member]:
    """A hundred members, each admitted on the last possible day for its count."""
    members: list[Member] = []
    for day, count in COUNTS:
        made = [
            Member.objects.create(name=f"Mitglied {number}", land=Land.ST)
            for number in range(len(members) + 1, count + 1)
        ]
        append_entries([Draft(member, K.ADMISSION, day) for member in made], actor=None)
        members += made
    return members


@pytest.mark.django_db
def test_the_counts_of_case_7_on_each_of_their_days() -> None:
    grow()
    assert [(day, len(members_on(day))) for day, _ in COUNTS] == list(COUNTS)
    assert [len(members_on(day - timedelta(days=1))) for day, _ in COUNTS] == [
        0,
        3,
        17,
        25,
        30,
        37,
        59,
        74,
        90,
    ]
    assert [each.number for each in members_on(date(2022, 10, 1))] == list(range(1, 101))
    assert verify_chain([]).is_whole


@pytest.mark.django_db
def test_who_was_a_member_on_1_july_2014_by_the_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    grow()
    monkeypatch.setenv("LANGUAGE", "en")
    assert main(["cooperative", "members", "--on", "2014-07-01", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["day"], told["count"], told["members"][29]["name"]) == ("2014-07-01", 30, "Mitglied 30")
    assert len(told["rows"]) == 100
    assert main(["cooperative", "members", "--on", "2014-06-30"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert len(out) == 26
    assert out[-1].endswith(": 25")
    with pytest.raises(SystemExit):
        main(["cooperative", "members", "--on", "2014-02-30"])
    assert "'2014-02-30' is no day of the calendar; write year-month-day" in capsys.readouterr().err


@pytest.mark.django_db
def test_the_first_and_the_last_day_are_days_of_membership() -> None:
    town = make_member("Zerbst", date(2012, 2, 29))
    append_entries([Draft(town, K.EXIT, date(2016, 2, 29), exit_reason=ExitReason.NOTICE)], actor=None)
    days = (date(2012, 2, 28), date(2012, 2, 29), date(2016, 2, 29), date(2016, 3, 1))
    assert [is_member_on(town, day) for day in days] == [False, True, True, False]


@pytest.mark.django_db
def test_what_is_effective_and_what_was_known_are_two_questions() -> None:
    town = make_member("Zerbst")
    at = datetime(2014, 8, 15, 9, 0, tzinfo=UTC)
    append_entries([Draft(town, K.ADMISSION, date(2014, 7, 1))], actor=None, recorded_at=at)
    july = date(2014, 7, 20)
    assert len(members_on(july)) == 1
    assert members_on(july, known_at=at - timedelta(seconds=1)) == []
    assert len(members_on(july, known_at=at)) == 1
    assert MemberListEntry.objects.get().is_brought_over


@pytest.mark.django_db
def test_a_correction_is_a_row_more_and_what_was_known_before_stays() -> None:
    town = make_member("Zerbst", date(2014, 1, 7))
    before = timezone.now()
    row = MemberListEntry.objects.get()
    reverse_entry(row, actor=None, note="Tag und Monat vertauscht")
    append_entries([Draft(town, K.ADMISSION, date(2014, 7, 1))], actor=None)
    assert members_on(date(2014, 3, 1)) == []
    assert len(members_on(date(2014, 3, 1), known_at=before)) == 1
    assert [each.number for each in members_on(date(2014, 7, 1))] == [2]
    assert [each.number for each in MemberListEntry.objects.all()] == [1, 2, 3]
    with pytest.raises(RefusedEntryError, match="reversed already"):
        reverse_entry(row, actor=None, note="nochmal")
    with pytest.raises(RefusedEntryError, match="right row anew"):
        reverse_entry(MemberListEntry.objects.get(number=2), actor=None, note="")


@pytest.mark.django_db
def test_rows_are_never_changed_nor_deleted() -> None:
    make_member("Zerbst", date(2014, 7, 1))
    row = MemberListEntry.objects.get()
    row.name = "Anhalt"
    for change in (row.save, row.delete, MemberListEntry.objects.all().delete):
        with pytest.raises(TypeError, match="never changed"):
            change()
    with pytest.raises(TypeError, match="never changed"):
        MemberListEntry.objects.filter(pk=row.pk).update(name="Anhalt")
    assert members_on(date(2014, 7, 1))[0].name == "Zerbst"


@pytest.mark.django_db
def test_what_can_not_be_true_is_refused_as_a_whole() -> None:
    town = make_member("Zerbst", date(2014, 7, 1))
    stranger = make_member("Roßlau")
    impossible = (
        [Draft(town, K.ADMISSION, date(2015, 1, 1))],
        [Draft(town, K.ADMISSION, date(2013, 1, 1))],
        [Draft(town, K.EXIT, date(2014, 6, 30))],
        [Draft(stranger, K.EXIT, date(2015, 12, 31))],
        [Draft(stranger, K.ADMISSION, date(2015, 1, 1)), Draft(town, K.ADMISSION, date(2015, 1, 1))],
        [Draft(town, K.EXIT, date(2015, 12, 31)), Draft(town, K.ADMISSION, date(2015, 12, 31))],
    )
    for drafts in impossible:
        with pytest.raises(RefusedEntryError), transaction.atomic():
            append_entries(drafts, actor=None)
    assert MemberListEntry.objects.count() == 1
    for at in (timezone.now() + timedelta(minutes=1), datetime(2010, 1, 1, tzinfo=UTC)):
        with pytest.raises(RefusedEntryError, match="order of time"):
            append_entries([Draft(stranger, K.ADMISSION, date(2015, 1, 1))], actor=None, recorded_at=at)


@pytest.mark.django_db
def test_who_returns_gets_a_number_of_its_own() -> None:
    town = make_member("Zerbst", date(2010, 1, 1))
    append_entries([Draft(town, K.EXIT, date(2012, 12, 31))], actor=None)
    append_entries([Draft(town, K.ADMISSION, date(2014, 7, 1))], actor=None)
    assert [(each.number, each.first_day, each.last_day) for each in memberships_of(town)] == [
        (1, date(2010, 1, 1), date(2012, 12, 31)),
        (2, date(2014, 7, 1), None),
    ]


@pytest.mark.django_db
def test_further_shares_are_those_of_the_day() -> None:
    town = make_member("Zerbst", date(2010, 1, 1))
    append_entries(
        [
            Draft(town, K.CANCELLATION, date(2012, 12, 31), share_count=2),
            Draft(town, K.SHARES, date(2011, 1, 1), share_count=5),
            Draft(town, K.TRANSFER_IN, date(2014, 1, 1), share_count=1),
            Draft(town, K.TRANSFER_OUT, date(2015, 1, 1), share_count=3),
        ],
        actor=None,
    )
    days = (2010, 1, 1), (2011, 1, 1), (2012, 12, 31), (2013, 1, 1), (2014, 1, 1), (2015, 1, 1)
    assert [members_on(date(*day))[0].further_shares for day in days] == [0, 5, 5, 3, 4, 1]


DAYS = st.dates(date(2008, 1, 1), date(2024, 12, 31)) | st.sampled_from(
    [date(year, 2, 29) for year in (2008, 2012, 2016, 2020, 2024)]
    + [date(year, 12, 31) for year in range(2008, 2024)]
)
#: One body's memberships: pairs of days, in the order of time, the last perhaps open.
STORIES = st.tuples(st.lists(DAYS, min_size=1, max_size=6, unique=True).map(sorted), st.booleans())


class AnyOrder(TestCase):
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(STORIES, min_size=1, max_size=4), st.data())
    def test_the_list_says_on_each_day_what_took_effect(
        self, stories: list[tuple[list[date], bool]], data: st.DataObject
    ) -> None:
        """Rows of several bodies, interleaved in any order; each prefix of them is what was known at its time."""
        members = [Member.objects.create(name=f"M{n}", land=Land.ST) for n in range(len(stories))]
        queues = [
            [Draft(member, K.EXIT if n % 2 else K.ADMISSION, day) for n, day in enumerate(days)]
            for member, (days, _) in zip(members, stories, strict=True)
        ]
        recorded: list[tuple[datetime, Draft]] = []
        at = datetime(2025, 1, 1, tzinfo=UTC)
        while any(queues):
            waiting = [queue for queue in queues if queue]
            queue = data.draw(st.sampled_from(waiting)) if len(waiting) > 1 else waiting[0]
            draft = queue.pop(0)
            at += timedelta(minutes=1)
            append_entries([draft], actor=None, recorded_at=at)
            recorded.append((at, draft))
        known_at = data.draw(st.sampled_from([moment for moment, _ in recorded]))
        day = data.draw(DAYS | st.sampled_from([draft.effective_on for _, draft in recorded]))
        for moment in (known_at, None):
            told = [draft for when, draft in recorded if moment is None or when <= moment]
            expected = {member.pk for member in members if _was_inside(told, member, day)}
            assert {each.member.pk for each in members_on(day, known_at=moment)} == expected
        assert [row.number for row in MemberListEntry.objects.all()] == list(range(1, len(recorded) + 1))

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(DAYS, min_size=2, max_size=6, unique=True).map(sorted), st.randoms(use_true_random=False))
    def test_rows_recorded_together_may_come_in_any_order(self, days: list[date], shuffle: object) -> None:
        town = Member.objects.create(name="M", land=Land.ST)
        drafts = [Draft(town, K.EXIT if n % 2 else K.ADMISSION, day) for n, day in enumerate(days)]
        mixed = list(drafts)
        shuffle.shuffle(mixed)  # type: ignore[attr-defined] - a random.Random
        append_entries(mixed, actor=None)
        for day in {each + timedelta(days=step) for each in days for step in (-1, 0, 1)}:
            assert is_member_on(town, day) == _was_inside(drafts, town, day)

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(DAYS, min_size=1, max_size=5, unique=True).map(sorted), st.data())
    def test_a_row_and_its_correction_leave_nothing_behind(
        self, days: list[date], data: st.DataObject
    ) -> None:
        town = Member.objects.create(name="M", land=Land.ST)
        append_entries(
            [Draft(town, K.EXIT if n % 2 else K.ADMISSION, day) for n, day in enumerate(days)], actor=None
        )
        before = {day: is_member_on(town, day) for day in days}
        last = MemberListEntry.objects.order_by("effective_on").last()
        assert last is not None
        kind = data.draw(st.sampled_from([K.EXIT, K.ADMISSION]))
        try:
            with transaction.atomic():
                [row] = append_entries([Draft(town, kind, data.draw(DAYS))], actor=None)
        except RefusedEntryError:
            assert MemberListEntry.objects.count() == len(days)
        else:
            reverse_entry(row, actor=None, note="war falsch")
        assert {day: is_member_on(town, day) for day in days} == before


def _was_inside(drafts: list[Draft], member: Member, day: date) -> bool:
    """By counting alone: begun, and not over on an earlier day."""
    begun = sum(d.kind == K.ADMISSION and d.effective_on <= day for d in drafts if d.member == member)
    over = sum(d.kind == K.EXIT and d.effective_on < day for d in drafts if d.member == member)
    return begun > over
