# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Choosing at the panel who bears the cost: favourites first, a search for the rest."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from allmende.printing.panel.access import IDLE_SECONDS, Panel, to_panel
from allmende.printing.panel.jobs import visit_page
from allmende.printing.visit.bearers import (
    NoSuchCostCentreError,
    choose_bearer,
    current_bearer,
    favourite_cost_centres,
    find_cost_centres,
)
from allmende.printing.visit.visits import OpenVisit, keep_visit_open


@require_http_methods(["GET", "POST"])
@visit_page
def choose_cost_centre(request: HttpRequest, panel: Panel, visit: OpenVisit) -> HttpResponse:
    """GET shows what can be chosen (`?q=` searches), POST chooses for this visit and goes back to the jobs."""
    if request.method == "POST":
        chosen = request.POST.get("centre", "")
        try:
            row = choose_bearer(
                visit, row_id=int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 19 else 0
            )
        except NoSuchCostCentreError:
            messages.warning(request, _("This cost centre is closed. Please choose another."))
        else:
            messages.success(
                request, _("What you print now goes on %(centre)s.") % {"centre": row}, extra_tags="passing"
            )
            return to_panel(panel)
    words = request.GET.get("q", "").strip()[:100]
    found, more = find_cost_centres(visit, words)
    keep_visit_open(visit)
    context = {
        "panel": panel,
        "person": visit.person,
        "current": current_bearer(visit),
        "favourites": [] if words else favourite_cost_centres(visit),
        "found": found,
        "more": more,
        "words": words,
        "idle_seconds": IDLE_SECONDS,
    }
    return render(request, "printing/panel/cost_centres.html", context)
