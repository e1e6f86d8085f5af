# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The cooperative's books: double entry, append-only.

Always holds: the lines of an entry sum to zero (debit is positive, credit negative); no row is ever changed or deleted, a mistake is met by
an entry that reverses it, once; an entry's source key is unique, so the same event is never booked twice; balances are sums of lines and
are stored nowhere else, so the balance of any account, member or claim is known for any day.
What the books say of a day can still change while days can be booked late; a day is fixed by `close_books`: nothing is booked on or before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.db import models, transaction
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from allmende.cooperative.members import Member
from allmende.cooperative.money import CENT, ZERO, MoneyRefusedError, summed
from allmende.directory.audit import record_audit
from allmende.directory.people import Person

if TYPE_CHECKING:
    from allmende.cooperative.claims import Claim

#: The largest amount of one line, in euros.
LARGEST: Final = Decimal("999999999.99")


class Account(models.TextChoices):
    BANK = "bank", _("Bank")
    #: Money on the bank account of which nobody has said yet what it is for.
    UNCLEAR = "unclear", _("Payments not yet matched")
    RECEIVABLES = "receivables", _("Claims on members (invoices, fees)")
    #: Subscribed, but the day of payment has not come.
    SHARES_UNCALLED = "shares_uncalled", _("Shares subscribed, not yet due")
    SHARES_DUE = "shares_due", _("Shares due, not yet paid")
    SHARES = "shares", _("Shares subscribed")
    #: The balance of members who have left, until it is paid out.
    SHARES_PAYABLE = "shares_payable", _("Balances to be paid out")
    #: What was settled between the books' accounts and members in the other direction, e.g. a credit note's money.
    MEMBER_CREDIT = "member_credit", _("Credit of members")
    CONTRIBUTIONS = "contributions", _("Contributions")
    CHARGES = "charges", _("Charges passed on to members")
    FEES = "fees", _("Fees (reminders, returned debits)")
    BANK_COSTS = "bank_costs", _("Bank's costs")
    TAX = "tax", _("Value-added tax collected")
    RESERVES = "reserves", _("Reserves (losses and profits of shares)")


_FROZEN: Final = "The books are never changed; append an entry that reverses."


class _FrozenEntries(models.QuerySet["BookEntry"]):
    def update(self, **_kwargs: Any) -> int:
        raise TypeError(_FROZEN)

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError(_FROZEN)


class _FrozenLines(models.QuerySet["BookLine"]):
    def update(self, **_kwargs: Any) -> int:
        raise TypeError(_FROZEN)

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError(_FROZEN)


class BookEntry(models.Model):
    day = models.DateField(_("day"))
    text = models.CharField(_("text"), max_length=200)
    #: What it comes from, e.g. `invoice:2026-00012`; the same event is booked once.
    source_key = models.CharField(max_length=120, unique=True)
    #: Number of the document that proves it.
    document = models.CharField(_("document"), max_length=60, blank=True)
    reverses = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="reversed_by"
    )
    recorded_at = models.DateTimeField(auto_now_add=True)
    recorded_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = _FrozenEntries.as_manager()

    class Meta:
        ordering = ["day", "pk"]
        verbose_name = _("booking")
        verbose_name_plural = _("bookings")
        indexes = [models.Index(fields=["day"], name="book_entry_by_day")]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.text}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        _append_only(self)
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError(_FROZEN)


class BookLine(models.Model):
    entry = models.ForeignKey(BookEntry, on_delete=models.PROTECT, related_name="lines")
    account = models.CharField(_("account"), max_length=20, choices=Account.choices)
    member = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, blank=True, related_name="book_lines"
    )
    claim = models.ForeignKey(
        "cooperative.Claim", on_delete=models.PROTECT, null=True, blank=True, related_name="lines"
    )
    #: Euros; debit positive, credit negative, never zero.
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)

    objects = _FrozenLines.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("line of a booking")
        verbose_name_plural = _("lines of bookings")
        indexes = [
            models.Index(fields=["account", "member"], name="book_line_by_account"),
            models.Index(fields=["claim"], name="book_line_by_claim"),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.amount}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        _append_only(self)
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError(_FROZEN)


class BooksClosing(models.Model):
    """Up to and with this day nothing is booked any more."""

    day = models.DateField(_("closed up to"), unique=True)
    closed_at = models.DateTimeField(auto_now_add=True)
    closed_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["day"]
        verbose_name = _("closing of the books")
        verbose_name_plural = _("closings of the books")

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}"


@dataclass(frozen=True, slots=True)
class Line:
    """One side of a booking: debit positive, credit negative."""

    account: Account
    amount: Decimal
    member: Member | None = None
    claim: Claim | None = None


class UnbalancedError(ValueError):
    """A fault of ours: the lines of an entry do not sum to zero, or one is zero or no whole number of cents."""


class SourceConflictError(ValueError):
    """The same source key was booked before with other lines: a fault of the caller."""


def check_lines(lines: Sequence[Line]) -> None:
    """Raises UnbalancedError."""
    if len(lines) < 2 or sum((line.amount for line in lines), ZERO) != 0:
        raise UnbalancedError([(str(line.account), str(line.amount)) for line in lines])
    for line in lines:
        if line.amount == 0 or line.amount != line.amount.quantize(CENT) or abs(line.amount) > LARGEST:
            raise UnbalancedError((str(line.account), str(line.amount)))


