# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The pages of suppliers' invoices: file, preview of the check, import, and the check with its differences."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from allmende.directory.administration_access import Desk, contracts_page, figures_page
from allmende.fleet.contract_changes import access_row_for
from allmende.fleet.contract_forms import InvoiceForm
from allmende.fleet.contract_pages import check_may_keep
from allmende.fleet.contracts import Contract
from allmende.fleet.figures import count_words, money_words
from allmende.fleet.prices import ZERO, PriceError
from allmende.fleet.settlement.arithmetic import Days
from allmende.fleet.settlement.closing import due_periods, period_of
from allmende.fleet.settlement.settlements import Settlement
from allmende.fleet.settlement.statement import CLASS_WORDS, days_words, number_words, price_words
from allmende.fleet.supplier_invoice_check import Difference, Reason
from allmende.fleet.supplier_invoice_file import (
    MAX_BYTES,
    ChargedFor,
    FileFault,
    LineFault,
    RowProblem,
    UnreadableInvoiceError,
    decode_invoice,
)
from allmende.fleet.supplier_invoices import (
    InvoiceCheck,
    InvoiceThereError,
    SupplierInvoice,
    check_invoice,
    delete_invoice,
    import_invoice,
)
from allmende.fleet.tables import CSV_TYPE, XLSX_TYPE, Column, Kind, Table, to_csv, to_html, to_xlsx

_SHOWN_PROBLEMS: Final = 50
#: How many settled periods are offered for an invoice.
_OFFERED: Final = 24

_FILE_FAULTS: Final[dict[FileFault, str | Promise]] = {
    FileFault.EMPTY: gettext_lazy("The file has no lines. The first line must name the columns."),
    FileFault.TOO_LARGE: gettext_lazy("The file is larger than 500 KB or 20,000 lines. Please split it."),
    FileFault.NOT_TEXT: gettext_lazy(
        "This is no text file. In the spreadsheet, choose “Save as” and there “CSV”."
    ),
    FileFault.NO_DEVICE: gettext_lazy("No column names the device: call one “Seriennummer” or “Gerät”."),
    FileFault.NO_AMOUNT: gettext_lazy("No column has the amount: call one “Betrag”."),
    FileFault.NO_KIND: gettext_lazy("No column says what is charged: call one “Leistung”."),
    FileFault.BROKEN: gettext_lazy(
        "A quotation mark is opened and not closed, or a cell is too long. Please correct it."
    ),
}
_LINE_FAULTS: Final[dict[LineFault, str | Promise]] = {
    LineFault.NO_NUMBER: gettext_lazy("Line %(line)d: “%(detail)s” is no number."),
    LineFault.NO_AMOUNT: gettext_lazy("Line %(line)d: neither an amount, nor quantity and price."),
    LineFault.TOO_LONG: gettext_lazy("Line %(line)d: a cell is too long."),
}
_CHARGED_FOR: Final[dict[ChargedFor, str | Promise]] = {
    ChargedFor.RENT: gettext_lazy("Rent"),
    ChargedFor.SHORTFALL: gettext_lazy("missing to the minimum"),
    ChargedFor.OTHER: gettext_lazy("other"),
}
_REASONS: Final[dict[Reason, str | Promise]] = {
    Reason.SAME: gettext_lazy("the same"),
    Reason.ROUNDING: gettext_lazy("rounded otherwise"),
    Reason.OTHER_PRICE: gettext_lazy("another price than in the contract"),
    Reason.FORMER_PRICE: gettext_lazy("the price of another price list of this contract"),
    Reason.OTHER_READING: gettext_lazy("other meter readings"),
    Reason.OTHER_QUANTITY: gettext_lazy("another number; the invoice names no other readings"),
    Reason.OWN_ARITHMETIC: gettext_lazy(
        "the invoice contradicts its own figures: quantity × price is not the amount"
    ),
    Reason.CHARGED_TWICE: gettext_lazy("the same line is on the invoice more than once"),
    Reason.UNKNOWN_DEVICE: gettext_lazy("no device with this number or name is known"),
    Reason.NOT_IN_CONTRACT: gettext_lazy("the device was not in this contract on any of these days"),
    Reason.SWAPPED: gettext_lazy("the device was swapped"),
    Reason.NOT_INVOICED: gettext_lazy("the invoice does not have it"),
    Reason.NOT_COUNTED: gettext_lazy("we counted none: no readings, or nothing was printed"),
    Reason.NOT_AGREED: gettext_lazy("the contract has no such charge"),
}


@require_http_methods(["GET", "POST"])
@contracts_page
def add_invoice(request: HttpRequest, desk: Desk, contract_id: int) -> HttpResponse:
    """Step 1 takes the file, step 2 shows the check with the text in the form, step 3 keeps it: nothing is stored before."""
    check_may_keep(desk)
    contract = access_row_for(desk.actor, Contract, contract_id)
    periods = _periods(contract)
    choices = [(first, words) for first, words, _days in periods]
    text = request.POST.get("text", "")
    form = InvoiceForm(request.POST or None, request.FILES or None, periods=choices, with_file=not text)
    preview: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        period = next(days for first, _words, days in periods if first == form.cleaned_data["period"])
        number = form.cleaned_data["number"]
        try:
            if not text:
                text = decode_invoice(form.cleaned_data["file"].read(MAX_BYTES + 1))
            if "keep" in request.POST:
                invoice = import_invoice(desk.actor, contract, number, period, text)
                messages.success(request, _("The invoice is kept with its check."))
                return redirect("supplier_invoice", invoice.pk)
            preview = _parts(check_invoice(contract, period, text))
        except UnreadableInvoiceError as error:
            text = ""
            form = InvoiceForm(request.POST, request.FILES, periods=choices)
            form.add_error("file", str(_FILE_FAULTS[error.fault]))
        except InvoiceThereError:
            form.add_error("number", _("The contract has an invoice with this number: correct the number."))
            preview = _parts(check_invoice(contract, period, text))
        except PriceError:
            form.add_error(
                "period", _("Not every day of this period has a price list: add one to the contract.")
            )
    if preview:
        shown = InvoiceForm(request.POST, periods=choices, with_file=False)
        shown.is_valid()
        for name, errors in form.errors.items():
            for each in errors:
                if name in shown.fields and each not in shown.errors.get(name, []):
                    shown.add_error(name, each)
        form = shown
    return desk.show(
        request,
        "fleet/contracts/add_invoice.html",
        contract=contract,
        form=form,
        text=text if preview else "",
        periods=periods,
        **preview,
    )


