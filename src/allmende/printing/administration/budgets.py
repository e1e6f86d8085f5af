# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The pages of budgets: what is left of each, and setting them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from allmende.directory.administration_access import Desk, contracts_page
from allmende.directory.cost_centres import CostCentre
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.printing.administration.budget_administration import (
    BudgetDetails,
    access_budget_for,
    delete_budget,
    devices_without_price,
    list_budgets,
    set_budget,
    states_of,
)
from allmende.printing.budgets import Budget, BudgetPeriod, BudgetUnit
from allmende.printing.ledger.entries import local_day

_PER_PAGE = 50
_MOST = Decimal(100_000_000)


class BudgetForm(forms.Form):
    cost_centre = forms.ModelChoiceField(
        label=gettext_lazy("Cost centre or project"), queryset=CostCentre.objects.none(), required=False
    )
    login = forms.CharField(
        label=gettext_lazy("Or a person (login)"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("Only one of the two: a budget for a cost centre, or a quota for a person."),
        widget=forms.TextInput(
            attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}
        ),
    )
    limit = forms.DecimalField(
        label=gettext_lazy("How much"),
        min_value=0,
        max_value=_MOST,
        max_digits=11,
        decimal_places=2,
        localize=True,
    )
    unit = forms.ChoiceField(
        label=gettext_lazy("Unit"),
        choices=BudgetUnit.choices,
        widget=forms.RadioSelect,
        initial=BudgetUnit.SHEETS,
    )
    period = forms.ChoiceField(
        label=gettext_lazy("Period"),
        choices=BudgetPeriod.choices,
        widget=forms.RadioSelect,
        initial=BudgetPeriod.MONTH,
    )
    is_hard = forms.BooleanField(
        label=gettext_lazy("Refuse what goes beyond it"),
        required=False,
        help_text=gettext_lazy("Without this mark the device only warns, and prints."),
    )
    contact = forms.CharField(
        label=gettext_lazy("Whom to ask for more"),
        max_length=120,
        required=False,
        help_text=gettext_lazy(
            "Shown at the device when the budget is used up, for example: Ms Berger, extension 214."
        ),
    )
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)

    def __init__(self, *args: Any, municipality: Municipality, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._municipality = municipality
        field = self.fields["cost_centre"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = CostCentre.objects.filter(municipality=municipality)
            field.empty_label = _("None")

    def clean_login(self) -> Person | None:
        login = self.cleaned_data["login"].strip().casefold()
        if not login:
            return None
        person = Person.objects.filter(municipality=self._municipality, login=login).first()
        if person is None:
            raise forms.ValidationError(_("Nobody here has this login."))
        return person

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "login" in data and "cost_centre" in data and bool(data["login"]) == bool(data["cost_centre"]):
            self.add_error("cost_centre", _("Please choose a cost centre, or name a person: one of the two."))
        limit = data.get("limit")
        if limit is not None and data.get("unit") == BudgetUnit.SHEETS and limit != int(limit):
            self.add_error("limit", _("There are no parts of sheets. Please write a whole number."))
        return data

    def details(self) -> BudgetDetails:
        data = self.cleaned_data
        return BudgetDetails(
            cost_centre=data["cost_centre"],
            person=data["login"],
            period=BudgetPeriod(data["period"]),
            unit=BudgetUnit(data["unit"]),
            limit=data["limit"],
            is_hard=data["is_hard"],
            contact=data["contact"],
            is_active=data["is_active"],
        )


@require_GET
@contracts_page
def show_budgets(request: HttpRequest, desk: Desk) -> HttpResponse:
    page = Paginator(list_budgets(desk.municipality), _PER_PAGE).get_page(request.GET.get("page"))
    budgets = list(page)
    today = local_day(timezone.now())
    needs_prices = any(budget.is_active and budget.unit == BudgetUnit.EUROS for budget in budgets)
    return desk.show(
        request,
        "printing/administration/budgets.html",
        page=page,
        states=states_of(budgets, today),
        without_price=devices_without_price(desk.municipality, today) if needs_prices else [],
    )


@require_http_methods(["GET", "POST"])
@contracts_page
def add_budget(request: HttpRequest, desk: Desk) -> HttpResponse:
    return _edit(request, desk, None)


@require_http_methods(["GET", "POST"])
@contracts_page
def edit_budget(request: HttpRequest, desk: Desk, budget_id: int) -> HttpResponse:
    return _edit(request, desk, access_budget_for(desk.actor, budget_id))


@require_http_methods(["GET", "POST"])
@contracts_page
def delete_budget_page(request: HttpRequest, desk: Desk, budget_id: int) -> HttpResponse:
    """GET asks, POST deletes."""
    budget = access_budget_for(desk.actor, budget_id)
    if request.method == "POST":
        delete_budget(desk.actor, budget)
        messages.success(request, _("The budget is deleted."))
        return redirect("administer_budgets")
    return desk.show(
        request,
        "administration/confirm.html",
        title=_("Delete this budget?"),
        subject=str(budget),
        text=_("From then on nothing is refused or warned of because of it."),
        submit=_("Delete"),
        back=reverse("administer_budgets"),
    )


def _edit(request: HttpRequest, desk: Desk, budget: Budget | None) -> HttpResponse:
    initial = _initial(budget) if budget is not None else None
    form = BudgetForm(request.POST or None, initial=initial, municipality=desk.municipality)
    if request.method == "POST" and form.is_valid():
        set_budget(desk.actor, desk.municipality, form.details(), local_day(timezone.now()), budget)
        messages.success(request, _("Saved."))
        return redirect("administer_budgets")
    if not desk.may_keep_contracts:
        for field in form.fields.values():
            field.disabled = True
    return desk.show(
        request,
        "printing/administration/budget.html",
        title=_("Add a budget") if budget is None else _("Edit %(name)s") % {"name": budget},
        form=form,
        budget=budget,
        submit=_("Add") if budget is None else _("Save"),
    )


def _initial(budget: Budget) -> dict[str, Any]:
    whole = budget.unit == BudgetUnit.SHEETS
    return {
        "cost_centre": budget.cost_centre_id,
        "login": budget.person.login if budget.person is not None else "",
        "limit": int(budget.limit) if whole else budget.limit.quantize(Decimal("0.01")),
        "unit": budget.unit,
        "period": budget.period,
        "is_hard": budget.is_hard,
        "contact": budget.contact,
        "is_active": budget.is_active,
    }
