# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Issued invoices and credit notes, and the way to them: draft, check, number, books.

Always holds: numbers of a year are 1, 2, 3 … without a gap, in the order of days: the number is drawn under a lock in the transaction that stores
the invoice, after its XML was checked; an invalid one is not stored and draws none. What was issued is never changed, only credited, once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.db import models, transaction
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from allmende.cooperative.accounts import Account, BookEntry, Line, book
from allmende.cooperative.billing_profile import BillingProfile, billing_of, billing_profile
from allmende.cooperative.charges import Charge, ChargeKind, add_member_charge
from allmende.cooperative.claims import Claim, ClaimKind, next_number
from allmende.cooperative.hash_chain import record_change
from allmende.cooperative.invoices.advice import advice_for
from allmende.cooperative.invoices.content import (
    CREDIT_NOTE,
    INVOICE,
    Buyer,
    DebitNotice,
    InvoiceContent,
    InvoiceLine,
    Seller,
    content_from_json,
)
from allmende.cooperative.members import Member
from allmende.cooperative.money import ZERO, MoneyRefusedError
from allmende.cooperative.sepa.mandates import mandate_for
from allmende.cooperative.tax import REASONS, Tax, rate_on
from allmende.directory.people import Person

if TYPE_CHECKING:
    from allmende.cooperative.invoices.checking import CheckResult

#: Stands where an invoice that has no number yet is shown and checked.
NO_NUMBER: Final = "ENTWURF"


class InvoiceKind(models.TextChoices):
    INVOICE = INVOICE, _("invoice")
    CREDIT_NOTE = CREDIT_NOTE, _("credit note")


class Invoice(models.Model):
    number = models.CharField(_("number"), max_length=20, unique=True)
    year = models.PositiveSmallIntegerField()
    serial = models.PositiveIntegerField()
    kind = models.CharField(_("kind"), max_length=3, choices=InvoiceKind.choices)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="invoices")
    day = models.DateField(_("day"))
    due_day = models.DateField(_("due"))
    net = models.DecimalField(_("net"), max_digits=12, decimal_places=2)
    tax = models.DecimalField(_("value-added tax"), max_digits=12, decimal_places=2)
    gross = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    #: As it was issued: parties, lines, days (`InvoiceContent.as_json`).
    content = models.JSONField()
    #: Empty where the member has no Leitweg-ID: XRechnung asks for one.
    xrechnung = models.BinaryField(default=b"")
    pdf = models.BinaryField()
    #: What was run to check it, by guise (`CheckResult.as_json`).
    check_result = models.JSONField()
    corrects = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="credited_by"
    )
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="invoices")
    issued_at = models.DateTimeField(auto_now_add=True)
    issued_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-year", "-serial"]
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        constraints = [models.UniqueConstraint(fields=["year", "serial"], name="invoice_once_a_number")]

    def __str__(self) -> str:
        return self.number

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("An issued invoice is never changed; write a credit note.")
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("An issued invoice is never deleted; write a credit note.")

    @property
    def is_credit_note(self) -> bool:
        return self.kind == CREDIT_NOTE


class AlreadyInvoicedError(MoneyRefusedError):
    """A charge got onto an invoice meanwhile, by somebody else's run."""


class InvalidInvoiceError(Exception):
    """The rules of electronic invoices refuse it; nothing was issued. The message says what to do; `result` has the findings."""

    def __init__(self, result: CheckResult) -> None:
        super().__init__("; ".join(advice_for(each) for each in result.findings))
        self.result = result


@dataclass(frozen=True, slots=True)
class Draft:
    """What would be issued to one member. `findings` empty: it would pass."""

    member: Member
    charges: tuple[Charge, ...]
    content: InvoiceContent
    has_xrechnung: bool
    result: CheckResult


def draft_invoices(day: date) -> list[Draft]:
    """For all charges without an invoice, by member; what is outside of the tax has an invoice of its own (BR-O-11).

    Raises NoProfileError, UnknownRuleError.
    """
    profile = billing_profile()
    by_invoice: dict[tuple[int, bool], list[Charge]] = {}
    for charge in Charge.objects.filter(invoice__isnull=True).select_related("member"):
        by_invoice.setdefault((charge.member_id, charge.tax == Tax.OUTSIDE), []).append(charge)
    drafts = [
        _draft(charges, day, profile)
        for charges in by_invoice.values()
        if sum((each.net for each in charges), ZERO) != 0
    ]
    return sorted(drafts, key=lambda each: (each.member.name, each.content.kind))


