# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Ends of memberships, and when the balance is paid out.

Always holds: a notice takes effect at the end of the first financial year that leaves the whole period of the statutes (§ 65 Abs. 2 GenG); the
balance is due six months after the end (§ 73 Abs. 2 GenG) unless the whole of it was transferred; the periods come from `legal_rules`,
those of the day of the notice. An exit that was revoked is met by a counter-row in the list and stays to be seen here.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.db import models, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from allmende.cooperative.legal_rules import financial_year_on, rule_on
from allmende.cooperative.member_audit import audit_member
from allmende.cooperative.member_events import (
    MembershipEndRevoked,
    MembershipEnds,
    ShareRowCorrected,
    SharesCancelled,
    publish,
)
from allmende.cooperative.member_list import (
    Draft,
    EntryKind,
    ExitReason,
    MemberListEntry,
    append_entries,
    is_member_on,
    memberships_of,
    reverse_entry,
)
from allmende.cooperative.members import Member
from allmende.cooperative.share_counts import shares_held
from allmende.cooperative.stored_documents import StoredDocument
from allmende.directory.people import Person


class RefusedExitError(Exception):
    """The message says what to do."""


#: Reasons that wait for the end of a financial year.
AT_YEARS_END = frozenset(
    {ExitReason.NOTICE, ExitReason.EXCLUSION, ExitReason.CREDITOR, ExitReason.EXTRAORDINARY}
)


