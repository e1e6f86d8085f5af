# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Pages about meter readings: all devices, one device, doubtful readings, entering, correcting, reading in a file."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from allmende.devices.device_administration import access_device_for
from allmende.devices.devices import Device
from allmende.devices.meters.alerts import observe_readings, raised_alerts
from allmende.devices.meters.forms import ReadingForm, ReadingsFileForm
from allmende.devices.meters.plausibility import judge_average
from allmende.devices.meters.plots import draw_line
from allmende.devices.meters.reading_import import import_readings, read_readings_file
from allmende.devices.meters.reading_keeping import (
    VerdictRefusedError,
    access_reading_for,
    correct_reading,
    enter_reading,
    give_verdict,
    possible_verdicts,
)
from allmende.devices.meters.readings import MeterReading, Verdict, believed_readings
from allmende.devices.meters.rounds import MeterRound, RoundKind
from allmende.devices.meters.spans import MeterSpan, counts_between
from allmende.directory.administration_access import Desk, changing_page, figures_page

_ON_PAGE: Final = 50
_PLOTTED: Final = 400
_MONTH: Final = timedelta(days=30)


@require_GET
@figures_page
def list_meters(request: HttpRequest, desk: Desk) -> HttpResponse:
    """All devices with their last reading and what the last thirty days brought."""
    last = believed_readings().filter(device=OuterRef("pk")).order_by("-at", "-id")
    devices = (
        Device.objects.filter(municipality=desk.municipality)
        .annotate(
            last_at=Subquery(last.values("at")[:1]),
            last_total=Subquery(last.values("total")[:1]),
            last_colour=Subquery(last.values("colour")[:1]),
            doubtful=Count("meter_readings", filter=_WAITING, distinct=True),
        )
        .select_related("site")
        .order_by("name")
    )
    page = Paginator(devices, _ON_PAGE).get_page(request.GET.get("page"))
    rows = [{"device": device, "month": _last_month(device.pk)} for device in page]
    return desk.show(
        request,
        "devices/meters/meters.html",
        page=page,
        rows=rows,
        alerts=raised_alerts(desk.municipality.pk).filter(acknowledged_at__isnull=True).count(),
        doubtful=_waiting_readings(desk.municipality.pk).count(),
        last_round=MeterRound.objects.filter(municipality=desk.municipality)
        .exclude(kind=RoundKind.WATCH)
        .first(),
    )


@require_GET
@figures_page
def show_meter(request: HttpRequest, desk: Desk, device_id: int) -> HttpResponse:
    """One device: the plot of what is believed, and every reading with its source."""
    device = access_device_for(desk.actor, device_id)
    readings = MeterReading.objects.filter(device=device).select_related(
        "entered_by", "verdict_by", "replaces", "replaced_by"
    )
    page = Paginator(readings, _ON_PAGE).get_page(request.GET.get("page"))
    believed = list(
        believed_readings()
        .filter(device=device, total__isnull=False)
        .order_by("-at")
        .values_list("at", "total")[:_PLOTTED]
    )
    doubtful = list(
        readings.filter(
            is_plausible=False, verdict__in=["", Verdict.REJECTED], total__isnull=False
        ).values_list("at", "total")[:50]
    )
    points = [(at, total) for at, total in reversed(believed) if total is not None]
    return desk.show(
        request,
        "devices/meters/meter.html",
        device=device,
        page=page,
        rows=[{"reading": reading, "verdicts": _offered(desk, reading)} for reading in page],
        plot=draw_line(
            points,
            _("All sides of %(device)s over time; the numbers are in the table.") % {"device": device},
            doubtful=[(at, total) for at, total in doubtful if total is not None],
        ),
        month=_last_month(device.pk),
    )


