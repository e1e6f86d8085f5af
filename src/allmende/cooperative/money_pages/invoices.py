# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Invoices: list, drafts with their check, one invoice with its files, the cooperative's and the members' details."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from allmende.cooperative.billing_profile import BillingProfile, MemberBilling, billing_of
from allmende.cooperative.invoices.advice import advice_for
from allmende.cooperative.invoices.issued import (
    InvalidInvoiceError,
    Invoice,
    credit_invoice,
    draft_invoices,
    issue_all,
)
from allmende.cooperative.invoices.schematron import Finding
from allmende.cooperative.members import Member
from allmende.cooperative.money import MoneyRefusedError, euros
from allmende.cooperative.money_pages.layout import (
    Button,
    Cell,
    Section,
    Table,
    day_words,
    needs_profile,
    paged,
    show,
    show_form,
)
from allmende.directory.administration_access import Desk, office_page
from allmende.directory.audit import record_audit

_LONGEST_KEY: Final = 18

if TYPE_CHECKING:
    _ProfileModelForm = forms.ModelForm[BillingProfile]
    _BillingModelForm = forms.ModelForm[MemberBilling]
else:  # Django's classes take no parameters at run time
    _ProfileModelForm = _BillingModelForm = forms.ModelForm


class ProfileForm(_ProfileModelForm):
    class Meta:
        model = BillingProfile
        fields = (
            "name", "street", "postcode", "place", "register_number", "tax_number", "vat_id", "contact_name",
            "contact_phone", "contact_email", "iban", "bic", "creditor_id", "due_days", "notice_days", "collects_fee",
            "datev_consultant", "datev_client",
        )  # fmt: skip


class BillingForm(_BillingModelForm):
    class Meta:
        model = MemberBilling
        fields = ("leitweg_id", "invoice_email", "payout_iban", "debtor_number")


@require_GET
@office_page
def list_invoices(request: HttpRequest, desk: Desk) -> HttpResponse:
    """All, or with `mitglied` those of one member."""
    found = Invoice.objects.select_related("member", "claim")
    wanted = request.GET.get("mitglied", "")
    member = get_object_or_404(Member, pk=int(wanted)) if _is_key(wanted) else None
    page = paged(request, found if member is None else found.filter(member=member))
    rows = [
        (
            Cell(each.number, reverse("invoice", args=[each.number])),
            each.get_kind_display(),
            each.member.name,
            day_words(each.day),
            euros(-each.gross if each.is_credit_note else each.gross),
            _state(each),
        )
        for each in page
    ]
    columns = (_("Number"), _("Kind"), _("Member"), _("Day"), _("Amount"), _("State"))
    return show(
        request,
        desk,
        _("Invoices") if member is None else _("Invoices: %(name)s") % {"name": member.name},
        Section(
            table=Table(columns, rows, frozenset({4})),
            empty=_("No invoice yet. Charge a period of contributions, then write the invoices."),
        ),
        ways=[
            *([(reverse("invoices"), _("Invoices of all members"))] if member else []),
            (reverse("draft_invoices"), _("Write invoices")),
            (reverse("reminders"), _("Reminders")),
            (reverse("books"), _("Books and DATEV")),
            (reverse("billing_profile"), _("Own details")),
        ],
        page=page,
    )


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _LONGEST_KEY


