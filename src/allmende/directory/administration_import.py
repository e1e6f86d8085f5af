# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""People from a CSV file and back: upload, preview, confirmation, export."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from allmende.directory.administration_access import Desk, changing_page
from allmende.directory.audit import record_audit
from allmende.directory.csv_upload_page import CsvUpload, take_csv_file
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

#: Rows that a preview shows of each kind; the counts are always complete.
_SHOWN: Final = 200
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

_FIELD_WORDS: Final[dict[str, str | Promise]] = {
    "display_name": gettext_lazy("Name"),
    "email": gettext_lazy("E-mail"),
    "cost_centre": gettext_lazy("Cost centre"),
    "aliases": gettext_lazy("Other names"),
}


def _keep(desk: Desk, data: bytes, said: dict[str, Any]) -> None:
    file = read_people_file(data, [str(domain) for domain in desk.municipality.login_domains])
    keep_draft(desk.actor, desk.municipality, file, deactivate_missing=said["deactivate_missing"])


_UPLOAD: Final = CsvUpload(
    template="administration/people_upload.html",
    form=PeopleFileForm,
    max_bytes=MAX_FILE_BYTES,
    max_rows=MAX_ROWS,
    column_missing=gettext_lazy(
        "No column is called “login” (or “Anmeldename”). The first line must name the columns."
    ),
    keep=_keep,
    preview="preview_people",
)


@csrf_exempt
@require_http_methods(["GET", "POST"])
@changing_page
def upload_people(request: HttpRequest, desk: Desk) -> HttpResponse:
    return take_csv_file(request, desk, _UPLOAD)


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
    changed = [
        {
            "login": change.row.login,
            "person": change.person,
            "becomes_active": "is_active" in change.fields,
            "fields": [
                (_FIELD_WORDS[name], *values)
                for name, values in change.fields.items()
                if name in _FIELD_WORDS
            ],
        }
        for change in plan.changed[:_SHOWN]
    ]
    return desk.show(
        request,
        "administration/people_preview.html",
        plan=plan,
        shown=_SHOWN,
        is_cut=any(
            len(each) > _SHOWN for each in (plan.added, plan.changed, plan.deactivated, plan.problems)
        ),
        added=plan.added[:_SHOWN],
        changed=changed,
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


def describe_problem(problem: LineProblem) -> str:
    """What to do about the line."""
    return str(_LINE_FAULTS[problem.fault]) % {"detail": problem.detail, "aliases": MAX_ALIASES}
