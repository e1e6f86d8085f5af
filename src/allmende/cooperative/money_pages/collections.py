# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Files for the bank: what would be collected or paid out, the file, and what became of each debit or pay-out in it."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from allmende.cooperative.bank.matching import reject_pay_out
from allmende.cooperative.billing_profile import billing_profile
from allmende.cooperative.day_field import DayField
from allmende.cooperative.money import ZERO, MoneyRefusedError, euros
from allmende.cooperative.money_pages.layout import (
    Button,
    Cell,
    Section,
    Table,
    asked_amount,
    asked_day,
    confirm_page,
    day_words,
    do_or_explain,
    needs_profile,
    show,
)
from allmende.cooperative.sepa.collecting import (
    RETURN_REASONS,
    CollectionItem,
    CollectionRun,
    ItemState,
    check_day,
    collectible,
    create_collections,
    reject_item,
)
from allmende.cooperative.sepa.files import is_bank_day
from allmende.cooperative.sepa.pay_outs import PayOut, PayOutRun, create_pay_outs, payable
from allmende.directory.administration_access import Desk, office_page


class CollectForm(forms.Form):
    tag = DayField(label=gettext_lazy("Day of collection"))


@require_http_methods(["GET", "POST"])
@office_page
@needs_profile
def collect(request: HttpRequest, desk: Desk) -> HttpResponse:
    today = timezone.localdate()
    if request.method == "POST":
        form = CollectForm(request.POST)
        if not form.is_valid():
            return redirect("collect")
        chosen = form.cleaned_data["tag"]

        def make_files() -> str:
            runs = create_collections(desk.actor, chosen, expected=asked_amount(request))
            return _("The file is ready: %(count)d. Hand it to your bank.") % {"count": len(runs)}

        back = f"{reverse('collect')}?tag={chosen.isoformat()}"
        return do_or_explain(request, make_files, done="payments", back=back)
    default = today + timedelta(days=billing_profile().notice_days)
    while not is_bank_day(default):
        default += timedelta(days=1)
    day = asked_day(request, "tag", default)
    found = collectible(day)
    warning = ""
    try:
        check_day(day, found, billing_profile(), today)
    except MoneyRefusedError as error:
        warning = str(error)
    total = sum((each.amount for each in found), ZERO)
    rows = [
        (
            each.claim.member.name,
            each.claim.reference,
            each.mandate.reference,
            _("first (FRST)") if each.is_first else _("following (RCUR)"),
            _("by the invoice") if each.announced else _("by e-mail, with the file"),
            euros(each.amount),
        )
        for each in found
    ]
    columns = (_("Member"), _("Claim"), _("Mandate"), _("Sequence"), _("Announced"), _("Amount"))
    button = Button(
        reverse("collect"),
        _("Make the file over %(amount)s") % {"amount": euros(total)},
        {"tag": day.isoformat(), "expected": str(total)},
    )
    return show(
        request,
        desk,
        _("Collect"),
        Section(
            form=CollectForm(initial={"tag": day}), submit=_("Show this day"), method="get", warning=warning
        ),
        Section(
            _("Would be collected on %(day)s") % {"day": day_words(day)},
            table=Table(columns, rows, frozenset({5}), (_("Total"), "", "", "", "", euros(total))),
            empty=_("Nothing that is due by then has a mandate."),
            button=button if found and not warning else None,
        ),
        lead=_(
            "The file (pain.008) is for your bank's program; nothing is sent from here. What was collected is booked when the statement says so."
        ),
        back=reverse("payments"),
    )


