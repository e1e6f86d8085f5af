# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Pages of requests: the member's side below `/mitgliedschaft/anfragen/`, the office's below `/genossenschaft/anfragen/`."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from allmende.cooperative.due_dates import office_people
from allmende.cooperative.member_access import request_page
from allmende.cooperative.members import Member
from allmende.cooperative.requests import (
    MAX_TEXT,
    NewRequest,
    Priority,
    RefusedRequestError,
    RequestState,
    SupportRequest,
    Topic,
    ask_office,
    file_for,
    messages_for,
    requests_for,
    solve_request,
    sort_request,
    write_message,
)
from allmende.cooperative.stored_documents import DocumentField, UnreadableDocumentError, download
from allmende.directory.administration_access import Desk, office_page

_PER_PAGE: Final = 25
_FILE_HELP: Final = gettext_lazy("PDF, JPEG or PNG, at most 3 MB.")


class AskForm(forms.Form):
    topic = forms.ChoiceField(label=gettext_lazy("Subject"), choices=Topic.choices)
    title = forms.CharField(label=gettext_lazy("In one line"), max_length=200)
    text = forms.CharField(
        label=gettext_lazy("What is it about?"),
        max_length=MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=gettext_lazy("No passwords and no citizens' data, please."),
    )
    priority = forms.ChoiceField(
        label=gettext_lazy("Priority"), choices=Priority.choices, initial=Priority.NORMAL
    )
    file = DocumentField(label=gettext_lazy("File"), required=False, help_text=_FILE_HELP)
    is_confidential = forms.BooleanField(
        label=gettext_lazy("Confidential"),
        required=False,
        help_text=gettext_lazy("In your town only you and the administration's head see it then."),
    )


class AnswerForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Your message"), max_length=MAX_TEXT, widget=forms.Textarea(attrs={"rows": 6})
    )
    file = DocumentField(label=gettext_lazy("File"), required=False, help_text=_FILE_HELP)


class OfficeAnswerForm(AnswerForm):
    is_internal = forms.BooleanField(
        label=gettext_lazy("Note within the office"),
        required=False,
        help_text=gettext_lazy("The member does not see it, and its file neither."),
    )


