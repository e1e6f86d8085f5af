# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from icalendar import Calendar

from allmende.cooperative.attendance import (
    Attendance,
    Capacity,
    note_departure,
    quorum,
    register_attendance,
)
from allmende.cooperative.ballots import close_secret_voting
from allmende.cooperative.chain_checking import verify_chain
from allmende.cooperative.hash_chain import ChangeEntry
from allmende.cooperative.invitations import (
    calendar_entry,
    invitation_proofs,
    invite_members,
    note_all_letters,
    note_letter,
    waiting_letters,
)
from allmende.cooperative.legal_rules import LegalRule
from allmende.cooperative.meeting_rules import INVITATION, QUORUM, MajorityKind
from allmende.cooperative.meetings import (
    AgendaItem,
    ItemKind,
    Meeting,
    MeetingForm,
    MeetingRefusedError,
    MeetingState,
    close_meeting,
    exclude_from_item,
    last_invitation_day,
    move_item_up,
    open_meeting,
    remove_item,
    save_item,
)
from allmende.cooperative.member_votes import MemberVotes, votes_of
from allmende.cooperative.members import Member
from allmende.cooperative.minutes import minutes_data, minutes_pdf
from allmende.cooperative.motions import Motion, MotionState, admit_motion, hand_in_motion, refuse_motion
from allmende.cooperative.resolutions import Resolution
from allmende.cooperative.vote_counting import ABSTAIN, NO, YES
from allmende.cooperative.votings import (
    Method,
    VoterRow,
    Voting,
    add_voting,
    cast_open_vote,
    close_open_voting,
    note_open_votes,
    open_voting,
    recount_open,
)
from makers import make_person, make_town

from .meeting_makers import Cooperative, make_cooperative, make_meeting, make_session, make_voting

pytestmark = pytest.mark.django_db


@pytest.fixture
def cooperative() -> Cooperative:
    return make_cooperative()


def test_the_invitation_must_leave_two_whole_weeks(cooperative: Cooperative) -> None:
    meeting = make_meeting(cooperative)
    Meeting.objects.filter(pk=meeting.pk).update(starts_at="2027-06-16T10:00:00Z")
    meeting.refresh_from_db()
    assert last_invitation_day(meeting) == date(2027, 6, 1)
    LegalRule.objects.filter(key=INVITATION).update(number=3)
    assert last_invitation_day(meeting) == date(2027, 5, 25)


def test_every_member_is_invited_once_with_letter_and_calendar_entry_and_the_proof_says_so(
    cooperative: Cooperative,
) -> None:
    meeting = make_meeting(cooperative)
    Member.objects.filter(pk=cooperative.members[0].pk).update(email="")
    assert invite_members(cooperative.office, meeting) == (4, 1)
    assert invite_members(cooperative.office, meeting) == (0, 1)
    assert len(mail.outbox) == 4
    name, content, media_type = mail.outbox[0].attachments[0]
    assert (str(name).endswith(".pdf"), bytes(content)[:4], media_type) == (True, b"%PDF", "application/pdf")
    proofs = invitation_proofs(meeting)
    assert [proof.is_in_time for proof in proofs] == [False, True, True, True, True]
    by_letter = proofs[0].invitation
    assert by_letter is not None
    assert len(by_letter.sha256) == 64
    with pytest.raises(MeetingRefusedError, match="still to come"):
        note_letter(cooperative.office, by_letter, timezone.localdate() + timedelta(days=1))
    note_letter(cooperative.office, by_letter, proofs[0].last_day - timedelta(days=60))
    assert all(proof.is_in_time for proof in invitation_proofs(meeting))
    Meeting.objects.filter(pk=meeting.pk).update(starts_at=timezone.now() + timedelta(days=14))
    meeting.refresh_from_db()
    assert [proof.is_in_time for proof in invitation_proofs(meeting)] == [True, False, False, False, False]


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_letters_of_all_who_get_no_mail_are_noted_at_once(
    cooperative: Cooperative, language: str
) -> None:
    meeting = make_meeting(cooperative)
    silent = [each.pk for each in cooperative.members[:3]]
    Member.objects.filter(pk__in=silent).update(email="")
    assert invite_members(cooperative.office, meeting) == (2, 3)
    client = Client(headers={"accept-language": language})
    client.force_login(cooperative.office)
    address = f"/genossenschaft/versammlungen/{meeting.pk}/einladungen/"
    page = client.get(address).content.decode()
    words = {"en": "Note all 3 letters", "de": "Alle 3 Briefe vermerken"}
    assert words[language] in page
    assert f'value="{timezone.localdate().isoformat()}"' in page
    chosen = meeting.invitations.get(member=silent[0])
    late = {"invitation": chosen.pk, "posted_on": (timezone.localdate() + timedelta(days=1)).isoformat()}
    refused = client.post(address, {**late, "all": "1"})
    assert refused.status_code == 422
    assert f'id="invitation_{chosen.pk}" checked' in refused.content.decode()
    assert len(waiting_letters(meeting)) == 3

    posted = timezone.localdate() - timedelta(days=2)
    client.post(address, {"posted_on": posted.isoformat(), "all": "1"})
    rows = meeting.invitations.filter(member__in=silent)
    assert [(row.channel, row.sent_on) for row in rows] == [("letter", posted)] * 3
    assert ChangeEntry.objects.filter(noun="invitation", what="posted").count() == 3
    with pytest.raises(MeetingRefusedError, match=r"No letter waits|wartet kein Brief"):
        note_all_letters(cooperative.office, meeting, posted)


