# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What every page shows of the service and of who is signed in: the town's name and the ways on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from allmende.directory.administration_access import open_desk
from allmende.directory.people import Person


@dataclass(frozen=True, slots=True)
class _Entry:
    url_name: str
    label: str | Promise
    for_desk: bool = False


#: In the order of the navigation; all but the last need nothing but a person of a town.
_ENTRIES: Final = (
    _Entry("my_jobs", _("My jobs")),
    _Entry("upload", _("Print a file")),
    _Entry("my_history", _("History")),
    _Entry("my_chips", _("My chips")),
    _Entry("my_addresses", _("Set up printing")),
    _Entry("my_delegations", _("Delegation")),
    _Entry("administration", _("Administration"), for_desk=True),
)


def describe_page(request: HttpRequest) -> dict[str, Any]:
    """Template context: `municipality` of the signed-in person (None elsewhere) and `navigation`.

    `navigation` is a list of `{"href", "label", "current"}`.
    """
    person = getattr(request, "user", None)
    if not isinstance(person, Person) or person.municipality_id is None:
        return {"municipality": None, "navigation": []}
    may_administer = open_desk(person) is not None
    entries = []
    for entry in _ENTRIES:
        if entry.for_desk and not may_administer:
            continue
        try:
            href = reverse(entry.url_name)
        except NoReverseMatch:  # a room that is not built in has no way to it
            continue
        current = request.path == href or (href != "/" and request.path.startswith(href))
        entries.append({"href": href, "label": entry.label, "current": current})
    return {"municipality": person.municipality, "navigation": entries}
