# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a person does with their jobs at the panel: print, change, cancel, fetch, settle, claim."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Concatenate, Final, ParamSpec

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from allmende.directory.attempts import TooManyAttemptsError
from allmende.directory.chip_enrolment import (
    ChipTakenError,
    EnrolmentError,
    PinRefusedError,
    TooManyChipsError,
    check_pin,
)
from allmende.printing.budget_reservations import BUDGET_EXCEEDED
from allmende.printing.job_states import IN_FLIGHT, State
from allmende.printing.panel.access import (
    IDLE_SECONDS,
    Panel,
    carry_secret,
    panel_page,
    read_carried,
    read_visit,
    to_panel,
)
from allmende.printing.panel.advice import (
    ask_about_advice,
    read_advice,
    read_anyway,
    tell_budgets,
    tell_rules,
)
from allmende.printing.panel.forms import JobChangesForm
from allmende.printing.panel.pages import (
    MAX_PIN,
    NEWS_SECONDS,
    jobs_context,
    not_running_words,
    open_visit_with,
    tell_printing,
)
from allmende.printing.rules.job_facts import device_abilities
from allmende.printing.visit.attempt_words import too_many_words
from allmende.printing.visit.release import (
    NO_CHANGES,
    NO_SUCH_PAGES,
    ClaimError,
    InvalidChangesError,
    ReleaseOutcome,
    ServiceNotRunningError,
    TicketChanges,
    VisitJob,
    cancel_jobs,
    claim_job,
    list_visit_jobs,
    read_preview,
    release_jobs,
    settle_uncertain,
    stop_jobs,
    take_over_jobs,
)
from allmende.printing.visit.visits import OpenVisit, enrol_further_at_device, keep_visit_open
from allmende.printing.visit.waiting_chips import take_waiting_chip
from allmende.seal import ChipNumberError

_MAX_CHOSEN: Final = 500

P = ParamSpec("P")


