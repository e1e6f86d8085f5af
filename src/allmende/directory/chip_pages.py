# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""My chips: see them, name them, block a lost one, get the one-time code with which a panel enrols a new one."""

from __future__ import annotations

from typing import Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from allmende.directory.chip_enrolment import CODE_LIFETIME, issue_enrolment_code, revoke_chip
from allmende.directory.chips import Chip
from allmende.directory.page_access import person_page, town_id_of
from allmende.directory.people import Person

CODE_MINUTES: Final = int(CODE_LIFETIME.total_seconds() // 60)


class ChipLabelForm(forms.Form):
    label = forms.CharField(
        label=gettext_lazy("Label"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("For example: blue key fob, staff card"),
    )


def access_chip_for(actor: Person, chip_id: int) -> Chip:
    """The actor's own chip; Http404 for every other number."""
    return get_object_or_404(Chip, pk=chip_id, person=actor, municipality_id=town_id_of(actor))


@require_GET
@person_page
def show_my_chips(request: HttpRequest, person: Person) -> HttpResponse:
    chips = Chip.objects.filter(person=person, municipality_id=town_id_of(person)).order_by("created_at")
    return render(request, "directory/my_chips.html", {"chips": chips, "code_minutes": CODE_MINUTES})


@require_POST
@person_page
def show_enrolment_code(request: HttpRequest, person: Person) -> HttpResponse:
    """A fresh code, shown in the answer to the POST alone: it is stored nowhere in clear."""
    code = issue_enrolment_code(person, person)
    context = {
        "code": code,
        "code_minutes": CODE_MINUTES,
        "has_chips": Chip.objects.filter(person=person).exists(),
    }
    return render(request, "directory/enrolment_code.html", context)


@require_http_methods(["GET", "POST"])
@person_page
def name_chip(request: HttpRequest, person: Person, chip_id: int) -> HttpResponse:
    chip = access_chip_for(person, chip_id)
    form = ChipLabelForm(request.POST or None, initial={"label": chip.label})
    if request.method == "POST" and form.is_valid():
        Chip.objects.filter(pk=chip.pk, person=person).update(label=form.cleaned_data["label"])
        messages.success(request, _("The chip's label has been changed."))
        return redirect("my_chips")
    return render(request, "directory/name_chip.html", {"chip": chip, "form": form})


@require_http_methods(["GET", "POST"])
@person_page
def block_chip(request: HttpRequest, person: Person, chip_id: int) -> HttpResponse:
    """GET asks, POST blocks."""
    chip = access_chip_for(person, chip_id)
    if request.method == "POST":
        revoke_chip(person, chip)
        messages.success(request, _("The chip has been blocked. It opens nothing any more."))
        return redirect("my_chips")
    is_last = not Chip.objects.filter(person=person).exclude(pk=chip.pk).exists()
    return render(request, "directory/block_chip.html", {"chip": chip, "is_last": is_last})
