# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The pages of contracts: list, one contract, its price lists, devices and one-off amounts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final, Protocol

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from allmende.directory.administration_access import Desk, contracts_page
from allmende.fleet.contract_changes import RefusedError, Row, access_row_for, delete_row, keep_row
from allmende.fleet.contract_forms import (
    ChargeForm,
    ContractDeviceForm,
    ContractForm,
    DevicesForm,
    TermForm,
)
from allmende.fleet.contracts import Contract, ContractCharge, ContractDevice, ContractTerm
from allmende.fleet.figures import day_words
from allmende.fleet.settlement.closing import due_periods
from allmende.fleet.settlement.settlements import Settlement
from allmende.fleet.settlement.statement import days_words, price_words, services_words
from allmende.fleet.supplier_invoices import SupplierInvoice

_PER_PAGE: Final = 50
#: So many closed settlements a message names.
_NAMED: Final = 8


class _RowForm(Protocol):
    def is_valid(self) -> bool: ...
    def add_error(self, field: str | None, error: str) -> None: ...
    def apply(self, row: Any) -> Any: ...


def check_may_keep(desk: Desk) -> None:
    """For pages that are there to change something: who only reads does not see them either."""
    if not desk.may_keep_contracts:
        raise PermissionDenied


@require_GET
@contracts_page
def list_contracts(request: HttpRequest, desk: Desk) -> HttpResponse:
    today = timezone.localdate()
    is_inside = Q(contract_devices__last_day__isnull=True) | Q(contract_devices__last_day__gte=today)
    contracts = (
        Contract.objects.filter(municipality=desk.municipality)
        .annotate(
            devices=Count("contract_devices", filter=is_inside & Q(contract_devices__first_day__lte=today))
        )
        .order_by("supplier", "number")
    )
    page = Paginator(contracts, _PER_PAGE).get_page(request.GET.get("page"))
    rows = [
        {"contract": contract, "due": len(due_periods(contract, today)), "runs": contract.runs_on(today)}
        for contract in page
    ]
    return desk.show(request, "fleet/contracts/contracts.html", rows=rows, page=page)


@require_GET
@contracts_page
def show_contract(request: HttpRequest, desk: Desk, contract_id: int) -> HttpResponse:
    contract = access_row_for(desk.actor, Contract, contract_id)
    devices = contract.contract_devices.select_related("device", "device__site")
    page = Paginator(devices, _PER_PAGE).get_page(request.GET.get("page"))
    terms = list(contract.terms.all())
    today = timezone.localdate()
    due = due_periods(contract, today)
    return desk.show(
        request,
        "fleet/contracts/contract.html",
        contract=contract,
        services=services_words(contract),
        terms=[_term_words(term) for term in terms],
        current=next((term for term in reversed(terms) if term.first_day <= today), None),
        page=page,
        charges=contract.charges.all(),
        due=[(each, days_words(each.first_day, each.last_day)) for each in due],
        settlements=Settlement.objects.filter(contract=contract)[:8],
        invoices=SupplierInvoice.objects.filter(contract=contract)[:8],
    )


@require_http_methods(["GET", "POST"])
@contracts_page
def add_contract(request: HttpRequest, desk: Desk) -> HttpResponse:
    check_may_keep(desk)
    form = ContractForm(request.POST or None)
    contract = Contract(municipality=desk.municipality)
    if _kept(request, desk, form, contract) is not None:
        messages.success(request, _("The contract is there. Its first price list comes next."))
        return redirect("add_term", contract.pk)
    return _show_form(request, desk, form, _("New contract"), reverse("contracts"))


@require_http_methods(["GET", "POST"])
@contracts_page
def edit_contract(request: HttpRequest, desk: Desk, contract_id: int) -> HttpResponse:
    check_may_keep(desk)
    contract = access_row_for(desk.actor, Contract, contract_id)
    title = _("Edit the contract %(contract)s") % {"contract": contract}
    form = ContractForm(
        request.POST or None, initial={n: getattr(contract, n) for n in ContractForm.base_fields}
    )
    return _edit(request, desk, form, contract, title, contract.pk)


