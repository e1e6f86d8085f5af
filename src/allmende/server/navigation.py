# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What every page shows of the service and of who is signed in: the town's name and the ways on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from allmende.cooperative.member_access import membership_entry
from allmende.directory.administration_access import open_desk
from allmende.directory.administration_sections import first_page_for
from allmende.directory.people import Person
from allmende.printing.rules.approvals import count_open_requests


@dataclass(frozen=True, slots=True)
class _Entry:
    url_name: str
    label: str | Promise


_ADMINISTRATION: Final = "/verwaltung/"
_COOPERATIVE: Final = "/genossenschaft/"
_MEMBERSHIP: Final = "/mitgliedschaft/"
#: In the order of the navigation; they need nothing but a person of a town.
_ENTRIES: Final = (
    _Entry("my_jobs", _("My jobs")),
    _Entry("upload", _("Print a file")),
    _Entry("my_history", _("History")),
    _Entry("my_chips", _("My chips")),
    _Entry("my_addresses", _("Set up printing")),
    _Entry("my_delegations", _("Delegation")),
)


def describe_page(request: HttpRequest) -> dict[str, Any]:
    """Template context: `municipality` of the signed-in person (None elsewhere) and `navigation`.

    `navigation` is a list of `{"href", "label", "current"}`.
    """
    person = getattr(request, "user", None)
    if not isinstance(person, Person) or person.municipality_id is None:
        return {"municipality": None, "navigation": []}
    entries = []
    for entry in _ENTRIES:
        try:
            href = reverse(entry.url_name)
        except NoReverseMatch:  # a room that is not built in has no way to it
            continue
        entries.append(_link(request, href, entry.label))
    waiting = count_open_requests(person)
    if waiting is not None:
        label = gettext("Approvals (%(count)d)") % {"count": waiting} if waiting else _("Approvals")
        entries.append(_link(request, reverse("approvals"), label))
    desk = open_desk(person)
    if desk is not None and desk.is_office:
        entries.append(_link(request, reverse("office_day"), _("Cooperative"), below=_COOPERATIVE))
    membership = membership_entry(person)
    if membership:
        entries.append(_link(request, reverse(membership), _("Membership"), below=_MEMBERSHIP))
    first_page = first_page_for(desk) if desk is not None else ""
    if first_page:
        # It leads to the first page that the person's roles open; all of them lie below the same address.
        entries.append(_link(request, first_page, _("Administration"), below=_ADMINISTRATION))
    return {"municipality": person.municipality, "navigation": entries}


def _link(request: HttpRequest, href: str, label: str | Promise, *, below: str = "") -> dict[str, Any]:
    current = request.path == href or (href != "/" and request.path.startswith(below or href))
    return {"href": href, "label": label, "current": current}