@require_http_methods(["GET", "POST"])
@office_page
@needs_profile
def pay_out(request: HttpRequest, desk: Desk) -> HttpResponse:
    if request.method == "POST":
        day = timezone.localdate() + timedelta(days=1)
        while not is_bank_day(day):
            day += timedelta(days=1)

        def make_file() -> str:
            create_pay_outs(desk.actor, day, expected=asked_amount(request))
            return _("The file is ready. Hand it to your bank.")

        return do_or_explain(request, make_file, done="payments", back="pay_out")
    found = payable()
    total = sum((each.amount for each in found if each.iban), ZERO)
    rows = [
        (
            each.member.name,
            each.get_kind_display(),
            each.text,
            Cell(each.iban)
            if each.iban
            else Cell(_("enter the IBAN"), reverse("member_billing", args=[each.member.pk])),
            euros(each.amount),
        )
        for each in found
    ]
    columns = (_("Member"), _("Kind"), _("Text"), _("IBAN"), _("Amount"))
    button = Button(
        reverse("pay_out"),
        _("Make the file over %(amount)s") % {"amount": euros(total)},
        {"expected": str(total)},
    )
    return show(
        request,
        desk,
        _("Pay out"),
        Section(
            table=Table(columns, rows, frozenset({4}), (_("Total"), "", "", "", euros(total))),
            empty=_("There is nothing to pay out."),
            button=button if total else None,
        ),
        lead=_(
            "Balances of members who have left, and credit. The file (pain.001) is for your bank's program."
        ),
        back=reverse("payments"),
    )


@require_GET
@office_page
def show_collection(request: HttpRequest, desk: Desk, run_id: int) -> HttpResponse:
    """What became of each debit; what the bank has not credited can be marked as rejected."""
    run = get_object_or_404(CollectionRun, pk=run_id)
    items = run.items.select_related("claim__member", "mandate")
    rows = [
        (
            each.claim.member.name,
            each.claim.reference,
            each.mandate.reference,
            euros(each.amount),
            _item_state(each),
            Cell(_("the bank has rejected it"), reverse("reject_collection_item", args=[each.pk]))
            if each.state == ItemState.PENDING
            else Cell(_("remind"), reverse("reminders"))
            if each.state == ItemState.RETURNED and each.claim.open_amount() > 0
            else "",
        )
        for each in items
    ]
    columns = (_("Member"), _("Claim"), _("Mandate"), _("Amount"), _("State"), _("Change"))
    return show(
        request,
        desk,
        _("Collection of %(day)s") % {"day": day_words(run.day)},
        Section(
            table=Table(columns, rows, frozenset({3}), (_("Total"), "", "", euros(run.total), "", "")),
            ways=((reverse("collection_file", args=[run.pk]), _("The file for the bank (pain.008)")),),
        ),
        lead=_(
            "A debit counts as paid when the bank's statement says so. One that came back leaves its claim open: ask the member why, record a new mandate where the account has changed, then collect again or remind. One that the bank has rejected before it paid never stands on a statement: mark it here, then it can be collected or reminded again."
        ),
        back=reverse("payments"),
    )


@require_http_methods(["GET", "POST"])
@office_page
def reject(request: HttpRequest, desk: Desk, item_id: int) -> HttpResponse:
    item = get_object_or_404(CollectionItem.objects.select_related("claim__member", "run"), pk=item_id)
    back = reverse("collection", args=[item.run_id])

    def mark() -> str:
        reject_item(desk.actor, item)
        return _("The debit is marked as rejected; its claim can be collected again.")

    return confirm_page(
        request,
        desk,
        mark,
        title=_("Did the bank reject this debit?"),
        subject=f"{item.claim.member.name}, {item.claim.reference}, {euros(item.amount)}",
        text=_(
            "Only where the bank never credited the amount, or the file was not handed in. A debit that was credited and came back is recognised on the statement by itself."
        ),
        submit=_("Mark as rejected"),
        back=back,
    )


def _item_state(item: CollectionItem) -> Cell:
    words = str(item.get_state_display())
    if item.return_code:
        reason = RETURN_REASONS.get(item.return_code)
        words = f"{words}: {reason} ({item.return_code})" if reason else f"{words} ({item.return_code})"
    badge = {ItemState.PENDING: "info", ItemState.PAID: "success"}.get(ItemState(item.state), "warning")
    return Cell(words, badge=badge)


