# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The pages of the print-and-copy concept, below `/verwaltung/konzept/`: list, begin, follow, look, compare."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from allmende.directory.administration_access import Desk, contracts_page
from allmende.fleet.concept import words
from allmende.fleet.concept.compare import Planned, compare_plans
from allmende.fleet.concept.concept_records import ConceptRun
from allmende.fleet.concept.concept_runs import (
    AnotherRunsError,
    access_run_for,
    begin_run,
    cancel_run,
    end_silent_runs,
    read_run,
    start_process,
)
from allmende.fleet.concept.council_paper import legend_words, write_paper
from allmende.fleet.concept.drawings import draw_floor, floors_of, marks_after, marks_before
from allmende.fleet.concept.file_writer import write_concept
from allmende.fleet.concept.from_town import write_from_town
from allmende.fleet.concept.generator import TOWNS, generate_town
from allmende.fleet.concept.input_file import LONGEST_FILE
from allmende.fleet.concept.input_tables import InputFileError
from allmende.fleet.concept.model import Concept
from allmende.fleet.concept.plans import Plan
from allmende.fleet.concept.results import Result
from allmende.fleet.figures import count_words, money_words, percent_words
from allmende.fleet.tables import to_html

_PER_PAGE: Final = 25
_FLOORS_PER_PAGE: Final = 4
_MOST_COMPARED: Final = 5
_REFRESH_SECONDS: Final = "4"


class ConceptForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        help_text=gettext_lazy("A concept as TOML. What is in the field below is then not used."),
    )
    source = forms.CharField(
        label=gettext_lazy("Or the concept's text"),
        required=False,
        strip=False,
        max_length=LONGEST_FILE,
        widget=forms.Textarea(attrs={"rows": 18, "spellcheck": "false"}),
    )
    seconds = forms.TypedChoiceField(
        label=gettext_lazy("Time for solving"),
        coerce=int,
        choices=[
            (60, gettext_lazy("1 minute")),
            (300, gettext_lazy("5 minutes")),
            (1800, gettext_lazy("30 minutes")),
        ],
        help_text=gettext_lazy("Up to twice this time more is spent on what each wish costs."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        upload = cleaned.get("file")
        if upload is not None:
            if upload.size > LONGEST_FILE:
                self.add_error("file", _("The file is larger than 4 MB. Leave out what is not planned."))
                return cleaned
            try:
                cleaned["source"] = upload.read().decode("utf-8-sig")
            except UnicodeDecodeError:
                self.add_error(
                    "file", _("The file is not text in UTF-8. Save it as UTF-8 and choose it again.")
                )
        elif not cleaned.get("source", "").strip():
            self.add_error("source", _("Choose a file, or write the concept here."))
        return cleaned


@require_GET
@contracts_page
def list_concepts(request: HttpRequest, desk: Desk) -> HttpResponse:
    end_silent_runs(desk.municipality)
    runs = (
        ConceptRun.objects.filter(municipality=desk.municipality).select_related("begun_by").defer("source")
    )
    page = Paginator(runs, _PER_PAGE).get_page(request.GET.get("page"))
    rows = []
    for run in page:
        plan = run.result.get("plan") if run.result else None
        rows.append(
            {
                "run": run,
                "a_year": money_words(Decimal(plan["total"]) * 12 / plan["months"]) if plan else "",
                "saving": money_words(Decimal(plan["saving_a_year"])) if plan and plan["fates"] else "",
                "is_proven": plan is not None and plan["status"] == "optimal",
            }
        )
    return desk.show(request, "fleet/concept/concepts.html", rows=rows, page=page)


@require_http_methods(["GET", "POST"])
@contracts_page
def begin_concept(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The text may come from the town's inventory (`?aus=bestand`), an example (`beispiel`) or an earlier version (`?lauf=`)."""
    if not desk.may_keep_contracts:
        raise PermissionDenied
    faults: list[dict[str, str]] = []
    if request.method == "POST":
        form = ConceptForm(request.POST, request.FILES)
        if form.is_valid():
            try:
                run = begin_run(
                    desk.actor, desk.municipality, form.cleaned_data["source"], form.cleaned_data["seconds"]
                )
            except InputFileError as error:
                faults = [{"where": fault.where, "what": words.say(fault.what)} for fault in error.faults]
            except AnotherRunsError as error:
                form.add_error(
                    None, _("“%(run)s” is being solved. Wait for it, or cancel it.") % {"run": error.run}
                )
            else:
                start_process(run)
                return redirect("concept", run.pk)
        if form.cleaned_data.get("file") is not None:
            # What was read from the file goes into the field, to be mended there.
            form = ConceptForm({**request.POST.dict(), "source": form.cleaned_data.get("source", "")})
            form.is_valid()
    else:
        form = ConceptForm(initial={"source": _first_text(request, desk), "seconds": 60})
    return desk.show(
        request, "fleet/concept/begin.html", form=form, faults=faults, status=422 if faults else None
    )


def _first_text(request: HttpRequest, desk: Desk) -> str:
    origin = request.GET.get("aus", "")
    if origin == "bestand":
        return write_from_town(desk.municipality)
    if origin == "beispiel":
        return write_concept(generate_town(TOWNS["small"], 1))
    earlier = request.GET.get("lauf", "")
    return (
        access_run_for(desk.actor, int(earlier)).source if earlier.isdecimal() and len(earlier) < 12 else ""
    )


@require_GET
@contracts_page
def show_concept(request: HttpRequest, desk: Desk, run_id: int) -> HttpResponseBase:
    run = access_run_for(desk.actor, run_id)
    if run.is_running:
        so_far = {key: money_words(Decimal(amount)) for key, amount in run.so_far.items()}
        passed = int((timezone.now() - run.begun_at).total_seconds())
        response = desk.show(
            request, "fleet/concept/running.html", run=run, so_far=so_far, passed=count_words(passed)
        )
        # Not a meta element: the browser's own reload, without a script; the page says so and has a link for it.
        response.headers["Refresh"] = _REFRESH_SECONDS
        return response
    concept, result = read_run(run)
    if result is None or result.plan is None:
        found = result.conflicts if result else ()
        conflicts = [
            {"wishes": [words.say(wish) for wish in each.wishes], "is_minimal": each.is_minimal}
            for each in found
            if len(each.wishes) > 1
        ]
        alone = [words.say(each.wishes[0]) for each in found if len(each.wishes) == 1]
        return desk.show(request, "fleet/concept/no_plan.html", run=run, conflicts=conflicts, alone=alone)
    return desk.show(
        request, "fleet/concept/concept.html", run=run, **_show_plan(request, concept, result, result.plan)
    )


def _show_plan(request: HttpRequest, concept: Concept, result: Result, plan: Plan) -> dict[str, Any]:
    floors = floors_of(concept)
    page = Paginator(floors, _FLOORS_PER_PAGE).get_page(request.GET.get("page"))
    before, after = marks_before(concept, plan), marks_after(plan)
    drawn = []
    for key in page:
        name = words.floor_title(concept, key)
        title_before = _("%(floor)s: today") % {"floor": name}
        title_after = _("%(floor)s: after") % {"floor": name}
        drawn.append(
            {
                "name": name,
                "title_before": title_before,
                "title_after": title_after,
                # Both come out of an XML writer.
                "before": mark_safe(  # noqa: S308
                    draw_floor(concept, key, before, title_before, words.say)
                )
                if before
                else "",
                "after": mark_safe(draw_floor(concept, key, after, title_after, words.say, plan=plan)),  # noqa: S308
            }
        )
    return {
        "concept": concept,
        "plan": plan,
        "sentences": words.sum_up(concept, plan),
        "headlines": [
            (_("Cost a year"), money_words(plan.a_year(plan.total))),
            (_("Saved a year"), money_words(plan.a_year(plan.saving)) if concept.devices else "–"),
            (_("Devices"), f"{count_words(len(concept.devices))} → {count_words(len(plan.devices))}"),
            (_("Proof gap"), percent_words(plan.gap_percent / 100, 3)),
        ],
        "costs": to_html(words.costs_table(plan)),
        "constraints": to_html(words.constraints_table(result.constraints)) if result.constraints else "",
        "fates": to_html(words.fates_table(concept, plan)) if plan.fates else "",
        "devices": to_html(words.devices_table(concept, plan)),
        "walks": to_html(words.walks_table(concept, plan)),
        "floors": drawn,
        "page": page,
        "legend": legend_words(),
    }


@require_POST
@contracts_page
def cancel_concept(request: HttpRequest, desk: Desk, run_id: int) -> HttpResponse:
    run = access_run_for(desk.actor, run_id)
    if cancel_run(desk.actor, run):
        messages.success(request, _("Solving was cancelled."))
    else:
        messages.info(request, _("It had already ended."))
    return redirect("concept", run.pk)


@require_GET
@contracts_page
def download_concept(request: HttpRequest, desk: Desk, run_id: int, kind: str) -> HttpResponse:
    del request
    run = access_run_for(desk.actor, run_id)
    if kind not in {"toml", "json", "pdf"}:
        raise Http404
    if kind == "toml":
        content, media = run.source.encode(), "application/toml; charset=utf-8"
    elif not run.has_result:
        raise Http404
    elif kind == "json":
        content, media = json.dumps(run.result, ensure_ascii=False, indent=1).encode(), "application/json"
    else:
        concept, result = read_run(run)
        if result is None or result.plan is None:
            raise Http404
        content = write_paper(concept, result, town=desk.municipality.name, written_at=run.ended_at)
        media = "application/pdf"
    response = HttpResponse(content, content_type=media)
    name = slugify(run.title) or "konzept"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}-{run.version}.{kind}"'
    return response


@require_GET
@contracts_page
def compare_concepts(request: HttpRequest, desk: Desk) -> HttpResponse:
    chosen = [int(text) for text in request.GET.getlist("lauf") if text.isdecimal() and len(text) < 12]
    planned = []
    for run_id in dict.fromkeys(chosen[:_MOST_COMPARED]):
        run = access_run_for(desk.actor, run_id)
        if not run.has_result:
            continue
        concept, result = read_run(run)
        if result is not None and result.plan is not None:
            planned.append(Planned(str(run), concept, result.plan))
    table = to_html(compare_plans(planned)) if len(planned) > 1 else ""
    return desk.show(request, "fleet/concept/compare.html", table=table, most=_MOST_COMPARED)
