# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The first page of the town's IT: what is wrong now, what to do about it, and today's figures.

Findings are the town's own; of the installation only what touches every town is told (room on the disk), because paths and secrets are
its operator's matter.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from allmende.devices.device_closings import list_closings
from allmende.devices.device_words import device_reason_words, device_state_word, is_fault
from allmende.devices.devices import Device
from allmende.devices.fault_reports import open_faults
from allmende.devices.meters.alerts import raised_alerts
from allmende.directory.administration_access import Desk, administration_page, open_desk
from allmende.directory.administration_sections import first_page_for
from allmende.directory.municipalities import Municipality
from allmende.printing.administration.town_figures import TownFigures, recent_figures
from allmende.printing.job_states import State
from allmende.printing.queues import Queue
from allmende.server.health import LOW_DISK_BYTES

_PLOT_WIDTH: Final = 640
_PLOT_HEIGHT: Final = 140
_PLOT_FLOOR: Final = 110
_PLOT_LEFT: Final = 34


@dataclass(frozen=True, slots=True)
class TownFinding:
    """`kind` is KERN's: danger, warning or info; `href` leads to where something can be done, or is empty."""

    kind: str
    title: str
    text: str = ""
    href: str = ""


@require_GET
def open_administration(request: HttpRequest) -> HttpResponseBase:
    """The overview for the town's IT and auditors; the others with a role come to the first page that is theirs."""
    desk = open_desk(request.user)
    if desk is not None and not desk.may_administer and (first_page := first_page_for(desk)):
        return redirect(first_page)
    return show_overview(request)


@administration_page
def show_overview(request: HttpRequest, desk: Desk) -> HttpResponse:
    figures = recent_figures(desk.municipality)
    return desk.show(
        request,
        "server/overview.html",
        figures=figures,
        findings=find_town_problems(desk.municipality, figures),
        free_bytes=_free_bytes(),
        plot=draw_hours(figures),
    )


def find_town_problems(municipality: Municipality, figures: TownFigures) -> list[TownFinding]:
    """What wants the town's IT, the worst first."""
    findings = [*_device_problems(municipality), *_told_problems(municipality), *_job_problems(figures)]
    if not Queue.objects.filter(municipality=municipality, is_active=True).exists():
        findings.append(
            TownFinding(
                "danger",
                _("No queue accepts jobs"),
                _("Nobody in the town can print. Open the queue again."),
                reverse("administer_queues"),
            )
        )
    if _free_bytes() < LOW_DISK_BYTES:
        findings.append(
            TownFinding(
                "danger",
                _("The disk is nearly full"),
                _("New jobs will soon be refused; waiting ones are safe. Tell the operator of the server."),
            )
        )
    order = ["danger", "warning", "info"]
    return sorted(findings, key=lambda finding: order.index(finding.kind))


def draw_hours(figures: TownFigures) -> dict[str, Any]:
    """The plot's bars and lines, in the units of its viewBox."""
    most = max((jobs for _hour, jobs in figures.by_hour), default=0)
    top = max(most, 1)
    step = (_PLOT_WIDTH - _PLOT_LEFT) / len(figures.by_hour)
    bars = []
    for index, (hour, jobs) in enumerate(figures.by_hour):
        height = round((_PLOT_FLOOR - 12) * jobs / top, 1)
        left = round(_PLOT_LEFT + index * step, 1)
        bars.append(
            {
                "left": left + 2,
                "top": _PLOT_FLOOR - height,
                "width": round(step - 4, 1),
                "height": height,
                "middle": round(left + step / 2, 1),
                "label": f"{hour:%H}" if index % 3 == 0 else "",
                "hour": hour,
                "jobs": jobs,
            }
        )
    return {
        "width": _PLOT_WIDTH,
        "height": _PLOT_HEIGHT,
        "floor": _PLOT_FLOOR,
        "text_floor": _PLOT_FLOOR + 20,
        "left": _PLOT_LEFT,
        "bars": bars,
        "most": most,
    }


def _device_problems(municipality: Municipality) -> list[TownFinding]:
    findings = []
    devices = list(
        Device.objects.filter(municipality=municipality, is_active=True)
        .exclude(uri="")
        .prefetch_related("tokens")
    )
    closings = list_closings([device.pk for device in devices])
    for device in devices:
        href = reverse("administer_device", args=[device.pk])
        faults = [str(reason) for reason in device.state_reasons if is_fault(str(reason))]
        if device.state in {"stopped", "unreachable"} or faults:
            words = [device_reason_words(reason) for reason in faults]
            title = f"{device}: {device_state_word(device.state)}"
            findings.append(TownFinding("danger", title, "; ".join(words), href))
        findings += [
            TownFinding("warning", f"{device}: {closing.title}", closing.text, href)
            for closing in closings.get(device.pk, [])
        ]
        if not any(token.revoked_at is None for token in device.tokens.all()):
            title = _("%(device)s has no panel and no reader") % {"device": device}
            findings.append(TownFinding("info", title, _("Nobody can collect anything there."), href))
    return findings


def _told_problems(municipality: Municipality) -> list[TownFinding]:
    """What people at a device reported, and what the meters' rounds found: open, and nobody has taken it on."""
    findings = []
    faults = open_faults(municipality.pk).count()
    if faults:
        title = ngettext("%(count)d fault was reported", "%(count)d faults were reported", faults)
        text = _("By whoever stood at the device. Look, and close the report when it is done.")
        findings.append(TownFinding("warning", title % {"count": faults}, text, reverse("device_faults")))
    alerts = raised_alerts(municipality.pk).filter(acknowledged_at__isnull=True).count()
    if alerts:
        title = ngettext(
            "%(count)d alert of the devices is open", "%(count)d alerts of the devices are open", alerts
        )
        text = _("Supplies that run out, readings that can't be true, devices that don't answer.")
        findings.append(TownFinding("info", title % {"count": alerts}, text, reverse("device_alerts")))
    return findings


def _job_problems(figures: TownFigures) -> list[TownFinding]:
    findings = []
    jobs = reverse("administer_jobs")
    if figures.stuck:
        title = ngettext(
            "%(count)d job has been printing for more than an hour",
            "%(count)d jobs have been printing for more than an hour",
            figures.stuck,
        )
        findings.append(
            TownFinding(
                "warning",
                title % {"count": figures.stuck},
                _("Look at their devices."),
                f"{jobs}?state={State.DELIVERING.value}",
            )
        )
    if figures.uncertain:
        title = ngettext(
            "%(count)d job may have come out or not",
            "%(count)d jobs may have come out or not",
            figures.uncertain,
        )
        findings.append(
            TownFinding(
                "info",
                title % {"count": figures.uncertain},
                _("Their owners are asked at their next tap; there is nothing for you to do."),
                f"{jobs}?state={State.UNCERTAIN.value}",
            )
        )
    if figures.quarantined:
        title = ngettext(
            "%(count)d job has no known owner", "%(count)d jobs have no known owner", figures.quarantined
        )
        findings.append(
            TownFinding(
                "warning",
                title % {"count": figures.quarantined},
                _(
                    "Owners can claim them at a device. Many of them mean that a network or a domain is missing in the settings."
                ),
                f"{jobs}?state={State.QUARANTINED.value}",
            )
        )
    return findings


def _free_bytes() -> int:
    return shutil.disk_usage(settings.HOME).free
