# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""More than one vote by the statutes: what is refused, and the office's pages."""

from __future__ import annotations

from datetime import date

import pytest

from allmende.cooperative.hash_chain import ChangeEntry
from allmende.cooperative.legal_rules import LegalRule
from allmende.cooperative.member_votes import MemberVotes, votes_on
from allmende.directory.roles import RoleName

from .member_makers import make_member
from .test_member_pages import sign_in

pytestmark = pytest.mark.django_db
BASE = "/genossenschaft/mitglieder/"
ROW = {"votes": "2", "valid_from": "2024-01-01", "valid_to": "", "source": "§ 12 Abs. 3 der Satzung"}


def test_a_row_is_added_shown_and_ended_and_the_chain_tells_of_it() -> None:
    member, client = make_member("Burg", date(2015, 1, 1)), sign_in()
    page = client.get(f"{BASE}{member.pk}/").content.decode()
    assert f"{BASE}{member.pk}/stimmen/" in page
    assert "one member, one vote" in client.get(f"{BASE}{member.pk}/stimmen/").content.decode()
    assert client.post(f"{BASE}{member.pk}/stimmen/neu/", ROW).status_code == 302
    row = MemberVotes.objects.get()
    page = client.get(f"{BASE}{member.pk}/stimmen/").content.decode()
    assert "§ 12 Abs. 3 der Satzung" in page
    assert f"{BASE}stimmen/{row.pk}/beenden/" in page
    assert client.post(f"{BASE}stimmen/{row.pk}/beenden/", {"last_day": "2024-06-30"}).status_code == 302
    assert [votes_on(member, date(2024, month, 30)) for month in (6, 7)] == [2, 1]
    told = ChangeEntry.objects.filter(noun="member_votes").values_list("what", flat=True)
    assert list(told) == ["added", "ended"]
    # The next row may begin on the day after.
    assert (
        client.post(f"{BASE}{member.pk}/stimmen/neu/", {**ROW, "valid_from": "2024-07-01"}).status_code == 302
    )


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"votes": "4"}, "no more than 3"),
        ({"votes": "0"}, "greater than or equal to 1"),
        ({"source": ""}, "required"),
        ({"valid_to": "2023-12-31"}, "end before it begins"),
        ({"valid_from": "2021-05-05"}, "end it first"),
        ({"valid_from": "2019-05-05"}, "end it first"),
        ({"valid_from": "soon"}, "valid date"),
    ],
)
def test_a_refused_row_says_what_to_do_and_keeps_what_was_typed(changed: dict[str, str], words: str) -> None:
    member = make_member("Burg", date(2015, 1, 1))
    MemberVotes.objects.create(
        member=member,
        votes=3,
        valid_from=date(2020, 1, 1),
        valid_to=date(2022, 12, 31),
        source="§ 12",
    )
    typed = {**ROW, **changed}
    answer = sign_in().post(f"{BASE}{member.pk}/stimmen/neu/", typed)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page
    assert f'value="{typed["votes"]}"' in page
    assert MemberVotes.objects.count() == 1


def test_a_row_is_not_ended_twice_nor_before_it_began() -> None:
    member, client = make_member("Burg", date(2015, 1, 1)), sign_in()
    row = MemberVotes.objects.create(
        member=member, votes=2, valid_from=date(2020, 1, 1), valid_to=date(2022, 12, 31), source="§ 12"
    )
    for day, words in (("2019-12-31", "end before it begins"), ("2023-01-01", "ends on 31 Dec 2022 already")):
        answer = client.post(f"{BASE}stimmen/{row.pk}/beenden/", {"last_day": day})
        assert (answer.status_code, words in answer.content.decode()) == (422, True)
    row.refresh_from_db()
    assert row.valid_to == date(2022, 12, 31)


def test_the_pages_are_the_offices_and_name_a_rule_that_is_missing() -> None:
    member = make_member("Burg", date(2015, 1, 1))
    row = MemberVotes.objects.create(member=member, votes=2, valid_from=date(2020, 1, 1), source="§ 12")
    paths = (f"{member.pk}/stimmen/", f"{member.pk}/stimmen/neu/", f"stimmen/{row.pk}/beenden/")
    stranger = sign_in(RoleName.FINANCE, cooperative=False)
    assert [stranger.get(BASE + path).status_code for path in paths] == [403] * 3
    LegalRule.objects.filter(key="genossenschaftsgesetz.43.votes_limit").delete()
    client = sign_in()
    assert client.get(f"{BASE}{member.pk}/").status_code == 200
    answer = client.get(f"{BASE}{member.pk}/stimmen/")
    assert (answer.status_code, b"votes_limit" in answer.content) == (409, True)
    answer = client.post(f"{BASE}{member.pk}/stimmen/neu/", ROW)
    assert (answer.status_code, b"votes_limit" in answer.content) == (422, True)
