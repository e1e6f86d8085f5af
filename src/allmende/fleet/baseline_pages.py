# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The pages of the baseline: look, enter, import, earlier versions. Every save is a further version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods

from allmende.directory.administration_access import Desk, contracts_page
from allmende.directory.csv_upload_page import describe_fault
from allmende.documents.csv_text import TableFault, UnreadableTableError
from allmende.fleet.baseline_file import MAX_BYTES, BaselineFile, read_baseline_file, write_baseline_file
from allmende.fleet.baseline_forms import (
    MOST_FORM_ROWS,
    BaselineTextForm,
    HeadForm,
    ReasonForm,
    RowFormSet,
)
from allmende.fleet.baselines import (
    MOST_ROWS,
    Baseline,
    BaselineRow,
    RowValues,
    StaleBaselineError,
    access_baseline_for,
    find_baseline,
    head_of,
    rows_of,
    save_baseline,
)
from allmende.fleet.figures import count_words, money_words
from allmende.fleet.proof.amounts import UnprovableError, cost_year
from allmende.fleet.proof.case import Tax
from allmende.fleet.proof.town_case import baseline_cost
from allmende.fleet.tables import CSV_TYPE

_MORE_ROWS: Final = 3
_VERSIONS_SHOWN: Final = 20
_COLUMN_MISSING: Final = gettext_lazy("The column “%(detail)s” is missing. Please add it.")
_TOO_MANY_ROWS: Final = gettext_lazy("There are more than %(rows)d lines. Please sum some of them up.")


@dataclass(frozen=True, slots=True)
class ShownRow:
    """`year` is what the row costs in a year, on the side of the tax that is compared."""

    row: BaselineRow | RowValues
    position: int
    amount: str
    year: str
    amount_now: str


@require_GET
@contracts_page
def show_baseline(request: HttpRequest, desk: Desk) -> HttpResponse:
    return _show(request, desk, find_baseline(desk.municipality))


