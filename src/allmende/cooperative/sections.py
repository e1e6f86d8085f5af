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

from allmende.directory.page_groups import PageGroup, PageLink


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
_MEMBERSHIP: Final = (
    Section("membership", _("Our membership")),
    Section("my_meetings", _("Meetings"), ("/mitgliedschaft/umlauf/",)),
    Section("my_requests", _("Requests to the office")),
)


def office_groups() -> list[PageGroup]:
    return [PageGroup(label, tuple(_links(sections))) for label, sections in _OFFICE]


def membership_groups() -> list[PageGroup]:
    """So few that each is a group of its own."""
    return [PageGroup(page.label, (page,)) for page in _links(_MEMBERSHIP)]


def _links(sections: Iterable[Section]) -> Iterator[PageLink]:
    for section in sections:
        try:
            yield PageLink(reverse(section.url_name), section.label, section.also)
        except NoReverseMatch:
            continue