def visit_page(
    view: Callable[Concatenate[HttpRequest, Panel, OpenVisit, P], HttpResponse],
) -> Callable[..., HttpResponse]:
    """A page of an open visit. A number that a reader typed into it is a tap of whoever stands there now."""

    @wraps(view)
    def guarded(request: HttpRequest, panel: Panel, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        typed = request.POST.get("chip", "").strip()
        if typed:
            return open_visit_with(request, panel, typed)
        visit = read_visit(request, panel)
        if visit is None:
            messages.info(request, _("Your visit has ended. Please put your chip on the reader again."))
            return to_panel(panel)
        return view(request, panel, visit, *args, **kwargs)

    return panel_page(guarded)


@require_POST
@visit_page
def act_on_jobs(request: HttpRequest, panel: Panel, visit: OpenVisit) -> HttpResponse:
    """One of print, fetch, stop (`do`) for the chosen jobs (`job`): those that stood on the screen.

    Printing is told its jobs by the page, so that nothing comes out that nobody saw there.
    """
    job_ids = _chosen(request)
    wish = request.POST.get("do")
    if wish in {"print", "fetch"}:
        outcomes = _send(request, visit, job_ids) if wish == "print" else _fetch(request, visit, job_ids)
        advised = read_advice(outcomes)
        if advised:
            return ask_about_advice(request, panel, visit, advised, [("do", wish)])
    elif wish == "stop" and any(outcome.done for outcome in stop_jobs(visit, job_ids)):
        messages.success(
            request, _("The job is being stopped. It stays here, and you can fetch it at any device.")
        )
    return to_panel(panel)


@require_http_methods(["GET", "POST"])
@visit_page
def delete_job(request: HttpRequest, panel: Panel, visit: OpenVisit, job_id: int) -> HttpResponse:
    """Nobody can bring a document back, so GET asks, and only POST throws it away."""
    if request.method == "POST":
        if any(outcome.done for outcome in cancel_jobs(visit, [job_id])):
            messages.success(request, _("Deleted. Nothing of it remains here."))
        else:
            messages.info(request, _outcome_words("not-found"))
        return to_panel(panel)
    job = _find(visit, job_id)
    keep_visit_open(visit)
    if job is None or job.state == State.PRINTED:
        messages.info(request, _outcome_words("not-found"))
        return to_panel(panel)
    context = {
        "panel": panel,
        "person": visit.person,
        "job": job,
        "is_in_flight": job.state in IN_FLIGHT,
        "idle_seconds": IDLE_SECONDS,
    }
    return render(request, "printing/panel/delete_job.html", context)


@require_POST
@visit_page
def settle_job(request: HttpRequest, panel: Panel, visit: OpenVisit, job_id: int) -> HttpResponse:
    """The owner answers "did it come out?": `yes` or `again`."""
    answer = request.POST.get("answer")
    if answer == "yes":
        if settle_uncertain(visit, job_id, came_out=True).done:
            messages.success(request, _("Thank you. The job is done."))
    elif answer == "again" and settle_uncertain(visit, job_id, came_out=False).done:
        advised = read_advice(_send(request, visit, [job_id]))
        if advised:
            return ask_about_advice(request, panel, visit, advised, [("do", "print")])
    return to_panel(panel)


@require_http_methods(["GET", "POST"])
@visit_page
def show_job(request: HttpRequest, panel: Panel, visit: OpenVisit, job_id: int) -> HttpResponse:
    """One held job: GET shows it with its options, POST prints it so."""
    job = _find(visit, job_id)
    if job is None:
        raise Http404
    can_duplex, _can_colour = device_abilities(panel.device)
    form = JobChangesForm(request.POST or None, job=job, can_duplex=can_duplex)
    if request.method == "POST" and form.is_valid():
        try:
            advised = read_advice(_send(request, visit, [job_id], form.changes()))
        except InvalidChangesError:
            form.add_error(None, _("The device can't do this."))
        else:
            if advised:
                chosen = [(name, request.POST.get(name, "")) for name in form.fields]
                return ask_about_advice(request, panel, visit, advised, chosen, action=request.path)
            return to_panel(panel)
    keep_visit_open(visit)
    context = {**jobs_context(request, panel, visit), "job": job, "form": form}
    return render(request, "printing/panel/job.html", context)


@require_GET
@panel_page
def show_preview(request: HttpRequest, panel: Panel, job_id: int) -> HttpResponse:
    """Page one, opened for this visit and kept in no cache."""
    visit = read_visit(request, panel)
    image = read_preview(visit, job_id) if visit is not None else None
    if image is None:
        raise Http404
    return HttpResponse(image, content_type="image/png", headers={"Cache-Control": "no-store, private"})


@require_http_methods(["GET", "POST"])
@visit_page
def claim(request: HttpRequest, panel: Panel, visit: OpenVisit) -> HttpResponse:
    """A job is missing: its number and the computer's user name make it this person's."""
    error_text = ""
    number = request.POST.get("number", "").strip()
    if request.method == "POST":
        try:
            claim_job(
                visit,
                int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0,
                request.POST.get("name", "")[:100],
            )
        except ClaimError:
            error_text = _("No such job is waiting. Please check the number and the name.")
        except TooManyAttemptsError as error:
            error_text = too_many_words(error)
        else:
            messages.success(request, _("The job is yours now."))
            return to_panel(panel)
    keep_visit_open(visit)
    context = {
        **jobs_context(request, panel, visit),
        "number": number[:20],
        "name": request.POST.get("name", "")[:100],
        "error_text": error_text,
    }
    return render(request, "printing/panel/claim.html", context)


@require_http_methods(["GET", "POST"])
@panel_page
def add_chip(request: HttpRequest, panel: Panel) -> HttpResponse:
    """Another chip for the person of the open visit: the next number typed here, or read by a reader that does not type, is the new chip's.

    Its PIN, if it shall have one, is asked for before: a reader types into the field where the cursor stands, and ends with Enter.
    """
    visit = read_visit(request, panel)
    if visit is None:
        return to_panel(panel)
    error_text = ""
    carried_pin = request.POST.get("carried_pin", "")
    pin = request.POST["pin"][:MAX_PIN] if "pin" in request.POST else read_carried(panel, carried_pin)
    ask_pin = request.method == "GET" and "pin" in request.GET
    chip: str | bytes | None = request.POST.get("new_chip", "").strip() or None
    wants_chip = request.method == "POST" and "pin" not in request.POST
    if wants_chip and chip is None:
        chip = take_waiting_chip(panel.row, panel.clear_token)
    if carried_pin and pin is None:
        error_text, ask_pin = _("That took too long. Please type the PIN again."), True
    else:
        try:
            if pin is not None:
                check_pin(pin)
            if chip is None:
                if wants_chip:
                    error_text = _("The chip could not be read. Please put it on the reader again.")
                return _show_add_chip(request, panel, visit, pin, ask_pin=ask_pin, error_text=error_text)
            enrol_further_at_device(
                visit, panel.row, chip[:200], label=request.POST.get("label", ""), pin=pin
            )
        except PinRefusedError:
            error_text, pin, ask_pin = _("A PIN has 4 to 64 characters."), None, True
        except ChipNumberError:
            error_text = _("The chip could not be read. Please put it on the reader again.")
        except ChipTakenError:
            error_text = _("This chip is enrolled already.")
        except TooManyChipsError:
            error_text = _("You have as many chips as one person can have.")
        except TooManyAttemptsError as error:
            error_text = too_many_words(error)
        except EnrolmentError:
            error_text = _("The chip could not be enrolled.")
        else:
            messages.success(request, _("The new chip is enrolled."))
            return to_panel(panel)
    return _show_add_chip(request, panel, visit, pin, ask_pin=ask_pin, error_text=error_text)


def _show_add_chip(
    request: HttpRequest,
    panel: Panel,
    visit: OpenVisit,
    pin: str | None,
    *,
    ask_pin: bool,
    error_text: str = "",
) -> HttpResponse:
    keep_visit_open(visit)
    context = {
        "panel": panel,
        "person": visit.person,
        "ask_pin": ask_pin,
        "carried_pin": carry_secret(panel, pin) if pin else "",
        "error_text": error_text,
        "idle_seconds": IDLE_SECONDS,
        "news_seconds": NEWS_SECONDS,
    }
    return render(request, "printing/panel/add_chip.html", context)


def _send(
    request: HttpRequest, visit: OpenVisit, job_ids: Sequence[int], changes: TicketChanges = NO_CHANGES
) -> list[ReleaseOutcome]:
    if not job_ids:
        return []
    try:
        outcomes = release_jobs(visit, job_ids, changes, read_anyway(request))
    except ServiceNotRunningError:
        messages.error(request, not_running_words())
        return []
    _tell(request, outcomes)
    return outcomes


def _fetch(request: HttpRequest, visit: OpenVisit, job_ids: Sequence[int]) -> list[ReleaseOutcome]:
    try:
        outcomes = take_over_jobs(visit, job_ids, anyway=read_anyway(request))
    except ServiceNotRunningError:
        messages.error(request, not_running_words())
        return []
    _tell(request, outcomes)
    return outcomes


def _tell(request: HttpRequest, outcomes: Sequence[ReleaseOutcome]) -> None:
    tell_printing(request, sum(outcome.done for outcome in outcomes))
    tell_rules(request, outcomes)
    tell_budgets(request, outcomes)
    for code in {one.code for one in outcomes if not one.done and one.rule is None} - {BUDGET_EXCEEDED}:
        messages.warning(request, _outcome_words(code))


def _outcome_words(code: str) -> str:
    if code == "begun":
        return _("A job has begun to print at the other device already.")
    if code == "not-waiting":
        return _("A job was not waiting at another device.")
    if code == "not-openable":
        return _("A job can't be opened with your chip.")
    if code == NO_SUCH_PAGES:
        return _("The document does not have these pages.")
    return _("A job was not waiting any more.")


def _chosen(request: HttpRequest) -> list[int]:
    values = request.POST.getlist("job")[:_MAX_CHOSEN]
    return [int(value) for value in values if value.isascii() and value.isdigit() and len(value) < 19]


def _find(visit: OpenVisit, job_id: int) -> VisitJob | None:
    return next((job for job in list_visit_jobs(visit) if job.id == job_id), None)
