# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Names and addresses of members, with the day from which they hold; and members taken over from a list that was kept elsewhere."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from allmende.cooperative.member_audit import audit_member
from allmende.cooperative.member_list import (
    Draft,
    EntryKind,
    RefusedEntryError,
    append_entries,
    memberships_of,
)
from allmende.cooperative.members import Member
from allmende.directory.people import Person


@transaction.atomic
def take_over_member(member: Member, since: date, *, actor: Person | None, note: str = "") -> Member:
    """Keep a body that was a member before this list began, and its admission. Raises RefusedEntryError."""
    if since > timezone.localdate():
        raise RefusedEntryError(gettext("The day lies in the future. A new member comes in by an accession."))
    member.save()
    append_entries([Draft(member, EntryKind.ADMISSION, since, note=note)], actor=actor)
    audit_member(actor, "member.taken_over", member.name, since=since.isoformat())
    return member


@transaction.atomic
def change_details(member: Member, effective_on: date, *, actor: Person | None) -> None:
    """Keep changed details; what the list shows (name, address) gets a row. Raises RefusedEntryError."""
    before = Member.objects.get(pk=member.pk)
    member.save()
    is_listed = (before.name, before.address) != (member.name, member.address)
    if is_listed and memberships_of(member):
        append_entries([Draft(member, EntryKind.DETAILS, effective_on)], actor=actor)
    audit_member(actor, "member.changed", member.name, name=[before.name, member.name])
