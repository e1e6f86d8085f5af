# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

import threading
from collections import Counter
from typing import Any

import pytest
from django.db import connection, models

from allmende.cooperative.ballots import (
    Ballot,
    BallotUrn,
    cast_ballot,
    check_receipt,
    close_secret_voting,
    enter_paper_count,
    fingerprint,
    hand_out_paper,
    hash_receipt,
    published_ballots,
    recount,
    turnout,
)
from allmende.cooperative.hash_chain import ChangeEntry
from allmende.cooperative.meetings import MeetingRefusedError
from allmende.cooperative.resolutions import Resolution
from allmende.cooperative.vote_counting import ABSTAIN, INVALID, NO, YES
from allmende.cooperative.votings import VoterRow, VoterState, Voting
from makers import make_person

from .meeting_makers import NAMES, Cooperative, make_cooperative, make_session, make_voting

pytestmark = pytest.mark.django_db


@pytest.fixture
def cooperative() -> Cooperative:
    return make_cooperative()


@pytest.fixture
def voting(cooperative: Cooperative) -> Voting:
    return make_voting(cooperative, make_session(cooperative))


def cast_all(cooperative: Cooperative, voting: Voting, choices: list[str]) -> list[str]:
    return [
        cast_ballot(head, voting, member.pk, choice)
        for member, head, choice in zip(cooperative.members, cooperative.heads, choices, strict=False)
    ]


def test_every_receipt_finds_its_own_vote_and_the_sums_are_right(
    cooperative: Cooperative, voting: Voting
) -> None:
    choices = [YES, NO, YES, ABSTAIN, YES]
    receipts = cast_all(cooperative, voting, choices)
    assert len(set(receipts)) == len(receipts)
    close_secret_voting(cooperative.office, voting)
    words = dict(voting.choices)
    assert [check_receipt(voting, receipt) for receipt in receipts] == [words[choice] for choice in choices]
    assert check_receipt(voting, receipts[0].lower().replace("-", " ")) == words[YES]
    assert check_receipt(voting, "AAAA-AAAA-AAAA-AAAA") is None
    assert (voting.tally, voting.outcome) == ({YES: 3, NO: 1, ABSTAIN: 1}, "adopted")
    assert dict(recount(voting).votes) == voting.tally
    published = published_ballots(voting)
    assert published is not None
    assert sorted(published) == sorted(
        (hash_receipt(voting.pk, r), words[c]) for r, c in zip(receipts, choices, strict=True)
    )
    assert Resolution.objects.get(voting=voting).number == 1


def test_no_vote_after_the_close_and_none_twice(cooperative: Cooperative, voting: Voting) -> None:
    member, head = cooperative.members[0], cooperative.heads[0]
    cast_ballot(head, voting, member.pk, YES)
    with pytest.raises(MeetingRefusedError, match="already"):
        cast_ballot(head, voting, member.pk, NO)
    close_secret_voting(cooperative.office, voting)
    before = voting.tally
    for action in (
        lambda: cast_ballot(cooperative.heads[1], voting, cooperative.members[1].pk, YES),
        lambda: hand_out_paper(cooperative.office, voting, cooperative.members[1].pk),
        lambda: close_secret_voting(cooperative.office, voting),
    ):
        with pytest.raises(MeetingRefusedError, match="closed"):
            action()
    voting.refresh_from_db()
    assert voting.tally == before == {YES: 1, NO: 0, ABSTAIN: 0}


def test_nobody_votes_for_another_or_for_what_was_not_offered(
    cooperative: Cooperative, voting: Voting
) -> None:
    with pytest.raises(MeetingRefusedError):
        cast_ballot(cooperative.heads[0], voting, cooperative.members[1].pk, YES)
    with pytest.raises(MeetingRefusedError):
        cast_ballot(cooperative.office, voting, cooperative.members[0].pk, YES)
    with pytest.raises(MeetingRefusedError):
        cast_ballot(cooperative.heads[0], voting, cooperative.members[0].pk, INVALID)
    assert turnout(voting).device == 0


