# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The audit trail of the own town: filtered, page by page, and as a file."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Iterator
from typing import Any, Final

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from allmende.directory.administration_access import Desk, administration_page
from allmende.directory.audit import AuditEntry
from allmende.directory.audit_words import action_word, detail_words
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person

_PER_PAGE: Final = 50
_CHUNK: Final = 1000


class AuditFilterForm(forms.Form):
    action = forms.ChoiceField(label=gettext_lazy("What"), required=False)
    actor = forms.CharField(label=gettext_lazy("Login of who did it"), max_length=100, required=False)
    since = forms.DateField(
        label=gettext_lazy("From"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    until = forms.DateField(
        label=gettext_lazy("To"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, municipality: Municipality, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        actions = (
            AuditEntry.objects.filter(municipality=municipality)
            .order_by("action")
            .values_list("action", flat=True)
            .distinct()
        )
        field = self.fields["action"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", _("everything")), *((name, action_word(name)) for name in actions)]


@require_GET
@administration_page
def show_audit_trail(request: HttpRequest, desk: Desk) -> HttpResponse:
    form, entries = _filtered(request, desk)
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        entries = entries.filter(pk__lt=int(before))
    found = list(entries.select_related("actor")[: _PER_PAGE + 1])
    rows = [_row(entry) for entry in found[:_PER_PAGE]]
    older = found[_PER_PAGE - 1].pk if len(found) > _PER_PAGE else None
    return desk.show(
        request, "administration/audit_trail.html", form=form, rows=rows, older=older, before=before
    )


@require_GET
@administration_page
def download_audit_trail(request: HttpRequest, desk: Desk) -> StreamingHttpResponse:
    """All that the filter leaves, as CSV, in constant memory."""
    _form, entries = _filtered(request, desk)
    name = f"{desk.municipality.slug}-audit-{timezone.localdate():%Y-%m-%d}.csv"
    return StreamingHttpResponse(
        _lines(entries.select_related("actor")),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


class _Echo:
    def write(self, value: str) -> str:
        return value


def _lines(entries: QuerySet[AuditEntry]) -> Iterator[str]:
    writer = csv.writer(_Echo(), delimiter=";", lineterminator="\r\n")
    yield "\ufeff" + writer.writerow(["at", "actor", "action", "target", "detail"])
    for entry in entries.iterator(chunk_size=_CHUNK):
        yield writer.writerow(
            [
                entry.at.isoformat(timespec="seconds"),
                _harmless(entry.actor.login if entry.actor else ""),
                entry.action,
                _harmless(entry.target),
                json.dumps(entry.detail, ensure_ascii=False, sort_keys=True),
            ]
        )


def _harmless(cell: str) -> str:
    """Nothing that a spreadsheet takes for a formula."""
    return "'" + cell if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _filtered(request: HttpRequest, desk: Desk) -> tuple[AuditFilterForm, QuerySet[AuditEntry]]:
    form = AuditFilterForm(request.GET, municipality=desk.municipality)
    entries = AuditEntry.objects.filter(municipality=desk.municipality).order_by("-id")
    if not form.is_valid():
        return form, entries.none()
    data = form.cleaned_data
    if data["action"]:
        entries = entries.filter(action=data["action"])
    if data["actor"]:
        people = Person.objects.filter(municipality=desk.municipality, login=data["actor"].strip().casefold())
        entries = entries.filter(actor__in=people)
    zone = timezone.get_current_timezone()
    if data["since"]:
        entries = entries.filter(at__gte=dt.datetime.combine(data["since"], dt.time.min, zone))
    if data["until"] and data["until"] < dt.date.max:
        end = data["until"] + dt.timedelta(days=1)
        entries = entries.filter(at__lt=dt.datetime.combine(end, dt.time.min, zone))
    return form, entries


def _row(entry: AuditEntry) -> dict[str, Any]:
    return {
        "at": entry.at,
        "actor": entry.actor,
        "action": action_word(entry.action),
        "target": entry.target,
        "detail": detail_words(entry.detail),
    }
