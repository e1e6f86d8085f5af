# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The town's IT on people: list, one person, their chips, their ways in."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from allmende.directory.administration_access import Desk, administration_page, changing_page
from allmende.directory.chip_enrolment import revoke_chip
from allmende.directory.chips import Chip
from allmende.directory.page_access import town_id_of
from allmende.directory.people import Delegation, Person
from allmende.directory.people_administration import (
    LastItError,
    NameTakenError,
    PersonDetails,
    access_person_for,
    add_person,
    change_person,
    describe_person,
    issue_password_link,
    search_people,
)
from allmende.directory.people_forms import PeopleSearchForm, PersonForm

_PER_PAGE = 50


def access_chip_of_town_for(actor: Person, chip_id: int) -> Chip:
    """A chip of the actor's town; Http404 for every other number."""
    chip = (
        Chip.objects.select_related("person", "person__municipality", "municipality")
        .filter(pk=chip_id, municipality_id=town_id_of(actor))
        .first()
    )
    if chip is None:
        raise Http404
    return chip


@require_GET
@administration_page
def list_people(request: HttpRequest, desk: Desk) -> HttpResponse:
    form = PeopleSearchForm(request.GET)
    words = form.cleaned_data["q"] if form.is_valid() else ""
    people = (
        search_people(desk.municipality, words)
        .select_related("cost_centre")
        .prefetch_related("chips", "roles")
    )
    page = Paginator(people, _PER_PAGE).get_page(request.GET.get("page"))
    return desk.show(request, "administration/people.html", form=form, page=page, words=words)


@require_http_methods(["GET", "POST"])
@changing_page
def add_person_page(request: HttpRequest, desk: Desk) -> HttpResponse:
    form = PersonForm(request.POST or None, municipality=desk.municipality)
    if request.method == "POST" and form.is_valid():
        try:
            person = add_person(desk.actor, desk.municipality, form.details())
        except NameTakenError as error:
            _say_taken(form, error)
        else:
            messages.success(request, _("%(name)s can print now. A chip comes next.") % {"name": person})
            return redirect("administer_person", person.pk)
    return desk.show(
        request,
        "administration/form.html",
        title=_("Add a person"),
        form=form,
        submit=_("Add"),
        back=reverse("administer_people"),
    )


@require_GET
@administration_page
def show_person(request: HttpRequest, desk: Desk, person_id: int) -> HttpResponse:
    person = access_person_for(desk.actor, person_id)
    chips = Chip.objects.filter(person=person, municipality=desk.municipality).order_by("created_at")
    open_ones = Delegation.objects.filter(municipality=desk.municipality, ended_at__isnull=True)
    return desk.show(
        request,
        "administration/person.html",
        person=person,
        details=describe_person(person),
        chips=chips,
        delegates=[each.delegate for each in open_ones.filter(owner=person).select_related("delegate")],
        may_get_link=person.is_active and not (person.is_staff or person.is_superuser),
    )


@require_http_methods(["GET", "POST"])
@changing_page
def edit_person(request: HttpRequest, desk: Desk, person_id: int) -> HttpResponse:
    person = access_person_for(desk.actor, person_id)
    form = PersonForm(
        request.POST or None, municipality=desk.municipality, initial=_initial(describe_person(person))
    )
    if request.method == "POST" and form.is_valid():
        try:
            changed = change_person(desk.actor, person, form.details())
        except NameTakenError as error:
            _say_taken(form, error)
        except LastItError:
            form.add_error(
                None, _("Nobody could administer this town any more. First give somebody else the role.")
            )
        else:
            messages.success(request, _("Saved.") if changed else _("Nothing was changed."))
            return redirect("administer_person", person.pk)
    return desk.show(
        request,
        "administration/form.html",
        title=_("Edit %(name)s") % {"name": person},
        form=form,
        submit=_("Save"),
        back=reverse("administer_person", args=[person.pk]),
    )


@require_POST
@changing_page
def show_password_link(request: HttpRequest, desk: Desk, person_id: int) -> HttpResponse:
    person = access_person_for(desk.actor, person_id)
    link = request.build_absolute_uri(issue_password_link(desk.actor, person))
    return desk.show(request, "administration/password_link.html", person=person, link=link)


@require_http_methods(["GET", "POST"])
@changing_page
def block_persons_chip(request: HttpRequest, desk: Desk, chip_id: int) -> HttpResponse:
    """GET asks, POST blocks."""
    chip = access_chip_of_town_for(desk.actor, chip_id)
    back = reverse("administer_person", args=[chip.person_id])
    if request.method == "POST":
        revoke_chip(desk.actor, chip)
        messages.success(request, _("The chip has been blocked. It opens nothing any more."))
        return redirect(back)
    is_last = not Chip.objects.filter(person=chip.person).exclude(pk=chip.pk).exists()
    day = f"{chip.created_at:%d.%m.%Y}"
    return desk.show(
        request,
        "administration/confirm.html",
        title=_("Block this chip?"),
        subject=_("%(person)s: %(chip)s, enrolled on %(day)s")
        % {"person": chip.person, "chip": chip.label or _("Chip"), "day": day},
        text=_(
            "From then on the chip opens nothing. This can't be undone; the same chip can be enrolled again later."
        ),
        warning=_("This is the person's last chip: jobs that wait now can be opened by nobody afterwards.")
        if is_last
        else "",
        submit=_("Block the chip"),
        back=back,
    )


def _initial(details: PersonDetails) -> dict[str, object]:
    return {
        "display_name": details.display_name,
        "login": details.login,
        "email": details.email,
        "cost_centre": details.cost_centre,
        "aliases": "\n".join(details.aliases),
        "roles": [role.value for role in details.roles],
        "is_active": details.is_active,
    }


def _say_taken(form: PersonForm, error: NameTakenError) -> None:
    field = "login" if form.cleaned_data["login"] == error.name else "aliases"
    form.add_error(field, _("“%(name)s” means somebody else already.") % {"name": error.name})
