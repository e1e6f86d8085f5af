# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The town's IT on queues: what clients are told, and direct queues of counter workplaces."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from allmende.devices.devices import Device
from allmende.directory.administration_access import Desk, administration_page, changing_page
from allmende.directory.municipalities import Municipality
from allmende.printing.administration.queue_administration import (
    QueueDetails,
    QueueInUseError,
    access_queue_for,
    add_direct_queue,
    change_queue,
    delete_queue,
)
from allmende.printing.printer_addresses import printer_addresses
from allmende.printing.queues import Queue, QueueKind, ReportedState, ensure_held_queue

_REPORTED_HELP: Final = gettext_lazy(
    "Windows shows a waiting job as stuck for hours unless it is told that it is done. All other systems understand “held”."
)


class QueueForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("What people see in their list of printers."),
    )
    reported_state = forms.ChoiceField(
        label=gettext_lazy("What clients are told of a waiting job"),
        choices=ReportedState.choices,
        widget=forms.RadioSelect,
        help_text=_REPORTED_HELP,
    )
    is_active = forms.BooleanField(
        label=gettext_lazy("Accepts jobs"),
        required=False,
        help_text=gettext_lazy(
            "Without this mark clients are told to try later; waiting jobs can still be collected."
        ),
    )

    def __init__(self, *args: Any, direct: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._direct = direct
        if direct:
            del self.fields["reported_state"]

    def details(self) -> QueueDetails:
        """Of a valid form. What is reported of held jobs means nothing at a direct queue."""
        data = self.cleaned_data
        reported = data.get("reported_state", ReportedState.PENDING_HELD.value)
        return QueueDetails(data["name"], ReportedState(reported), data["is_active"])


class DirectQueueForm(forms.Form):
    device = forms.ModelChoiceField(
        label=gettext_lazy("Device"),
        queryset=Device.objects.none(),
        empty_label=None,
        help_text=gettext_lazy("What is sent to its direct queue comes out at once, without a chip."),
    )

    def __init__(self, *args: Any, municipality: Municipality, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["device"]
        if isinstance(field, forms.ModelChoiceField):
            taken = Queue.objects.filter(municipality=municipality, kind=QueueKind.DIRECT)
            field.queryset = (
                Device.objects.filter(municipality=municipality, is_active=True)
                .exclude(uri="")
                .exclude(pk__in=taken.values("device_id"))
            )


@require_http_methods(["GET", "POST"])
@administration_page
def list_queues(request: HttpRequest, desk: Desk) -> HttpResponse:
    """POST makes a direct queue."""
    form = DirectQueueForm(request.POST or None, municipality=desk.municipality)
    if request.method == "POST" and form.is_valid():
        queue = add_direct_queue(desk.actor, form.cleaned_data["device"])
        messages.success(request, _("The direct queue of %(name)s takes jobs now.") % {"name": queue})
        return redirect("administer_queues")
    ensure_held_queue(desk.municipality)
    queues = Queue.objects.filter(municipality=desk.municipality).select_related("device", "municipality")
    held, direct = (
        [
            {"queue": queue, "addresses": printer_addresses(queue.path())}
            for queue in queues
            if queue.kind == kind
        ]
        for kind in (QueueKind.HELD, QueueKind.DIRECT)
    )
    may_add = form.fields["device"].queryset.exists()  # type: ignore[attr-defined]
    return desk.show(
        request,
        "printing/administration/queues.html",
        held=held,
        direct=direct,
        form=form if may_add else None,
    )


@require_http_methods(["GET", "POST"])
@changing_page
def edit_queue(request: HttpRequest, desk: Desk, queue_id: int) -> HttpResponse:
    queue = access_queue_for(desk.actor, queue_id)
    initial = {
        "name": queue.name,
        "reported_state": queue.reported_state,
        "is_active": queue.is_active,
    }
    form = QueueForm(request.POST or None, initial=initial, direct=queue.kind == QueueKind.DIRECT)
    if request.method == "POST" and form.is_valid():
        changed = change_queue(desk.actor, queue, form.details())
        messages.success(request, _("Saved.") if changed else _("Nothing was changed."))
        return redirect("administer_queues")
    return desk.show(
        request,
        "administration/form.html",
        title=_("Edit %(name)s") % {"name": queue},
        form=form,
        submit=_("Save"),
        back=reverse("administer_queues"),
    )


@require_http_methods(["GET", "POST"])
@changing_page
def delete_queue_page(request: HttpRequest, desk: Desk, queue_id: int) -> HttpResponse:
    """GET asks, POST deletes."""
    queue = access_queue_for(desk.actor, queue_id)
    if request.method == "POST":
        try:
            delete_queue(desk.actor, queue)
        except QueueInUseError:
            messages.warning(
                request,
                _("Jobs belong to this queue, so it stays for the records. Close it instead: edit it."),
            )
        else:
            messages.success(request, _("The queue is deleted."))
        return redirect("administer_queues")
    return desk.show(
        request,
        "administration/confirm.html",
        title=_("Delete this queue?"),
        subject=queue.name,
        text=_("Computers that print to it get an error from then on."),
        submit=_("Delete"),
        back=reverse("administer_queues"),
    )