@transaction.atomic
def book(
    day: date,
    text: str,
    lines: Iterable[Line],
    *,
    source_key: str,
    document: str = "",
    actor: Person | None = None,
    reverses: BookEntry | None = None,
) -> BookEntry:
    """Append one entry. The same key with the same lines gives the entry that stands already.

    Raises UnbalancedError, SourceConflictError (faults of ours), MoneyRefusedError (the day is closed).
    """
    kept = list(lines)
    check_lines(kept)
    standing = BookEntry.objects.filter(source_key=source_key).first()
    if standing is not None:
        if _shape(standing.lines.all()) != _shape(kept):
            raise SourceConflictError(source_key)
        return standing
    closed = closed_up_to()
    if closed is not None and day <= closed:
        raise MoneyRefusedError(
            gettext("The books are closed up to %(day)s. Choose a later day.")
            % {"day": date_format(closed, "SHORT_DATE_FORMAT")}
        )
    entry = BookEntry.objects.create(
        day=day,
        text=text[:200],
        source_key=source_key,
        document=document,
        recorded_by=actor,
        reverses=reverses,
    )
    BookLine.objects.bulk_create(
        BookLine(entry=entry, account=line.account, member=line.member, claim=line.claim, amount=line.amount)
        for line in kept
    )
    return entry


def reverse_booking(entry: BookEntry, day: date, *, reason: str, actor: Person | None = None) -> BookEntry:
    """The counter-entry; once for each entry, and never of a counter-entry. Raises MoneyRefusedError."""
    if entry.reverses_id is not None:
        raise MoneyRefusedError(gettext("A reversal is not reversed: book the right amount anew."))
    lines = [
        Line(Account(line.account), -line.amount, line.member, line.claim)
        for line in entry.lines.select_related("member", "claim")
    ]
    reversal = gettext("Reversal")
    return book(
        day,
        f"{reversal}: {entry.text} ({reason})",
        lines,
        source_key=f"reversal:{entry.pk}",
        document=entry.document,
        actor=actor,
        reverses=entry,
    )


def close_books(actor: Person | None, day: date) -> BooksClosing:
    """Raises MoneyRefusedError where a later day is closed already."""
    closed = closed_up_to()
    if closed is not None and day <= closed:
        raise MoneyRefusedError(
            gettext("The books are closed up to %(day)s already.")
            % {"day": date_format(closed, "SHORT_DATE_FORMAT")}
        )
    made = BooksClosing.objects.create(day=day, closed_by=actor)
    record_audit(actor.municipality if actor else None, actor, "books.closed", day.isoformat())
    return made


def closed_up_to() -> date | None:
    last: date | None = BooksClosing.objects.aggregate(day=models.Max("day"))["day"]
    return last


def balance_of(
    account: Account, *, on: date | None = None, member: Member | None = None, claim: Claim | None = None
) -> Decimal:
    """Euros, debit positive, with all entries up to and with the day `on` (None: all there are)."""
    lines = BookLine.objects.filter(account=account)
    if on is not None:
        lines = lines.filter(entry__day__lte=on)
    if member is not None:
        lines = lines.filter(member=member)
    if claim is not None:
        lines = lines.filter(claim=claim)
    return summed(lines.aggregate(sum=models.Sum("amount"))["sum"])


def balances(*, on: date | None = None) -> dict[Account, Decimal]:
    """Of every account; together they are zero on any day."""
    lines = BookLine.objects.all()
    if on is not None:
        lines = lines.filter(entry__day__lte=on)
    sums = {
        row["account"]: summed(row["sum"])
        for row in lines.values("account").annotate(sum=models.Sum("amount"))
    }
    return {account: sums.get(account.value, ZERO) for account in Account}


def member_balances(account: Account, *, on: date | None = None) -> dict[int, Decimal]:
    """By member's id; members whose balance is zero are left out."""
    lines = BookLine.objects.filter(account=account, member__isnull=False)
    if on is not None:
        lines = lines.filter(entry__day__lte=on)
    rows = lines.values("member").annotate(sum=models.Sum("amount"))
    found = {row["member"]: summed(row["sum"]) for row in rows}
    return {member: amount for member, amount in found.items() if amount}


def unbalanced_entries() -> list[int]:
    """Ids of entries whose lines do not sum to zero: there are none, unless somebody wrote past this module."""
    rows = BookEntry.objects.annotate(sum=models.Sum("lines__amount")).values_list("pk", "sum")
    return [pk for pk, amount in rows if summed(amount)]


def _append_only(row: models.Model) -> None:
    if not row._state.adding:  # noqa: SLF001 - Django's way to ask
        raise TypeError(_FROZEN)


def _shape(lines: Iterable[Line | BookLine]) -> list[tuple[str, int | None, int | None, Decimal]]:
    return sorted(
        ((str(line.account), _key(line.member), _key(line.claim), line.amount) for line in lines),
        key=repr,
    )


def _key(row: models.Model | None) -> int | None:
    return None if row is None else int(row.pk)
