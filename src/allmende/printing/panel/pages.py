# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The panel in front of a device: from "put your chip on the reader" to the list of jobs and back.

Works without JavaScript, in a device's own old browser and with a reader that types like a keyboard: every page has a field that
takes the number and Enter. A visit that nobody touches for `IDLE_SECONDS` ends by itself: the page goes back, and the
server ends what the page could not.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from allmende.devices.device_tokens import DeviceToken, TokenKind
from allmende.devices.devices import Device
from allmende.directory.attempts import TooManyAttemptsError
from allmende.directory.chip_enrolment import (
    ChipTakenError,
    CodeRefusedError,
    EnrolmentError,
    OtherChipNeededError,
    PinRefusedError,
)
from allmende.directory.chip_openings import PinNeededError, UnknownChipError, WrongPinError
from allmende.printing.job_states import State
from allmende.printing.jobs import jobs_in_flight
from allmende.printing.panel.access import (
    IDLE_SECONDS,
    NUMBER_MARK,
    Panel,
    carry_chip,
    carry_secret,
    find_panel,
    forget_visit,
    panel_page,
    read_carried,
    read_carried_chip,
    read_visit,
    store_panel_token,
    store_visit,
    to_panel,
)
from allmende.printing.panel.advice import tell_budgets, tell_rules
from allmende.printing.panel.lists import list_panel_jobs, own_held_jobs
from allmende.printing.rules.at_release import REFUSED
from allmende.printing.visit.attempt_words import too_many_words
from allmende.printing.visit.bearers import current_bearer, may_choose_bearer
from allmende.printing.visit.outlooks import count_refusals
from allmende.printing.visit.release import ServiceNotRunningError, release_jobs
from allmende.printing.visit.visits import (
    OpenVisit,
    begin_visit,
    collect_visit,
    end_visit,
    enrol_at_device,
    keep_visit_open,
)
from allmende.printing.visit.waiting_chips import take_waiting_chip, waits_for_panel
from allmende.seal import ChipNumberError

#: How often a page looks for news: while something moves, and while nobody is there.
NEWS_SECONDS: Final = 2
QUIET_SECONDS: Final = 30
_MAX_NUMBER: Final = 200
#: Longer than a PIN may be, so that one that is too long is refused and not cut.
MAX_PIN: Final = 100


@require_GET
def show_panel(request: HttpRequest, device: str) -> HttpResponse:
    """The one address of a panel; with `?token=` once, to set it up."""
    clear_token = request.GET.get("token", "")
    if clear_token:
        panel = find_panel(clear_token, device)
        if panel is None:
            context = {"device_slug": device, "refused": True}
            return render(request, "printing/panel/set_up.html", context, status=403)
        response = to_panel(panel)
        store_panel_token(request, response, panel)
        return response
    return _show_panel(request, device)


@panel_page
def _show_panel(request: HttpRequest, panel: Panel) -> HttpResponse:
    chip = take_waiting_chip(panel.row, panel.clear_token)
    if chip is not None:
        return open_visit_with(request, panel, chip)
    visit = read_visit(request, panel)
    if visit is None:
        return _show_idle(request, panel)
    if _has_idled(request):
        return _leave(panel, visit)
    if "seen" not in request.GET:
        keep_visit_open(visit)
    context = jobs_context(request, panel, visit)
    if "seen" not in request.GET:
        count_refusals(visit, [job.id for job in context["jobs"].kept_back if job.held_back == REFUSED])
    return render(request, "printing/panel/jobs.html", context)


@require_GET
@panel_page
def show_news(request: HttpRequest, panel: Panel) -> HttpResponse:
    """The part of the panel that changes by itself, for the page's small script.

    The header `Panel-Reload: 1` tells it to load the whole page: somebody came or the visit is over.
    """
    if waits_for_panel(panel.row):
        return _reload()
    visit = read_visit(request, panel)
    if request.GET.get("of") == "new-chip":
        return HttpResponse()
    if request.GET.get("of") == "visit":
        if visit is None:
            return _reload()
        context = {**jobs_context(request, panel, visit), "by_script": True}
        response = render(request, "printing/panel/jobs_list.html", context)
        response.headers["Panel-Version"] = _version(context["jobs"])
        return response
    collected = collect_visit(panel.row, panel.clear_token) if visit is None else visit
    if collected is not None:
        response = _reload()
        store_visit(request, response, panel, collected)
        return response
    state = _state_now(panel.device)
    response = render(request, "printing/panel/device_state.html", {"panel": panel, "state": state})
    response.headers["Panel-Version"] = _version((state, panel.device.state_reasons))
    return response


