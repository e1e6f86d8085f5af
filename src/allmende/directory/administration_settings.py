# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The page of the town's own rules."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from allmende.directory.administration_access import Desk, administration_page
from allmende.directory.town_rules import TownRulesForm, change_rules, describe_rules


@require_http_methods(["GET", "POST"])
@administration_page
def show_town_settings(request: HttpRequest, desk: Desk) -> HttpResponse:
    form = TownRulesForm(request.POST or None, initial=describe_rules(desk.municipality))
    if not desk.may_change:
        for field in form.fields.values():
            field.disabled = True
    if request.method == "POST" and form.is_valid():
        changed = change_rules(desk.actor, desk.municipality, form.rules())
        messages.success(
            request,
            _("Saved. It holds from now on, within seconds.") if changed else _("Nothing was changed."),
        )
        return redirect("town_settings")
    return desk.show(request, "administration/town_settings.html", form=form)