class MemberExit(models.Model):
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="exits")
    reason = models.CharField(_("reason"), max_length=20, choices=ExitReason.choices)
    #: The notice's arrival, the resolution on an exclusion, the agreement on a transfer, the merger.
    declared_on = models.DateField(_("declared"))
    #: The last day of membership.
    last_day = models.DateField(_("last day"))
    pay_out_due = models.DateField(_("balance due"), null=True, blank=True)
    #: The legal successor; empty: the member itself.
    pay_out_to = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    list_entry = models.OneToOneField(MemberListEntry, on_delete=models.PROTECT, related_name="exit")
    document = models.ForeignKey(StoredDocument, on_delete=models.PROTECT, null=True, related_name="+")
    note = models.CharField(_("note"), max_length=500, blank=True)
    #: § 69 GenG: told without delay that the list says so.
    told_on = models.DateField(_("member told"), null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-last_day", "-pk"]
        verbose_name = _("exit")
        verbose_name_plural = _("exits")

    def __str__(self) -> str:
        return f"{self.member} {self.last_day:%Y-%m-%d}"


def last_day_after_notice(received_on: date, reason: str = ExitReason.NOTICE) -> date:
    """The end of the first financial year for which a notice of `received_on` is in time.

    An exclusion and an extraordinary notice take the running year's end. Raises UnknownRuleError.
    """
    year = financial_year_on(received_on)
    if reason not in {ExitReason.NOTICE, ExitReason.CREDITOR}:
        return year.last_day
    key = (
        "statutes.notice_period" if reason == ExitReason.NOTICE else "genossenschaftsgesetz.66.notice_period"
    )
    period = rule_on(key, received_on).period
    while received_on > period.before(year.last_day):
        year = financial_year_on(year.last_day + timedelta(days=1))
    return year.last_day


def pay_out_due(last_day: date) -> date:
    """Raises UnknownRuleError."""
    return rule_on("genossenschaftsgesetz.73.pay_out", last_day).period.after(last_day)


@transaction.atomic
def record_exit(
    member: Member,
    reason: ExitReason,
    declared_on: date,
    *,
    actor: Person | None,
    document: StoredDocument | None = None,
    note: str = "",
) -> MemberExit:
    """An exit at the end of a financial year. Raises RefusedExitError, RefusedEntryError, UnknownRuleError.

    Transfers and mergers have services of their own (`transfers`, `mergers`).
    """
    if reason not in AT_YEARS_END:
        raise RefusedExitError(gettext("Record a transfer or a merger on its own page."))
    if declared_on > timezone.localdate():
        raise RefusedExitError(
            gettext("The day lies in the future. Enter the day on which the notice arrived.")
        )
    _refuse_second(member, declared_on)
    if reason == ExitReason.NOTICE and not document:
        raise RefusedExitError(
            gettext("Add the notice as a file: the list's entries rest on documents (§ 30 Abs. 3 GenG).")
        )
    last_day = last_day_after_notice(declared_on, reason)
    return write_exit(
        member,
        reason,
        declared_on,
        last_day,
        actor=actor,
        due=pay_out_due(last_day),
        document=document,
        note=note,
    )


def write_exit(
    member: Member,
    reason: ExitReason,
    declared_on: date,
    last_day: date,
    *,
    actor: Person | None,
    due: date | None,
    counterpart: Member | None = None,
    document: StoredDocument | None = None,
    note: str = "",
) -> MemberExit:
    """The list's row, the exit and its event; the caller has checked. Raises RefusedEntryError."""
    draft = Draft(
        member,
        EntryKind.EXIT,
        last_day,
        exit_reason=reason,
        counterpart=counterpart,
        note=note,
        document=document,
    )
    [entry] = append_entries([draft], actor=actor)
    made = MemberExit.objects.create(
        member=member,
        reason=reason,
        declared_on=declared_on,
        last_day=last_day,
        pay_out_due=due,
        pay_out_to=counterpart,
        list_entry=entry,
        document=document,
        note=note,
    )
    audit_member(
        actor, "member.exit_recorded", member.name, reason=str(reason), last_day=last_day.isoformat()
    )
    heir = counterpart.pk if counterpart else None
    publish(MembershipEnds(entry.number, member.pk, last_day, str(reason), due, heir))
    return made


@transaction.atomic
def revoke_exit(ended: MemberExit, *, actor: Person | None, note: str) -> None:
    """The notice was withdrawn with the cooperative's consent, or recorded by mistake. Raises RefusedExitError, RefusedEntryError."""
    if ended.revoked_at is not None:
        raise RefusedExitError(gettext("This exit is revoked already."))
    if ended.reason not in AT_YEARS_END:
        raise RefusedExitError(
            gettext("A transfer or a merger is corrected row by row in the list of members.")
        )
    _take_back(ended, actor, note)


@transaction.atomic
def correct_entry(entry: MemberListEntry, *, actor: Person | None, note: str) -> None:
    """The counter-row of any row of the list. An exit that rests on it is revoked with it, both rows of a transfer go together, and the accounts hear.

    Raises RefusedEntryError, MoneyRefusedError.
    """
    rows = [entry, *_other_half(entry)]
    for row in rows:
        ended = MemberExit.objects.filter(list_entry=row, revoked_at__isnull=True).first()
        if ended is not None:
            _take_back(ended, actor, note)
        else:
            reverse_entry(row, actor=actor, note=note)
    for row in rows:
        if row.kind in {EntryKind.CANCELLATION, EntryKind.TRANSFER_IN}:
            publish(ShareRowCorrected(row.number))


def _other_half(entry: MemberListEntry) -> list[MemberListEntry]:
    """A transfer has two rows, written one after the other: what the taker receives, then what the giver gives or its exit."""
    if entry.kind == EntryKind.TRANSFER_IN:
        number = entry.number + 1
    elif entry.kind == EntryKind.TRANSFER_OUT or entry.exit_reason == ExitReason.TRANSFER:
        number = entry.number - 1
    else:
        return []
    rows = MemberListEntry.objects.filter(
        number=number,
        effective_on=entry.effective_on,
        counterpart=entry.member,
        member=entry.counterpart,
        reversed_by__isnull=True,
    )
    return list(rows.exclude(kind=EntryKind.REVERSAL))


def _take_back(ended: MemberExit, actor: Person | None, note: str) -> None:
    reverse_entry(ended.list_entry, actor=actor, note=note)
    ended.revoked_at = timezone.now()
    ended.save(update_fields=["revoked_at"])
    audit_member(actor, "member.exit_revoked", ended.member.name, last_day=ended.last_day.isoformat())
    publish(MembershipEndRevoked(ended.list_entry.number, ended.member_id, ended.last_day))


@transaction.atomic
def cancel_shares(
    member: Member,
    count: int,
    received_on: date,
    *,
    actor: Person | None,
    document: StoredDocument | None = None,
    note: str = "",
) -> MemberListEntry:
    """Notice of further shares alone (§ 67b GenG), at the year's end as an exit. Raises RefusedExitError, UnknownRuleError."""
    if received_on > timezone.localdate():
        raise RefusedExitError(
            gettext("The day lies in the future. Enter the day on which the notice arrived.")
        )
    _refuse_second(member, received_on)
    last_day = last_day_after_notice(received_on)
    # After that day all that was cancelled before is gone.
    left = shares_held(member, last_day + timedelta(days=1))
    if not 0 < count < left:
        raise RefusedExitError(
            gettext("%(name)s holds %(held)d shares; one must stay. To give up all, record the exit.")
            % {"name": member.name, "held": left}
        )
    draft = Draft(member, EntryKind.CANCELLATION, last_day, share_count=count, note=note, document=document)
    [entry] = append_entries([draft], actor=actor)
    audit_member(actor, "member.shares_cancelled", member.name, count=count, last_day=last_day.isoformat())
    publish(SharesCancelled(entry.number, member.pk, last_day, count, pay_out_due(last_day)))
    return entry


def exits_paid_out_between(first: date, last: date) -> list[MemberExit]:
    """Exits whose balance falls due in these days, both included."""
    found = MemberExit.objects.filter(revoked_at__isnull=True, pay_out_due__range=(first, last))
    return list(found.select_related("member", "pay_out_to").order_by("pay_out_due", "pk"))


def _refuse_second(member: Member, day: date) -> None:
    if not is_member_on(member, day):
        raise RefusedExitError(
            gettext("%(name)s is no member on that day. Look at the history of the list.")
            % {"name": member.name}
        )
    current = next(each for each in memberships_of(member) if each.holds_on(day))
    if current.last_day is not None:
        raise RefusedExitError(
            gettext("An exit is recorded already, with %(day)s as the last day. Revoke it first.")
            % {"day": date_format(current.last_day, "SHORT_DATE_FORMAT")}
        )
