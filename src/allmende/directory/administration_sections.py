# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The sections below `/verwaltung/`, grouped by what people do there, and for whom each is. A room that is not built in has no entry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from allmende.directory.administration_access import Desk
from allmende.directory.page_groups import PageGroup, PageLink


def _administer(desk: Desk) -> bool:
    return desk.may_administer


def _figures(desk: Desk) -> bool:
    return desk.may_read_figures


def _office(desk: Desk) -> bool:
    return desk.is_office


@dataclass(frozen=True, slots=True)
class Section:
    """`may_open` must say the same as the guard of the page that `url_name` names. `also`: beginnings of other addresses of its pages."""

    url_name: str
    label: str | Promise
    may_open: Callable[[Desk], bool]
    also: tuple[str, ...] = ()


_GROUPS: Final[tuple[tuple[str | Promise, tuple[Section, ...]], ...]] = (
    (
        _("Overview"),
        (
            Section("administration", pgettext_lazy("administration", "Today"), _administer),
            Section("dashboard", _("Where we stand"), _figures),
        ),
    ),
    (
        pgettext_lazy("administration", "Printing"),
        (
            Section("administer_jobs", _("Jobs"), _administer),
            Section("administer_queues", _("Queues"), _administer),
            Section("administer_rules", _("Rules"), _administer),
        ),
    ),
    (
        _("Devices"),
        (
            Section("administer_devices", _("Devices"), _administer, ("/verwaltung/token/",)),
            Section(
                "administer_sites", _("Sites"), _administer, ("/verwaltung/etagen/", "/verwaltung/raeume/")
            ),
            Section("meters", _("Meters"), _figures),
            Section("concepts", _("Concept"), _figures),
        ),
    ),
    (
        _("Contracts and costs"),
        (
            Section("contracts", _("Contracts"), _figures),
            Section("settlements", _("Settlements"), _figures),
            Section("administer_budgets", _("Budgets"), _figures),
            Section("administer_cost_centres", _("Cost centres"), _figures),
            Section("savings", _("Saving"), _figures),
        ),
    ),
    (
        _("Figures"),
        (
            Section("reports", _("Reports"), _figures, ("/verwaltung/personenberichte/",)),
            Section("administer_ledger", _("Ledger of sheets"), _figures),
            Section("towns_side_by_side", _("Member towns"), _office),
        ),
    ),
    (
        _("People and set-up"),
        (
            Section("administer_people", _("People"), _administer, ("/verwaltung/chips/",)),
            Section("audit_trail", _("Audit trail"), _administer),
            Section("town_settings", _("Settings"), _administer),
        ),
    ),
)


def groups_for(desk: Desk) -> list[PageGroup]:
    """What this desk may open, in the navigation's order."""
    return [
        PageGroup(label, tuple(_links(section for section in sections if section.may_open(desk))))
        for label, sections in _GROUPS
    ]


def first_page_for(desk: Desk) -> str:
    """The address that this desk begins with; empty where it may open nothing."""
    return next((page.href for group in groups_for(desk) for page in group.pages), "")


def _links(sections: Iterable[Section]) -> Iterator[PageLink]:
    for section in sections:
        try:
            yield PageLink(reverse(section.url_name), section.label, section.also)
        except NoReverseMatch:
            continue
