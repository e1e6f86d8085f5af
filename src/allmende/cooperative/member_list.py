# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The list of members (§ 30 GenG): append-only rows, from which follows who was a member on any day.

Always holds: no row is ever changed or deleted, a mistake is met by a row that reverses it; every row has two days, the one from which it
takes effect and the one on which it was recorded, so two questions can be asked: who was a member on a day, and what did the list say of that
day at some moment; rows are numbered without a gap in the order of recording; a member's memberships follow each other and never overlap.
A membership's last day is a day of membership.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from allmende.cooperative.hash_chain import record_change
from allmende.cooperative.members import Member
from allmende.cooperative.stored_documents import StoredDocument
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person


class EntryKind(models.TextChoices):
    ADMISSION = "admission", _("admission")
    SUCCESSION = "succession", _("membership continued as legal successor")
    OWN_RIGHT = "own_right", _("member in its own right")
    EXIT = "exit", _("exit")
    TRANSFER_OUT = "transfer_out", _("shares transferred to another member")
    TRANSFER_IN = "transfer_in", _("shares taken over from another member")
    SHARES = "shares", _("number of further shares")
    CANCELLATION = "cancellation", _("single shares cancelled")
    DETAILS = "details", _("name or address changed")
    REVERSAL = "reversal", _("correction of an earlier row")


#: They begin a membership.
BEGINS = frozenset({EntryKind.ADMISSION, EntryKind.SUCCESSION})
#: They say what the member is called from then on; other rows repeat the name of the day on which they were recorded.
_NAMING = BEGINS | {EntryKind.DETAILS}


class ExitReason(models.TextChoices):
    NOTICE = "notice", _("notice by the member (§ 65 GenG)")
    EXTRAORDINARY = "extraordinary", _("extraordinary notice (§ 67a GenG)")
    TRANSFER = "transfer", _("transfer of the whole balance (§ 76 GenG)")
    EXCLUSION = "exclusion", _("exclusion (§ 68 GenG)")
    CREDITOR = "creditor", _("notice by a creditor (§ 66 GenG)")
    DISSOLUTION = "dissolution", _("dissolution or merger of the body (§ 77a GenG)")


class RefusedEntryError(Exception):
    """The row can't be true beside the others; the message says what to do."""


