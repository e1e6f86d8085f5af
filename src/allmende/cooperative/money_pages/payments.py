# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Payments: mandates, collections and pay-outs, and the bank's statements with what could not be matched."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods

from allmende.cooperative.accounts import Account
from allmende.cooperative.bank.camt import LARGEST_FILE, UnreadableStatementError
from allmende.cooperative.bank.matching import (
    BY_HAND,
    HOW,
    match_by_hand,
    match_returned_pay_out,
    match_to_account,
    undo_match,
)
from allmende.cooperative.bank.statements import (
    BankStatement,
    BankTransaction,
    Match,
    import_statements,
    unmatched,
)
from allmende.cooperative.claims import Claim, open_claims
from allmende.cooperative.day_field import DayField
from allmende.cooperative.money import ZERO, MoneyRefusedError, euros
from allmende.cooperative.money_pages.layout import (
    Cell,
    EuroField,
    Section,
    Table,
    confirm_page,
    day_words,
    needs_profile,
    paged,
    refused,
    show,
    show_form,
)
from allmende.cooperative.money_pages.statement_faults import FAULTS
from allmende.cooperative.sepa.collecting import CollectionRun
from allmende.cooperative.sepa.mandates import Mandate, record_mandate, revoke_mandate
from allmende.cooperative.sepa.pay_outs import PayOut, PayOutRun, returnable_pay_outs
from allmende.directory.administration_access import Desk, office_page

if TYPE_CHECKING:
    _MandateModelForm = forms.ModelForm[Mandate]
else:  # Django's classes take no parameters at run time
    _MandateModelForm = forms.ModelForm


class MandateForm(_MandateModelForm):
    class Meta:
        model = Mandate
        fields = ("member", "reference", "scheme", "holder", "iban", "signed_on")
        labels = {"member": gettext_lazy("Member")}

    signed_on = DayField(label=gettext_lazy("Signed on"))

    def validate_unique(self) -> None:
        """`record_mandate` looks under a lock, and says what to do."""

    def validate_constraints(self) -> None:
        """As above."""


class RevokeForm(forms.Form):
    day = DayField(label=gettext_lazy("Revoked on"))


class StatementForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("Bank statement (CAMT.053)"))


class ClaimForm(forms.Form):
    claim = forms.ChoiceField(label=gettext_lazy("Claim"))
    amount = EuroField(label=gettext_lazy("Of it, euros"))


class AccountForm(forms.Form):
    account = forms.ChoiceField(
        label=gettext_lazy("Book to"), choices=[(each.value, each.label) for each in BY_HAND]
    )
    text = forms.CharField(label=gettext_lazy("Text"), max_length=150)


@require_GET
@office_page
def list_payments(request: HttpRequest, desk: Desk) -> HttpResponse:
    waiting = len(unmatched())
    page = paged(request, Mandate.objects.select_related("member"))
    mandates = [
        (
            each.member.name,
            Cell(each.reference, reverse("revoke_mandate", args=[each.pk]))
            if each.revoked_on is None
            else each.reference,
            each.scheme,
            f"{each.iban[:4]} … {each.iban[-4:]}",
            day_words(each.signed_on),
            _mandate_state(each),
        )
        for each in page
    ]
    runs = [
        (
            Cell(day_words(each.day), reverse("collection", args=[each.pk])),
            each.scheme,
            str(each.items.count()),
            euros(each.total),
            str(each.items.filter(state="returned").count()),
        )
        for each in CollectionRun.objects.all()[:20]
    ]
    pay_outs = [
        (
            Cell(day_words(each.day), reverse("pay_outs", args=[each.pk])),
            str(len(each.pay_outs.all())),
            euros(sum((one.amount for one in each.pay_outs.all()), ZERO)),
            str(sum(one.failed_on is not None for one in each.pay_outs.all())),
        )
        for each in PayOutRun.objects.prefetch_related("pay_outs")[:20]
    ]
    columns = (_("Member"), _("Mandate"), _("Scheme"), _("IBAN"), _("Signed on"), _("State"))
    return show(
        request,
        desk,
        _("Payments"),
        Section(
            warning=ngettext(
                "%(count)d payment could not be matched: say what it is for.",
                "%(count)d payments could not be matched: say what they are for.",
                waiting,
            )
            % {"count": waiting},
            ways=((reverse("bank"), _("To the bank's statements")),),
        )
        if waiting
        else Section(),
        Section(
            _("Collections"),
            table=Table(
                (_("Day"), _("Scheme"), _("Debits"), _("Amount"), _("Returned")), runs, frozenset({2, 3, 4})
            ),
            empty=_("Nothing was collected yet."),
        ),
        Section(
            _("Pay-outs"),
            table=Table(
                (_("Day"), _("Pay-outs"), _("Amount"), _("Rejected or returned")),
                pay_outs,
                frozenset({1, 2, 3}),
            ),
            empty=_("Nothing was paid out yet."),
        ),
        Section(
            _("Mandates"), table=Table(columns, mandates), empty=_("No mandate yet: members pay by transfer.")
        ),
        ways=[
            (reverse("collect"), _("Collect")),
            (reverse("bank"), _("Bank statements")),
            (reverse("pay_out"), _("Pay out")),
            (reverse("add_mandate"), _("New mandate")),
        ],
        page=page,
    )


