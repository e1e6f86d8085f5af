# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The sections of the cooperative's office (`/genossenschaft/`) and of a member's own pages (`/mitgliedschaft/`).

Each names its page; one that is not built in has no entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Section:
    url_name: str
    label: str | Promise


OFFICE: Final = (
    Section("office_day", _("Today")),
    Section("members", _("Members")),
    Section("accessions", _("Accessions")),
    Section("shares", _("Shares")),
    Section("contributions", _("Contributions")),
    Section("invoices", _("Invoices")),
    Section("payments", _("Payments")),
    Section("meetings", _("Meetings")),
    Section("boards", _("Boards")),
    Section("requests", _("Requests")),
    Section("inhouse", _("In-house procurement")),
    Section("legal_rules", _("Rules of law")),
    Section("chain_of_changes", _("Chain of changes")),
)
MEMBERSHIP: Final = (
    Section("membership", _("Our membership")),
    Section("my_meetings", _("Meetings")),
    Section("my_requests", _("Requests to the office")),
)


def links(sections: tuple[Section, ...], path: str) -> list[dict[str, object]]:
    """`{"href", "label", "current"}` of each section that is there; the longest address that fits is the current one."""
    found = []
    for section in sections:
        try:
            found.append((reverse(section.url_name), section.label))
        except NoReverseMatch:
            continue
    current = max((href for href, _label in found if path.startswith(href)), key=len, default="")
    return [{"href": href, "label": label, "current": href == current} for href, label in found]
