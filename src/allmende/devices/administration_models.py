# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The town's IT on the catalogue of models."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from allmende.devices.device_models import DeviceModel
from allmende.devices.inventory_forms import DeviceModelForm
from allmende.directory.administration_access import Desk, administration_page, changing_page
from allmende.directory.audit import record_audit

_PER_PAGE = 50


@require_GET
@administration_page
def list_models(request: HttpRequest, desk: Desk) -> HttpResponse:
    models = DeviceModel.objects.filter(municipality=desk.municipality).annotate(count=Count("devices"))
    page = Paginator(models.order_by("maker", "name"), _PER_PAGE).get_page(request.GET.get("page"))
    return desk.show(request, "devices/models.html", page=page)


@require_http_methods(["GET", "POST"])
@changing_page
def add_model(request: HttpRequest, desk: Desk) -> HttpResponse:
    return _edit(request, desk, DeviceModel(municipality=desk.municipality), _("Add a model"))


@require_http_methods(["GET", "POST"])
@changing_page
def edit_model(request: HttpRequest, desk: Desk, device_model_id: int) -> HttpResponse:
    model = DeviceModel.objects.filter(pk=device_model_id, municipality=desk.municipality).first()
    if model is None:
        raise Http404
    return _edit(request, desk, model, _("Edit %(name)s") % {"name": model})


def _edit(request: HttpRequest, desk: Desk, model: DeviceModel, title: str) -> HttpResponse:
    form = DeviceModelForm(request.POST or None, instance=model)
    action = "device_model.changed" if model.pk else "device_model.added"
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            saved = form.save()
            record_audit(desk.municipality, desk.actor, action, f"device_model:{saved.pk}", name=str(saved))
        messages.success(request, _("Saved."))
        return redirect("device_models")
    return desk.show(
        request,
        "administration/form.html",
        title=title,
        lead=_("What the maker's data sheet says; reports and the print-and-copy concept count with it."),
        form=form,
        submit=_("Save"),
        back=reverse("device_models"),
    )
