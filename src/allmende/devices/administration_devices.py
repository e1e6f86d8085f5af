# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The town's IT on devices: list, adding with a probe, one device, its certificate."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from allmende import ipp
from allmende.devices.device_administration import (
    InventoryNumberTakenError,
    SlugTakenError,
    accept_certificate,
    access_device_for,
    add_device,
    change_device,
    describe_device,
)
from allmende.devices.device_closings import list_closings, reopen_device
from allmende.devices.device_description import DeviceDescription
from allmende.devices.device_errors import CertificateChangedError, DeviceUnreachableError, UnreachableReason
from allmende.devices.device_forms import AddressForm, DeviceForm
from allmende.devices.device_labels import draw_qr, label_address
from allmende.devices.device_probe import FoundAddress, ProbeError, probe_host_now, refresh_device_now
from allmende.devices.device_tokens import DeviceToken
from allmende.devices.device_words import finishing_words, is_fault, media_word
from allmende.devices.devices import Device, DeviceKind
from allmende.devices.fault_reports import open_faults
from allmende.devices.inventory_forms import DeviceSearchForm
from allmende.directory.administration_access import Desk, administration_page, changing_page

_LISTED_MEDIA = 12
_LISTED_MOVES = 50
_PER_PAGE = 50


@require_GET
@administration_page
def list_devices(request: HttpRequest, desk: Desk) -> HttpResponse:
    form = DeviceSearchForm(request.GET, municipality=desk.municipality)
    everything = Device.objects.filter(municipality=desk.municipality)
    devices = form.search(everything).select_related("site", "device_model").defer("description")
    page = Paginator(devices.order_by("name", "pk"), _PER_PAGE).get_page(request.GET.get("page"))
    counts = dict(
        open_faults(desk.municipality.pk)
        .filter(device__in=[device.pk for device in page])
        .values_list("device")
        .annotate(Count("pk"))
        .order_by()
    )
    rows = [
        {
            "device": device,
            "faults": [each for each in device.state_reasons if is_fault(str(each))],
            "reports": counts.get(device.pk, 0),
        }
        for device in page
    ]
    return desk.show(
        request,
        "devices/devices.html",
        rows=rows,
        page=page,
        form=form,
        is_empty=not everything.exists(),
        open_reports=open_faults(desk.municipality.pk).count(),
    )


