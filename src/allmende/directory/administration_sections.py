# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The sections below `/verwaltung/` and for whom each is there. A room that is not built in has no entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from allmende.directory.administration_access import Desk


def _administer(desk: Desk) -> bool:
    return desk.may_administer


def _figures(desk: Desk) -> bool:
    return desk.may_read_figures


def _office(desk: Desk) -> bool:
    return desk.is_office


@dataclass(frozen=True, slots=True)
class Section:
    """`may_open` must say the same as the guard of the page that `url_name` names."""

    url_name: str
    label: str | Promise
    may_open: Callable[[Desk], bool]


_SECTIONS: Final = (
    Section("administration", _("Overview"), _administer),
    Section("administer_devices", _("Devices"), _administer),
    Section("administer_sites", _("Sites"), _administer),
    Section("meters", _("Meters"), _figures),
    Section("administer_people", _("People"), _administer),
    Section("administer_queues", _("Queues"), _administer),
    Section("administer_jobs", _("Jobs"), _administer),
    Section("administer_rules", _("Rules"), _administer),
    Section("administer_cost_centres", _("Cost centres"), _figures),
    Section("administer_budgets", _("Budgets"), _figures),
    Section("administer_ledger", _("Ledger of sheets"), _figures),
    Section("dashboard", _("Where we stand"), _figures),
    Section("reports", _("Reports"), _figures),
    Section("concepts", _("Concept"), _figures),
    Section("towns_side_by_side", _("Member towns"), _office),
    Section("savings", _("Saving"), _figures),
    Section("contracts", _("Contracts"), _figures),
    Section("settlements", _("Settlements"), _figures),
    Section("audit_trail", _("Audit trail"), _administer),
    Section("town_settings", _("Settings"), _administer),
)


def sections_for(desk: Desk) -> list[tuple[Section, str]]:
    """What this desk may open, in the navigation's order, each with its address."""
    found = []
    for section in _SECTIONS:
        if not section.may_open(desk):
            continue
        try:
            found.append((section, reverse(section.url_name)))
        except NoReverseMatch:
            continue
    return found
