# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Imported bank statements: each payment once, booked at once against "payments not yet matched", then matched.

Always holds: a statement that was imported is refused the second time, also in another file; the sum of what is not matched is the balance of that
account, on every day; undoing a match reverses its booking.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db import models, transaction
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from allmende.cooperative.accounts import Account, BookEntry, Line, balance_of, book
from allmende.cooperative.bank.camt import Statement, read_statements
from allmende.cooperative.billing_profile import billing_profile
from allmende.cooperative.hash_chain import record_change
from allmende.cooperative.money import ZERO, MoneyRefusedError, euros, summed
from allmende.directory.people import Person


class BankStatement(models.Model):
    identifier = models.CharField(_("statement"), max_length=35)
    iban = models.CharField(_("IBAN"), max_length=34)
    day = models.DateField(_("day"))
    opening = models.DecimalField(_("opening balance"), max_digits=12, decimal_places=2)
    closing = models.DecimalField(_("closing balance"), max_digits=12, decimal_places=2)
    fingerprint = models.CharField(max_length=64, unique=True)
    imported_at = models.DateTimeField(auto_now_add=True)
    imported_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-day", "-pk"]
        verbose_name = _("bank statement")
        verbose_name_plural = _("bank statements")
        constraints = [
            models.UniqueConstraint(fields=["iban", "identifier", "day"], name="bank_statement_once"),
        ]

    def __str__(self) -> str:
        return self.identifier


class BankTransaction(models.Model):
    """A movement of a statement, as the bank wrote it (`bank.camt.Movement`)."""

    statement = models.ForeignKey(BankStatement, on_delete=models.PROTECT, related_name="transactions")
    position = models.PositiveIntegerField()
    booked_on = models.DateField(_("booked"))
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    name = models.CharField(_("name"), max_length=140, blank=True)
    iban = models.CharField(_("IBAN"), max_length=34, blank=True)
    end_to_end = models.CharField(max_length=35, blank=True)
    batch = models.CharField(max_length=35, blank=True)
    purpose = models.CharField(_("purpose"), max_length=400, blank=True)
    return_code = models.CharField(max_length=4, blank=True)
    returned = models.DecimalField(max_digits=12, decimal_places=2, null=True)

    class Meta:
        ordering = ["booked_on", "pk"]
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        constraints = [
            models.UniqueConstraint(fields=["statement", "position"], name="bank_transaction_once"),
        ]

    def __str__(self) -> str:
        return f"{self.booked_on:%Y-%m-%d} {self.name} {self.amount}"

    @property
    def open_amount(self) -> Decimal:
        """What nobody has said yet what it is for; euros, signed as the payment."""
        matched = summed(
            self.matches.filter(undone_at__isnull=True).aggregate(sum=models.Sum("amount"))["sum"]
        )
        return self.amount - matched


class Match(models.Model):
    """A part of a payment (or all of it) and the booking that says what it is for."""

    transaction = models.ForeignKey(BankTransaction, on_delete=models.PROTECT, related_name="matches")
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    entry = models.OneToOneField(BookEntry, on_delete=models.PROTECT, related_name="match")
    #: How it was found, in words of `matching.HOW`, or "hand".
    how = models.CharField(_("found by"), max_length=20)
    made_at = models.DateTimeField(auto_now_add=True)
    made_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("match")
        verbose_name_plural = _("matches")

    def __str__(self) -> str:
        return f"{self.transaction_id} {self.amount}"


@dataclass(frozen=True, slots=True)
class Imported:
    statements: list[BankStatement]
    transactions: list[BankTransaction]
    matched: int


def import_statements(actor: Person | None, data: bytes) -> Imported:
    """All statements of the file, or none of them; then what can be matched is matched.

    Raises UnreadableStatementError, MoneyRefusedError (imported before, another account, does not follow the last one), NoProfileError.
    """
    from allmende.cooperative.bank.matching import match_transactions  # noqa: PLC0415 - matching knows the models above

    read = sorted(read_statements(data), key=lambda each: each.closing_day)
    with transaction.atomic():
        list(BankStatement.objects.select_for_update())
        made, movements = [], []
        for statement in read:
            stored, rows = _store(actor, statement)
            made.append(stored)
            movements += rows
        matched = match_transactions(movements)
    return Imported(made, movements, matched)


def unmatched() -> list[BankTransaction]:
    """The oldest first."""
    return [each for each in BankTransaction.objects.select_related("statement") if each.open_amount]


def _store(actor: Person | None, statement: Statement) -> tuple[BankStatement, list[BankTransaction]]:
    profile = billing_profile()
    if statement.iban != profile.iban:
        raise MoneyRefusedError(
            gettext(
                "This statement is of the account %(iban)s, not of the cooperative's. Choose the right file."
            )
            % {"iban": statement.iban}
        )
    twins = BankStatement.objects.filter(
        models.Q(fingerprint=statement.fingerprint)
        | models.Q(iban=statement.iban, identifier=statement.identifier, day=statement.closing_day)
    )
    if twins.exists():
        raise MoneyRefusedError(
            gettext("The statement %(name)s of %(day)s is imported already; nothing was booked twice.")
            % {"name": statement.identifier, "day": date_format(statement.closing_day, "SHORT_DATE_FORMAT")}
        )
    last = BankStatement.objects.filter(iban=statement.iban).order_by("-day", "-pk").first()
    if last is not None and (last.closing != statement.opening or statement.closing_day < last.day):
        raise MoneyRefusedError(
            gettext(
                "The last imported statement closes on %(day)s with %(closing)s, this one opens with %(opening)s: one between is missing. Import that one first."
            )
            % {
                "day": date_format(last.day, "SHORT_DATE_FORMAT"),
                "closing": euros(last.closing),
                "opening": euros(statement.opening),
            }
        )
    stored = BankStatement.objects.create(
        identifier=statement.identifier,
        iban=statement.iban,
        day=statement.closing_day,
        opening=statement.opening,
        closing=statement.closing,
        fingerprint=statement.fingerprint,
        imported_by=actor,
    )
    # What was on the account before the books began, as far as they do not know of it already.
    before = statement.opening - balance_of(Account.BANK, on=statement.closing_day) if last is None else ZERO
    if before:
        lines = [Line(Account.BANK, before), Line(Account.RESERVES, -before)]
        book(
            statement.closing_day,
            "Anfangsbestand Bank",
            lines,
            source_key=f"bank-opening:{stored.pk}",
            actor=actor,
        )
    rows = []
    for position, movement in enumerate(statement.movements, start=1):
        if not movement.amount:
            continue
        row = BankTransaction.objects.create(
            statement=stored,
            position=position,
            booked_on=movement.booked_on,
            amount=movement.amount,
            name=movement.name,
            iban=movement.iban,
            end_to_end=movement.end_to_end,
            batch=movement.batch,
            purpose=movement.purpose,
            return_code=movement.return_code,
            returned=movement.returned,
        )
        lines = [Line(Account.BANK, row.amount), Line(Account.UNCLEAR, -row.amount)]
        book(
            row.booked_on,
            f"Bank: {row.name or row.purpose or statement.identifier}",
            lines,
            source_key=f"bank:{row.pk}",
            document=statement.identifier,
            actor=actor,
        )
        rows.append(row)
    record_change(
        actor,
        "bank_statement",
        stored.pk,
        "imported",
        {
            "identifier": stored.identifier,
            "day": stored.day,
            "closing": stored.closing,
            "payments": len(rows),
        },
    )
    return stored, rows
