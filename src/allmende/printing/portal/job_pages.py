# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Portal: my jobs and my history."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from allmende.directory.page_access import person_page
from allmende.directory.people import Person
from allmende.printing.job_states import IN_FLIGHT, TERMINAL
from allmende.printing.portal.my_jobs import (
    access_job_for,
    cancel_my_job,
    list_my_jobs,
    my_finished_jobs,
)

_PER_PAGE: Final = 25


@require_GET
@person_page
def show_my_jobs(request: HttpRequest, person: Person) -> HttpResponse:
    jobs = list_my_jobs(person)
    context = {
        "jobs": jobs,
        "in_motion": any(job.will_change for job in jobs),
        "has_chip": bool(person.recipient),
    }
    return render(request, "printing/my_jobs.html", context)


@require_GET
@person_page
def show_my_jobs_table(request: HttpRequest, person: Person) -> HttpResponse:
    """The table alone: what the page fetches again while something prints."""
    jobs = list_my_jobs(person)
    context = {"jobs": jobs, "in_motion": any(job.will_change for job in jobs)}
    return render(request, "printing/my_jobs_table.html", context)


@require_http_methods(["GET", "POST"])
@person_page
def cancel_job(request: HttpRequest, person: Person, job_id: int) -> HttpResponse:
    """Nobody can bring a document back, so GET asks, and only POST throws it away."""
    job = access_job_for(person, job_id)
    if request.method == "POST":
        if cancel_my_job(person, job_id):
            messages.success(request, _("The job is deleted. Nothing of it remains here."))
        else:
            messages.info(request, _("The job had ended already."))
        return redirect("my_jobs")
    if job.state in TERMINAL:
        messages.info(request, _("The job had ended already."))
        return redirect("my_jobs")
    context = {"job": job, "is_in_flight": job.state in IN_FLIGHT}
    return render(request, "printing/cancel_my_job.html", context)


@require_GET
@person_page
def show_my_history(request: HttpRequest, person: Person) -> HttpResponse:
    pages = Paginator(my_finished_jobs(person), _PER_PAGE)
    page = pages.get_page(request.GET.get("page"))
    municipality = person.municipality
    context = {"page": page, "title_days": municipality.title_days if municipality else 0}
    return render(request, "printing/my_history.html", context)