@require_http_methods(["GET", "POST"])
@contracts_page
def add_term(request: HttpRequest, desk: Desk, contract_id: int) -> HttpResponse:
    """Begins with the prices of the last list, so that only what changes is typed."""
    check_may_keep(desk)
    contract = access_row_for(desk.actor, Contract, contract_id)
    last = contract.terms.last()
    initial = {**TermForm.initial_of(last), "first_day": None} if last else {"first_day": contract.first_day}
    term = ContractTerm(municipality=desk.municipality, contract=contract)
    title = _("New price list for %(contract)s") % {"contract": contract}
    form = TermForm(request.POST or None, initial=initial)
    return _edit(request, desk, form, term, title, contract.pk, _settled_words(contract.pk))


@require_http_methods(["GET", "POST"])
@contracts_page
def edit_term(request: HttpRequest, desk: Desk, term_id: int) -> HttpResponse:
    check_may_keep(desk)
    term = access_row_for(desk.actor, ContractTerm, term_id)
    title = _("Price list of %(contract)s") % {"contract": term.contract}
    form = TermForm(request.POST or None, initial=TermForm.initial_of(term))
    return _edit(request, desk, form, term, title, term.contract_id, _settled_words(term.contract_id))


@require_http_methods(["GET", "POST"])
@contracts_page
def delete_term(request: HttpRequest, desk: Desk, term_id: int) -> HttpResponse:
    check_may_keep(desk)
    term = access_row_for(desk.actor, ContractTerm, term_id)
    return _delete(
        request, desk, term, _("Remove this price list?"), days_words(term.first_day, term.first_day)
    )