def test_letters_for_all_leave_the_mails_alone_that_failed(
    cooperative: Cooperative, settings: object
) -> None:
    settings.EMAIL_BACKEND = "no.such.Backend"  # type: ignore[attr-defined]
    meeting = make_meeting(cooperative)
    Member.objects.filter(pk=cooperative.members[0].pk).update(email="")
    invite_members(cooperative.office, meeting)
    assert note_all_letters(cooperative.office, meeting, timezone.localdate()) == 1
    assert meeting.invitations.filter(sent_at__isnull=True).count() == 4


def test_a_mail_that_fails_is_no_invitation(cooperative: Cooperative, settings: object) -> None:
    settings.EMAIL_BACKEND = "no.such.Backend"  # type: ignore[attr-defined]
    meeting = make_meeting(cooperative)
    assert invite_members(cooperative.office, meeting) == (0, 5)
    assert not any(proof.is_sent for proof in invitation_proofs(meeting))
    assert meeting.invitations.exclude(fault="").count() == 5


def test_the_calendar_entry_is_readable_and_names_the_agenda(cooperative: Cooperative) -> None:
    meeting = make_meeting(cooperative)
    event = Calendar.from_ical(calendar_entry(meeting)).walk("VEVENT")[0]
    assert event.decoded("dtstart") == meeting.starts_at.replace(microsecond=0)
    assert "Jahresabschluss" in str(event["description"])


def test_the_agenda_has_no_gaps_and_stands_after_the_invitation(cooperative: Cooperative) -> None:
    meeting = make_meeting(cooperative)
    items = [save_item(cooperative.office, AgendaItem(meeting=meeting, title=title)) for title in ("B", "C")]
    move_item_up(cooperative.office, items[1])
    remove_item(cooperative.office, meeting.items.get(number=1))
    assert list(meeting.items.values_list("number", "title")) == [(1, "C"), (2, "B")]
    invite_members(cooperative.office, meeting)
    with pytest.raises(MeetingRefusedError):
        remove_item(cooperative.office, meeting.items.get(number=1))


def test_what_was_announced_too_late_is_not_resolved_unless_all_are_there(cooperative: Cooperative) -> None:
    meeting = make_session(cooperative, presences=4)
    late = save_item(cooperative.office, AgendaItem(meeting=meeting, title="Nachtrag"))
    voting = add_voting(cooperative.office, Voting(item=late, question="?"))
    with pytest.raises(MeetingRefusedError, match="46"):
        open_voting(cooperative.office, voting)
    chair = save_item(
        cooperative.office, AgendaItem(meeting=meeting, title="Leitung", kind=ItemKind.PROCEDURE)
    )
    on_chair = add_voting(cooperative.office, Voting(item=chair, question="?"))
    open_voting(cooperative.office, on_chair)
    close_open_voting(cooperative.office, on_chair)
    last, head = cooperative.members[4], cooperative.heads[4]
    register_attendance(
        cooperative.office, Attendance(meeting=meeting, member=last, person=head, name=str(head))
    )
    open_voting(cooperative.office, voting)
    assert voting.is_open


def test_a_proxy_stands_for_two_members_at_most_with_power_of_attorney(cooperative: Cooperative) -> None:
    meeting = make_session(cooperative, presences=1)

    def proxy(at: int, name: str, **fields: object) -> Attendance:
        values = {"capacity": Capacity.PROXY, "has_power_of_attorney": True, **fields}
        row = Attendance(meeting=meeting, member=cooperative.members[at], name=name, **values)
        return register_attendance(cooperative.office, row)

    with pytest.raises(MeetingRefusedError, match="power of attorney"):
        proxy(1, "Frau Linde", has_power_of_attorney=False)
    first = proxy(1, "Frau Linde")
    proxy(2, " frau  LINDE")
    with pytest.raises(MeetingRefusedError, match="2 members"):
        proxy(3, "Frau Linde")
    with pytest.raises(MeetingRefusedError, match="already"):
        proxy(1, "Herr Eiche")
    note_departure(cooperative.office, first)
    proxy(3, "Frau Linde")
    assert quorum(meeting)[:2] == (3, 5)


