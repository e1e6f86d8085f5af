# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The page on which the town's IT hands in a CSV file for a preview.

Always holds: a file that is too large is refused before it is read; what is wrong with a file is said with what to do about it; nothing is
changed here, the file only waits for its preview.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.datastructures import MultiValueDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_protect

from allmende.directory.administration_access import Desk
from allmende.documents.csv_text import TableFault, UnreadableTableError

#: For what a form has beside its file.
_FORM_ROOM: Final = 64 * 1024

_FAULTS: Final[dict[TableFault, str | Promise]] = {
    TableFault.EMPTY: _("The file is empty."),
    TableFault.TOO_LARGE: _("The file is larger than %(megabytes)d MB. Please split it."),
    TableFault.TOO_MANY_ROWS: _("The file has more than %(rows)d lines. Please split it."),
    TableFault.NOT_TEXT: _("This is no text file. In the spreadsheet, choose “Save as” and there “CSV”."),
    TableFault.COLUMN_TWICE: _("The column “%(detail)s” is there twice. Please remove one."),
    TableFault.BROKEN_QUOTES: _(
        "In line %(detail)s a quotation mark is opened and not closed, or a cell is too long. Please correct it."
    ),
}


@dataclass(frozen=True, slots=True)
class CsvUpload:
    """What is particular to one such page. The form's field for the file is called `file`."""

    template: str
    form: type[forms.Form]
    max_bytes: int
    max_rows: int
    column_missing: str | Promise
    #: Reads the file and keeps it for the preview, with what else the form says. Raises UnreadableTableError.
    keep: Callable[[Desk, bytes, dict[str, Any]], None]
    #: The preview's page.
    preview: str


def take_csv_file(request: HttpRequest, desk: Desk, upload: CsvUpload) -> HttpResponse:
    """For a view that is `csrf_exempt`: the form's token is checked inside, because checking it reads the whole body."""
    if request.method == "POST" and _content_length(request) > upload.max_bytes + _FORM_ROOM:
        form = upload.form(MultiValueDict())
        form.errors.clear()
        form.add_error("file", _describe(upload, UnreadableTableError(TableFault.TOO_LARGE)))
        return desk.show(request, upload.template, form=form, status=413)
    return _take(request, desk, upload)


@csrf_protect
def _take(request: HttpRequest, desk: Desk, upload: CsvUpload) -> HttpResponse:
    form = upload.form(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            upload.keep(desk, form.cleaned_data["file"].read(upload.max_bytes + 1), form.cleaned_data)
        except UnreadableTableError as error:
            form.add_error("file", _describe(upload, error))
        else:
            return redirect(upload.preview)
    return desk.show(request, upload.template, form=form)


def _describe(upload: CsvUpload, error: UnreadableTableError) -> str:
    return describe_fault(error, upload.column_missing, upload.max_bytes, upload.max_rows)


def describe_fault(
    error: UnreadableTableError, column_missing: str | Promise, max_bytes: int, max_rows: int
) -> str:
    """For people, why a file can't be read; `column_missing` says which columns it must have."""
    words = str(_FAULTS.get(error.fault, column_missing))
    return words % {"detail": error.detail, "rows": max_rows, "megabytes": max_bytes // 2**20}


def _content_length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0
