# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The town's IT on jobs, without their titles: list, one job with its history, cancelling, assigning strays, a test page."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from allmende.devices.device_administration import access_device_for
from allmende.devices.devices import Device
from allmende.directory.administration_access import Desk, administration_page, changing_page
from allmende.directory.login_names import canonical_login
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.directory.people_administration import search_people
from allmende.printing.administration.device_test_pages import NoServiceError, print_test_page
from allmende.printing.administration.job_administration import (
    access_town_job_for,
    assign_job,
    cancel_town_job,
    town_jobs,
)
from allmende.printing.administration.words import change_word
from allmende.printing.arrival.quotas import RefusedError
from allmende.printing.job_states import TERMINAL, ForbiddenChangeError, State
from allmende.printing.job_tickets import read_job_ticket
from allmende.printing.job_words import state_word
from allmende.printing.jobs import JobEvent

_PER_PAGE: Final = 50
#: More people than these are not looked for in jobs: the search was too wide.
_MAX_PEOPLE: Final = 50


class JobFilterForm(forms.Form):
    state = forms.ChoiceField(label=gettext_lazy("State"), required=False)
    device = forms.ModelChoiceField(
        label=gettext_lazy("Device"),
        queryset=Device.objects.none(),
        required=False,
        empty_label=gettext_lazy("all"),
    )
    person = forms.CharField(label=gettext_lazy("Person"), max_length=100, required=False)

    def __init__(self, *args: Any, municipality: Municipality, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        state, device = self.fields["state"], self.fields["device"]
        if isinstance(state, forms.ChoiceField):
            state.choices = [("", _("all")), *((each.value, state_word(each.value)) for each in State)]
        if isinstance(device, forms.ModelChoiceField):
            device.queryset = Device.objects.filter(municipality=municipality)


class AssignForm(forms.Form):
    login = forms.CharField(
        label=gettext_lazy("Login of its owner"),
        max_length=100,
        help_text=gettext_lazy(
            "Ask the person first. The job then waits for their chip, and for nobody else's."
        ),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, desk: Desk, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._desk = desk

    def clean_login(self) -> Person:
        town = self._desk.municipality
        login = canonical_login(self.cleaned_data["login"], [str(each) for each in town.login_domains])
        person = Person.objects.filter(municipality=town, login=login, is_active=True).first()
        if person is None:
            raise forms.ValidationError(_("Nobody in your town has this login."))
        if person.pk == self._desk.actor.pk:
            raise forms.ValidationError(
                _("You can't make a job your own here. Claim it at a device with your chip.")
            )
        return person


@require_GET
@administration_page
def list_jobs(request: HttpRequest, desk: Desk) -> HttpResponse:
    form = JobFilterForm(request.GET, municipality=desk.municipality)
    jobs = town_jobs(desk.municipality)
    if form.is_valid():
        data = form.cleaned_data
        if data["state"]:
            jobs = jobs.filter(state=data["state"])
        if data["device"]:
            jobs = jobs.filter(device=data["device"])
        if data["person"]:
            people = search_people(desk.municipality, data["person"])[:_MAX_PEOPLE]
            jobs = jobs.filter(person__in=[person.pk for person in people])
    else:
        jobs = jobs.none()
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        jobs = jobs.filter(pk__lt=int(before))
    found = list(jobs[: _PER_PAGE + 1])
    older = found[_PER_PAGE - 1].pk if len(found) > _PER_PAGE else None
    return desk.show(
        request,
        "printing/administration/jobs.html",
        form=form,
        jobs=found[:_PER_PAGE],
        older=older,
        before=before,
        is_filtered=any(request.GET.values()),
    )


@require_GET
@administration_page
def show_job(request: HttpRequest, desk: Desk, job_id: int) -> HttpResponse:
    return _show(request, desk, job_id, AssignForm(desk=desk))


@require_http_methods(["GET", "POST"])
@changing_page
def cancel_job_page(request: HttpRequest, desk: Desk, job_id: int) -> HttpResponse:
    """GET asks, POST deletes."""
    job = access_town_job_for(desk.actor, job_id)
    if request.method == "GET" and job.state not in TERMINAL:
        number = _("Job %(number)s") % {"number": job.pk}
        return desk.show(
            request,
            "administration/confirm.html",
            title=_("Delete this job?"),
            subject=f"{number}, {job.person}" if job.person else number,
            text=_("Nobody can bring it back, not even its owner."),
            submit=_("Delete"),
            back=reverse("administer_job", args=[job.pk]),
        )
    if request.method == "POST" and cancel_town_job(desk.actor, job):
        messages.success(request, _("The job is deleted. Nothing of it remains here."))
    else:
        messages.info(request, _("The job had ended already."))
    return redirect("administer_job", job.pk)


@require_POST
@changing_page
def assign_job_page(request: HttpRequest, desk: Desk, job_id: int) -> HttpResponse:
    job = access_town_job_for(desk.actor, job_id)
    form = AssignForm(request.POST, desk=desk)
    if not form.is_valid():
        return _show(request, desk, job_id, form)
    person: Person = form.cleaned_data["login"]
    try:
        assign_job(desk.actor, job, person)
    except ForbiddenChangeError:
        messages.info(request, _("The job has an owner already, or has ended."))
    else:
        messages.success(request, _("The job waits for %(name)s now.") % {"name": person})
    return redirect("administer_job", job.pk)


@require_POST
@changing_page
def test_page(request: HttpRequest, desk: Desk, device_id: int) -> HttpResponse:
    device = access_device_for(desk.actor, device_id)
    try:
        number = print_test_page(desk.actor, device)
    except NoServiceError:
        messages.warning(request, _("The print service does not take jobs at the moment."))
    except RefusedError as error:
        messages.warning(
            request, _("The test page was not taken: %(reason)s") % {"reason": error.refusal.value}
        )
    else:
        messages.success(request, _("The test page is on its way."))
        return redirect("administer_job", number)
    return redirect("administer_device", device.pk)


def _show(request: HttpRequest, desk: Desk, job_id: int, form: AssignForm) -> HttpResponse:
    job = access_town_job_for(desk.actor, job_id)
    events = JobEvent.objects.filter(job=job, municipality=desk.municipality).select_related(
        "actor", "device"
    )
    return desk.show(
        request,
        "printing/administration/job.html",
        job=job,
        ticket=read_job_ticket(job.ticket),
        events=[{"row": event, "words": change_word(event.change)} for event in events],
        form=form,
        ended=job.state in TERMINAL,
        in_quarantine=job.state == State.QUARANTINED,
    )