def test_who_is_no_member_that_day_is_not_registered(cooperative: Cooperative) -> None:
    meeting = make_session(cooperative)
    stranger = Member.objects.create(name="Fremd", land="ST")
    with pytest.raises(MeetingRefusedError, match="no member"):
        register_attendance(cooperative.office, Attendance(meeting=meeting, member=stranger, name="X"))


def test_a_conflict_of_interest_takes_the_vote_for_oneself_and_for_others(cooperative: Cooperative) -> None:
    meeting = make_session(cooperative, presences=4)
    proxy = Attendance(
        meeting=meeting,
        member=cooperative.members[4],
        person=cooperative.heads[0],
        name=str(cooperative.heads[0]),
        capacity=Capacity.PROXY,
        has_power_of_attorney=True,
    )
    register_attendance(cooperative.office, proxy)
    item = meeting.items.get(number=1)
    exclude_from_item(cooperative.office, item, cooperative.members[0].pk, "Entlastung")
    voting = make_voting(cooperative, meeting, method=Method.OPEN)
    voters = set(VoterRow.objects.filter(voting=voting).values_list("member__name", flat=True))
    assert voters == {"Burg", "Coswig", "Dessau"}


def test_without_a_quorum_nothing_is_resolved(cooperative: Cooperative) -> None:
    meeting = make_session(cooperative, presences=2)
    LegalRule.objects.filter(key=QUORUM).update(number=50)
    with pytest.raises(MeetingRefusedError, match="quorum"):
        make_voting(cooperative, meeting)


def test_more_votes_by_the_statutes_count_where_the_law_lets_them(cooperative: Cooperative) -> None:
    meeting = make_session(cooperative)
    big = cooperative.members[0]
    MemberVotes.objects.create(member=big, votes=7, valid_from=date(2020, 1, 1), source="§ 12 der Satzung")
    assert votes_of(big, meeting.day, MajorityKind.SIMPLE) == 3
    assert votes_of(big, date(2019, 12, 31), MajorityKind.SIMPLE) == 1
    assert votes_of(big, meeting.day, MajorityKind.STATUTES) == 1
    voting = make_voting(cooperative, meeting, method=Method.OPEN)
    cast_open_vote(cooperative.heads[0], voting, big.pk, YES)
    cast_open_vote(cooperative.heads[1], voting, cooperative.members[1].pk, NO)
    close_open_voting(cooperative.office, voting)
    assert voting.tally == {YES: 3, NO: 1, ABSTAIN: 0}


def test_an_open_vote_ends_in_the_register_and_never_changes_again(cooperative: Cooperative) -> None:
    meeting = make_session(cooperative)
    voting = make_voting(cooperative, meeting, method=Method.OPEN, kind=MajorityKind.STATUTES)
    keys = [member.pk for member in cooperative.members]
    note_open_votes(cooperative.office, voting, dict.fromkeys(keys[:4], YES) | {keys[4]: ABSTAIN})
    note_open_votes(cooperative.office, voting, {keys[0]: NO, keys[4]: ""})
    close_open_voting(cooperative.office, voting)
    assert (voting.tally, voting.outcome) == ({YES: 3, NO: 1, ABSTAIN: 0}, "adopted")
    assert voting.needed_words == "at least 75 %"
    assert dict(recount_open(voting).votes) == voting.tally
    assert Resolution.objects.get().voting == voting
    attempts: list[Callable[[], None]] = [
        lambda: note_open_votes(cooperative.office, voting, {keys[0]: YES}),
        lambda: cast_open_vote(cooperative.heads[4], voting, keys[4], YES),
        lambda: close_open_voting(cooperative.office, voting),
    ]
    for late in attempts:
        with pytest.raises(MeetingRefusedError, match="closed"):
            late()
    assert not verify_chain().faults


def test_a_meeting_is_not_closed_over_an_open_vote_and_its_minutes_name_all(cooperative: Cooperative) -> None:
    meeting = make_session(cooperative)
    voting = make_voting(cooperative, meeting, method=Method.OPEN)
    with pytest.raises(MeetingRefusedError, match="still open"):
        close_meeting(cooperative.office, meeting)
    cast_open_vote(cooperative.heads[0], voting, cooperative.members[0].pk, YES)
    close_open_voting(cooperative.office, voting)
    close_meeting(cooperative.office, meeting)
    data = minutes_data(meeting)
    assert [row[0] for row in data["lists"][0]["rows"]] == [member.name for member in cooperative.members]
    assert data["items"][0]["votings"][0]["result"].endswith("Yes 1, No 0, Abstention 0: adopted")
    assert minutes_pdf(meeting).startswith(b"%PDF")


