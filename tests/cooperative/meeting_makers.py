# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A cooperative with members, and a meeting in session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

from allmende.cooperative.attendance import Attendance, register_attendance
from allmende.cooperative.invitations import Invitation, invite_members, note_letter
from allmende.cooperative.laender import Land
from allmende.cooperative.meeting_rules import MajorityKind, add_meeting_rules
from allmende.cooperative.meetings import (
    AgendaItem,
    ItemKind,
    Meeting,
    MeetingForm,
    open_meeting,
    save_item,
    save_meeting,
)
from allmende.cooperative.member_list import Draft, EntryKind, append_entries
from allmende.cooperative.members import Member
from allmende.cooperative.votings import Method, Voting, add_voting, open_voting
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.directory.roles import Role, RoleName
from makers import make_person, make_town

NAMES = ("Aken", "Burg", "Coswig", "Dessau", "Elbe", "Flechtingen", "Gommern", "Halle")


@dataclass
class Cooperative:
    tenant: Municipality
    office: Person
    members: list[Member]
    #: The head of each member's administration, in the same order.
    heads: list[Person]


def make_cooperative(count: int = 5, password: str | None = None) -> Cooperative:
    add_meeting_rules()
    tenant = make_town("kitu", name="Genossenschaft", is_cooperative=True)
    office = make_person(tenant, "office", password=password)
    Role.objects.create(municipality=tenant, person=office, name=RoleName.OFFICE)
    members, heads = [], []
    for name in NAMES[:count]:
        town = make_town(name.lower(), name=name)
        head = make_person(town, "head", display_name=f"Head of {name}", password=password)
        Role.objects.create(municipality=town, person=head, name=RoleName.MANAGEMENT)
        email = f"head@{name.lower()}.example"
        member = Member.objects.create(name=name, land=Land.ST, municipality=town, email=email)
        append_entries([Draft(member, EntryKind.ADMISSION, date(2020, 1, 1))], actor=None)
        members.append(member)
        heads.append(head)
    return Cooperative(tenant, office, members, heads)


def make_meeting(
    cooperative: Cooperative, *, form: MeetingForm = MeetingForm.HYBRID, days: int = 30
) -> Meeting:
    """Prepared, with one item, not yet invited."""
    meeting = Meeting(title="Generalversammlung", form=form, starts_at=timezone.now() + timedelta(days=days))
    save_meeting(cooperative.office, meeting)
    save_item(
        cooperative.office, AgendaItem(meeting=meeting, title="Jahresabschluss", kind=ItemKind.RESOLUTION)
    )
    return meeting


def make_session(cooperative: Cooperative, *, presences: int | None = None) -> Meeting:
    """Announced long ago, opened, and everybody represented by the head."""
    meeting = make_meeting(cooperative)
    invite_members(cooperative.office, meeting)
    long_ago = timezone.localdate() - timedelta(days=30)
    for invitation in Invitation.objects.filter(meeting=meeting):
        note_letter(cooperative.office, invitation, long_ago)
    meeting.items.update(announced_on=long_ago)
    Meeting.objects.filter(pk=meeting.pk).update(starts_at=timezone.now())
    meeting.refresh_from_db()
    open_meeting(cooperative.office, meeting)
    for member, head in list(zip(cooperative.members, cooperative.heads, strict=True))[:presences]:
        register_attendance(
            cooperative.office, Attendance(meeting=meeting, member=member, person=head, name=str(head))
        )
    return meeting


def make_voting(
    cooperative: Cooperative,
    meeting: Meeting,
    *,
    method: Method = Method.SECRET,
    kind: MajorityKind = MajorityKind.SIMPLE,
    candidates: tuple[str, ...] = (),
) -> Voting:
    """Opened."""
    item = meeting.items.get(number=1)
    voting = Voting(
        item=item,
        question="Wird beschlossen?",
        method=method,
        majority_kind=kind,
        candidates=list(candidates),
    )
    add_voting(cooperative.office, voting)
    open_voting(cooperative.office, voting)
    return voting
