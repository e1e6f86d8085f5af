# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The town's IT on reported faults."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from allmende.devices.fault_reports import FaultReport, access_fault_for, close_fault
from allmende.devices.inventory_forms import CloseFaultForm
from allmende.directory.administration_access import Desk, administration_page, changing_page

_PER_PAGE = 50


@require_GET
@administration_page
def list_faults(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Open ones first, then those that were closed last."""
    reports = (
        FaultReport.objects.filter(municipality=desk.municipality)
        .select_related("device", "reported_by", "closed_by")
        .order_by(F("closed_at").desc(nulls_first=True), "-reported_at", "-pk")
    )
    page = Paginator(reports, _PER_PAGE).get_page(request.GET.get("page"))
    return desk.show(request, "devices/faults.html", page=page)


@require_http_methods(["GET", "POST"])
@changing_page
def close_fault_page(request: HttpRequest, desk: Desk, fault_id: int) -> HttpResponse:
    report = access_fault_for(desk.actor, fault_id)
    form = CloseFaultForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if close_fault(desk.actor, report, form.cleaned_data["answer"]):
            messages.success(request, _("The report is closed."))
        else:
            messages.info(request, _("The report was closed already."))
        return redirect("device_faults")
    return desk.show(
        request,
        "administration/form.html",
        title=_("Close the report on %(name)s") % {"name": report.device},
        lead=": ".join(filter(None, (report.get_kind_display(), report.text))),
        form=form,
        submit=_("Close the report"),
        back=reverse("device_faults"),
    )