def test_motions_come_on_the_agenda_or_are_answered(cooperative: Cooperative) -> None:
    meeting = make_meeting(cooperative)
    with pytest.raises(MeetingRefusedError):
        hand_in_motion(cooperative.heads[0], meeting, cooperative.members[0], "Zu früh", "…")
    invite_members(cooperative.office, meeting)
    motions = [
        hand_in_motion(cooperative.heads[0], meeting, cooperative.members[0], f"Antrag {n}", "…")
        for n in (1, 2)
    ]
    item = admit_motion(cooperative.office, motions[0])
    assert (item.number, item.announced_on) == (2, None)
    with pytest.raises(MeetingRefusedError, match="why"):
        refuse_motion(cooperative.office, motions[1], " ")
    refuse_motion(cooperative.office, motions[1], "Nicht zuständig")
    states = Motion.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == [MotionState.ADMITTED, MotionState.REFUSED]
    with pytest.raises(MeetingRefusedError):
        admit_motion(cooperative.office, motions[1])


def test_drafts_and_other_towns_and_strangers_see_nothing(cooperative: Cooperative) -> None:
    meeting = make_meeting(cooperative)
    stranger = make_person(make_town("fremd"), "anna", it=True)
    own, office = (
        f"/mitgliedschaft/versammlungen/{meeting.pk}/",
        f"/genossenschaft/versammlungen/{meeting.pk}/",
    )
    head, other, nobody = Client(), Client(), Client()
    head.force_login(cooperative.heads[0])
    other.force_login(stranger)
    assert head.get(own).status_code == 404
    assert head.get(office).status_code == 403
    assert other.get(own).status_code in {403, 404}
    assert nobody.get(own).status_code == 302
    invite_members(cooperative.office, meeting)
    assert head.get(own).status_code == 200
    assert head.get(own + "datei/protokoll.pdf").status_code == 404


def test_the_page_with_the_receipt_is_kept_nowhere(cooperative: Cooperative) -> None:
    voting = make_voting(cooperative, make_session(cooperative))
    client = Client()
    client.force_login(cooperative.heads[0])
    member = cooperative.members[0]
    address = f"/mitgliedschaft/versammlungen/abstimmungen/{voting.pk}/"
    answer = client.post(address, {"member": member.pk, f"m{member.pk}-choice": "yes"})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert b'id="receipt"' in answer.content
    assert "receipt" not in str(dict(client.session.items()))
    again = client.post(address, {"member": member.pk, f"m{member.pk}-choice": "no"})
    assert again.status_code == 302
    foreign = client.post(
        address, {"member": cooperative.members[1].pk, f"m{cooperative.members[1].pk}-choice": "no"}
    )
    assert foreign.status_code == 302
    assert VoterRow.objects.filter(voting=voting, state="device").count() == 1


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "no vote is taken any more. Where it was closed too early, only the chair"),
        ("de", "Wurde zu früh geschlossen, kann nur der Vorsitz"),
    ],
)
def test_a_vote_after_the_close_is_refused_on_the_page_with_what_to_do(
    cooperative: Cooperative, language: str, words: str
) -> None:
    voting = make_voting(cooperative, make_session(cooperative))
    client = Client(headers={"accept-language": language})
    client.force_login(cooperative.heads[0])
    member = cooperative.members[0]
    close_secret_voting(cooperative.office, voting)
    address = f"/mitgliedschaft/versammlungen/abstimmungen/{voting.pk}/"
    late = client.post(address, {"member": member.pk, f"m{member.pk}-choice": "yes"}, follow=True)
    assert words in late.content.decode()
    assert not VoterRow.objects.filter(voting=voting, state="device").exists()


def test_taking_part_online_only_where_the_meeting_is_hybrid(cooperative: Cooperative) -> None:
    meeting = make_meeting(cooperative, form=MeetingForm.PLACE)
    invite_members(cooperative.office, meeting)
    client = Client()
    client.force_login(cooperative.heads[0])
    assert client.post(f"/mitgliedschaft/versammlungen/{meeting.pk}/teilnehmen/").status_code == 404
    Meeting.objects.filter(pk=meeting.pk).update(form=MeetingForm.HYBRID)
    assert client.post(f"/mitgliedschaft/versammlungen/{meeting.pk}/teilnehmen/").status_code == 302
    assert quorum(meeting)[0] == 1


def test_a_session_needs_an_invitation(cooperative: Cooperative) -> None:
    meeting = make_meeting(cooperative)
    with pytest.raises(MeetingRefusedError):
        open_meeting(cooperative.office, meeting)
    assert meeting.state == MeetingState.DRAFT
    invite_members(cooperative.office, meeting)
    with pytest.raises(MeetingRefusedError, match="rely on the day"):
        open_meeting(cooperative.office, meeting)