@require_POST
@panel_page
def tap(request: HttpRequest, panel: Panel) -> HttpResponse:
    """A chip was put on the reader (which typed its number), or its PIN was given."""
    carried = request.POST.get("carried", "")
    chip = (
        read_carried_chip(panel, carried)
        if carried
        else request.POST.get("chip", "").strip().lstrip(NUMBER_MARK)
    )
    if not chip:
        if carried:
            messages.info(request, _("That took too long. Please put your chip on the reader again."))
        return to_panel(panel)
    return open_visit_with(request, panel, chip, request.POST.get("pin") or None)


def open_visit_with(
    request: HttpRequest, panel: Panel, chip: str | bytes, pin: str | None = None
) -> HttpResponse:
    """The answer to a tap: the jobs, or what is missing to open them."""
    try:
        visit = begin_visit(panel.row, chip[:_MAX_NUMBER], pin)
    except ChipNumberError:
        messages.warning(request, _("The chip could not be read. Please put it on the reader again."))
        return to_panel(panel)
    except UnknownChipError:
        context = {"panel": panel, "carried": carry_chip(panel, chip), "idle_seconds": IDLE_SECONDS}
        return _away(render(request, "printing/panel/unknown_chip.html", context), panel)
    except (PinNeededError, WrongPinError) as error:
        context = {
            "panel": panel,
            "carried": carry_chip(panel, chip),
            "wrong": isinstance(error, WrongPinError),
            "idle_seconds": IDLE_SECONDS,
        }
        return _away(render(request, "printing/panel/pin.html", context), panel)
    except TooManyAttemptsError as error:
        messages.error(request, too_many_words(error))
        return to_panel(panel)
    if panel.device.release_on_tap:
        print_all_at_once(request, visit)
    response = to_panel(panel)
    store_visit(request, response, panel, visit)
    return response


@require_POST
@panel_page
def enrol(request: HttpRequest, panel: Panel) -> HttpResponse:
    """The unknown chip in the reader becomes that of the person whose one-time code is typed."""
    carried = request.POST.get("carried", "")
    chip = read_carried_chip(panel, carried)
    if chip is None:
        messages.info(request, _("That took too long. Please put your chip on the reader again."))
        return to_panel(panel)
    pin = request.POST.get("pin", "")[:MAX_PIN] or read_carried(panel, request.POST.get("carried_pin", ""))
    chips_lost = request.POST.get("chips_lost") == "yes"
    ask_lost, error_text = False, ""
    try:
        visit, enrolment = enrol_at_device(
            panel.row,
            chip,
            request.POST.get("code", "")[:40],
            pin=pin or None,
            chips_lost=chips_lost,
        )
    except CodeRefusedError:
        error_text = _("This code is not valid (any more). Please check it, or get a new one in the portal.")
    except OtherChipNeededError:
        ask_lost = True
    except ChipTakenError:
        error_text = _("This chip is enrolled already.")
    except PinRefusedError:
        error_text, pin = _("A PIN has 4 to 64 characters."), ""
    except (EnrolmentError, ChipNumberError):
        error_text = _("The chip could not be enrolled.")
    except TooManyAttemptsError as error:
        error_text = too_many_words(error)
    else:
        messages.success(
            request, _("Your chip is enrolled. From now on it opens your print jobs at every device.")
        )
        if enrolment.fresh_key:
            messages.warning(
                request,
                _("You have a new key. Jobs that waited under the lost one can't be opened and are deleted."),
            )
        response = to_panel(panel)
        store_visit(request, response, panel, visit)
        return response
    context = {
        "panel": panel,
        "carried": carry_chip(panel, chip),
        "carried_pin": carry_secret(panel, pin) if pin else "",
        "code": request.POST.get("code", "")[:40],
        "ask_lost": ask_lost,
        "error_text": error_text,
        "idle_seconds": IDLE_SECONDS,
    }
    return render(request, "printing/panel/unknown_chip.html", context)


