# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the town's rules say at the panel: a sentence with the job, or a page before paper where a rule asks first.

That page has one touch to "print here anyway" and one back; what the person chose before (copies, pages) goes along.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from allmende.printing.budget_words import budget_words
from allmende.printing.panel.access import IDLE_SECONDS, Panel
from allmende.printing.rules.at_release import ADVISED, HINT
from allmende.printing.rules.words import answer_words
from allmende.printing.visit.release import ReleaseOutcome
from allmende.printing.visit.visit_jobs import list_visit_jobs
from allmende.printing.visit.visits import OpenVisit, keep_visit_open

_MAX_ANYWAY: Final = 200


def read_anyway(request: HttpRequest) -> list[int]:
    """The numbers of the rules whose advice the person does not take."""
    values = request.POST.getlist("anyway")[:_MAX_ANYWAY]
    return [int(value) for value in values if value.isascii() and value.isdigit() and len(value) < 19]


def read_advice(outcomes: Sequence[ReleaseOutcome]) -> list[ReleaseOutcome]:
    """Those that wait for an answer to an advice."""
    return [outcome for outcome in outcomes if outcome.code == ADVISED and outcome.rule is not None]


def tell_rules(request: HttpRequest, outcomes: Sequence[ReleaseOutcome]) -> None:
    """Each sentence once, however many jobs it is about."""
    refused = {
        answer_words(one.rule)
        for one in outcomes
        if one.rule is not None and one.code != ADVISED and not one.done
    }
    hints = {
        answer_words(one.rule)
        for one in outcomes
        if one.rule is not None and one.rule.code == HINT and one.done
    }
    hints |= {answer_words(rule) for one in outcomes for rule in one.overruled if one.done}
    for text in sorted(refused):
        messages.warning(request, text)
    for text in sorted(hints):
        messages.info(request, text)


def tell_budgets(request: HttpRequest, outcomes: Sequence[ReleaseOutcome]) -> None:
    """Each sentence once: what budgets refused, and what they warn of."""
    notes = {budget_words(note): note.is_refusal for one in outcomes for note in one.budgets}
    for text, is_refusal in sorted(notes.items()):
        (messages.error if is_refusal else messages.warning)(request, text)


def ask_about_advice(
    request: HttpRequest,
    panel: Panel,
    visit: OpenVisit,
    advised: Sequence[ReleaseOutcome],
    chosen: Sequence[tuple[str, str]],
    *,
    action: str = "",
) -> HttpResponse:
    """The page before paper. `chosen`: fields that go along with "print here anyway", to `action`."""
    known = {job.id: job for job in list_visit_jobs(visit)}
    rows = [
        {"job": known[one.job_id], "answer": one.rule}
        for one in advised
        if one.job_id in known and one.rule is not None
    ]
    rules = sorted({*read_anyway(request), *(one.rule.rule.pk for one in advised if one.rule is not None)})
    fields = [*chosen, *(("anyway", str(rule_id)) for rule_id in rules)]
    if not action:
        fields += [("job", str(one.job_id)) for one in advised]
    keep_visit_open(visit)
    context = {
        "panel": panel,
        "person": visit.person,
        "rows": rows,
        "fields": fields,
        "action": action or reverse("panel_act", args=[panel.device.slug]),
        "idle_seconds": IDLE_SECONDS,
        "language_next": panel.href,
    }
    return render(request, "printing/panel/advice.html", context)
