# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The town's IT on sites."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from allmende.devices.device_administration import (
    SiteNameTakenError,
    access_site_for,
    delete_site,
    save_site,
)
from allmende.devices.device_forms import SiteForm
from allmende.devices.sites import Site
from allmende.directory.administration_access import Desk, changing_page


@require_http_methods(["GET", "POST"])
@changing_page
def add_site(request: HttpRequest, desk: Desk) -> HttpResponse:
    return _edit(request, desk, None, _("Add a site"))


@require_http_methods(["GET", "POST"])
@changing_page
def edit_site(request: HttpRequest, desk: Desk, site_id: int) -> HttpResponse:
    site = access_site_for(desk.actor, site_id)
    return _edit(request, desk, site, _("Edit %(name)s") % {"name": site})


@require_http_methods(["GET", "POST"])
@changing_page
def delete_site_page(request: HttpRequest, desk: Desk, site_id: int) -> HttpResponse:
    """GET asks, POST deletes."""
    site = access_site_for(desk.actor, site_id)
    if request.method == "POST":
        delete_site(desk.actor, site)
        messages.success(request, _("The site is deleted."))
        return redirect("administer_sites")
    return desk.show(
        request,
        "administration/confirm.html",
        title=_("Delete this site?"),
        subject=site.name,
        text=_("Its devices stay, without a site."),
        submit=_("Delete"),
        back=reverse("administer_sites"),
    )


def _edit(request: HttpRequest, desk: Desk, site: Site | None, title: str) -> HttpResponse:
    initial = {"name": site.name, "address": site.address} if site else {}
    form = SiteForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            save_site(desk.actor, desk.municipality, site, name=data["name"], address=data["address"])
        except SiteNameTakenError:
            form.add_error("name", _("Another site has this name."))
        else:
            messages.success(request, _("Saved."))
            return redirect("administer_sites")
    return desk.show(
        request,
        "administration/form.html",
        title=title,
        form=form,
        submit=_("Save"),
        back=reverse("administer_sites"),
    )
