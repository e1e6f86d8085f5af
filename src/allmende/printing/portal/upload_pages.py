# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Portal: hand in a file to be printed. The page works without JavaScript; a small script adds the progress bar."""

from __future__ import annotations

from typing import Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from allmende.directory.page_access import person_page
from allmende.directory.people import Person
from allmende.ipp.ticket import Ticket
from allmende.printing.arrival.quotas import Refusal, RefusedError
from allmende.printing.arrival.upload import (
    FILE_FIELD,
    NoQueueError,
    OwnUploadsError,
    SealingUploadHandler,
    take_place,
)
from allmende.printing.visit.release import MAX_COPIES

_SIDES: Final = (
    ("two-sided-long-edge", gettext_lazy("two-sided")),
    ("one-sided", gettext_lazy("one-sided")),
    ("two-sided-short-edge", gettext_lazy("two-sided, short edge")),
)
_COLOURS: Final = (
    ("monochrome", gettext_lazy("black and white")),
    ("auto", gettext_lazy("in colour where the document is")),
)
_REFUSALS: Final[dict[Refusal, str | Promise]] = {
    Refusal.TOO_MANY_JOBS: gettext_lazy("You have too many waiting jobs. Please print or delete some first."),
    Refusal.TOO_MANY_BYTES: gettext_lazy(
        "Your waiting jobs take too much room. Please print or delete some first."
    ),
    Refusal.TOO_MANY_UPLOADS: gettext_lazy("Too much is arriving at the moment. Please try again soon."),
    Refusal.TOO_LARGE: gettext_lazy("The file is too large."),
    Refusal.DISK_FULL: gettext_lazy(
        "The print service has no room left at the moment. Your waiting jobs are safe."
    ),
    Refusal.NOT_ENROLLED: gettext_lazy("Please enrol a chip first: your town takes no jobs without one."),
    Refusal.FORMAT: gettext_lazy(
        "This kind of file can't be printed here. Please choose a PDF, JPEG or PNG."
    ),
    Refusal.EMPTY: gettext_lazy("The file is empty."),
}


class UploadForm(forms.Form):
    copies = forms.IntegerField(label=gettext_lazy("Copies"), min_value=1, max_value=MAX_COPIES, initial=1)
    sides = forms.ChoiceField(
        label=gettext_lazy("Sides"), choices=_SIDES, widget=forms.RadioSelect, initial="two-sided-long-edge"
    )
    colour = forms.ChoiceField(
        label=gettext_lazy("Colour"), choices=_COLOURS, widget=forms.RadioSelect, initial="monochrome"
    )
    # The last field: its bytes are sealed while they arrive.
    document = forms.FileField(
        label=gettext_lazy("File"),
        allow_empty_file=True,
        error_messages={"required": gettext_lazy("Please choose the file that is to be printed.")},
        help_text=gettext_lazy("PDF, JPEG or PNG"),
        widget=forms.ClearableFileInput(attrs={"accept": "application/pdf,image/jpeg,image/png"}),
    )

    def ticket(self) -> Ticket:
        data = self.cleaned_data
        return Ticket(copies=data["copies"], sides=data["sides"], print_color_mode=data["colour"])


@csrf_exempt
@require_http_methods(["GET", "POST"])
@person_page
def upload(request: HttpRequest, person: Person) -> HttpResponse:
    """The handler must be in place before anything reads the form; the token is checked inside (`_upload`)."""
    handler = SealingUploadHandler(request, person)
    if request.method != "POST":
        return _upload(request, handler)
    request.upload_handlers = [handler]
    try:
        with take_place(person):
            try:
                return _upload(request, handler)
            finally:
                handler.drop()
    except OwnUploadsError:
        # Nothing of the body was read: a slow one must not keep the place that it did not get.
        context = {"form": UploadForm(), "has_to_wait": True}
        return render(request, "printing/upload.html", context, status=429)


@csrf_protect
def _upload(request: HttpRequest, handler: SealingUploadHandler) -> HttpResponse:
    if request.method != "POST":
        return render(request, "printing/upload.html", {"form": UploadForm()})
    try:
        files = request.FILES
    except NoQueueError:
        form = UploadForm(request.POST)
        form.add_error(None, _("The print service does not take jobs at the moment."))
        return render(request, "printing/upload.html", {"form": form}, status=503)
    form = UploadForm(request.POST, files)
    if handler.refusal is not None:
        form.errors.pop(FILE_FIELD, None)
        form.add_error(FILE_FIELD, _refusal_words(handler.refusal.refusal))
    elif form.is_valid():
        try:
            number = handler.finish(form.ticket())
        except RefusedError as error:
            form.add_error(FILE_FIELD, _refusal_words(error.refusal))
        else:
            messages.success(
                request,
                _("Job %(number)d is waiting for you. Put your chip on the reader of any device.")
                % {"number": number},
            )
            return redirect("my_jobs")
    return render(request, "printing/upload.html", {"form": form}, status=422)


def _refusal_words(refusal: Refusal) -> str:
    return str(_REFUSALS.get(refusal, _("The file could not be stored. Please try again.")))