class _FrozenRows(models.QuerySet["MemberListEntry"]):
    def update(self, **_kwargs: Any) -> int:
        raise TypeError("The list of members is never changed; append a row that reverses.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError("The list of members is never changed; append a row that reverses.")


class MemberListEntry(models.Model):
    #: 1, 2, 3 … in the order of recording.
    number = models.PositiveIntegerField(_("row"), unique=True)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="list_entries")
    kind = models.CharField(_("kind"), max_length=20, choices=EntryKind.choices)
    effective_on = models.DateField(_("effective"))
    recorded_at = models.DateTimeField(_("recorded"))
    #: The day of recording was taken over from a list that was kept elsewhere.
    is_brought_over = models.BooleanField(_("taken over from an earlier list"), default=False)
    recorded_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    recorded_by_name = models.CharField(_("recorded by"), max_length=200, blank=True)
    #: The consecutive number of the membership; of rows that begin one.
    member_number = models.PositiveIntegerField(_("member number"), null=True, blank=True, unique=True)
    name = models.CharField(_("name"), max_length=200)
    address = models.CharField(_("address"), max_length=400, blank=True)
    exit_reason = models.CharField(_("reason"), max_length=20, choices=ExitReason.choices, blank=True)
    #: From whom, to whom: of transfers and successions.
    counterpart = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    #: Of transfers and cancellations: how many shares; of SHARES: how many beyond the first the member now has.
    share_count = models.PositiveIntegerField(_("shares"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    #: On which the row rests (§ 30 Abs. 3 GenG).
    document = models.ForeignKey(
        StoredDocument, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reverses = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="reversed_by"
    )

    objects = _FrozenRows.as_manager()

    class Meta:
        ordering = ["number"]
        verbose_name = _("row of the list of members")
        verbose_name_plural = _("list of members")
        indexes = [models.Index(fields=["member", "effective_on"], name="member_list_by_member")]

    def __str__(self) -> str:
        return f"{self.number}: {self.name} {self.kind} {self.effective_on:%Y-%m-%d}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Only ever appends."""
        if not self._state.adding:
            raise TypeError("The list of members is never changed; append a row that reverses.")
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("The list of members is never changed; append a row that reverses.")


@dataclass(frozen=True, slots=True)
class Draft:
    """A row that is to be appended. `name` and `address` are the member's of today where nothing is said."""

    member: Member
    kind: EntryKind
    effective_on: date
    exit_reason: ExitReason | None = None
    counterpart: Member | None = None
    share_count: int | None = None
    note: str = ""
    reverses: MemberListEntry | None = None
    document: StoredDocument | None = None
    name: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Membership:
    """One membership of one body; `last_day` is None while no exit is recorded."""

    member: Member
    number: int
    first_day: date
    last_day: date | None
    #: As legal successor of a merged body, not in its own right.
    is_succession: bool
    #: It began so, whatever came later.
    began_by_succession: bool

    def holds_on(self, day: date) -> bool:
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)


@dataclass(frozen=True, slots=True)
class ListedMember:
    """A member as the list shows it for one day: name and address are those of that day."""

    member: Member
    number: int
    name: str
    address: str
    admitted_on: date
    leaves_on: date | None
    is_succession: bool
    further_shares: int


def members_on(day: date, *, known_at: datetime | None = None) -> list[ListedMember]:
    """Who was a member on `day`, ordered by member number.

    `known_at` asks what the list said at that moment: rows recorded later don't count.
    """
    by_member: dict[int, list[MemberListEntry]] = {}
    for entry in standing_entries(known_at=known_at):
        by_member.setdefault(entry.member_id, []).append(entry)
    listed = [found for entries in by_member.values() if (found := _listed(entries, day)) is not None]
    return sorted(listed, key=lambda each: each.number)


def is_member_on(member: Member, day: date, *, known_at: datetime | None = None) -> bool:
    return any(each.holds_on(day) for each in memberships_of(member, known_at=known_at))


def memberships_of(member: Member, *, known_at: datetime | None = None) -> list[Membership]:
    """In the order of time."""
    return _memberships([e for e in standing_entries(known_at=known_at) if e.member_id == member.pk])


def standing_entries(*, known_at: datetime | None = None) -> list[MemberListEntry]:
    """The rows that nothing has reversed, in the order of effect (then of recording)."""
    rows = MemberListEntry.objects.select_related("member", "member__municipality", "counterpart")
    if known_at is not None:
        rows = rows.filter(recorded_at__lte=known_at)
    entries = list(rows)
    reversed_ids = {entry.reverses_id for entry in entries if entry.reverses_id is not None}
    standing = [e for e in entries if e.pk not in reversed_ids and e.kind != EntryKind.REVERSAL]
    return sorted(standing, key=lambda e: (e.effective_on, _rank(e.kind), e.number))


def _rank(kind: str) -> int:
    """On one day a membership begins before all else, and ends after it."""
    return 0 if kind in BEGINS else 2 if kind == EntryKind.EXIT else 1


@transaction.atomic
def append_entries(
    drafts: Sequence[Draft], *, actor: Person | None, recorded_at: datetime | None = None
) -> list[MemberListEntry]:
    """Append rows together: all of them or none. Raises RefusedEntryError.

    `recorded_at` is for bringing over a list that was kept elsewhere; it can't be later than now, nor before a row that stands already.
    """
    # One writer at a time, so that numbers have no gap: the cooperative's own row is the lock.
    list(Municipality.objects.select_for_update().filter(is_cooperative=True))
    at = _recording_time(recorded_at)
    last = MemberListEntry.objects.aggregate(row=models.Max("number"), member=models.Max("member_number"))
    row, member_number = last["row"] or 0, last["member"] or 0
    made = []
    for draft in drafts:
        if draft.reverses is not None and MemberListEntry.objects.filter(reverses=draft.reverses).exists():
            raise RefusedEntryError(
                gettext("Row %(row)s is reversed already.") % {"row": draft.reverses.number}
            )
        row += 1
        if draft.kind in BEGINS:
            member_number += 1
        made.append(
            _record(
                actor,
                number=row,
                member=draft.member,
                kind=draft.kind,
                effective_on=draft.effective_on,
                recorded_at=at,
                is_brought_over=recorded_at is not None,
                recorded_by_name=str(actor) if actor else "",
                member_number=member_number if draft.kind in BEGINS else None,
                name=draft.name or draft.member.name,
                address=draft.address or draft.member.address,
                exit_reason=draft.exit_reason or "",
                counterpart=draft.counterpart,
                share_count=draft.share_count,
                note=draft.note,
                document=draft.document,
                reverses=draft.reverses,
            )
        )
    touched = {draft.member.pk for draft in drafts}
    standing = standing_entries()
    for member_id in touched:
        _refuse_impossible([entry for entry in standing if entry.member_id == member_id])
    return made


def reverse_entry(
    entry: MemberListEntry, *, actor: Person | None, note: str, recorded_at: datetime | None = None
) -> MemberListEntry:
    """Append the counter-row of a mistaken row. Raises RefusedEntryError."""
    if entry.kind == EntryKind.REVERSAL:
        raise RefusedEntryError(gettext("A correction is not corrected: record the right row anew."))
    draft = Draft(entry.member, EntryKind.REVERSAL, entry.effective_on, reverses=entry, note=note)
    return append_entries([draft], actor=actor, recorded_at=recorded_at)[0]


def _record(actor: Person | None, **values: Any) -> MemberListEntry:
    entry = MemberListEntry.objects.create(recorded_by=actor, **values)
    told = (
        "number",
        "kind",
        "effective_on",
        "member_number",
        "name",
        "address",
        "exit_reason",
        "share_count",
        "note",
    )
    facts = {name: values[name] for name in told}
    record_change(
        actor,
        "member_list",
        entry.number,
        "recorded",
        {
            **facts,
            "member": entry.member_id,
            "counterpart": entry.counterpart_id,
            "reverses": entry.reverses_id,
            "recorded_at": entry.recorded_at,
            "document": entry.document.sha256 if entry.document else "",
        },
        personal={"recorded_by": entry.recorded_by_name} if entry.recorded_by_name else None,
    )
    return entry


def _recording_time(asked: datetime | None) -> datetime:
    now = timezone.now()
    if asked is None:
        return now
    newest = MemberListEntry.objects.aggregate(at=models.Max("recorded_at"))["at"]
    if asked > now or (newest is not None and asked < newest):
        raise RefusedEntryError(
            gettext(
                "Rows are recorded in the order of time: not in the future, not before the row last recorded."
            )
        )
    return asked


def _memberships(entries: Sequence[MemberListEntry]) -> list[Membership]:
    """Of one member's standing rows in the order of effect."""
    found: list[Membership] = []
    open_row: MemberListEntry | None = None
    is_succession = False
    for entry in entries:
        if entry.kind in BEGINS:
            open_row, is_succession = entry, entry.kind == EntryKind.SUCCESSION
        elif entry.kind == EntryKind.OWN_RIGHT:
            is_succession = False
        elif entry.kind == EntryKind.EXIT and open_row is not None:
            found.append(_membership(open_row, entry.effective_on, is_succession=is_succession))
            open_row = None
    if open_row is not None:
        found.append(_membership(open_row, None, is_succession=is_succession))
    return found


def _membership(begin: MemberListEntry, last_day: date | None, *, is_succession: bool) -> Membership:
    began_so = begin.kind == EntryKind.SUCCESSION
    return Membership(
        begin.member, begin.member_number or 0, begin.effective_on, last_day, is_succession, began_so
    )


def _listed(entries: Sequence[MemberListEntry], day: date) -> ListedMember | None:
    membership = next((each for each in _memberships(entries) if each.holds_on(day)), None)
    if membership is None:
        return None
    so_far = [e for e in entries if e.effective_on <= day]
    of_this = [e for e in so_far if e.effective_on >= membership.first_day]
    named = [e for e in so_far if e.kind in _NAMING][-1]
    own_right = any(
        e.kind != EntryKind.SUCCESSION for e in of_this if e.kind in {*BEGINS, EntryKind.OWN_RIGHT}
    )
    return ListedMember(
        member=membership.member,
        number=membership.number,
        name=named.name,
        address=named.address,
        admitted_on=membership.first_day,
        leaves_on=membership.last_day,
        is_succession=not own_right,
        further_shares=_further_shares(of_this, day),
    )


def _further_shares(entries: Sequence[MemberListEntry], day: date) -> int:
    """Shares beyond the first; a cancelled share is held to the end of its last day."""
    count = 0
    for entry in entries:
        shares = entry.share_count or 0
        if entry.kind == EntryKind.SHARES:
            count = shares
        elif entry.kind == EntryKind.TRANSFER_IN:
            count += shares
        elif entry.kind == EntryKind.TRANSFER_OUT or (
            entry.kind == EntryKind.CANCELLATION and entry.effective_on < day
        ):
            count -= shares
    return max(count, 0)


def _refuse_impossible(entries: Sequence[MemberListEntry]) -> None:
    """One member's standing rows, in the order of effect, must tell a story that can be true."""
    inside_since: date | None = None
    for entry in entries:
        words = {"name": entry.name, "day": date_format(entry.effective_on, "SHORT_DATE_FORMAT")}
        if entry.kind in BEGINS:
            if inside_since is not None:
                raise RefusedEntryError(
                    gettext(
                        "%(name)s is a member already on %(day)s. Record the exit first, or correct its day."
                    )
                    % words
                )
            inside_since = entry.effective_on
        elif inside_since is None:
            raise RefusedEntryError(
                gettext("%(name)s is no member on %(day)s. Record the admission first, or correct the day.")
                % words
            )
        elif entry.kind == EntryKind.EXIT:
            inside_since = None