@require_http_methods(["GET", "POST"])
@office_page
def add_mandate(request: HttpRequest, desk: Desk) -> HttpResponse:
    form = MandateForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            record_mandate(desk.actor, form.save(commit=False))
        except (MoneyRefusedError, ValidationError) as error:
            refused(form, error)
        else:
            messages.success(request, _("The mandate is recorded. The next invoices name it."))
            return redirect("payments")
    lead = _("As it stands on the signed paper; the paper itself stays with you.")
    return show_form(request, desk, form, _("New mandate"), reverse("payments"), lead=lead)


@require_http_methods(["GET", "POST"])
@office_page
def revoke(request: HttpRequest, desk: Desk, mandate_id: int) -> HttpResponse:
    mandate = get_object_or_404(Mandate.objects.select_related("member"), pk=mandate_id)
    form = RevokeForm(request.POST or None, initial={"day": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        try:
            revoke_mandate(desk.actor, mandate, form.cleaned_data["day"])
        except MoneyRefusedError as error:
            refused(form, error)
        else:
            messages.success(request, _("The mandate is revoked: nothing is collected by it any more."))
            return redirect("payments")
    title = _("Revoke the mandate %(reference)s") % {"reference": mandate.reference}
    return show_form(
        request, desk, form, title, reverse("payments"), lead=mandate.member.name, submit=_("Revoke")
    )


@require_http_methods(["GET", "POST"])
@office_page
@needs_profile
def bank(request: HttpRequest, desk: Desk) -> HttpResponse:
    form = StatementForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            done = import_statements(desk.actor, form.cleaned_data["file"].read(LARGEST_FILE + 1))
        except UnreadableStatementError as error:
            form.add_error("file", str(FAULTS[error.fault]) % {"detail": error.detail})
        except MoneyRefusedError as error:
            form.add_error("file", str(error))
        else:
            messages.success(
                request,
                ngettext(
                    "%(count)d payment is imported, %(matched)d of it matched.",
                    "%(count)d payments are imported, %(matched)d of them matched.",
                    len(done.transactions),
                )
                % {"count": len(done.transactions), "matched": done.matched},
            )
            return redirect("bank")
    left = [
        (
            Cell(day_words(each.booked_on), reverse("bank_transaction", args=[each.pk])),
            each.name or "–",
            each.purpose or "–",
            euros(each.open_amount),
        )
        for each in unmatched()
    ]
    page = paged(request, BankStatement.objects.all())
    rows = [(each.identifier, day_words(each.day), euros(each.opening), euros(each.closing)) for each in page]
    return show(
        request,
        desk,
        _("Bank statements"),
        Section(_("Import"), form=form, submit=_("Import")),
        Section(
            _("Not matched"),
            table=Table((_("Day"), _("Name"), _("Purpose"), _("Amount")), left, frozenset({3})),
            empty=_("Every payment is matched."),
        ),
        Section(
            _("Imported statements"),
            table=Table(
                (_("Statement"), _("Day"), _("Opening balance"), _("Closing balance")),
                rows,
                frozenset({2, 3}),
            ),
            empty=_("None yet."),
        ),
        status=422 if form.errors else 200,
        back=reverse("payments"),
        page=page,
    )


@require_http_methods(["GET", "POST"])
@office_page
def transaction(request: HttpRequest, desk: Desk, transaction_id: int) -> HttpResponse:
    """Three forms: to a claim, to a pay-out that came back, or to an account; what they bring tells them apart."""
    row = get_object_or_404(BankTransaction.objects.select_related("statement"), pk=transaction_id)
    left = row.open_amount
    claims = [(claim, amount) for claim, amount in open_claims() if amount > 0] if left > 0 else []
    choices = [
        (str(claim.pk), f"{claim.reference} {claim.member.name}: {euros(amount)}")
        for claim, amount in sorted(claims, key=lambda each: _unlikely(row, left, *each))
    ]
    to_claim = ClaimForm(request.POST if "amount" in request.POST else None, initial={"amount": left})
    field = to_claim.fields["claim"]
    if isinstance(field, forms.ChoiceField):
        field.choices = choices
    to_account = AccountForm(request.POST if "account" in request.POST else None)
    came_back = _returned_form(request, left)
    chosen = next((each for each in (to_claim, came_back, to_account) if each and each.is_bound), None)
    if request.method == "POST" and chosen is not None and chosen.is_valid():
        try:
            if chosen is to_claim:
                claim = get_object_or_404(Claim, pk=int(chosen.cleaned_data["claim"]))
                match_by_hand(desk.actor, row, claim, chosen.cleaned_data["amount"])
            elif chosen is came_back:
                pay_out = get_object_or_404(PayOut, pk=int(chosen.cleaned_data["pay_out"]))
                match_returned_pay_out(desk.actor, row, pay_out)
            else:
                match_to_account(
                    desk.actor, row, Account(chosen.cleaned_data["account"]), chosen.cleaned_data["text"]
                )
        except MoneyRefusedError as error:
            refused(chosen, error)
        else:
            messages.success(request, _("The payment is matched."))
            return redirect("bank")
    facts = [f"{day_words(row.booked_on)}: {euros(row.amount)}", row.name, row.iban, row.purpose]
    matches = [
        (
            str(HOW.get(each.how, each.how)),
            each.entry.text,
            euros(each.amount),
            Cell(_("undo"), reverse("undo_match", args=[each.pk])),
        )
        for each in row.matches.filter(undone_at__isnull=True).select_related("entry")
    ]
    sections = [Section(text="\n".join(each for each in facts if each))]
    if matches:
        sections.append(
            Section(
                _("Matched"),
                table=Table((_("Found by"), _("Booking"), _("Amount"), _("Undo")), matches, frozenset({2})),
            )
        )
    if left:
        sections[0] = Section(
            text=sections[0].text, warning=_("Not matched: %(amount)s") % {"amount": euros(left)}
        )
        if choices:
            sections.append(Section(_("It pays a claim"), form=to_claim, submit=_("Match")))
        if came_back is not None:
            sections.append(
                Section(_("It is a pay-out that came back"), form=came_back, submit=_("Book it as come back"))
            )
        sections.append(Section(_("It is something else"), form=to_account, submit=_("Book")))
    return show(
        request,
        desk,
        _("Payment"),
        *sections,
        status=422 if chosen is not None and chosen.errors else 200,
        back=reverse("bank"),
    )


@require_http_methods(["GET", "POST"])
@office_page
def undo(request: HttpRequest, desk: Desk, match_id: int) -> HttpResponse:
    match = get_object_or_404(Match.objects.select_related("transaction", "entry"), pk=match_id)
    back = reverse("bank_transaction", args=[match.transaction_id])

    def undo_it() -> str:
        undo_match(desk.actor, match)
        return _("The match is undone; the payment waits to be matched again.")

    return confirm_page(
        request,
        desk,
        undo_it,
        title=_("Undo this match?"),
        subject=f"{match.entry.text}, {euros(match.amount)}",
        text=_("The booking is reversed, and the payment is listed as not matched."),
        submit=_("Undo"),
        back=back,
    )


def _unlikely(row: BankTransaction, left: Decimal, claim: Claim, amount: Decimal) -> tuple[bool, bool, str]:
    """The order in which claims are offered: the one of this amount and of who has paid comes first."""
    payer, name = row.name.casefold(), claim.member.name.casefold()
    return amount != left, not (payer and (payer in name or name in payer)), claim.member.name


def _returned_form(request: HttpRequest, amount: Decimal) -> forms.Form | None:
    """None where no pay-out of this amount was paid."""
    paid = returnable_pay_outs().filter(amount=amount).select_related("member")
    choices = [(str(each.pk), f"{each.reference} {each.member.name}: {each.text}") for each in paid]
    form = forms.Form(request.POST if "pay_out" in request.POST else None)
    form.fields["pay_out"] = forms.ChoiceField(label=_("Pay-out"), choices=choices)
    return form if choices else None


def _mandate_state(mandate: Mandate) -> Cell:
    if mandate.revoked_on is not None:
        return Cell(_("revoked"), badge="info")
    if mandate.lapsed_on(timezone.localdate()):
        return Cell(_("lapsed: not used for 36 months"), badge="warning")
    return Cell(_("valid"), badge="success")