def issue_invoice(actor: Person | None, charges: Sequence[Charge], day: date) -> Invoice:
    """One invoice (or, where the sum is negative, credit note) of charges of one member that go together.

    Raises InvalidInvoiceError, MoneyRefusedError, NoProfileError, UnknownRuleError; then nothing was issued and no number is used up.
    """
    profile = billing_profile()
    with transaction.atomic():
        ids = [each.pk for each in charges]
        standing = list(Charge.objects.select_for_update().filter(pk__in=ids).order_by("first_day", "pk"))
        if not standing or any(each.invoice_id is not None for each in standing):
            raise AlreadyInvoicedError(
                gettext("One of the charges is on an invoice already. Please look again.")
            )
        if len({(each.member_id, each.tax == Tax.OUTSIDE) for each in standing}) != 1:
            raise MoneyRefusedError(gettext("These charges do not belong on one invoice."))
        member = standing[0].member
        content = _content(member, standing, day, profile)
        if content.gross == 0:
            raise MoneyRefusedError(gettext("The charges cancel each other: there is nothing to invoice."))
        invoice = _store(actor, member, content)
        Charge.objects.filter(pk__in=ids).update(invoice=invoice)
        _book(actor, invoice, standing)
    return invoice


def issue_all(actor: Person | None, day: date) -> tuple[list[Invoice], list[Draft]]:
    """Everything that passes; each invoice in a transaction of its own. Second: the drafts that did not pass.

    Two runs at the same time share the work: what the other has issued meanwhile is left out here.
    """
    issued, refused = [], []
    for draft in draft_invoices(day):
        if not draft.result.is_valid:
            refused.append(draft)
            continue
        try:
            issued.append(issue_invoice(actor, draft.charges, day))
        except AlreadyInvoicedError:
            continue
    return issued, refused


def credit_invoice(actor: Person | None, invoice: Invoice, day: date) -> Invoice:
    """A credit note over the whole invoice: its claim is closed, its charges are met by their opposites. Raises as `issue_invoice`."""
    if invoice.is_credit_note:
        raise MoneyRefusedError(gettext("A credit note is not credited: charge the amount anew."))
    with transaction.atomic():
        # Whoever credits it at the same moment waits here, and then finds it credited.
        list(Invoice.objects.select_for_update().filter(pk=invoice.pk))
        if Invoice.objects.filter(corrects=invoice).exists():
            raise MoneyRefusedError(gettext("This invoice is credited already."))
        content = replace(
            content_from_json(invoice.content),
            number=NO_NUMBER,
            kind=CREDIT_NOTE,
            day=day,
            due_day=day,
            debit=None,
            corrects=(invoice.number, invoice.day),
        )
        note = _store(actor, invoice.member, content, corrects=invoice)
        opposites = [
            add_member_charge(
                charge.member,
                source_key=f"{charge.source_key}:credited",
                kind=ChargeKind(charge.kind),
                text=charge.text,
                first_day=charge.first_day,
                last_day=charge.last_day,
                net=-charge.net,
                tax=Tax(charge.tax),
            )
            for charge in invoice.charges.all()
        ]
        Charge.objects.filter(pk__in=[each.pk for each in opposites]).update(invoice=note)
        _book(actor, note, opposites)
    return note


def _draft(charges: list[Charge], day: date, profile: BillingProfile) -> Draft:
    from allmende.cooperative.invoices import rendering  # noqa: PLC0415 - 40 MB that only an invoice needs

    member = charges[0].member
    content = _content(member, charges, day, profile)
    _xrechnung, _zugferd, result = rendering.render_xml(content)
    return Draft(member, tuple(charges), content, bool(_xrechnung), result)


