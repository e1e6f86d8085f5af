# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Pages that change a member: details, contacts, inhabitants, and what the office takes over from an earlier list."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from allmende.cooperative.contacts import Contact
from allmende.cooperative.hash_chain import record_change
from allmende.cooperative.member_details import change_details, take_over_member
from allmende.cooperative.member_forms import ContactForm, DetailsForm, PopulationForm, TakenOverForm
from allmende.cooperative.member_list import RefusedEntryError
from allmende.cooperative.members import Member
from allmende.cooperative.population import Population
from allmende.directory.administration_access import Desk, office_page
from allmende.directory.audit import record_audit


def show_form(
    request: HttpRequest,
    desk: Desk,
    form: forms.BaseForm,
    *,
    title: str,
    back: str,
    lead: str = "",
    submit: str = "",
) -> HttpResponse:
    """The office's form page; with errors the answer is the same page, with all that was typed."""
    return desk.show(
        request,
        "cooperative/form.html",
        form=form,
        title=title,
        lead=lead,
        submit=submit or _("Save"),
        back=back,
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "POST"])
@office_page
def take_over(request: HttpRequest, desk: Desk) -> HttpResponse:
    form = TakenOverForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            member = take_over_member(
                form.save(commit=False), data["effective_on"], actor=desk.actor, note=data["note"]
            )
        except RefusedEntryError as error:
            form.add_error("effective_on", str(error))
        else:
            messages.success(request, _("%(name)s is in the list.") % {"name": member.name})
            return redirect("member", member.pk)
    lead = _("For bodies that were members before this list began. Who joins now comes in by an accession.")
    return show_form(request, desk, form, title=_("Take over a member"), back=reverse("members"), lead=lead)


@require_http_methods(["GET", "POST"])
@office_page
def edit_details(request: HttpRequest, desk: Desk, member_id: int) -> HttpResponse:
    member = get_object_or_404(Member, pk=member_id)
    form = DetailsForm(request.POST or None, instance=member, initial={"effective_on": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        try:
            change_details(form.save(commit=False), form.cleaned_data["effective_on"], actor=desk.actor)
        except RefusedEntryError as error:
            form.add_error("effective_on", str(error))
        else:
            messages.success(request, _("Saved."))
            return redirect("member", member_id)
    return show_form(
        request, desk, form, title=_("Name and address"), back=reverse("member", args=[member_id])
    )


@require_http_methods(["GET", "POST"])
@office_page
def add_contact(request: HttpRequest, desk: Desk, member_id: int) -> HttpResponse:
    member = get_object_or_404(Member, pk=member_id)
    contact = Contact(member=member, valid_from=timezone.localdate())
    return _keep_contact(request, desk, contact, _("New contact of %(name)s") % {"name": member.name})


@require_http_methods(["GET", "POST"])
@office_page
def edit_contact(request: HttpRequest, desk: Desk, contact_id: int) -> HttpResponse:
    contact = get_object_or_404(Contact.objects.select_related("member"), pk=contact_id)
    return _keep_contact(request, desk, contact, contact.name)


@require_http_methods(["GET", "POST"])
@office_page
def delete_contact(request: HttpRequest, desk: Desk, contact_id: int) -> HttpResponse:
    """Personal data has an end: who has left the office is removed when nothing rests on it any more."""
    contact = get_object_or_404(Contact.objects.select_related("member"), pk=contact_id)
    back = reverse("member", args=[contact.member_id])
    if request.method == "POST":
        with transaction.atomic():
            record_change(desk.actor, "contact", contact.pk, "deleted", {"member": contact.member_id})
            record_audit(desk.municipality, desk.actor, "contact.deleted", contact.member.name)
            contact.delete()
        messages.success(request, _("Removed."))
        return redirect(back)
    return desk.show(
        request,
        "cooperative/confirm.html",
        title=_("Remove this contact?"),
        subject=contact.name,
        text=_("To keep who was responsible when, enter the last day instead."),
        submit=_("Remove"),
        back=back,
    )


def _keep_contact(request: HttpRequest, desk: Desk, contact: Contact, title: str) -> HttpResponse:
    form = ContactForm(request.POST or None, instance=contact)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            kept = form.save()
            values = {
                "member": kept.member_id,
                "role": kept.role,
                "signs": kept.signs,
                "from": kept.valid_from,
            }
            personal = {"name": kept.name, "email": kept.email, "phone": kept.phone}
            record_change(desk.actor, "contact", kept.pk, "kept", values, personal=personal)
            record_audit(desk.municipality, desk.actor, "contact.kept", kept.member.name, role=kept.role)
        messages.success(request, _("Saved."))
        return redirect("member", contact.member_id)
    back = reverse("member", args=[contact.member_id])
    return show_form(request, desk, form, title=title, back=back)


@require_http_methods(["GET", "POST"])
@office_page
def add_population(request: HttpRequest, desk: Desk, member_id: int) -> HttpResponse:
    member = get_object_or_404(Member, pk=member_id)
    back = reverse("member", args=[member_id])
    if not member.official_key:
        messages.error(request, _("Enter the official key (AGS) first: inhabitants are kept by it."))
        return redirect("edit_member", member_id)
    form = PopulationForm(request.POST or None, initial={"year": timezone.localdate().year - 1})
    if request.method == "POST" and form.is_valid():
        values: dict[str, Any] = {**form.cleaned_data, "official_key": member.official_key}
        with transaction.atomic():
            before = Population.objects.filter(official_key=member.official_key, year=values["year"]).first()
            kept, _made = Population.objects.update_or_create(
                official_key=member.official_key, year=values["year"], defaults=values
            )
            facts = {**values, "before": before.inhabitants if before else None}
            record_change(desk.actor, "population", kept.pk, "kept", facts)
            record_audit(desk.municipality, desk.actor, "population.kept", str(kept))
        messages.success(request, _("Saved."))
        return redirect(back)
    title = _("Inhabitants of %(name)s") % {"name": member.name}
    lead = _("As published for 31 December; a year that is there already is replaced.")
    return show_form(request, desk, form, title=title, back=back, lead=lead)
