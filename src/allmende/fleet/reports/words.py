# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The reports' names, and the words in addresses and files."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from allmende.fleet.reports.kinds import ReportKind
from allmende.fleet.reports.periods import Preset

NAMES: Final[dict[ReportKind, str | Promise]] = {
    ReportKind.TOWN: _("The whole town"),
    ReportKind.SITE: _("Sites"),
    ReportKind.COST_CENTRE: _("Cost centres"),
    ReportKind.COST: _("Costs"),
    ReportKind.DEVICE: _("Devices"),
    ReportKind.TIME: _("Over time"),
    ReportKind.ENVIRONMENT: _("Environment"),
}
WHAT_FOR: Final[dict[ReportKind, str | Promise]] = {
    ReportKind.TOWN: _("What is printed, copied and scanned, on which paper."),
    ReportKind.SITE: _("The town's buildings beside each other."),
    ReportKind.COST_CENTRE: _("Who bears how much. Small groups are withheld."),
    ReportKind.COST: _("What each cost centre bears in euros, from the closed settlements."),
    ReportKind.DEVICE: _("Which devices work much, and which hardly."),
    ReportKind.TIME: _("By day, month or year."),
    ReportKind.ENVIRONMENT: _("Wood, CO₂ and energy of the paper, with the sources of the factors."),
}
#: German, as all addresses are; also the files' names.
ADDRESSES: Final = {
    ReportKind.TOWN: "kommune",
    ReportKind.SITE: "standorte",
    ReportKind.COST_CENTRE: "kostenstellen",
    ReportKind.COST: "kosten",
    ReportKind.DEVICE: "geraete",
    ReportKind.TIME: "zeit",
    ReportKind.ENVIRONMENT: "umwelt",
}
PRESETS: Final[dict[Preset, str | Promise]] = {
    Preset.THIS_MONTH: _("this month"),
    Preset.LAST_MONTH: _("last month"),
    Preset.THIS_YEAR: _("this year"),
    Preset.LAST_YEAR: _("last year"),
    Preset.FREE: _("from … to …"),
}


def report_name(kind: ReportKind) -> str:
    return str(NAMES[kind])
