# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The page "Today" (`/genossenschaft/`): what is due, what waits for whom, what is overdue, for the whole office or one person."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from allmende.cooperative.due_dates import (
    Agenda,
    CaredItem,
    State,
    agenda_of,
    assign_due,
    office_land,
    office_people,
)
from allmende.cooperative.working_days import holidays_of, is_working_day
from allmende.directory.administration_access import Desk, office_page

NOBODY: Final = "niemand"
_MINE: Final = "ich"
#: In the page's order.
_STATES: Final = (State.OVERDUE, State.DUE, State.WAITING, State.LATER)
_LEADS: Final = {
    State.OVERDUE: gettext_lazy("The day has passed."),
    State.DUE: gettext_lazy("It is the office's turn, now or within two weeks."),
    State.WAITING: gettext_lazy("Somebody else must act first."),
    State.LATER: gettext_lazy("In more than two weeks."),
}


class AgendaFilter(forms.Form):
    person = forms.ChoiceField(label=gettext_lazy("Who takes care"), required=False)
    art = forms.ChoiceField(label=gettext_lazy("Subject"), required=False)

    def __init__(self, data: object, *, desk: Desk, nouns: list[str]) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        people = [(str(each.pk), str(each)) for each in office_people() if each.pk != desk.actor.pk]
        own = [("", _("All")), (_MINE, _("I")), (NOBODY, _("Nobody yet")), *people]
        self.fields["person"].choices = own  # type: ignore[attr-defined]
        self.fields["art"].choices = [("", _("All")), *((noun, noun) for noun in nouns)]  # type: ignore[attr-defined]

    def lets_through(self, each: CaredItem, desk: Desk) -> bool:
        person, noun = self.cleaned_data["person"], self.cleaned_data["art"]
        if noun and each.item.noun != noun:
            return False
        if not person:
            return True
        if person == NOBODY:
            return each.person is None
        wanted = str(desk.actor.pk) if person == _MINE else person
        return each.person is not None and str(each.person.pk) == wanted


@require_GET
@office_page
def show_office_day(request: HttpRequest, desk: Desk) -> HttpResponse:
    today = timezone.localdate()
    agenda = agenda_of(today)
    form = AgendaFilter(request.GET, desk=desk, nouns=sorted({each.item.noun for each in agenda.items}))
    is_valid = form.is_valid()
    kept = [each for each in agenda.items if not is_valid or form.lets_through(each, desk)]
    shown = Agenda(agenda.day, tuple(kept), agenda.failed)
    land = office_land()
    return desk.show(
        request,
        "cooperative/office/day.html",
        form=form,
        groups=[
            {"state": state, "label": state.label, "lead": _LEADS[state], "items": shown.of(state)}
            for state in _STATES
        ],
        is_empty=not shown.items,
        is_filtered=is_valid and any(form.cleaned_data.values()),
        failed=agenda.failed,
        people=office_people(),
        today=today,
        holiday=holidays_of(land, today.year).get(today, ""),
        is_working_day=is_working_day(today, land),
        query=request.GET.urlencode(),
    )


@require_POST
@office_page
def assign_item(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Give one item to a person of the office; the key must be one of today's."""
    key, wanted = request.POST.get("key", ""), request.POST.get("person", "")
    people = {str(each.pk): each for each in office_people()}
    known = {each.item.key for each in agenda_of(timezone.localdate()).items}
    if key not in known:
        messages.warning(request, _("That is done already, or is not there any more."))
    elif wanted and wanted not in people:
        messages.error(request, _("This person does not work in the office any more. Choose another."))
    else:
        assign_due(desk.actor, key, people.get(wanted))
        messages.success(request, _("It is noted who takes care."))
    back = {
        name: request.POST[f"filter_{name}"]
        for name in ("person", "art")
        if request.POST.get(f"filter_{name}")
    }
    return redirect(reverse("office_day") + (f"?{urlencode(back)}" if back else ""))
