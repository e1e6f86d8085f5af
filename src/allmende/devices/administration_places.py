# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The town's IT on sites, their floors and rooms."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from allmende.devices.device_administration import access_site_for
from allmende.devices.inventory_forms import FloorForm, RoomForm
from allmende.devices.place_administration import (
    PlaceNameTakenError,
    access_floor_for,
    access_room_for,
    delete_floor,
    delete_room,
    save_floor,
    save_room,
)
from allmende.devices.places import Floor, Room
from allmende.devices.sites import Site
from allmende.directory.administration_access import Desk, administration_page, changing_page

_PER_PAGE = 50
_ROOMS_PER_PAGE = 200


@require_GET
@administration_page
def list_sites(request: HttpRequest, desk: Desk) -> HttpResponse:
    sites = Site.objects.filter(municipality=desk.municipality).annotate(
        device_count=Count("devices", filter=Q(devices__is_active=True), distinct=True),
        room_count=Count("floors__rooms", distinct=True),
    )
    page = Paginator(sites.order_by("name"), _PER_PAGE).get_page(request.GET.get("page"))
    return desk.show(request, "devices/sites.html", page=page)


@require_GET
@administration_page
def show_floors(request: HttpRequest, desk: Desk, site_id: int) -> HttpResponse:
    """The site's rooms, by floor, with what stands there."""
    site = access_site_for(desk.actor, site_id)
    rooms = (
        Room.objects.filter(municipality=desk.municipality, floor__site=site)
        .select_related("floor")
        .prefetch_related("devices")
        .order_by("floor__level", "floor__name", "name")
    )
    page = Paginator(rooms, _ROOMS_PER_PAGE).get_page(request.GET.get("page"))
    floors = Floor.objects.filter(site=site).annotate(room_count=Count("rooms"))
    return desk.show(request, "devices/floors.html", site=site, floors=floors, page=page)


@require_http_methods(["GET", "POST"])
@changing_page
def add_floor(request: HttpRequest, desk: Desk, site_id: int) -> HttpResponse:
    site = access_site_for(desk.actor, site_id)
    return _edit_floor(request, desk, site, None, _("Add a floor to %(name)s") % {"name": site})


@require_http_methods(["GET", "POST"])
@changing_page
def edit_floor(request: HttpRequest, desk: Desk, floor_id: int) -> HttpResponse:
    floor = access_floor_for(desk.actor, floor_id)
    return _edit_floor(request, desk, floor.site, floor, _("Edit %(name)s") % {"name": floor})


@require_http_methods(["GET", "POST"])
@changing_page
def delete_floor_page(request: HttpRequest, desk: Desk, floor_id: int) -> HttpResponse:
    """GET asks, POST deletes."""
    floor = access_floor_for(desk.actor, floor_id)
    if request.method == "POST":
        delete_floor(desk.actor, floor)
        messages.success(request, _("The floor is deleted."))
        return redirect("site_floors", floor.site_id)
    return desk.show(
        request,
        "administration/confirm.html",
        title=_("Delete this floor?"),
        subject=f"{floor.site}, {floor}",
        text=_("Its rooms are deleted too. Devices stay, with their place in words."),
        submit=_("Delete"),
        back=reverse("site_floors", args=[floor.site_id]),
    )


@require_http_methods(["GET", "POST"])
@changing_page
def add_room(request: HttpRequest, desk: Desk, floor_id: int) -> HttpResponse:
    floor = access_floor_for(desk.actor, floor_id)
    return _edit_room(request, desk, floor, None, _("Add a room to %(name)s") % {"name": floor})


@require_http_methods(["GET", "POST"])
@changing_page
def edit_room(request: HttpRequest, desk: Desk, room_id: int) -> HttpResponse:
    room = access_room_for(desk.actor, room_id)
    return _edit_room(request, desk, room.floor, room, _("Edit %(name)s") % {"name": room})


@require_http_methods(["GET", "POST"])
@changing_page
def delete_room_page(request: HttpRequest, desk: Desk, room_id: int) -> HttpResponse:
    """GET asks, POST deletes."""
    room = access_room_for(desk.actor, room_id)
    if request.method == "POST":
        delete_room(desk.actor, room)
        messages.success(request, _("The room is deleted."))
        return redirect("site_floors", room.floor.site_id)
    return desk.show(
        request,
        "administration/confirm.html",
        title=_("Delete this room?"),
        subject=f"{room.floor.site}, {room.floor}, {room}",
        text=_("Its devices stay, with their place in words."),
        submit=_("Delete"),
        back=reverse("site_floors", args=[room.floor.site_id]),
    )


def _edit_floor(
    request: HttpRequest, desk: Desk, site: Site, floor: Floor | None, title: str
) -> HttpResponse:
    initial = {"name": floor.name, "level": floor.level} if floor else {"level": 0}
    form = FloorForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            save_floor(desk.actor, site, floor, name=data["name"], level=data["level"])
        except PlaceNameTakenError:
            form.add_error("name", _("Another floor of this site has this name."))
        else:
            messages.success(request, _("Saved."))
            return redirect("site_floors", site.pk)
    return desk.show(
        request,
        "administration/form.html",
        title=title,
        form=form,
        submit=_("Save"),
        back=reverse("site_floors", args=[site.pk]),
    )


def _edit_room(request: HttpRequest, desk: Desk, floor: Floor, room: Room | None, title: str) -> HttpResponse:
    names = ("name", "people_count", "x", "y")
    initial = {name: getattr(room, name) for name in names} if room else {}
    form = RoomForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            save_room(desk.actor, floor, room, **{name: form.cleaned_data[name] for name in names})
        except PlaceNameTakenError:
            form.add_error("name", _("Another room of this floor has this name."))
        else:
            messages.success(request, _("Saved."))
            return redirect("site_floors", floor.site_id)
    return desk.show(
        request,
        "administration/form.html",
        title=title,
        form=form,
        submit=_("Save"),
        back=reverse("site_floors", args=[floor.site_id]),
    )
