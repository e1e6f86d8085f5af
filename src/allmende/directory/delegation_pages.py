# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Delegation: say who else may collect my print jobs, and see whose I may collect."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from allmende.directory.delegations import DelegationError, delegate_to, end_delegation
from allmende.directory.page_access import person_page, town_id_of
from allmende.directory.people import Delegation, Person


class DelegateForm(forms.Form):
    login = forms.CharField(
        label=gettext_lazy("Login of the colleague"),
        max_length=100,
        help_text=gettext_lazy("The name with which your colleague signs in."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off"}),
    )

    def __init__(self, *args: object, owner: Person, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._owner = owner

    def clean_login(self) -> Person:
        name = self.cleaned_data["login"].strip().lower()
        found = Person.objects.filter(
            Q(login=name) | Q(sign_in_name=name),
            municipality_id=town_id_of(self._owner),
            is_active=True,
        ).first()
        if found is None:
            raise forms.ValidationError(_("Nobody in your town has this login."))
        if found.pk == self._owner.pk:
            raise forms.ValidationError(_("This is your own login."))
        return found


@require_http_methods(["GET", "POST"])
@person_page
def show_my_delegations(request: HttpRequest, person: Person) -> HttpResponse:
    form = DelegateForm(request.POST or None, owner=person)
    if request.method == "POST" and form.is_valid():
        delegate: Person = form.cleaned_data["login"]
        try:
            delegate_to(person, delegate)
        except DelegationError:
            form.add_error("login", _("You cannot delegate to this person."))
        else:
            messages.success(
                request,
                _("%(name)s may now collect what you print from now on.") % {"name": delegate},
            )
            return redirect("my_delegations")
    open_ones = Delegation.objects.filter(municipality_id=town_id_of(person), ended_at__isnull=True)
    context = {
        "form": form,
        "given": open_ones.filter(owner=person).select_related("delegate"),
        "received": open_ones.filter(delegate=person).select_related("owner"),
    }
    return render(request, "directory/my_delegations.html", context)


@require_POST
@person_page
def end_my_delegation(request: HttpRequest, person: Person, delegation_id: int) -> HttpResponse:
    delegation = get_object_or_404(
        Delegation.objects.select_related("owner"),
        Q(owner=person) | Q(delegate=person),
        pk=delegation_id,
        municipality_id=town_id_of(person),
    )
    end_delegation(person, delegation)
    messages.success(request, _("The delegation has ended."))
    return redirect("my_delegations")