def test_while_the_vote_is_open_nothing_tells_the_result_or_the_order(
    cooperative: Cooperative, voting: Voting
) -> None:
    receipts = cast_all(cooperative, voting, [YES, NO, YES, NO])
    sealed = bytes(BallotUrn.objects.get(voting=voting).sealed)
    size = len(sealed) // 4
    records = [sealed[at : at + size] for at in range(0, len(sealed), size)]
    assert records == sorted(records)
    assert not any(bytes.fromhex(hash_receipt(voting.pk, each)) in sealed for each in receipts)
    assert not Ballot.objects.exists()
    assert published_ballots(voting) is None
    assert check_receipt(voting, receipts[0]) is None


def test_paper_is_counted_by_two_who_agree(cooperative: Cooperative, voting: Voting) -> None:
    cast_all(cooperative, voting, [YES, YES, NO])
    for member in cooperative.members[3:]:
        hand_out_paper(cooperative.office, voting, member.pk)
    with pytest.raises(MeetingRefusedError, match="already"):
        cast_ballot(cooperative.heads[3], voting, cooperative.members[3].pk, NO)
    second = make_person(cooperative.tenant, "second")
    with pytest.raises(MeetingRefusedError, match="two persons"):
        close_secret_voting(cooperative.office, voting)
    enter_paper_count(cooperative.office, voting, {NO: 1, INVALID: 1})
    with pytest.raises(MeetingRefusedError, match="two persons"):
        close_secret_voting(cooperative.office, voting)
    with pytest.raises(MeetingRefusedError, match="only 2"):
        enter_paper_count(second, voting, {NO: 3})
    enter_paper_count(second, voting, {NO: 2})
    with pytest.raises(MeetingRefusedError, match="different"):
        close_secret_voting(cooperative.office, voting)
    enter_paper_count(second, voting, {NO: 1, INVALID: 1})
    close_secret_voting(cooperative.office, voting)
    assert voting.tally == {YES: 2, NO: 2, ABSTAIN: 0, INVALID: 1}
    assert voting.outcome == "rejected"
    assert dict(recount(voting).votes) == voting.tally


def test_a_vote_slipped_into_the_database_is_noticed(cooperative: Cooperative, voting: Voting) -> None:
    cast_all(cooperative, voting, [YES, NO, NO])
    VoterRow.objects.filter(voting=voting, member=cooperative.members[4]).update(state=VoterState.DEVICE)
    with pytest.raises(MeetingRefusedError, match="does not hold"):
        close_secret_voting(cooperative.office, voting)


def test_a_ballot_changed_after_the_close_contradicts_the_chain(
    cooperative: Cooperative, voting: Voting
) -> None:
    cast_all(cooperative, voting, [YES, NO, NO])
    close_secret_voting(cooperative.office, voting)
    stored = ChangeEntry.objects.get(noun="voting", what="closed").read_values()["ballots"]
    assert stored == fingerprint(voting)
    Ballot.objects.filter(voting=voting, choice=YES).update(choice=NO)
    assert stored != fingerprint(voting)


def test_few_ballots_are_not_published_but_can_be_checked(cooperative: Cooperative, voting: Voting) -> None:
    receipts = cast_all(cooperative, voting, [YES, NO])
    close_secret_voting(cooperative.office, voting)
    assert published_ballots(voting) is None
    assert [check_receipt(voting, each) for each in receipts] == ["Yes", "No"]


# --- unlinkability: what the database holds after the close

_LINKING = (models.DateTimeField, models.DateField, models.AutoField)


def test_voters_and_ballots_have_no_column_in_common_but_the_vote() -> None:
    """No time, no counting number on a ballot, and no value that both rows would share."""
    ballot = {field.name: field for field in Ballot._meta.get_fields() if field.concrete}
    voter = {field.name: field for field in VoterRow._meta.get_fields() if field.concrete}
    assert set(ballot) & set(voter) == {"id", "voting"}
    assert not any(isinstance(field, _LINKING) for field in ballot.values())
    assert isinstance(ballot["id"], models.UUIDField)
    assert not any(isinstance(field, models.DateTimeField | models.DateField) for field in voter.values())


