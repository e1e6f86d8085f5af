# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Words for what stands in the meters' rows as keywords."""

from __future__ import annotations

from typing import Final

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from allmende.devices.meters.alerts import AlertKind
from allmende.devices.meters.forecast import Sureness
from allmende.devices.meters.plausibility import Reason
from allmende.devices.meters.readings import Verdict

register = template.Library()

_REASONS: Final[dict[str, str | Promise]] = {
    Reason.GOES_BACK: _("The counter goes back."),
    Reason.JUMP: _("More sides than the device can print in this time."),
    Reason.AVERAGE: _("Far more sides than the model is made for."),
    Reason.OTHER_DEVICE: _("The serial number is another: somebody has swapped the device."),
    Reason.CONTRADICTED: _("The readings that follow contradict it."),
    Reason.NO_TOTAL: _("The device did not say how many sides it has printed."),
}
_ACTIONS: Final[dict[str, str | Promise]] = {
    Verdict.CONFIRMED: _("It is true"),
    Verdict.NEW_LIFE: _("The counter begins anew"),
    Verdict.REJECTED: _("It is wrong"),
}
_SURENESS: Final[dict[str, str | Promise]] = {
    Sureness.GOOD: _("fairly sure"),
    Sureness.FAIR: _("rough"),
    Sureness.POOR: _("very rough"),
}
_COLOURS: Final[dict[str, str | Promise]] = {
    "black": _("black"),
    "cyan": _("cyan"),
    "magenta": _("magenta"),
    "yellow": _("yellow"),
}
_GRAVE: Final = frozenset({AlertKind.FAULT, AlertKind.PAPER, AlertKind.NOT_SEEN})


@register.filter
def reading_reason(reason: str) -> str:
    return str(_REASONS.get(reason, reason))


@register.filter
def verdict_action(verdict: str) -> str:
    return str(_ACTIONS.get(verdict, verdict))


@register.filter
def sureness_word(sureness: str) -> str:
    return str(_SURENESS.get(sureness, sureness))


@register.filter
def supply_colour(colour: str) -> str:
    return str(_COLOURS.get(colour, colour))


@register.filter
def alert_badge(kind: str) -> str:
    """KERN's kind of badge."""
    return "danger" if kind in _GRAVE else "warning"


@register.filter
def level_badge(level: int | None, low: int) -> str:
    """KERN's kind of badge for a level in percent."""
    if level is None:
        return "info"
    return "danger" if level <= low else "warning" if level <= 2 * low else "success"