@require_http_methods(["GET", "POST"])
@office_page
@needs_profile
def drafts(request: HttpRequest, desk: Desk) -> HttpResponse:
    """GET shows what would be issued today and what its check says; POST issues what passes."""
    today = timezone.localdate()
    if request.method == "POST":
        try:
            issued, left = issue_all(desk.actor, today)
        except (MoneyRefusedError, InvalidInvoiceError) as error:
            messages.error(request, str(error))
            return redirect("draft_invoices")
        told = ngettext("%(count)d invoice is issued.", "%(count)d invoices are issued.", len(issued))
        messages.success(request, told % {"count": len(issued)})
        if left:
            warned = ngettext(
                "%(count)d did not pass the check and waits here.",
                "%(count)d did not pass the check and wait here.",
                len(left),
            )
            messages.warning(request, warned % {"count": len(left)})
        return redirect("draft_invoices" if left else "invoices")
    found = draft_invoices(today)
    rows = [
        (
            Cell(each.member.name, reverse("member_billing", args=[each.member.pk])),
            _("credit note") if each.content.kind == "381" else _("invoice"),
            "; ".join(line.text for line in each.content.lines),
            _("debit") if each.content.debit else _("transfer"),
            euros(each.content.gross),
            "XRechnung + ZUGFeRD" if each.has_xrechnung else "ZUGFeRD",
            _checked(each.result.findings),
        )
        for each in found
    ]
    columns = (_("Member"), _("Kind"), _("For"), _("Paid by"), _("Amount"), _("Form"), _("Result"))
    passing = [each for each in found if each.result.is_valid]
    # What is wrong with the cooperative's own details is wrong for everybody: said once, with all names.
    refused: dict[Finding, list[str]] = {}
    for each in found:
        for one in each.result.findings:
            refused.setdefault(one, []).append(each.member.name)
    findings = [f"{', '.join(names)}: {advice_for(one)}" for one, names in refused.items()]
    checked_by = dict.fromkeys(name for each in found for name in each.result.checked_by)
    notes = [_("Checked by: %(what)s.") % {"what": "; ".join(checked_by)}] if checked_by else []
    if any(not each.has_xrechnung for each in found):
        notes.append(_("XRechnung needs the member's Leitweg-ID: without it the invoice is a ZUGFeRD alone."))
    label = ngettext("Issue %(count)d invoice", "Issue %(count)d invoices", len(passing))
    button = Button(reverse("draft_invoices"), label % {"count": len(passing)})
    return show(
        request,
        desk,
        _("Write invoices"),
        Section(
            table=Table(columns, rows, frozenset({4})),
            empty=_("There is no charge without an invoice."),
            text="\n".join(notes),
            button=button if passing else None,
        ),
        *(
            [
                Section(
                    _("What does not pass"),
                    text="\n".join(findings),
                    ways=((reverse("billing_profile"), _("Own details")),),
                )
            ]
            if findings
            else []
        ),
        lead=_(
            "Nothing is issued before you say so. Only then a number is drawn, and an issued invoice stays as it is."
        ),
        back=reverse("invoices"),
    )


