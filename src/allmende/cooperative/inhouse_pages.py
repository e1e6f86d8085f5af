# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The page on in-house procurement: does the cooperative still fulfil it, and the years that it is reckoned from."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from allmende.cooperative.inhouse import (
    OWNERS_RULE,
    SHARE_RULE,
    WARNING_RULE,
    YEARS_RULE,
    TurnoverYear,
    assess_inhouse,
    enter_turnover,
)
from allmende.cooperative.legal_rules import UnknownRuleError, rule_on
from allmende.directory.administration_access import Desk, office_page

_FIRST: Final = 1990
#: A sign between thousands: three digits follow, and then no fourth.
_GROUPS: Final = re.compile(r"[.,'\s](?=\d{3}(?!\d))")
_PLAIN: Final = re.compile(r"^-?\d{1,12}(\.\d{1,2})?$")


class AmountField(forms.DecimalField):
    """Euros as people type them. Three digits behind a point or comma are thousands, since cents are two."""

    widget = forms.TextInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=Decimal(0), max_digits=14, decimal_places=2, localize=True, **kwargs)
        self.widget.attrs.update({"inputmode": "decimal", "autocomplete": "off"})

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        plain = _GROUPS.sub("", str(value).strip()).replace(",", ".")
        if not _PLAIN.match(plain):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return Decimal(plain)


class TurnoverForm(forms.Form):
    year = forms.IntegerField(label=gettext_lazy("Year"), min_value=_FIRST)
    total = AmountField(
        label=gettext_lazy("Turnover in all, euros"),
        help_text=gettext_lazy("Net, from the annual accounts."),
    )
    with_members = AmountField(
        label=gettext_lazy("Of it for members, euros"),
        help_text=gettext_lazy("With what was done for bodies that members control."),
    )
    source = forms.CharField(
        label=gettext_lazy("Where the figures are from"),
        max_length=300,
        help_text=gettext_lazy("For example: annual accounts 2025, audit report page 14."),
    )

    def clean_year(self) -> int:
        year = int(self.cleaned_data["year"])
        if year >= timezone.localdate().year:
            raise forms.ValidationError(_("This year is not over. Enter it when its accounts are there."))
        return year


@require_http_methods(["GET", "POST"])
@office_page
def show_inhouse(request: HttpRequest, desk: Desk) -> HttpResponse:
    today = timezone.localdate()
    chosen = request.GET.get("jahr", "")
    row = (
        TurnoverYear.objects.filter(year=int(chosen)).first()
        if chosen.isdecimal() and len(chosen) == 4
        else None
    )
    initial = (
        {"year": row.year, "total": row.total, "with_members": row.with_members, "source": row.source}
        if row
        else {"year": today.year - 1}
    )
    form = TurnoverForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            enter_turnover(desk.actor, data["year"], data["total"], data["with_members"], data["source"])
        except ValidationError as error:
            form.add_error(None, forms.ValidationError(error.messages))
        else:
            messages.success(request, _("The year is entered."))
            return redirect("inhouse")
    problem, assessment, rules = "", None, []
    try:
        assessment = assess_inhouse(today)
        rules = [rule_on(key, today) for key in (OWNERS_RULE, SHARE_RULE, YEARS_RULE, WARNING_RULE)]
    except UnknownRuleError as error:
        problem = str(error)
    return desk.show(
        request,
        "cooperative/office/inhouse.html",
        status=422 if form.errors else 200,
        form=form,
        found=assessment,
        problem=problem,
        rules=rules,
        years=TurnoverYear.objects.all(),
    )
