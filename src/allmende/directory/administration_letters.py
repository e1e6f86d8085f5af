# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The town's IT prints letters with one-time codes: for one person, or for all who have no chip yet."""

from __future__ import annotations

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from allmende.directory.administration_access import Desk, changing_page
from allmende.directory.chip_enrolment import LETTER_LIFETIME
from allmende.directory.chips import Chip
from allmende.directory.code_letters import (
    LETTERS_AT_ONCE,
    issue_code_letter,
    issue_code_letters,
    people_without_chip,
)
from allmende.directory.people_administration import access_person_for


class LettersForm(forms.Form):
    with_letter = forms.BooleanField(
        label=gettext_lazy("Also for people who have a letter that still works"),
        help_text=gettext_lazy("Their earlier letter is worth nothing then."),
        required=False,
    )


@require_POST
@changing_page
def show_persons_code(request: HttpRequest, desk: Desk, person_id: int) -> HttpResponse:
    """A fresh code as a letter to print; it stands in this answer alone."""
    person = access_person_for(desk.actor, person_id)
    if not person.is_active:
        raise Http404
    return desk.show(
        request,
        "administration/code_letter.html",
        letter=issue_code_letter(desk.actor, person),
        has_chips=Chip.objects.filter(person=person).exists(),
    )


@require_http_methods(["GET", "POST"])
@changing_page
def print_code_letters(request: HttpRequest, desk: Desk) -> HttpResponse:
    """GET says for whom, POST shows the letters; they stand in this answer alone."""
    # An empty form is sent too: its one box is not ticked.
    form = LettersForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with_letter = form.cleaned_data["with_letter"]
        letters = issue_code_letters(desk.actor, desk.municipality, with_letter=with_letter)
        if letters:
            left = 0 if with_letter else people_without_chip(desk.municipality).count()
            return desk.show(request, "administration/code_letters.html", letters=letters, left=left)
    everybody = people_without_chip(desk.municipality, with_letter=True).count()
    return desk.show(
        request,
        "administration/code_letters_begin.html",
        form=form,
        everybody=everybody,
        without_letter=people_without_chip(desk.municipality).count(),
        at_once=LETTERS_AT_ONCE,
        days=LETTER_LIFETIME.days,
    )
