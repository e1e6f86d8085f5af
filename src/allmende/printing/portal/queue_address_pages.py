# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Portal: my queue addresses, with instructions for each kind of computer. Who knows the address prints in its person's name."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from allmende.directory.audit import record_audit
from allmende.directory.page_access import person_page, town_id_of
from allmende.directory.people import Person
from allmende.printing.printer_addresses import PrinterAddresses, airprint_profile, printer_addresses
from allmende.printing.queue_addresses import QueueAddress
from allmende.printing.queues import Queue, QueueKind, ReportedState

MAX_ADDRESSES = 20


class AddressForm(forms.Form):
    label = forms.CharField(
        label=gettext_lazy("For which device?"),
        max_length=80,
        help_text=gettext_lazy("For example: office computer, my phone"),
    )


def access_address_for(actor: Person, address_id: int) -> QueueAddress:
    """The actor's own live address; Http404 for every other number."""
    return get_object_or_404(
        QueueAddress.objects.select_related("municipality"),
        pk=address_id,
        person=actor,
        municipality_id=town_id_of(actor),
        revoked_at__isnull=True,
    )


@require_http_methods(["GET", "POST"])
@person_page
def show_my_addresses(request: HttpRequest, person: Person) -> HttpResponse:
    addresses = QueueAddress.objects.filter(
        person=person, municipality_id=town_id_of(person), revoked_at__isnull=True
    ).order_by("created_at")
    form = AddressForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if addresses.count() >= MAX_ADDRESSES:
            form.add_error(None, _("You have as many addresses as one person can have."))
        else:
            address = QueueAddress.objects.create(
                municipality_id=town_id_of(person), person=person, label=form.cleaned_data["label"]
            )
            record_audit(person.municipality, person, "queue_address.created", f"queue_address:{address.pk}")
            return redirect("show_address", address.pk)
    return render(request, "printing/my_addresses.html", {"addresses": addresses, "form": form})


@require_GET
@person_page
def show_address(request: HttpRequest, person: Person, address_id: int) -> HttpResponse:
    address = access_address_for(person, address_id)
    queue = Queue.objects.filter(municipality_id=address.municipality_id, kind=QueueKind.HELD).first()
    context = {
        "address": address,
        "uris": _addresses(address),
        "tells_completed": queue is not None and queue.reported_state == ReportedState.COMPLETED,
    }
    return render(request, "printing/address.html", context)


@require_GET
@person_page
def download_profile(request: HttpRequest, person: Person, address_id: int) -> HttpResponse:
    """The AirPrint profile of one address. It holds the key: kept in no cache."""
    del request
    address = access_address_for(person, address_id)
    name = _("Print by chip, %(town)s") % {"town": address.municipality.name}
    profile = airprint_profile(_addresses(address), name, f"{address.municipality.slug}.{address.pk}")
    return HttpResponse(
        profile,
        content_type="application/x-apple-aspen-config",
        headers={
            "Content-Disposition": 'attachment; filename="allmende.mobileconfig"',
            "Cache-Control": "no-store, private",
        },
    )


@require_http_methods(["GET", "POST"])
@person_page
def revoke_address(request: HttpRequest, person: Person, address_id: int) -> HttpResponse:
    """GET asks, POST revokes."""
    address = access_address_for(person, address_id)
    if request.method == "POST":
        QueueAddress.objects.filter(pk=address.pk, revoked_at__isnull=True).update(revoked_at=timezone.now())
        record_audit(person.municipality, person, "queue_address.revoked", f"queue_address:{address.pk}")
        messages.success(
            request, _("The address has been revoked. In a few seconds nobody can print to it any more.")
        )
        return redirect("my_addresses")
    return render(request, "printing/revoke_address.html", {"address": address})


def _addresses(address: QueueAddress) -> PrinterAddresses:
    return printer_addresses(f"/ipp/print/{address.municipality.slug}/{address.key()}")
