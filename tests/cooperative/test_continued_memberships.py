# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a legal successor continues, and for how long: memberships, mandates and votes; and that a corrected merger takes it back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from allmende.cooperative.continued_memberships import Continued, continued_by, own_spans, successor_of
from allmende.cooperative.exits import correct_entry
from allmende.cooperative.member_list import memberships_of
from allmende.cooperative.member_votes import MemberVotes, votes_on
from allmende.cooperative.mergers import merge_members, split_member
from allmende.cooperative.scale_arithmetic import Span
from allmende.cooperative.sepa.mandates import mandate_for, mandates_without_use, revoke_mandate
from allmende.cooperative.transfers import transfer_shares

from .member_makers import make_member
from .money_makers import make_paying_member

pytestmark = pytest.mark.django_db
SINCE, DAY, END = date(2015, 1, 1), date(2024, 5, 1), date(2024, 12, 31)


def test_a_membership_is_continued_by_one_after_the_other_until_the_years_end() -> None:
    burg, genthin, loburg = (make_member(name, SINCE) for name in ("Burg", "Genthin", "Loburg"))
    merge_members([burg], genthin, DAY, actor=None)
    assert continued_by(genthin) == [Continued(burg, DAY, END)]
    later = date(2024, 9, 1)
    merge_members([genthin], loburg, later, actor=None)
    assert continued_by(genthin) == [Continued(burg, DAY, later - timedelta(days=1))]
    assert continued_by(loburg) == [Continued(burg, later, END), Continued(genthin, later, END)]
    assert [successor_of(each) for each in (burg, genthin, loburg)] == [loburg, loburg, None]
    correct_entry(genthin.exits.get().list_entry, actor=None, note="doch nicht")
    assert continued_by(genthin) == [Continued(burg, DAY, END)]
    assert (continued_by(loburg), successor_of(burg)) == ([], genthin)


def test_a_new_body_is_its_own_only_from_the_next_year_on() -> None:
    burg, north, south = make_member("Burg", SINCE), make_member("Nord"), make_member("Süd")
    split_member(burg, [north, south], DAY, source_remains=False, actor=None)
    assert [continued_by(each) for each in (north, south)] == [[Continued(burg, DAY, END)], []]
    assert own_spans(memberships_of(north)) == []
    correct_entry(north.exits.get().list_entry, actor=None, note="eigener Beitritt")
    assert own_spans(memberships_of(north)) == [Span(date(2025, 1, 1), None)]
    assert own_spans(memberships_of(burg)) == [Span(SINCE, DAY - timedelta(days=1))]


def test_the_successor_is_collected_from_by_the_predecessors_mandate_while_it_has_none() -> None:
    burg = make_paying_member("Burg", SINCE, mandate=True)
    new = make_member("Burg-Genthin")
    old = burg.mandates.get()
    day = SINCE + timedelta(days=400)
    assert mandate_for(new, day) is None
    merge_members([burg], new, DAY, actor=None)
    assert (mandate_for(new, day), mandate_for(burg, day)) == (old, old)
    own = make_paying_member("Genthin", SINCE, mandate=True)
    merge_members([new], own, date(2024, 9, 1), actor=None)
    assert mandate_for(own, day) == own.mandates.get()
    revoke_mandate(None, old, day)
    assert mandate_for(burg, day) == own.mandates.get()
    assert mandates_without_use(timezone.localdate()) == []


def test_a_mandate_without_use_is_ended_by_somebody_when_nothing_is_owed() -> None:
    burg, genthin = (make_paying_member(name, SINCE, mandate=True) for name in ("Burg", "Genthin"))
    transfer_shares(burg, genthin, DAY, actor=None)
    assert mandates_without_use(DAY) == []
    assert mandates_without_use(DAY + timedelta(days=1)) == [burg.mandates.get()]
    revoke_mandate(None, burg.mandates.get(), DAY)
    assert mandates_without_use(DAY + timedelta(days=1)) == []


def test_the_votes_of_the_predecessor_go_on_until_the_years_end() -> None:
    burg, genthin = make_member("Burg", SINCE), make_member("Genthin", SINCE)
    MemberVotes.objects.create(member=burg, votes=3, valid_from=SINCE, source="§ 12")
    merge_members([burg], genthin, DAY, actor=None)
    days = (DAY - timedelta(days=1), DAY, END, END + timedelta(days=1))
    assert [votes_on(genthin, day) for day in days] == [1, 3, 3, 1]
    correct_entry(burg.exits.get().list_entry, actor=None, note="doch nicht")
    assert votes_on(genthin, DAY) == 1
