# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where a label's QR code leads: which device this is, how one prints here, and a form for reporting a fault.

Open to whoever knows the address, also without signing in: it tells what the label and the device itself tell, and takes a report.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from allmende.devices.device_words import is_fault
from allmende.devices.devices import Device
from allmende.devices.fault_reports import (
    FaultKind,
    TooManyReportsError,
    find_labelled_device,
    report_fault,
)
from allmende.devices.inventory_forms import FaultForm
from allmende.directory.people import Person


@never_cache
@require_http_methods(["GET", "POST"])
def show_labelled_device(request: HttpRequest, label_code: str) -> HttpResponse:
    """GET shows the device; POST reports a fault."""
    device = find_labelled_device(label_code)
    if device is None:
        raise Http404
    form = FaultForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        reporter = request.user if isinstance(request.user, Person) else None
        data = form.cleaned_data
        try:
            report_fault(device, FaultKind(data["kind"]), data["text"], reporter)
        except TooManyReportsError:
            status = 429
            form.add_error(
                None,
                _("This device has many reports already; the town's IT knows. Please ask them directly."),
            )
        else:
            messages.success(request, _("Thank you. The town's IT sees your report now."))
            return redirect("labelled_device", label_code)
    faults = [each for each in device.state_reasons if is_fault(str(each))]
    others = (
        Device.objects.filter(municipality_id=device.municipality_id, site_id=device.site_id, is_active=True)
        .exclude(uri="")
        .exclude(pk=device.pk)
        .order_by("place", "name")[:5]
        if device.site_id
        else []
    )
    context = {"device": device, "form": form, "faults": faults, "others": others}
    return render(request, "devices/labelled_device.html", context, status=status)