def _content(member: Member, charges: Iterable[Charge], day: date, profile: BillingProfile) -> InvoiceContent:
    charges = list(charges)
    is_credit = sum((each.net for each in charges), ZERO) < 0
    sign = -1 if is_credit else 1
    billing = billing_of(member)
    mandate = None if is_credit else mandate_for(member, day)
    lines = tuple(
        InvoiceLine(
            each.text,
            each.first_day,
            each.last_day,
            sign * each.net,
            each.tax,
            rate_on(Tax(each.tax), each.last_day),
            REASONS.get(Tax(each.tax), ""),
        )
        for each in charges
    )
    days = profile.due_days
    debit = None
    if mandate is not None and profile.creditor_id:
        days = max(profile.due_days, profile.notice_days)
        debit = DebitNotice(mandate.reference, profile.creditor_id, mandate.iban)
    return InvoiceContent(
        number=NO_NUMBER,
        kind=CREDIT_NOTE if is_credit else INVOICE,
        day=day,
        due_day=day if is_credit else day + timedelta(days=days),
        seller=Seller(
            profile.name,
            profile.street,
            profile.postcode,
            profile.place,
            profile.register_number,
            profile.tax_number,
            profile.vat_id,
            profile.contact_name,
            profile.contact_phone,
            profile.contact_email,
            profile.iban,
            profile.bic,
        ),
        buyer=Buyer(
            member.name,
            member.street,
            member.postcode,
            member.place,
            billing.leitweg_id,
            billing.invoice_email or member.email,
        ),
        lines=lines,
        debit=debit,
    )


def _store(
    actor: Person | None, member: Member, content: InvoiceContent, corrects: Invoice | None = None
) -> Invoice:
    """Inside of the caller's transaction: draws the number, checks, stores."""
    from allmende.cooperative.invoices import rendering  # noqa: PLC0415 - 40 MB that only an invoice needs
    from allmende.cooperative.invoices.zugferd import to_zugferd  # noqa: PLC0415

    year = content.day.year
    serial = next_number(f"invoice-{year}")
    newest = Invoice.objects.filter(year=year).aggregate(day=models.Max("day"))["day"]
    if newest is not None and content.day < newest:
        raise MoneyRefusedError(
            gettext(
                "The last invoice is of %(day)s: numbers rise with the days, choose this day or a later one."
            )
            % {"day": date_format(newest, "SHORT_DATE_FORMAT")}
        )
    content = replace(content, number=f"{year}-{serial:05d}")
    xrechnung, plain, result = rendering.render_xml(content)
    if not result.is_valid:
        raise InvalidInvoiceError(result)
    if corrects is not None:
        claim = corrects.claim
    else:
        words = "Gutschrift" if content.kind == CREDIT_NOTE else "Rechnung"
        claim = Claim.objects.create(
            member=member,
            kind=ClaimKind.INVOICE,
            reference=content.number,
            text=f"{words} {content.number}",
            day=content.day,
            due_day=content.due_day,
        )
    invoice = Invoice.objects.create(
        number=content.number,
        year=year,
        serial=serial,
        kind=content.kind,
        member=member,
        day=content.day,
        due_day=content.due_day,
        net=content.net,
        tax=content.tax,
        gross=content.gross,
        content=content.as_json(),
        xrechnung=xrechnung,
        pdf=to_zugferd(content, plain),
        check_result=result.as_json(),
        corrects=corrects,
        claim=claim,
        issued_by=actor,
    )
    record_change(
        actor,
        "invoice",
        content.number,
        "issued",
        {"member": member.pk, "kind": content.kind, "gross": content.gross},
    )
    return invoice


def _book(actor: Person | None, invoice: Invoice, charges: Iterable[Charge]) -> BookEntry:
    sign = -1 if invoice.is_credit_note else 1
    income: dict[Account, Decimal] = {}
    for charge in charges:
        account = Account.CONTRIBUTIONS if charge.kind == ChargeKind.CONTRIBUTION else Account.CHARGES
        income[account] = income.get(account, ZERO) + charge.net
    lines = [Line(Account.RECEIVABLES, sign * invoice.gross, invoice.member, invoice.claim)]
    lines += [Line(account, -amount, invoice.member) for account, amount in income.items() if amount]
    if invoice.tax:
        lines.append(Line(Account.TAX, -sign * invoice.tax, invoice.member))
    words = "Gutschrift" if invoice.is_credit_note else "Rechnung"
    return book(
        invoice.day,
        f"{words} {invoice.number} {invoice.member.name}",
        lines,
        source_key=f"invoice:{invoice.number}",
        document=invoice.number,
        actor=actor,
    )
