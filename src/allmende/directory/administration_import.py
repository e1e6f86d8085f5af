# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""People from a CSV file and back: upload, preview, confirmation, export."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from allmende.directory.administration_access import Desk, changing_page
from allmende.directory.audit import record_audit
from allmende.directory.people_file import (
    MAX_ALIASES,
    MAX_FILE_BYTES,
    MAX_ROWS,
    LineFault,
    LineProblem,
    read_people_file,
    write_people_file,
)
from allmende.directory.people_forms import PeopleFileForm
from allmende.directory.people_import import (
    PlanChangedError,
    drop_draft,
    export_people,
    find_draft,
    import_people,
    keep_draft,
    plan_import,
)
from allmende.documents.csv_text import TableFault, UnreadableTableError

#: Rows that a preview shows of each kind; the counts are always complete.
_SHOWN: Final = 200
#: For what a form has beside its file.
_FORM_ROOM: Final = 64 * 1024

_FILE_FAULTS: Final[dict[TableFault, str | Promise]] = {
    TableFault.EMPTY: gettext_lazy("The file is empty."),
    TableFault.TOO_LARGE: gettext_lazy("The file is larger than 2 MB. Please split it."),
    TableFault.TOO_MANY_ROWS: gettext_lazy("The file has more than %(rows)d lines. Please split it."),
    TableFault.NOT_TEXT: gettext_lazy(
        "This is no text file. In the spreadsheet, choose “Save as” and there “CSV”."
    ),
    TableFault.COLUMN_MISSING: gettext_lazy(
        "No column is called “login” (or “Anmeldename”). The first line must name the columns."
    ),
    TableFault.COLUMN_TWICE: gettext_lazy("The column “%(detail)s” is there twice. Please remove one."),
    TableFault.BROKEN_QUOTES: gettext_lazy(
        "In line %(detail)s a quotation mark is opened and not closed, or a cell is too long. Please correct it."
    ),
}
_LINE_FAULTS: Final[dict[LineFault, str | Promise]] = {
    LineFault.LOGIN_MISSING: gettext_lazy("The login is missing: fill it in."),
    LineFault.NAME_MISSING: gettext_lazy("The name of “%(detail)s” is missing: fill it in."),
    LineFault.TOO_LONG: gettext_lazy("Too long in the column “%(detail)s”: shorten it."),
    LineFault.NOT_AN_EMAIL: gettext_lazy("“%(detail)s” is no e-mail address: correct it or leave it empty."),
    LineFault.TOO_MANY_CELLS: gettext_lazy(
        "More cells than columns: is the delimiter part of a text? Then put quotation marks around it."
    ),
    LineFault.TOO_MANY_ALIASES: gettext_lazy("More than %(aliases)d aliases: shorten the list."),
    LineFault.LOGIN_TWICE: gettext_lazy("“%(detail)s” is in the file already: remove one of the lines."),
    LineFault.NAME_TAKEN: gettext_lazy("“%(detail)s” means somebody else already: remove it here or there."),
}


@csrf_exempt
@require_http_methods(["GET", "POST"])
@changing_page
def upload_people(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The form's token is checked inside (`_upload_people`), because checking it reads the whole body: one that is too large is
    refused before.
    """
    if request.method == "POST" and _content_length(request) > MAX_FILE_BYTES + _FORM_ROOM:
        form = PeopleFileForm(MultiValueDict())
        form.errors.clear()
        form.add_error("file", str(_FILE_FAULTS[TableFault.TOO_LARGE]))
        return desk.show(request, "administration/people_upload.html", form=form, status=413)
    return _upload_people(request, desk)


@csrf_protect
def _upload_people(request: HttpRequest, desk: Desk) -> HttpResponse:
    form = PeopleFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data["file"].read(MAX_FILE_BYTES + 1)
        try:
            file = read_people_file(data, [str(domain) for domain in desk.municipality.login_domains])
        except UnreadableTableError as error:
            form.add_error(
                "file", str(_FILE_FAULTS[error.fault]) % {"detail": error.detail, "rows": MAX_ROWS}
            )
        else:
            keep_draft(
                desk.actor,
                desk.municipality,
                file,
                deactivate_missing=form.cleaned_data["deactivate_missing"],
            )
            return redirect("preview_people")
    return desk.show(request, "administration/people_upload.html", form=form)


@require_http_methods(["GET", "POST"])
@changing_page
def preview_people(request: HttpRequest, desk: Desk) -> HttpResponse:
    """GET shows what would happen, POST does exactly that."""
    if request.method == "POST":
        try:
            plan = import_people(desk.actor, desk.municipality, request.POST.get("digest", ""))
        except PlanChangedError:
            messages.warning(
                request,
                _("People were changed in the meantime, or the preview is too old. Please look again."),
            )
            return redirect("preview_people")
        messages.success(
            request,
            _("Done: %(added)d added, %(changed)d changed, %(deactivated)d deactivated.")
            % {
                "added": len(plan.added),
                "changed": len(plan.changed),
                "deactivated": len(plan.deactivated),
            },
        )
        return redirect("administer_people")
    draft = find_draft(desk.actor, desk.municipality)
    if draft is None:
        return redirect("upload_people")
    plan = plan_import(draft)
    return desk.show(
        request,
        "administration/people_preview.html",
        plan=plan,
        shown=_SHOWN,
        added=plan.added[:_SHOWN],
        changed=plan.changed[:_SHOWN],
        deactivated=plan.deactivated[:_SHOWN],
        problems=[{"line": each.line, "text": describe_problem(each)} for each in plan.problems[:_SHOWN]],
        ignored=draft.content["ignored_columns"],
    )


@require_POST
@changing_page
def drop_people_file(request: HttpRequest, desk: Desk) -> HttpResponse:
    drop_draft(desk.actor)
    messages.info(request, _("Nothing was imported."))
    return redirect("administer_people")


@require_GET
@changing_page
def download_people(request: HttpRequest, desk: Desk) -> HttpResponse:
    del request
    rows = export_people(desk.municipality)
    record_audit(desk.municipality, desk.actor, "people.exported", count=len(rows))
    name = f"{desk.municipality.slug}-{timezone.localdate():%Y-%m-%d}.csv"
    return HttpResponse(
        write_people_file(rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _content_length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def describe_problem(problem: LineProblem) -> str:
    """What to do about the line."""
    return str(_LINE_FAULTS[problem.fault]) % {"detail": problem.detail, "aliases": MAX_ALIASES}