@require_http_methods(["GET", "POST"])
@changing_page
def find_device_page(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Step 1: where is it? The answer to a good address is step 2, with what the device can do."""
    form = AddressForm(request.POST or None)
    unreachable_uri = ""
    if request.method == "POST" and form.is_valid():
        address = form.cleaned_data["address"].strip()
        try:
            found = probe_host_now(address)
        except ProbeError as error:
            if "://" not in address:
                address = f"ipp://{address}/ipp/print"
            form.add_error("address", str(error.reason))
            if not _is_forbidden(error):
                unreachable_uri = address
        else:
            return _show_add(
                request, desk, DeviceForm(initial=_propose(found), municipality=desk.municipality), found
            )
    return desk.show(request, "devices/find_device.html", form=form, unreachable_uri=unreachable_uri)


@require_http_methods(["GET", "POST"])
@changing_page
def add_device_page(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Step 2; a GET with `?uri=` is for a device that does not answer today."""
    if request.method == "POST":
        form = DeviceForm(request.POST, municipality=desk.municipality)
        if form.is_valid():
            try:
                device = add_device(
                    desk.actor,
                    desk.municipality,
                    form.details(),
                    certificate_sha256=form.cleaned_data["certificate_sha256"],
                )
            except SlugTakenError:
                form.add_error("slug", _("Another device has this short name."))
            except InventoryNumberTakenError:
                form.add_error("inventory_number", _("Another device has this inventory number."))
            else:
                if device.is_printable:
                    text = _("%(device)s is added. A panel or a reader comes next.")
                    _refresh(request, device)
                else:
                    text = _("%(device)s is in the inventory.")
                messages.success(request, text % {"device": device})
                return redirect("administer_device", device.pk)
    else:
        uri = request.GET.get("uri", "")[:300]
        form = DeviceForm(initial={"uri": uri, "is_active": True}, municipality=desk.municipality)
    return _show_add(request, desk, form, None)


@require_GET
@administration_page
def show_device(request: HttpRequest, desk: Desk, device_id: int) -> HttpResponse:
    device = access_device_for(desk.actor, device_id)
    tokens = DeviceToken.objects.filter(device=device, municipality=desk.municipality).order_by(
        "revoked_at", "-created_at"
    )
    description = read_description(device)
    return desk.show(
        request,
        "devices/device.html",
        device=device,
        tokens=tokens,
        description=description,
        abilities=_abilities(description),
        closings=list_closings([device.pk]).get(device.pk, []),
        is_socket=device.uri.startswith("socket:"),
        moves=device.moves.select_related("other_device", "recorded_by")[:_LISTED_MOVES],
        more_moves=device.moves.count() > _LISTED_MOVES,
        reports=open_faults(desk.municipality.pk).filter(device=device).select_related("reported_by"),
        label_address=label_address(device),
        qr=mark_safe(draw_qr(label_address(device))),  # noqa: S308 - our own drawing of an address of ours
    )


@require_http_methods(["GET", "POST"])
@changing_page
def edit_device(request: HttpRequest, desk: Desk, device_id: int) -> HttpResponse:
    device = access_device_for(desk.actor, device_id)
    details = describe_device(device)
    initial = {name.removesuffix("_id"): getattr(details, name) for name in details.__slots__}
    form = DeviceForm(request.POST or None, initial=initial, municipality=desk.municipality)
    if request.method == "POST" and form.is_valid():
        try:
            changed = change_device(desk.actor, device, form.details())
        except SlugTakenError:
            form.add_error("slug", _("Another device has this short name."))
        except InventoryNumberTakenError:
            form.add_error("inventory_number", _("Another device has this inventory number."))
        else:
            messages.success(request, _("Saved.") if changed else _("Nothing was changed."))
            if "uri" in changed and device.is_printable:
                _refresh(request, device)
            return redirect("administer_device", device.pk)
    return desk.show(
        request,
        "administration/form.html",
        title=_("Edit %(name)s") % {"name": device},
        lead=_("A new short name changes the addresses of its panel, its reader and its direct queue."),
        form=form,
        submit=_("Save"),
        back=reverse("administer_device", args=[device.pk]),
    )


@require_POST
@changing_page
def refresh_device_page(request: HttpRequest, desk: Desk, device_id: int) -> HttpResponse:
    device = access_device_for(desk.actor, device_id)
    if _refresh(request, device):
        messages.success(request, _("The device has answered."))
    return redirect("administer_device", device.pk)


@require_POST
@changing_page
def reopen_device_page(request: HttpRequest, desk: Desk, device_id: int) -> HttpResponse:
    device = access_device_for(desk.actor, device_id)
    if reopen_device(desk.actor, device):
        messages.success(request, _("The device is open again."))
    else:
        messages.info(request, _("The device was open again already."))
    return redirect("administer_device", device.pk)


@require_http_methods(["GET", "POST"])
@changing_page
def check_certificate(request: HttpRequest, desk: Desk, device_id: int) -> HttpResponse:
    """GET asks the device and shows both fingerprints; POST accepts exactly the one that was shown."""
    device = access_device_for(desk.actor, device_id)
    if not device.uri.startswith("ipps:"):
        raise Http404
    if request.method == "POST":
        try:
            accept_certificate(desk.actor, device, request.POST.get("seen", ""))
        except ValueError:
            raise Http404 from None
        messages.success(request, _("The new certificate is the device's from now on."))
        _refresh(request, device)
        return redirect("administer_device", device.pk)
    seen, problem = "", ""
    try:
        refresh_device_now(device)
    except ProbeError as error:
        problem = str(error.reason)
        if isinstance(error.cause, CertificateChangedError):
            seen = error.cause.seen_sha256
    return desk.show(request, "devices/certificate.html", device=device, seen=seen, problem=problem)


def read_description(device: Device) -> DeviceDescription | None:
    """What the device last said of itself, out of the stored answer; None where there is none that can be read."""
    if not device.description:
        return None
    try:
        message, _end = ipp.decode(bytes(device.description))
    except ipp.IppError:
        return None
    return DeviceDescription.read(device.uri, message)


def _is_forbidden(error: ProbeError) -> bool:
    """Whether the address is one that can't be added, however the device feels today."""
    cause = error.cause
    return isinstance(cause, DeviceUnreachableError) and cause.reason is UnreachableReason.FORBIDDEN_ADDRESS


def _refresh(request: HttpRequest, device: Device) -> bool:
    try:
        refresh_device_now(device)
    except ProbeError as error:
        messages.warning(request, _("The device could not be asked: %(reason)s") % {"reason": error.reason})
        return False
    return True


def _show_add(request: HttpRequest, desk: Desk, form: DeviceForm, found: FoundAddress | None) -> HttpResponse:
    description = found.description if found else None
    twin = None
    uri = found.uri if found else ""
    if uri:
        twin = Device.objects.filter(municipality=desk.municipality, uri=uri).first()
    return desk.show(
        request,
        "devices/add_device.html",
        form=form,
        found=found,
        description=description,
        abilities=_abilities(description),
        twin=twin,
    )


def _propose(found: FoundAddress) -> dict[str, Any]:
    description = found.description
    name = (description.location or description.name or description.make_and_model) if description else ""
    return {
        "name": name[:120],
        "slug": slugify(name)[:60],
        "place": description.location[:120] if description else "",
        "uri": found.uri,
        "kind": DeviceKind.MULTIFUNCTION.value,
        "is_active": True,
        "certificate_sha256": description.certificate_sha256 if description else "",
    }


def _abilities(description: DeviceDescription | None) -> dict[str, Any] | None:
    """For people: what `DeviceDescription` says, in words."""
    if description is None:
        return None
    media = description.media_ready or description.media
    return {
        "finishings": finishing_words(description.finishings),
        "media": list(dict.fromkeys(media_word(name) or name for name in media))[:_LISTED_MEDIA],
    }