@require_GET
@figures_page
def list_doubtful(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What waits for a verdict, in all devices, and whether the town's volume as a whole can be true."""
    waiting = _waiting_readings(desk.municipality.pk).select_related("device").order_by("-at")
    page = Paginator(waiting, _ON_PAGE).get_page(request.GET.get("page"))
    return desk.show(
        request,
        "devices/meters/doubtful.html",
        page=page,
        rows=[{"reading": reading, "verdicts": _offered(desk, reading)} for reading in page],
        fleet=_fleet_average(desk.municipality.pk),
    )


@require_POST
@changing_page
def judge_reading_page(request: HttpRequest, desk: Desk, reading_id: int) -> HttpResponse:
    reading = access_reading_for(desk.actor, reading_id)
    try:
        verdict = Verdict(request.POST.get("verdict", ""))
        give_verdict(desk.actor, reading, verdict)
    except ValueError:
        raise Http404 from None
    except VerdictRefusedError:
        messages.warning(request, _("This reading was decided already."))
    else:
        observe_readings(reading.device, timezone.now())
        messages.success(request, _("Decided. What follows was judged anew."))
    return redirect(
        "doubtful_readings"
        if request.POST.get("back") == "list"
        else reverse("meter", args=[reading.device_id])
    )


@require_http_methods(["GET", "POST"])
@changing_page
def enter_reading_page(request: HttpRequest, desk: Desk, device_id: int) -> HttpResponse:
    device = access_device_for(desk.actor, device_id)
    form = ReadingForm(request.POST or None, initial={"at": timezone.localtime()})
    if request.method == "POST" and form.is_valid():
        reading = enter_reading(
            desk.actor, device, form.cleaned_data["at"], form.counts(), note=form.cleaned_data["note"]
        )
        _tell(request, reading)
        return redirect("meter", device.pk)
    return desk.show(
        request,
        "administration/form.html",
        title=_("Meter reading of %(device)s") % {"device": device},
        lead=_(
            "As the device shows it on its screen or its status page. A reading can be corrected, but not deleted."
        ),
        form=form,
        submit=_("Save"),
        back=reverse("meter", args=[device.pk]),
    )


@require_http_methods(["GET", "POST"])
@changing_page
def correct_reading_page(request: HttpRequest, desk: Desk, reading_id: int) -> HttpResponse:
    wrong = access_reading_for(desk.actor, reading_id)
    if MeterReading.objects.filter(replaces=wrong).exists():
        raise Http404
    form = ReadingForm(request.POST or None, initial=ReadingForm.initial_of(wrong))
    if request.method == "POST" and form.is_valid():
        try:
            reading = correct_reading(
                desk.actor, wrong, form.cleaned_data["at"], form.counts(), note=form.cleaned_data["note"]
            )
        except VerdictRefusedError:
            raise Http404 from None
        _tell(request, reading)
        return redirect("meter", wrong.device_id)
    return desk.show(
        request,
        "administration/form.html",
        title=_("Correct a reading of %(device)s") % {"device": wrong.device},
        lead=_(
            "The wrong reading stays on file and is not counted with any more; this one stands in its place."
        ),
        form=form,
        submit=_("Correct"),
        back=reverse("meter", args=[wrong.device_id]),
    )


@require_http_methods(["GET", "POST"])
@changing_page
def import_readings_page(request: HttpRequest, desk: Desk) -> HttpResponse:
    form = ReadingsFileForm(request.POST or None, request.FILES or None)
    faults: list[str] = []
    if request.method == "POST" and form.is_valid():
        found = read_readings_file(desk.municipality, form.cleaned_data["file"])
        faults = found.faults
        if not faults:
            count = import_readings(desk.actor, desk.municipality, found.lines)
            for device in {line.device for line in found.lines}:
                observe_readings(device, timezone.now())
            messages.success(
                request,
                ngettext("%(count)d reading was added.", "%(count)d readings were added.", count)
                % {"count": count},
            )
            return redirect("meters")
    return desk.show(
        request, "devices/meters/import.html", form=form, faults=faults, status=422 if faults else None
    )


_WAITING: Final = Q(
    meter_readings__is_plausible=False,
    meter_readings__verdict="",
    meter_readings__replaced_by__isnull=True,
)


def _waiting_readings(municipality_id: int) -> QuerySet[MeterReading]:
    return MeterReading.objects.filter(
        municipality_id=municipality_id, is_plausible=False, verdict="", replaced_by__isnull=True
    )


def _last_month(device_id: int) -> MeterSpan | None:
    """From a midnight on, so that what is interpolated there is the same on all pages and all day long."""
    since = timezone.localdate() - _MONTH
    return counts_between(device_id, timezone.make_aware(datetime.combine(since, time())), timezone.now())


def _offered(desk: Desk, reading: MeterReading) -> list[Verdict]:
    if not desk.may_change or hasattr(reading, "replaced_by"):
        return []
    return possible_verdicts(reading)


def _fleet_average(municipality_id: int) -> dict[str, int] | None:
    """What all devices together printed in the last year, if no town prints so little or so much; None where it can be true."""
    now = timezone.now()
    since = now - timedelta(days=365)
    sides = devices = 0
    longest = timedelta()
    for device_id in Device.objects.filter(municipality_id=municipality_id, is_active=True).values_list(
        "pk", flat=True
    ):
        span = counts_between(device_id, since, now)
        if span is not None and span.counts.total is not None:
            sides += span.counts.total
            devices += 1
            longest = max(longest, span.end.at - span.start.at)
    if judge_average(sides, devices, longest) is None:
        return None
    return {"sides": sides, "devices": devices, "days": longest.days}


def _tell(request: HttpRequest, reading: MeterReading) -> None:
    observe_readings(reading.device, timezone.now())
    if reading.is_plausible:
        messages.success(request, _("The reading is stored."))
    else:
        messages.warning(
            request, _("The reading is stored, but it can hardly be true. Please say what it is.")
        )