@panel_page
def leave(request: HttpRequest, panel: Panel) -> HttpResponse:
    """By the button, or by the page itself after a while. What was released goes on."""
    for _message in messages.get_messages(request):
        pass
    return _leave(panel, read_visit(request, panel))


def print_all_at_once(request: HttpRequest, visit: OpenVisit) -> None:
    job_ids = own_held_jobs(visit)
    if not job_ids:
        return
    try:
        outcomes = release_jobs(visit, job_ids)
    except ServiceNotRunningError:
        messages.error(request, not_running_words())
        return
    tell_printing(request, sum(outcome.done for outcome in outcomes))
    # An advice that must be read first leaves its job in the list, where it stands beside it.
    tell_rules(request, outcomes)
    tell_budgets(request, outcomes)


def tell_printing(request: HttpRequest, count: int) -> None:
    if count:
        messages.success(
            request,
            ngettext("%(count)d job is on its way.", "%(count)d jobs are on their way.", count)
            % {"count": count},
            extra_tags="passing",
        )


def not_running_words() -> str:
    return _("The print service is not running at the moment. Your jobs are safe; please try again soon.")


def jobs_context(request: HttpRequest, panel: Panel, visit: OpenVisit) -> dict[str, Any]:
    jobs = list_panel_jobs(visit)
    seen = _seen(request)
    left = max(1, IDLE_SECONDS - (int(time.time()) - seen))
    moves = jobs.in_motion or jobs.waits_for_facts
    return {
        "panel": panel,
        "person": visit.person,
        "jobs": jobs,
        "bearer": current_bearer(visit),
        "may_choose_bearer": may_choose_bearer(visit),
        "seen": seen,
        "idle_seconds": IDLE_SECONDS,
        "news_seconds": NEWS_SECONDS,
        "refresh_seconds": min(left, NEWS_SECONDS * 2 if moves else left),
        "language_next": panel.href,
    }


def _show_idle(request: HttpRequest, panel: Panel) -> HttpResponse:
    collected = collect_visit(panel.row, panel.clear_token)
    if collected is not None:
        response: HttpResponse = to_panel(panel)
        store_visit(request, response, panel, collected)
        return response
    has_reader = DeviceToken.objects.filter(
        device_id=panel.device.pk, kind=TokenKind.READER, revoked_at__isnull=True
    ).exists()
    context = {
        "panel": panel,
        "state": _state_now(panel.device),
        "news_seconds": NEWS_SECONDS,
        "refresh_seconds": NEWS_SECONDS if has_reader else QUIET_SECONDS,
        "language_next": panel.href,
    }
    response = render(request, "printing/panel/idle.html", context)
    response.delete_cookie("visit", path=panel.href, samesite="Strict")
    return response


def _state_now(device: Device) -> str:
    """A device is asked at the tap, before it gets the job: one that was ready then, and has a job of ours now, is printing."""
    if device.state != "idle":
        return device.state
    is_printing = jobs_in_flight().filter(device=device, state=State.DELIVERING).exists()
    return "processing" if is_printing else device.state


def _seen(request: HttpRequest) -> int:
    """When somebody last touched this page, as Unix time: pages that reload themselves carry it along."""
    now = int(time.time())
    value = request.GET.get("seen", "")
    return min(int(value), now) if value.isascii() and value.isdigit() and len(value) < 12 else now


def _has_idled(request: HttpRequest) -> bool:
    return time.time() - _seen(request) >= IDLE_SECONDS


def _leave(panel: Panel, visit: OpenVisit | None) -> HttpResponseRedirect:
    if visit is not None:
        end_visit(visit)
    response = to_panel(panel)
    forget_visit(response, panel)
    return response


def _away(response: HttpResponse, panel: Panel) -> HttpResponse:
    """Somebody else stands here now: whatever visit the panel held is no longer shown."""
    response.delete_cookie("visit", path=panel.href, samesite="Strict")
    return response


def _version(shown: object) -> str:
    """Changes when what is shown changes; tells nothing of it."""
    return hmac.digest(settings.SECRET_KEY.encode(), repr(shown).encode(), hashlib.sha256).hex()[:16]


def _reload() -> HttpResponse:
    return HttpResponse(headers={"Panel-Reload": "1"})