@require_GET
@figures_page
def show_invoice(request: HttpRequest, desk: Desk, invoice_id: int) -> HttpResponse:
    invoice = access_row_for(desk.actor, SupplierInvoice, invoice_id)
    try:
        check = check_invoice(invoice.contract, invoice.period, invoice.text)
    except (PriceError, UnreadableInvoiceError):
        return desk.show(request, "fleet/contracts/invoice.html", invoice=invoice, fault=True)
    wanted = request.GET.get("datei", "")
    if wanted in {"xlsx", "csv"}:
        table = _table(check.differences)
        data, kind = (to_csv(table), CSV_TYPE) if wanted == "csv" else (to_xlsx(table), XLSX_TYPE)
        words = _("Invoice check")
        name = f"{slugify(words)}-{slugify(invoice.number) or invoice.pk}.{wanted}"
        return HttpResponse(
            data, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'}
        )
    return desk.show(
        request,
        "fleet/contracts/invoice.html",
        invoice=invoice,
        period=days_words(invoice.first_day, invoice.last_day),
        **_parts(check),
    )


@require_http_methods(["GET", "POST"])
@contracts_page
def remove_invoice(request: HttpRequest, desk: Desk, invoice_id: int) -> HttpResponse:
    check_may_keep(desk)
    invoice = access_row_for(desk.actor, SupplierInvoice, invoice_id)
    if request.method == "POST":
        contract_id = invoice.contract_id
        delete_invoice(desk.actor, invoice)
        messages.success(request, _("Removed."))
        return redirect("contract", contract_id)
    return desk.show(
        request,
        "administration/confirm.html",
        title=_("Remove this invoice?"),
        subject=invoice.number,
        submit=_("Remove"),
        back=reverse("supplier_invoice", args=[invoice.pk]),
    )


def _periods(contract: Contract) -> list[tuple[str, str, Days]]:
    """What an invoice can be for: due and closed periods, newest first."""
    today = timezone.localdate()
    found = {each.first_day: each for each in due_periods(contract, today)}
    for row in Settlement.objects.filter(contract=contract)[:_OFFERED]:
        found[row.first_day] = Days(row.first_day, row.last_day)
    if not found:
        current: Days = period_of(contract, max(today, contract.first_day))
        found[current.first_day] = current
    newest: list[date] = sorted(found, reverse=True)[:_OFFERED]
    return [
        (first.isoformat(), days_words(found[first].first_day, found[first].last_day), found[first])
        for first in newest
    ]


def _parts(check: InvoiceCheck) -> dict[str, Any]:
    found = check.found
    return {
        "check": check,
        "table": to_html(_table(found)) if found else "",
        "agreeing": len(check.differences) - len(found),
        "ours": money_words(check.ours),
        "theirs": money_words(check.theirs),
        "difference": money_words(check.theirs - check.ours),
        "problems": [_problem_words(each) for each in check.file.problems[:_SHOWN_PROBLEMS]],
        "more_problems": max(0, len(check.file.problems) - _SHOWN_PROBLEMS),
    }


def _problem_words(problem: RowProblem) -> str:
    return str(_LINE_FAULTS[problem.fault]) % {"line": problem.line, "detail": problem.detail}


def _table(differences: list[Difference]) -> Table:
    columns = (
        Column(_("Device")),
        Column(_("For")),
        Column(_("Likely reason")),
        Column(_("Ours")),
        Column(_("Invoice")),
        Column(_("Ours, euros"), Kind.MONEY),
        Column(_("Invoice, euros"), Kind.MONEY),
        Column(_("Difference"), Kind.MONEY),
    )
    rows = tuple(
        (
            each.device_name or _("All devices"),
            str(_CHARGED_FOR.get(each.charged_for) or CLASS_WORDS[each.charged_for.value]),
            str(_REASONS[each.reason]),
            _side_words(each.our_quantity, each.our_price, each.our_counters),
            _side_words(each.their_quantity, each.their_price, each.their_counters),
            each.ours,
            each.theirs,
            each.amount,
        )
        for each in differences
    )
    ours = sum((each.ours for each in differences), ZERO)
    theirs = sum((each.theirs for each in differences), ZERO)
    return Table(_("Differences"), columns, rows, (_("Total"), "", "", "", "", ours, theirs, theirs - ours))


def _side_words(quantity: Decimal | None, price: Decimal | None, counters: tuple[int, int] | None) -> str:
    parts = []
    if quantity is not None and price is not None:
        parts.append(f"{number_words(quantity)} × {price_words(price)}")
    elif quantity is not None:
        parts.append(number_words(quantity))
    if counters is not None:
        parts.append(
            _("counter %(first)s to %(last)s")
            % {"first": count_words(counters[0]), "last": count_words(counters[1])}
        )
    return "; ".join(parts) or "–"