class SortForm(forms.Form):
    priority = forms.ChoiceField(label=gettext_lazy("Priority"), choices=Priority.choices)
    carer = forms.ChoiceField(label=gettext_lazy("Who takes care"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {str(each.pk): each for each in office_people()}
        choices = [("", _("Nobody yet")), *((key, str(each)) for key, each in self.people.items())]
        self.fields["carer"].choices = choices  # type: ignore[attr-defined]


class ListFilter(forms.Form):
    stand = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[("", gettext_lazy("not solved")), *RequestState.choices, ("alle", gettext_lazy("all"))],
    )
    thema = forms.ChoiceField(
        label=gettext_lazy("Subject"), required=False, choices=[("", gettext_lazy("All")), *Topic.choices]
    )

    def apply(self, rows: Any) -> Any:
        state, topic = (
            (self.cleaned_data[name] for name in ("stand", "thema")) if self.is_valid() else ("", "")
        )
        if topic:
            rows = rows.filter(topic=topic)
        if state == "alle":
            return rows
        return rows.filter(state=state) if state else rows.exclude(state=RequestState.SOLVED)


@require_GET
@request_page
def show_my_requests(request: HttpRequest, desk: Desk, member: Member) -> HttpResponse:
    form = ListFilter(request.GET)
    rows = form.apply(requests_for(desk.actor, member)).select_related("asked_by")
    page = Paginator(rows, _PER_PAGE).get_page(request.GET.get("page"))
    is_filtered = bool(request.GET.get("stand") or request.GET.get("thema"))
    return desk.show(request, "cooperative/requests/mine.html", form=form, page=page, is_filtered=is_filtered)


@require_http_methods(["GET", "POST"])
@request_page
def add_request(request: HttpRequest, desk: Desk, member: Member) -> HttpResponse:
    form = AskForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        new = NewRequest(
            data["topic"], data["title"], data["text"], data["priority"], data["is_confidential"]
        )
        try:
            made = ask_office(desk.actor, member, new, data["file"])
        except (RefusedRequestError, UnreadableDocumentError) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The office has your request. You will hear of the answer by mail."))
            return redirect("my_request", made.pk)
    status = 422 if form.errors else 200
    return desk.show(request, "cooperative/requests/ask.html", status=status, form=form)


@require_http_methods(["GET", "POST"])
@request_page
def show_my_request(request: HttpRequest, desk: Desk, member: Member, request_id: int) -> HttpResponse:
    row = get_object_or_404(requests_for(desk.actor, member), pk=request_id)
    form = AnswerForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and _wrote(form, desk, row):
        messages.success(request, _("The office has your message."))
        return redirect("my_request", row.pk)
    return desk.show(
        request,
        "cooperative/requests/my_request.html",
        status=422 if form.errors else 200,
        row=row,
        form=form,
        thread=messages_for(desk.actor, row),
    )


@require_POST
@request_page
def solve_my_request(request: HttpRequest, desk: Desk, member: Member, request_id: int) -> HttpResponse:
    row = get_object_or_404(requests_for(desk.actor, member), pk=request_id)
    solve_request(desk.actor, row)
    messages.success(request, _("The request is solved. Writing to it opens it again."))
    return redirect("my_requests")


@require_GET
@request_page
def download_my_file(
    _request: HttpRequest, desk: Desk, member: Member, request_id: int, file_id: int
) -> HttpResponse:
    return _file(desk, get_object_or_404(requests_for(desk.actor, member), pk=request_id), file_id)


@require_GET
@office_page
def show_requests(request: HttpRequest, desk: Desk) -> HttpResponse:
    form = ListFilter(request.GET)
    rows = form.apply(SupportRequest.objects.select_related("member", "carer")).order_by("turn_at")
    page = Paginator(rows, _PER_PAGE).get_page(request.GET.get("page"))
    is_filtered = bool(request.GET.get("stand") or request.GET.get("thema"))
    return desk.show(request, "cooperative/requests/all.html", form=form, page=page, is_filtered=is_filtered)


@require_http_methods(["GET", "POST"])
@office_page
def show_request(request: HttpRequest, desk: Desk, request_id: int) -> HttpResponse:
    row = get_object_or_404(
        SupportRequest.objects.select_related("member", "carer", "asked_by"), pk=request_id
    )
    form = OfficeAnswerForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and _wrote(form, desk, row):
        internal = form.cleaned_data["is_internal"]
        messages.success(
            request, _("The note is kept.") if internal else _("The answer is there for the member.")
        )
        return redirect("request", row.pk)
    return desk.show(
        request,
        "cooperative/requests/request.html",
        status=422 if form.errors else 200,
        row=row,
        form=form,
        sort_form=SortForm(initial={"priority": row.priority, "carer": str(row.carer_id or "")}),
        thread=messages_for(desk.actor, row),
    )


@require_POST
@office_page
def sort_one_request(request: HttpRequest, desk: Desk, request_id: int) -> HttpResponse:
    row = get_object_or_404(SupportRequest, pk=request_id)
    form = SortForm(request.POST)
    if form.is_valid():
        carer = form.people.get(form.cleaned_data["carer"])
        sort_request(desk.actor, row, priority=form.cleaned_data["priority"], carer=carer)
        messages.success(request, _("Saved."))
    else:
        messages.error(request, _("This choice is not there any more. Choose again."))
    return redirect("request", row.pk)


@require_POST
@office_page
def solve_one_request(request: HttpRequest, desk: Desk, request_id: int) -> HttpResponse:
    solve_request(desk.actor, get_object_or_404(SupportRequest, pk=request_id))
    messages.success(request, _("The request is solved. Writing to it opens it again."))
    return redirect("requests")


@require_GET
@office_page
def download_file(_request: HttpRequest, desk: Desk, request_id: int, file_id: int) -> HttpResponse:
    return _file(desk, get_object_or_404(SupportRequest, pk=request_id), file_id)


def _wrote(form: AnswerForm, desk: Desk, row: SupportRequest) -> bool:
    if not form.is_valid():
        return False
    data = form.cleaned_data
    try:
        write_message(desk.actor, row, data["text"], data["file"], is_internal=data.get("is_internal", False))
    except (RefusedRequestError, UnreadableDocumentError) as error:
        form.add_error(None, str(error))
        return False
    return True


def _file(desk: Desk, row: SupportRequest, file_id: int) -> HttpResponse:
    document = file_for(desk.actor, row, file_id)
    if document is None:
        raise Http404
    return download(document)
