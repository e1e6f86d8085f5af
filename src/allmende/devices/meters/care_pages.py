# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Pages about the care of devices: supplies with their forecast, alerts, rounds, the plan, SNMP access."""

from __future__ import annotations

import threading
from typing import Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from allmende.devices.device_administration import access_device_for
from allmende.devices.devices import Device
from allmende.devices.meters.alerts import DeviceAlert, acknowledge_alert, can_mail, raised_alerts
from allmende.devices.meters.forms import MeterPlanForm, SnmpAccessForm
from allmende.devices.meters.plans import keep_plan, plan_of
from allmende.devices.meters.rounds import MeterRound, ask_for_round, run_round
from allmende.devices.meters.snmp_access import SnmpAccess, forget_access, keep_access
from allmende.devices.meters.supplies import DeviceSupply
from allmende.directory.administration_access import Desk, changing_page, figures_page

_ON_PAGE: Final = 50
_WORTH: Final = ("toner", "drum", "waste", "part", "staples")


@require_GET
@figures_page
def list_supplies(request: HttpRequest, desk: Desk) -> HttpResponse:
    """All supplies, those first that run out first as far as is known: by level."""
    supplies = (
        DeviceSupply.objects.filter(
            municipality=desk.municipality, is_present=True, device__is_active=True, kind__in=_WORTH
        )
        .select_related("device")
        .order_by(F("level").asc(nulls_last=True), "device__name", "key")
    )
    page = Paginator(supplies, _ON_PAGE).get_page(request.GET.get("page"))
    rows = [{"supply": supply, "forecast": supply.forecast()} for supply in page]
    return desk.show(
        request, "devices/meters/supplies.html", page=page, rows=rows, plan=plan_of(desk.municipality)
    )


@require_GET
@figures_page
def list_alerts(request: HttpRequest, desk: Desk) -> HttpResponse:
    over = (
        DeviceAlert.objects.filter(
            municipality=desk.municipality, ended_at__isnull=False, raised_at__isnull=False
        )
        .select_related("device", "acknowledged_by")
        .order_by("-ended_at")
    )
    return desk.show(
        request,
        "devices/meters/alerts.html",
        alerts=raised_alerts(desk.municipality.pk)
        .select_related("acknowledged_by")
        .order_by(F("acknowledged_at").asc(nulls_first=True), "-since")[:500],
        page=Paginator(over, _ON_PAGE).get_page(request.GET.get("page")),
        plan=plan_of(desk.municipality),
        can_mail=can_mail(),
    )


@require_POST
@changing_page
def acknowledge_alert_page(request: HttpRequest, desk: Desk, alert_id: int) -> HttpResponse:
    acknowledge_alert(desk.actor, alert_id)
    messages.success(request, _("Noted. The alert stays until the device says that it is over."))
    return redirect("device_alerts")


@require_POST
@changing_page
def start_round_page(_request: HttpRequest, desk: Desk) -> HttpResponse:
    """The round begins at once in this process; its page shows how far it is."""
    waiting = ask_for_round(desk.actor, desk.municipality)
    if waiting.begun_at is None:
        threading.Thread(target=_run, args=(waiting.pk,), name="meter round", daemon=True).start()
    return redirect("meter_round", waiting.pk)


@require_GET
@figures_page
def show_round(request: HttpRequest, desk: Desk, round_id: int) -> HttpResponse:
    this = MeterRound.objects.filter(pk=round_id, municipality=desk.municipality).first()
    if this is None:
        raise Http404
    names = dict(Device.objects.filter(municipality=desk.municipality).values_list("pk", "name"))
    problems = [
        {
            "id": problem["device"],
            "name": names[problem["device"]],
            "reasons": [_(why) for how, why in problem.items() if how != "device" and why],
        }
        for problem in this.problems
        if problem["device"] in names
    ]
    return desk.show(request, "devices/meters/round.html", this=this, problems=problems)


@require_http_methods(["GET", "POST"])
@changing_page
def edit_plan(request: HttpRequest, desk: Desk) -> HttpResponse:
    form = MeterPlanForm(request.POST or None, instance=plan_of(desk.municipality))
    if request.method == "POST" and form.is_valid():
        keep_plan(desk.actor, form.save(commit=False))
        messages.success(request, _("Saved."))
        return redirect("meters")
    lead = "" if can_mail() else _("This installation has no mail server yet: alerts are shown here only.")
    return desk.show(
        request,
        "administration/form.html",
        title=_("When meters are read"),
        lead=lead,
        form=form,
        submit=_("Save"),
        back=reverse("meters"),
    )


@require_http_methods(["GET", "POST"])
@changing_page
def edit_default_snmp(request: HttpRequest, desk: Desk) -> HttpResponse:
    access = SnmpAccess.objects.filter(
        municipality=desk.municipality, device__isnull=True
    ).first() or SnmpAccess(municipality=desk.municipality)
    return _edit_access(request, desk, access, _("SNMP for all devices"), reverse("meters"))


@require_http_methods(["GET", "POST"])
@changing_page
def edit_device_snmp(request: HttpRequest, desk: Desk, device_id: int) -> HttpResponse:
    device = access_device_for(desk.actor, device_id)
    access = SnmpAccess.objects.filter(municipality=desk.municipality, device=device).first() or SnmpAccess(
        municipality=desk.municipality, device=device
    )
    title = _("SNMP of %(device)s") % {"device": device}
    return _edit_access(request, desk, access, title, reverse("meter", args=[device.pk]))


@require_POST
@changing_page
def forget_device_snmp(request: HttpRequest, desk: Desk, device_id: int) -> HttpResponse:
    device = access_device_for(desk.actor, device_id)
    forget_access(desk.actor, device)
    messages.success(request, _("The device is asked with the town's default again."))
    return redirect("meter", device.pk)


def _edit_access(request: HttpRequest, desk: Desk, access: SnmpAccess, title: str, back: str) -> HttpResponse:
    form = SnmpAccessForm(request.POST or None, instance=access)
    if request.method == "POST" and form.is_valid():
        keep_access(desk.actor, form.save(commit=False), form.secrets())
        messages.success(request, _("Saved. “Read now” shows whether it works."))
        return redirect(back)
    return desk.show(
        request,
        "administration/form.html",
        title=title,
        lead=_(
            "Devices that tell their colour and A3 counters only by SNMP are asked with this. Reading rights are enough."
        ),
        form=form,
        submit=_("Save"),
        back=back,
    )


def _run(round_id: int) -> None:
    try:
        run_round(round_id)
    finally:
        connection.close()
