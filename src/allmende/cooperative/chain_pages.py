# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The page of the chain of changes: its entries, whether it is whole, and its anchors to carry away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from allmende.cooperative.chain_checking import (
    AnchorError,
    ChainAnchor,
    ChainReport,
    current_anchor,
    kept_anchors,
    read_anchors,
    verify_chain,
)
from allmende.cooperative.chain_values import ValueLine, value_lines
from allmende.cooperative.chain_words import action_word, subject_word
from allmende.cooperative.hash_chain import ChangeEntry, PersonalPart
from allmende.directory.administration_access import Desk, office_page
from allmende.directory.people import Person

_PER_PAGE: Final = 50
_ANCHORS_SHOWN: Final = 10


class AnchorsForm(forms.Form):
    anchors = forms.CharField(
        label=gettext_lazy("Anchors that you kept"),
        required=False,
        max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocomplete": "off"}),
        help_text=gettext_lazy(
            "One per line, from the weekly mail. Those that this server keeps are compared anyway."
        ),
    )

    def clean_anchors(self) -> list[object]:
        try:
            return list(read_anchors(self.cleaned_data["anchors"]))
        except AnchorError as error:
            raise forms.ValidationError(str(error)) from error


@dataclass(frozen=True, slots=True)
class _Row:
    entry: ChangeEntry
    actor: str
    what: str
    values: list[ValueLine]


@require_http_methods(["GET", "POST"])
@office_page
def show_chain(request: HttpRequest, desk: Desk) -> HttpResponse:
    report: ChainReport | None = None
    form = AnchorsForm(request.POST or None)
    status = 200
    if request.method == "POST":
        form = AnchorsForm(request.POST)
        if form.is_valid():
            report = _verify(request, form)
        else:
            status = 422
    noun = request.GET.get("gegenstand", "")
    rows = ChangeEntry.objects.order_by("-number")
    if noun:
        rows = rows.filter(noun=noun)
    page = Paginator(rows, _PER_PAGE).get_page(request.GET.get("page"))
    return desk.show(
        request,
        "cooperative/office/chain.html",
        status=status,
        form=form,
        report=report,
        page=page,
        rows=_with_actors(list(page.object_list)),
        noun=noun,
        nouns=_subjects(),
        anchor=current_anchor(),
        anchors=ChainAnchor.objects.all()[:_ANCHORS_SHOWN],
    )


@require_GET
@office_page
def download_anchor(_request: HttpRequest, desk: Desk) -> HttpResponse:
    """The chain's end as a file for the auditor's own drawer."""
    anchor = current_anchor(timezone.now())
    text = f"# {desk.municipality.name}\n# allmende cooperative verify --anchors FILE\n{anchor or ''}\n"
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    number = anchor.number if anchor else 0
    response.headers["Content-Disposition"] = f'attachment; filename="anker-{number}.txt"'
    return response


def _verify(request: HttpRequest, form: AnchorsForm) -> ChainReport:
    try:
        kept = kept_anchors()
    except AnchorError:
        messages.error(
            request,
            _(
                "The server's file of anchors can't be read; it was changed. Compare with those from the mails."
            ),
        )
        kept = []
    return verify_chain([*kept, *form.cleaned_data["anchors"]])


def _subjects() -> list[tuple[str, str]]:
    """What entries are about, as stored and in words, in the order of the words."""
    nouns = ChangeEntry.objects.order_by("noun").values_list("noun", flat=True).distinct()
    return sorted(((noun, subject_word(noun)) for noun in nouns), key=lambda each: each[1].casefold())


def _with_actors(entries: list[ChangeEntry]) -> list[_Row]:
    parts = {
        part.entry_id: part
        for part in PersonalPart.objects.filter(entry__in=[each.number for each in entries])
    }
    names = {
        person.pk: str(person)
        for person in Person.objects.filter(
            pk__in={part.actor_id for part in parts.values() if part.actor_id}
        )
    }
    lines = value_lines(entries)
    found = []
    for entry in entries:
        part = parts.get(entry.number)
        name = names.get(part.actor_id, _("a person who was deleted")) if part and part.actor_id else ""
        if not name:
            name = _("erased") if entry.actor_hash else _("the program")
        what = f"{subject_word(entry.noun)} {entry.key}: {action_word(entry.what)}"
        found.append(_Row(entry, name, what, lines[entry.number]))
    return found