@require_GET
@contracts_page
def show_baseline_version(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    return _show(request, desk, access_baseline_for(desk.municipality, number))


def _show(request: HttpRequest, desk: Desk, baseline: Baseline | None) -> HttpResponse:
    latest = find_baseline(desk.municipality)
    rows = list(baseline.rows.select_related("baseline")) if baseline else []
    versions = Baseline.objects.filter(municipality=desk.municipality).select_related("created_by")
    return desk.show(
        request,
        "fleet/baseline/baseline.html",
        baseline=baseline,
        is_latest=baseline is None or (latest is not None and baseline.number == latest.number),
        rows=[_shown(row, row.position, Tax(row.baseline.compares)) for row in rows],
        versions=versions[:_VERSIONS_SHOWN],
        pages_mono=count_words(baseline.pages_mono or 0) if baseline else "",
        pages_colour=count_words(baseline.pages_colour or 0) if baseline else "",
        contribution=money_words(baseline.contribution or 0) if baseline else "",
        may_edit_here=len(rows) <= MOST_FORM_ROWS,
    )


def _shown(row: BaselineRow | RowValues, position: int, tax: Tax) -> ShownRow:
    try:
        year = money_words(cost_year(baseline_cost(row), f"row.{position}", tax).value)
    except UnprovableError:
        year = "–"
    now = "" if row.amount_now is None else money_words(row.amount_now)
    return ShownRow(row, position, money_words(row.amount), year, now)


@require_http_methods(["GET", "POST"])
@contracts_page
def edit_baseline(request: HttpRequest, desk: Desk) -> HttpResponse:
    """All rows in one form. “More rows” keeps what is typed; “save” makes a further version."""
    if not desk.may_keep_contracts:
        raise PermissionDenied
    latest = find_baseline(desk.municipality)
    number = latest.number if latest else 0
    if latest is not None and latest.rows.count() > MOST_FORM_ROWS:
        messages.info(request, _("So many rows are changed as CSV: export, correct, import."))
        return redirect("show_baseline")
    if request.method == "POST":
        wants_more = "more" in request.POST
        data = request.POST.copy()
        if wants_more:
            total = _whole(data.get("rows-TOTAL_FORMS", "")) + _MORE_ROWS
            data["rows-TOTAL_FORMS"] = str(min(total, MOST_FORM_ROWS))
        head, reason = HeadForm(data, prefix="head"), ReasonForm(data)
        rows = RowFormSet(data, prefix="rows")
        for form in rows.forms:
            form.empty_permitted = True
        # Each is asked, so that all mistakes are told at once.
        valid = [head.is_valid(), rows.is_valid(), reason.is_valid()]
        if not wants_more and all(valid):
            values = [
                form.values()
                for form in rows.forms
                if form.has_changed() and not form.cleaned_data.get("DELETE")
            ]
            saved = _save(request, desk, (head.values(), values), reason, _whole(data.get("after", "")))
            if saved is not None:
                return saved
        if wants_more:
            head, reason, rows = _unbound(head), _unbound(reason), _unbound_rows(rows)
    else:
        head = HeadForm(initial=_as_initial(head_of(latest)), prefix="head")
        initial = [_as_initial(row) for row in rows_of(latest)]
        rows = RowFormSet(initial=initial, prefix="rows")
        rows.extra = max(1, min(_MORE_ROWS, MOST_FORM_ROWS - len(initial)))
        reason = ReasonForm()
    return desk.show(
        request,
        "fleet/baseline/edit.html",
        head=head,
        rows=rows,
        reason=reason,
        after=request.POST.get("after", number),
        may_have_more=rows.total_form_count() < MOST_FORM_ROWS,
    )


@require_http_methods(["GET", "POST"])
@contracts_page
def import_baseline(request: HttpRequest, desk: Desk) -> HttpResponse:
    """A file or lines in a field; looked at first, corrected in the field, saved when every line can be read."""
    if not desk.may_keep_contracts:
        raise PermissionDenied
    latest = find_baseline(desk.municipality)
    number = latest.number if latest else 0
    form = BaselineTextForm(request.POST or None, request.FILES or None)
    reason = ReasonForm(request.POST if "save" in request.POST else None)
    file: BaselineFile | None = None
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        data = upload.read(MAX_BYTES + 1) if upload else form.cleaned_data["lines"].encode()
        try:
            file = read_baseline_file(data)
        except UnreadableTableError as error:
            words = describe_fault(error, _COLUMN_MISSING, MAX_BYTES, MOST_ROWS)
            if error.fault is TableFault.TOO_MANY_ROWS:  # a baseline is one whole: it can't be split
                words = str(_TOO_MANY_ROWS) % {"rows": MOST_ROWS}
            form.add_error("file" if upload else "lines", words)
        if upload and file is not None:
            form = _with_lines(form, data)
        if file is not None and "save" in request.POST and not upload:
            if not file.problems and file.rows and reason.is_valid():
                kept = [] if form.cleaned_data["mode"] == "replace" else rows_of(latest)
                values = [*kept, *file.rows]
                after = _whole(request.POST.get("after", ""))
                saved = _save(request, desk, (head_of(latest), values), reason, after)
                if saved is not None:
                    return saved
        elif "save" not in request.POST:
            reason = ReasonForm()
    tax = Tax(head_of(latest).compares)
    rows = file.rows if file else ()
    return desk.show(
        request,
        "fleet/baseline/import.html",
        status=422 if file and file.problems and "save" in request.POST else None,
        form=form,
        reason=reason,
        file=file,
        rows=[_shown(row, position, tax) for position, row in enumerate(rows, 1)],
        after=request.POST.get("after", number),
        has_rows=latest is not None and latest.rows.exists(),
    )


@require_GET
@contracts_page
def download_baseline(request: HttpRequest, desk: Desk) -> HttpResponse:
    del request
    name = f"{desk.municipality.slug}-vorher-{timezone.localdate():%Y-%m-%d}.csv"
    return HttpResponse(
        write_baseline_file(rows_of(find_baseline(desk.municipality))),
        content_type=CSV_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _save(
    request: HttpRequest, desk: Desk, values: Any, reason: ReasonForm, after: int
) -> HttpResponse | None:
    """Back to the baseline; None where somebody was faster, which is told."""
    head, rows = values
    if len(rows) > MOST_ROWS:
        reason.add_error(None, _("Together these are more than %(rows)d rows.") % {"rows": MOST_ROWS})
        return None
    try:
        saved = save_baseline(
            desk.actor, desk.municipality, head, rows, reason=reason.cleaned_data["reason"], after=after
        )
    except StaleBaselineError:
        reason.add_error(
            None,
            _(
                "Somebody saved another version meanwhile. Look at it in another window; what you typed is still here."
            ),
        )
        return None
    count = ngettext("%(count)d row", "%(count)d rows", len(rows)) % {"count": len(rows)}
    messages.success(
        request, _("Version %(number)d is saved, with %(rows)s.") % {"number": saved.number, "rows": count}
    )
    return redirect("show_baseline")


def _with_lines(form: BaselineTextForm, data: bytes) -> BaselineTextForm:
    """What came as a file, as text in the field, so that it can be corrected."""
    try:
        text = data.decode("utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    return BaselineTextForm(initial={"lines": text, "mode": form.cleaned_data["mode"]})


def _unbound(form: Any) -> Any:
    """The same form with what was typed and without complaints."""
    initial = {name: form.data.get(form.add_prefix(name), "") for name in form.fields}
    return type(form)(initial=initial, prefix=form.prefix)


def _unbound_rows(rows: Any) -> Any:
    initial = []
    for form in rows.forms:
        typed = {name: form.data.get(form.add_prefix(name), "") for name in form.fields}
        for name in ("is_replaced", "DELETE"):
            typed[name] = bool(typed[name])
        if not form.has_changed() or not any(typed[name] for name in ("name", "amount", "document")):
            typed["is_replaced"] = True
            typed["tax"] = typed["tax"] or "gross"
            typed["tax_percent"] = typed["tax_percent"] or "19"
        initial.append(typed)
    made = RowFormSet(initial=initial, prefix="rows")
    made.extra = 0
    return made


def _as_initial(values: Any) -> dict[str, Any]:
    return {name: getattr(values, name) for name in values.__slots__}


def _whole(text: str | list[object]) -> int:
    return int(text) if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 9 else 0