@require_GET
@office_page
def show_invoice(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    invoice = get_object_or_404(Invoice.objects.select_related("member", "claim", "corrects"), number=number)
    lines = [
        (line["text"], f"{_iso(line['first_day'])} – {_iso(line['last_day'])}", euros(Decimal(line["net"])))
        for line in invoice.content["lines"]
    ]
    files = [(reverse("invoice_file", args=[invoice.number, "pdf"]), _("PDF with XML (ZUGFeRD, EN 16931)"))]
    if invoice.xrechnung:
        files.append((reverse("invoice_file", args=[invoice.number, "xml"]), _("XRechnung (XML, CII)")))
    checked_by = "; ".join(invoice.check_result.get("checked_by", []))
    facts = [
        f"{invoice.get_kind_display()}, {day_words(invoice.day)}, {invoice.member.name}",
        _("Net %(net)s, value-added tax %(tax)s, together %(gross)s; due %(due)s")
        % {
            "net": euros(invoice.net),
            "tax": euros(invoice.tax),
            "gross": euros(invoice.gross),
            "due": day_words(invoice.due_day),
        },
        _("Open: %(amount)s") % {"amount": euros(invoice.claim.open_amount())},
        _("Checked by: %(what)s.") % {"what": checked_by},
    ]
    if invoice.corrects:
        facts.append(_("Credits the invoice %(number)s.") % {"number": invoice.corrects.number})
    credited = Invoice.objects.filter(corrects=invoice).first()
    if credited:
        facts.append(_("Credited by %(number)s.") % {"number": credited.number})
    if not invoice.is_credit_note and not credited:
        files.append((reverse("credit_invoice", args=[invoice.number]), _("Credit it")))
    return show(
        request,
        desk,
        f"{invoice.get_kind_display().capitalize()} {invoice.number}",
        Section(text="\n".join(facts), ways=tuple(files)),
        Section(_("Lines"), table=Table((_("Text"), _("Days"), _("Net")), lines, frozenset({2}))),
        back=reverse("invoices"),
    )


@require_GET
@office_page
def invoice_file(request: HttpRequest, desk: Desk, number: str, kind: str) -> HttpResponse:  # noqa: ARG001 - a guarded page has them
    invoice = get_object_or_404(Invoice, number=number)
    data = bytes(invoice.xrechnung if kind == "xml" else invoice.pdf)
    if not data:
        raise Http404
    return HttpResponse(
        data,
        content_type="application/xml" if kind == "xml" else "application/pdf",
        headers={"Content-Disposition": f'attachment; filename="Rechnung-{invoice.number}.{kind}"'},
    )


@require_http_methods(["GET", "POST"])
@office_page
@needs_profile
def credit(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    invoice = get_object_or_404(Invoice.objects.select_related("member"), number=number)
    if request.method == "POST":
        try:
            note = credit_invoice(desk.actor, invoice, timezone.localdate())
        except (MoneyRefusedError, InvalidInvoiceError) as error:
            messages.error(request, str(error))
            return redirect("invoice", invoice.number)
        messages.success(request, _("The credit note %(number)s is issued.") % {"number": note.number})
        return redirect("invoice", note.number)
    return desk.show(
        request,
        "cooperative/confirm.html",
        title=_("Credit the whole invoice?"),
        subject=f"{invoice.number}, {invoice.member.name}, {euros(invoice.gross)}",
        text=_(
            "A credit note with a number of its own is issued. What was paid on it then stands as the member's credit and can be paid out."
        ),
        submit=_("Issue the credit note"),
        back=reverse("invoice", args=[invoice.number]),
    )


@require_http_methods(["GET", "POST"])
@office_page
def edit_profile(request: HttpRequest, desk: Desk) -> HttpResponse:
    row = BillingProfile.objects.filter(pk=1).first()
    form = ProfileForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        form.save()
        record_audit(
            desk.municipality, desk.actor, "billing_profile.changed", fields=sorted(form.changed_data)
        )
        messages.success(request, _("Saved."))
        return redirect("invoices")
    lead = _("What stands on invoices and payment files. Issued invoices keep what was valid then.")
    return show_form(request, desk, form, _("Own details"), reverse("invoices"), lead=lead)


@require_http_methods(["GET", "POST"])
@office_page
def edit_member_billing(request: HttpRequest, desk: Desk, member_id: int) -> HttpResponse:
    member = get_object_or_404(Member, pk=member_id)
    form = BillingForm(request.POST or None, instance=billing_of(member))
    if request.method == "POST" and form.is_valid():
        form.save()
        record_audit(
            desk.municipality,
            desk.actor,
            "member_billing.changed",
            f"member:{member.pk}",
            fields=sorted(form.changed_data),
        )
        messages.success(request, _("Saved."))
        return redirect("draft_invoices")
    title = _("Invoices to %(name)s") % {"name": member.name}
    lead = _(
        "Public bodies receive XRechnung by their Leitweg-ID; the address itself is kept with the member."
    )
    return show_form(request, desk, form, title, reverse("draft_invoices"), lead=lead)


def _state(invoice: Invoice) -> Cell:
    amount = invoice.claim.open_amount()
    if amount == 0:
        return Cell(_("settled"), badge="success")
    if amount < 0:
        return Cell(_("credit of %(amount)s") % {"amount": euros(-amount)}, badge="info")
    return Cell(_("open: %(amount)s") % {"amount": euros(amount)}, badge="warning")


def _checked(findings: tuple[object, ...]) -> Cell:
    return Cell(_("does not pass"), badge="danger") if findings else Cell(_("passes"), badge="success")


def _iso(text: str) -> str:
    return day_words(date.fromisoformat(text))
