# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The sections of the cooperative's office (`/genossenschaft/`), grouped by what people do there, and of a member's own pages (`/mitgliedschaft/`).

Each names its page; one that is not built in has no entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from allmende.cooperative.member_access import ASKS_THE_OFFICE, READS_MEMBERSHIP, membership_entry
from allmende.directory.administration_access import open_desk
from allmende.directory.page_groups import PageGroup, PageLink
from allmende.directory.people import Person


@dataclass(frozen=True, slots=True)
class Section:
    """`also`: beginnings of other addresses of its pages."""

    url_name: str
    label: str | Promise
    also: tuple[str, ...] = ()


_OFFICE: Final[tuple[tuple[str | Promise, tuple[Section, ...]], ...]] = (
    (_("The office's day"), (Section("office_day", _("Today")), Section("requests", _("Requests")))),
    (
        _("Members"),
        (
            Section(
                "members",
                _("Members"),
                (
                    "/genossenschaft/austritte/",
                    "/genossenschaft/ansprechpersonen/",
                    "/genossenschaft/unterlagen/",
                ),
            ),
            Section("accessions", _("Accessions")),
            Section("inhouse", _("In-house procurement")),
        ),
    ),
    (
        _("Money"),
        (
            Section("shares", _("Shares")),
            Section("contributions", _("Contributions")),
            Section("invoices", _("Invoices")),
            Section("payments", _("Payments"), ("/genossenschaft/bank/",)),
        ),
    ),
    (_("Decisions"), (Section("meetings", _("Meetings")), Section("boards", _("Boards")))),
    (
        _("Law and evidence"),
        (
            Section("legal_rules", _("Rules of law")),
            Section("chain_of_changes", _("Chain of changes")),
        ),
    ),
)
#: With the roles that open them.
_MEMBERSHIP: Final = (
    (Section("membership", _("Our membership")), READS_MEMBERSHIP),
    (Section("my_meetings", _("Meetings"), ("/mitgliedschaft/umlauf/",)), READS_MEMBERSHIP),
    (Section("my_requests", _("Requests to the office")), ASKS_THE_OFFICE),
)


def office_groups() -> list[PageGroup]:
    return [PageGroup(label, tuple(_links(sections))) for label, sections in _OFFICE]


def membership_groups(person: Person) -> list[PageGroup]:
    """What this person may open of their member's pages; so few that each is a group of its own."""
    desk = open_desk(person)
    if desk is None or not membership_entry(person):
        return []
    opened = [section for section, roles in _MEMBERSHIP if not desk.roles.isdisjoint(roles)]
    return [PageGroup(page.label, (page,)) for page in _links(opened)]


def _links(sections: Iterable[Section]) -> Iterator[PageLink]:
    for section in sections:
        try:
            yield PageLink(reverse(section.url_name), section.label, section.also)
        except NoReverseMatch:
            continue
