# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The town's IT on where devices stand: moving, swapping, taking away."""

from __future__ import annotations

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from allmende.devices.device_administration import access_device_for
from allmende.devices.device_relocation import (
    LaterMoveError,
    StandsNowhereError,
    move_device,
    remove_device,
    swap_devices,
)
from allmende.devices.devices import Device
from allmende.devices.inventory_forms import MoveForm, RemovalForm, SwapForm
from allmende.directory.administration_access import Desk, changing_page


@require_http_methods(["GET", "POST"])
@changing_page
def move_device_page(request: HttpRequest, desk: Desk, device_id: int) -> HttpResponse:
    device = access_device_for(desk.actor, device_id)
    form = MoveForm(
        request.POST or None, initial={"day": timezone.localdate()}, municipality=desk.municipality
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        move_device(
            desk.actor, device, form.location(), data["day"], counter=data["counter"], remark=data["remark"]
        )
        messages.success(request, _("The move is in the history."))
        return redirect("administer_device", device.pk)
    lead = _(
        "An earlier day is entered into the history; where the device stands now follows its latest move."
    )
    return _show(request, desk, device, form, title=_("Move %(name)s"), lead=lead, submit=_("Move it"))


@require_http_methods(["GET", "POST"])
@changing_page
def swap_device_page(request: HttpRequest, desk: Desk, device_id: int) -> HttpResponse:
    device = access_device_for(desk.actor, device_id)
    form = SwapForm(request.POST or None, initial={"day": timezone.localdate()}, leaving=device)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        coming: Device = data["coming"]
        try:
            swap_devices(
                desk.actor,
                device,
                coming,
                data["day"],
                leaving_counter=data["counter"],
                coming_counter=data["coming_counter"],
                tokens_stay=data["tokens_stay"],
                remark=data["remark"],
            )
        except LaterMoveError:
            form.add_error("day", _later())
        except StandsNowhereError:
            form.add_error(
                None, _("This device stands nowhere: there is no place to take. Move the other one instead.")
            )
        else:
            messages.success(
                request,
                _("%(coming)s has taken the place of %(leaving)s.") % {"coming": coming, "leaving": device},
            )
            return redirect("administer_device", coming.pk)
    lead = _("This device leaves and is out of use; the other one stands in its place from that day on.")
    return _show(request, desk, device, form, title=_("Swap %(name)s"), lead=lead, submit=_("Swap"))


@require_http_methods(["GET", "POST"])
@changing_page
def remove_device_page(request: HttpRequest, desk: Desk, device_id: int) -> HttpResponse:
    device = access_device_for(desk.actor, device_id)
    form = RemovalForm(request.POST or None, initial={"day": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            remove_device(desk.actor, device, data["day"], counter=data["counter"], remark=data["remark"])
        except LaterMoveError:
            form.add_error("day", _later())
        else:
            messages.success(request, _("%(name)s is out of use. Its history stays.") % {"name": device})
            return redirect("administer_device", device.pk)
    lead = _("The device leaves its place and is out of use; it stays in the inventory with its history.")
    return _show(request, desk, device, form, title=_("Take %(name)s away"), lead=lead, submit=_("Take away"))


def _later() -> str:
    return _("The history knows a later move of one of the devices. Choose a day after it.")


def _show(
    request: HttpRequest, desk: Desk, device: Device, form: Form, *, title: str, lead: str, submit: str
) -> HttpResponse:
    return desk.show(
        request,
        "administration/form.html",
        title=title % {"name": device},
        lead=lead,
        form=form,
        submit=submit,
        back=reverse("administer_device", args=[device.pk]),
    )
