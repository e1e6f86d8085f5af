# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Label sheets for all devices or for chosen ones."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from allmende.devices.device_labels import SHEETS, make_labels
from allmende.devices.devices import Device
from allmende.devices.inventory_forms import DeviceSearchForm, LabelsForm
from allmende.directory.administration_access import Desk, administration_page

#: Of one PDF; more are asked for by site.
MAX_LABELS = 500


@require_GET
@administration_page
def choose_labels(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The devices that the list's own filters leave, each to be marked."""
    search = DeviceSearchForm(request.GET, municipality=desk.municipality)
    return _show(
        request,
        desk,
        LabelsForm(),
        search,
        {int(each) for each in request.GET.getlist("device") if each.isdecimal() and len(each) < 19},
    )


@require_GET
@administration_page
def print_labels(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The PDF; numbers of other towns' devices name nothing here."""
    form = LabelsForm(request.GET)
    chosen = {int(each) for each in request.GET.getlist("device") if each.isdecimal() and len(each) < 19}
    devices = (
        Device.objects.filter(municipality=desk.municipality, pk__in=list(chosen)[:MAX_LABELS])
        .select_related("site", "municipality")
        .order_by("site__name", "place", "name")
    )
    if form.is_valid() and not devices:
        form.add_error(None, _("Mark at least one device."))
    if not form.is_valid():
        search = DeviceSearchForm({}, municipality=desk.municipality)
        return _show(request, desk, form, search, chosen)
    data = form.cleaned_data
    pdf = make_labels(devices, SHEETS[data["sheet"]], skip=data["skip"] or 0)
    return HttpResponse(
        pdf,
        content_type="application/pdf",
        headers={"Content-Disposition": 'inline; filename="etiketten.pdf"'},
    )


def _show(
    request: HttpRequest,
    desk: Desk,
    form: LabelsForm,
    search: DeviceSearchForm,
    chosen: set[int],
) -> HttpResponse:
    devices_of_town = Device.objects.filter(municipality=desk.municipality).select_related("site")
    found = search.search(devices_of_town.defer("description"))
    devices = list(found.order_by("site__name", "place", "name")[: MAX_LABELS + 1])
    return desk.show(
        request,
        "devices/labels.html",
        form=form,
        search=search,
        rows=[{"device": each, "marked": not chosen or each.pk in chosen} for each in devices[:MAX_LABELS]],
        most=MAX_LABELS if len(devices) > MAX_LABELS else 0,
    )