def stored_order(model: type[models.Model], column: str) -> list[Any]:
    place = "rowid" if connection.vendor == "sqlite" else "ctid"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {model._meta.db_table} ORDER BY {place}")  # noqa: S608 - our own names
        return [row[0] for row in cursor.fetchall()]


def test_the_stored_order_is_that_of_random_keys_and_of_names(
    cooperative: Cooperative, voting: Voting
) -> None:
    backwards = list(zip(cooperative.members, cooperative.heads, strict=True))[::-1]
    for member, head in backwards:
        cast_ballot(head, voting, member.pk, YES)
    close_secret_voting(cooperative.office, voting)
    keys = [str(key) for key in stored_order(Ballot, "id")]
    assert keys == sorted(keys)
    names = {member.pk: member.name for member in cooperative.members}
    assert [names[pk] for pk in stored_order(VoterRow, "member_id")] == sorted(names.values())
    assert not BallotUrn.objects.exists()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for table in (Ballot._meta.db_table, VoterRow._meta.db_table):
                cursor.execute(f"SELECT count(DISTINCT xmin::text) FROM {table}")  # noqa: S608 - our own names
                assert cursor.fetchone() == (1,)


def test_guessing_by_stored_order_does_no_better_than_chance() -> None:
    """Each of eight votes differs: the pairing by order must hit as often as a shuffled list does, one in eight."""
    cooperative = make_cooperative(len(NAMES))
    meeting = make_session(cooperative)
    hits: Counter[str] = Counter()
    rounds = 40
    for _each in range(rounds):
        voting = make_voting(cooperative, meeting, candidates=NAMES)
        offered = [key for key, _label in voting.choices]
        cast_all(cooperative, voting, offered)
        own = dict(zip((member.pk for member in cooperative.members), offered, strict=False))
        close_secret_voting(cooperative.office, voting)
        voters = [own[row.member_id] for row in VoterRow.objects.filter(voting=voting).order_by("pk")]
        for name, order in (("key", "pk"), ("hash", "receipt_hash")):
            ballots = list(
                Ballot.objects.filter(voting=voting).order_by(order).values_list("choice", flat=True)
            )
            hits[name] += sum(one == other for one, other in zip(voters, ballots, strict=True))
        stored = stored_order(Ballot, "choice")[-len(NAMES) :]
        hits["place"] += sum(one == other for one, other in zip(voters, stored, strict=True))
    # Of a random pairing one hit in each round is expected (variance 1): 40 ± 6.3; five sigma leave room for chance alone.
    assert all(rounds - 32 < hits[name] < rounds + 32 for name in ("key", "hash", "place")), hits


def test_nothing_that_the_application_writes_joins_voter_and_choice(
    cooperative: Cooperative, voting: Voting
) -> None:
    """The chain of changes tells the opening and the close, and nothing of a single vote."""
    before = ChangeEntry.objects.count()
    cast_all(cooperative, voting, [YES, NO, YES])
    assert ChangeEntry.objects.count() == before


# --- at the same moment


@pytest.mark.django_db(transaction=True)
def test_of_many_attempts_at_once_one_vote_counts_and_the_close_parts_before_from_after() -> None:
    cooperative = make_cooperative(4)
    voting = make_voting(cooperative, make_session(cooperative))
    receipts: list[str] = []
    refused: list[str] = []
    begun = threading.Barrier(9)

    def vote(at: int) -> None:
        begun.wait()
        try:
            receipts.append(cast_ballot(cooperative.heads[at], voting, cooperative.members[at].pk, YES))
        except MeetingRefusedError as error:
            refused.append(str(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=vote, args=(at % 4,)) for at in range(8)]
    for thread in threads:
        thread.start()
    begun.wait()
    for thread in threads:
        thread.join()
    assert (len(receipts), len(refused)) == (4, 4)
    close_secret_voting(cooperative.office, voting)
    assert voting.tally == {YES: 4, NO: 0, ABSTAIN: 0}
    assert all(check_receipt(voting, each) == "Yes" for each in receipts)
