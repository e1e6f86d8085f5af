# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Mergers and splits of municipalities: two members become one, or one becomes two.

Always holds (§ 77a GenG): a dissolved body is no member from the day on which its successor stands; the successor continues the membership until the
end of that financial year, and stays beyond it only where it was a member already or accedes in its own right; the balance of
the dissolved body is due six months after that year's end, to the successor.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext

from allmende.cooperative.exits import RefusedExitError, correct_entry, pay_out_due, write_exit
from allmende.cooperative.legal_rules import financial_year_on, rule_on
from allmende.cooperative.member_audit import audit_member
from allmende.cooperative.member_list import (
    Draft,
    EntryKind,
    ExitReason,
    MemberListEntry,
    append_entries,
    is_member_on,
    standing_entries,
)
from allmende.cooperative.members import Member
from allmende.cooperative.stored_documents import StoredDocument
from allmende.directory.people import Person


@transaction.atomic
def merge_members(
    merged: Sequence[Member],
    successor: Member,
    effective_on: date,
    *,
    actor: Person | None,
    document: StoredDocument | None = None,
    note: str = "",
) -> None:
    """`effective_on` is the first day of the successor, which may be one of them, another member or a new body.

    Raises RefusedExitError, RefusedEntryError, UnknownRuleError.
    """
    dissolved = [member for member in merged if member.pk != successor.pk]
    if not dissolved or len({member.pk for member in dissolved}) != len(dissolved):
        raise RefusedExitError(
            gettext("Choose the members that are merged, each once, and another body as successor.")
        )
    eve = effective_on - timedelta(days=1)
    for member in dissolved:
        _refuse_stranger(member, eve)
    year = financial_year_on(effective_on)
    if not is_member_on(successor, effective_on):
        _continue(successor, dissolved[0], effective_on, actor=actor, note=note)
    for member in dissolved:
        _dissolve(
            member, successor, eve, due=pay_out_due(year.last_day), actor=actor, document=document, note=note
        )
    names = ", ".join(member.name for member in dissolved)
    audit_member(actor, "member.merged", successor.name, merged=names, day=effective_on.isoformat())


@transaction.atomic
def split_member(
    source: Member,
    successors: Sequence[Member],
    effective_on: date,
    *,
    source_remains: bool,
    actor: Person | None,
    document: StoredDocument | None = None,
    note: str = "",
) -> None:
    """`successors` are the bodies that the territorial agreement names; the first of them receives the balance of a dissolved source.

    Raises RefusedExitError, RefusedEntryError, UnknownRuleError.
    """
    bodies = {member.pk for member in successors}
    if len(bodies) < (1 if source_remains else 2) or len(bodies) != len(successors) or source.pk in bodies:
        raise RefusedExitError(
            gettext(
                "Choose the bodies into which the member is split, each once: two, or one beside the member that stays."
            )
        )
    eve = effective_on - timedelta(days=1)
    _refuse_stranger(source, eve)
    year = financial_year_on(effective_on)
    for successor in successors:
        if not is_member_on(successor, effective_on):
            _continue(successor, source, effective_on, actor=actor, note=note)
    if not source_remains:
        due = pay_out_due(year.last_day)
        _dissolve(source, successors[0], eve, due=due, actor=actor, document=document, note=note)
    names = ", ".join(member.name for member in successors)
    audit_member(actor, "member.split", source.name, into=names, day=effective_on.isoformat())


def end_of_succession(member: Member, day: date) -> MemberListEntry | None:
    """The row that ends a membership continued as legal successor after `day`; None where there is none."""
    rows = [row for row in standing_entries() if row.member_id == member.pk]
    ends = [row for row in rows if row.kind == EntryKind.EXIT and row.effective_on >= day]
    begins = [
        row
        for row in rows
        if row.effective_on <= day and row.kind in {EntryKind.ADMISSION, EntryKind.SUCCESSION}
    ]
    if (
        ends
        and begins
        and begins[-1].kind == EntryKind.SUCCESSION
        and ends[0].exit_reason == ExitReason.DISSOLUTION
    ):
        return ends[0]
    return None


def _continue(successor: Member, before: Member, day: date, *, actor: Person | None, note: str) -> None:
    """The rule's text names the year's end; § 77a is looked up so that a changed law is seen here."""
    rule_on("genossenschaftsgesetz.77a.succession", day)
    last_day = financial_year_on(day).last_day
    append_entries([Draft(successor, EntryKind.SUCCESSION, day, counterpart=before, note=note)], actor=actor)
    write_exit(
        successor,
        ExitReason.DISSOLUTION,
        day,
        last_day,
        actor=actor,
        due=pay_out_due(last_day),
        note=note,
    )


def _dissolve(
    member: Member,
    successor: Member,
    eve: date,
    *,
    due: date,
    actor: Person | None,
    document: StoredDocument | None,
    note: str,
) -> None:
    _lift_later_end(member, eve, actor=actor, note=note)
    write_exit(
        member,
        ExitReason.DISSOLUTION,
        eve + timedelta(days=1),
        eve,
        actor=actor,
        due=due,
        counterpart=successor,
        document=document,
        note=note,
    )


def _lift_later_end(member: Member, day: date, *, actor: Person | None, note: str) -> None:
    """What lies ahead (a notice, single shares cancelled, the end of a succession) is overtaken by the dissolution."""
    ends = {EntryKind.EXIT, EntryKind.CANCELLATION}
    for row in standing_entries():
        if row.member_id == member.pk and row.kind in ends and row.effective_on > day:
            correct_entry(row, actor=actor, note=note)


def _refuse_stranger(member: Member, day: date) -> None:
    if not is_member_on(member, day):
        raise RefusedExitError(
            gettext("%(name)s is no member on the day before. Look at the history of the list.")
            % {"name": member.name}
        )