@require_GET
@office_page
def show_pay_outs(request: HttpRequest, desk: Desk, run_id: int) -> HttpResponse:
    """What became of each pay-out; what the bank has not paid can be marked as rejected."""
    run = get_object_or_404(PayOutRun, pk=run_id)
    found = list(run.pay_outs.select_related("member"))
    rows = [
        (
            each.member.name,
            each.reference,
            each.text,
            f"{each.iban[:4]} … {each.iban[-4:]}",
            euros(each.amount),
            _pay_out_state(each),
            Cell(_("the bank has rejected it"), reverse("reject_pay_out", args=[each.pk]))
            if each.paid_on is None and each.failed_on is None
            else "",
        )
        for each in found
    ]
    total = euros(sum((each.amount for each in found), ZERO))
    columns = (_("Member"), _("Reference"), _("For"), _("IBAN"), _("Amount"), _("State"), _("Change"))
    return show(
        request,
        desk,
        _("Pay-outs of %(day)s") % {"day": day_words(run.day)},
        Section(
            table=Table(columns, rows, frozenset({4}), (_("Total"), "", "", "", total, "", "")),
            ways=((reverse("pay_out_file", args=[run.pk]), _("The file for the bank (pain.001)")),),
        ),
        lead=_(
            "A pay-out counts as paid when the bank's statement says so, and one whose money comes back is owed again. One that the bank has rejected before it paid never stands on a statement: mark it here, then it can be paid out again, after the IBAN was corrected."
        ),
        back=reverse("payments"),
    )


@require_http_methods(["GET", "POST"])
@office_page
def reject_transfer(request: HttpRequest, desk: Desk, pay_out_id: int) -> HttpResponse:
    pay_out_ = get_object_or_404(PayOut.objects.select_related("member", "run"), pk=pay_out_id)
    back = reverse("pay_outs", args=[pay_out_.run_id])

    def mark() -> str:
        reject_pay_out(desk.actor, pay_out_)
        return _("The pay-out is marked as rejected; it can be paid out again.")

    return confirm_page(
        request,
        desk,
        mark,
        title=_("Did the bank reject this pay-out?"),
        subject=f"{pay_out_.member.name}, {pay_out_.reference}, {euros(pay_out_.amount)}",
        text=_(
            "Only where the bank never debited the amount, or the file was not handed in. Money that was paid and came back is recognised on the statement."
        ),
        submit=_("Mark as rejected"),
        back=back,
    )


def _pay_out_state(pay_out_: PayOut) -> Cell:
    if pay_out_.failed_on is not None:
        words = _("returned on %(day)s") if pay_out_.paid_on is not None else _("rejected on %(day)s")
        return Cell(words % {"day": day_words(pay_out_.failed_on)}, badge="warning")
    if pay_out_.paid_on is not None:
        return Cell(_("paid"), badge="success")
    return Cell(_("handed to the bank"), badge="info")


@require_GET
@office_page
def collection_file(request: HttpRequest, desk: Desk, run_id: int) -> HttpResponse:  # noqa: ARG001 - a guarded page has them
    run = get_object_or_404(CollectionRun, pk=run_id)
    return _xml(bytes(run.xml), f"pain008-{run.day:%Y%m%d}-{run.pk}.xml")


@require_GET
@office_page
def pay_out_file(request: HttpRequest, desk: Desk, run_id: int) -> HttpResponse:  # noqa: ARG001 - a guarded page has them
    run = get_object_or_404(PayOutRun, pk=run_id)
    return _xml(bytes(run.xml), f"pain001-{run.day:%Y%m%d}-{run.pk}.xml")


def _xml(data: bytes, name: str) -> HttpResponse:
    return HttpResponse(
        data,
        content_type="application/xml",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
