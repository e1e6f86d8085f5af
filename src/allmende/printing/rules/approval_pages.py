# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The page of those who approve: what waits for their answer, without titles or documents."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from allmende.directory.page_access import person_page
from allmende.directory.people import Person
from allmende.printing.rules.approval_notices import choose_mail, mail_is_set_up, read_in_this_language
from allmende.printing.rules.approvals import (
    AlreadyAnsweredError,
    access_request_for,
    answer_request,
    may_approve,
    open_requests,
    recent_answers,
)


@require_GET
@person_page
def show_approvals(request: HttpRequest, person: Person) -> HttpResponse:
    context: dict[str, Any] = {"waiting": open_requests(person), "answered": recent_answers(person)}
    if may_approve(person):
        context["notice"] = read_in_this_language(person)
        context["mail_is_set_up"] = mail_is_set_up()
    return render(request, "printing/rules/approvals.html", context)


@require_POST
@person_page
def choose_approval_mail(request: HttpRequest, person: Person) -> HttpResponse:
    if may_approve(person):
        wanted = request.POST.get("mail") == "yes"
        choose_mail(person, wanted=wanted)
        messages.success(
            request,
            _("You are told by mail when something waits for you.")
            if wanted
            else _("You get no more mails."),
        )
    return redirect("approvals")


@require_POST
@person_page
def answer_approval(request: HttpRequest, person: Person, approval_id: int) -> HttpResponse:
    row = access_request_for(person, approval_id)
    answer = request.POST.get("answer")
    if answer not in {"approve", "decline"}:
        return redirect("approvals")
    note = " ".join(request.POST.get("note", "").split())
    try:
        answer_request(person, row, approve=answer == "approve", note=note)
    except AlreadyAnsweredError:
        messages.info(request, _("This was answered already, or its time is over."))
    else:
        messages.success(
            request,
            _("Approved. %(name)s can print the job now.") % {"name": row.owner}
            if answer == "approve"
            else _("Declined. %(name)s sees it at the device and in the list of jobs.") % {"name": row.owner},
        )
    return redirect("approvals")