@require_http_methods(["GET", "POST"])
@contracts_page
def add_contract_devices(request: HttpRequest, desk: Desk, contract_id: int) -> HttpResponse:
    check_may_keep(desk)
    contract = access_row_for(desk.actor, Contract, contract_id)
    form = DevicesForm(
        request.POST or None,
        initial={"first_day": contract.first_day},
        contract=contract,
        municipality=desk.municipality,
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        left: list[Settlement] = []
        try:
            with transaction.atomic():
                for device in data["devices"]:
                    # The same days for all of them, hence the same settlements.
                    left = keep_row(
                        desk.actor,
                        ContractDevice(
                            municipality=desk.municipality,
                            contract=contract,
                            device=device,
                            device_class=data["device_class"],
                            first_day=data["first_day"],
                            last_day=data["last_day"],
                        ),
                    )
        except RefusedError as error:
            form.add_error(None, str(error))
        else:
            messages.success(
                request,
                ngettext("%(count)d device added.", "%(count)d devices added.", len(data["devices"]))
                % {"count": len(data["devices"])},
            )
            _tell_left(request, left)
            return redirect("contract", contract.pk)
    title = _("Devices for %(contract)s") % {"contract": contract}
    lead = _("Only devices that are in no contract without an end are offered.")
    return _show_form(request, desk, form, title, reverse("contract", args=[contract.pk]), lead)


@require_http_methods(["GET", "POST"])
@contracts_page
def edit_contract_device(request: HttpRequest, desk: Desk, contract_device_id: int) -> HttpResponse:
    check_may_keep(desk)
    row = access_row_for(desk.actor, ContractDevice, contract_device_id)
    names = ("device_class", "supplier_number", "first_day", "last_day")
    form = ContractDeviceForm(
        request.POST or None, initial={name: getattr(row, name) for name in names}, contract=row.contract
    )
    title = _("%(device)s in %(contract)s") % {"device": row.device, "contract": row.contract}
    return _edit(request, desk, form, row, title, row.contract_id)


@require_http_methods(["GET", "POST"])
@contracts_page
def delete_contract_device(request: HttpRequest, desk: Desk, contract_device_id: int) -> HttpResponse:
    check_may_keep(desk)
    row = access_row_for(desk.actor, ContractDevice, contract_device_id)
    return _delete(request, desk, row, _("Remove the device from the contract?"), row.device.name)


@require_http_methods(["GET", "POST"])
@contracts_page
def add_charge(request: HttpRequest, desk: Desk, contract_id: int) -> HttpResponse:
    check_may_keep(desk)
    contract = access_row_for(desk.actor, Contract, contract_id)
    charge = ContractCharge(municipality=desk.municipality, contract=contract)
    title = _("One-off amount for %(contract)s") % {"contract": contract}
    return _edit(request, desk, ChargeForm(request.POST or None), charge, title, contract.pk)


@require_http_methods(["GET", "POST"])
@contracts_page
def edit_charge(request: HttpRequest, desk: Desk, charge_id: int) -> HttpResponse:
    check_may_keep(desk)
    charge = access_row_for(desk.actor, ContractCharge, charge_id)
    initial = {name: getattr(charge, name) for name in ChargeForm.base_fields}
    form = ChargeForm(request.POST or None, initial=initial)
    return _edit(request, desk, form, charge, charge.label, charge.contract_id)


@require_http_methods(["GET", "POST"])
@contracts_page
def delete_charge(request: HttpRequest, desk: Desk, charge_id: int) -> HttpResponse:
    check_may_keep(desk)
    charge = access_row_for(desk.actor, ContractCharge, charge_id)
    return _delete(request, desk, charge, _("Remove this one-off amount?"), charge.label)


def _term_words(term: ContractTerm) -> dict[str, Any]:
    """The prices as people write them: without zeros behind."""
    prices = (term.click_mono, term.click_colour, term.click_mono_a3, term.click_colour_a3)
    return {
        "row": term,
        "rent": price_words(term.rent),
        "rents": [(name, price_words(Decimal(str(rent)))) for name, rent in sorted(term.rents.items())],
        "clicks": [price_words(price) for price in prices],
    }


def _kept(request: HttpRequest, desk: Desk, form: _RowForm, row: Row) -> list[Settlement] | None:
    """None where nothing was stored; else the closed settlements that it did not change."""
    if request.method != "POST" or not form.is_valid():
        return None
    try:
        return keep_row(desk.actor, form.apply(row))
    except RefusedError as error:
        form.add_error(None, str(error))
        return None


def _settled_words(contract_id: int) -> str:
    """Said beside a price list before anything is typed; empty where nothing is settled yet."""
    last = Settlement.objects.filter(contract=contract_id).order_by("-last_day").first()
    if last is None:
        return ""
    return _(
        "Settled and closed up to %(day)s: prices for days before are kept, but those settlements stay as they are until you correct them."
    ) % {"day": day_words(last.last_day)}


def _tell_left(request: HttpRequest, left: list[Settlement]) -> None:
    """Which closed settlements would come out otherwise now."""
    if not left:
        return
    named = ", ".join(days_words(row.first_day, row.last_day) for row in left[-_NAMED:])
    more = len(left) - _NAMED
    if more > 0:
        named = ngettext("%(count)d older one, %(named)s", "%(count)d older ones, %(named)s", more) % {
            "count": more,
            "named": named,
        }
    words = ngettext(
        "A closed settlement has days that this is about. It stays as it is: %(named)s. Where it is to change, open it below and correct it.",
        "Closed settlements have days that this is about. They stay as they are: %(named)s. Where they are to change, open them below and correct them.",
        len(left),
    )
    messages.warning(request, words % {"named": named})


def _edit(  # noqa: PLR0917 - the page and its parts
    request: HttpRequest, desk: Desk, form: Any, row: Row, title: str, contract_id: int, lead: str = ""
) -> HttpResponse:
    left = _kept(request, desk, form, row)
    if left is not None:
        messages.success(request, _("Saved."))
        _tell_left(request, left)
        return redirect("contract", contract_id)
    return _show_form(request, desk, form, title, reverse("contract", args=[contract_id]), lead)


def _show_form(  # noqa: PLR0917 - the page and its parts
    request: HttpRequest, desk: Desk, form: forms.Form, title: str, back: str, lead: str = ""
) -> HttpResponse:
    return desk.show(
        request, "administration/form.html", form=form, title=title, lead=lead, submit=_("Save"), back=back
    )


def _delete(
    request: HttpRequest,
    desk: Desk,
    row: ContractTerm | ContractDevice | ContractCharge,
    title: str,
    subject: str,
) -> HttpResponse:
    contract_id = row.contract_id
    if request.method == "POST":
        try:
            left = delete_row(desk.actor, row)
        except RefusedError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Removed."))
            _tell_left(request, left)
        return redirect("contract", contract_id)
    return desk.show(
        request,
        "administration/confirm.html",
        title=title,
        subject=subject,
        submit=_("Remove"),
        back=reverse("contract", args=[contract_id]),
    )
