# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who may open the pages of the town's IT, and the desk at which they then sit.

Always holds: a page gets its town from the signed-in person, never from the address. The town's IT reads and changes; an auditor only
reads, so every request but GET and HEAD is refused to them. Rows of other towns do not exist here (404, not 403).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.directory.roles import Role, RoleName

P = ParamSpec("P")
_READING: Final = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Desk:
    """Whose request it is and for which town; `may_change` is False for auditors."""

    actor: Person
    municipality: Municipality
    may_change: bool

    def show(self, request: HttpRequest, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
        return render(request, template, {"desk": self, **context}, status=status)


def open_desk(person: object) -> Desk | None:
    """The desk of this person in their own town; None for everybody who has no role there."""
    if not isinstance(person, Person) or not person.is_active or person.municipality is None:
        return None
    roles = set(
        Role.objects.filter(person=person, municipality=person.municipality).values_list("name", flat=True)
    )
    if not roles & {RoleName.IT.value, RoleName.AUDITOR.value}:
        return None
    return Desk(person, person.municipality, may_change=RoleName.IT.value in roles)


def administration_page(
    view: Callable[Concatenate[HttpRequest, Desk, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """A page that auditors may read too; the view's second argument is the desk."""
    return _guard(view, for_auditors=True)


def changing_page(
    view: Callable[Concatenate[HttpRequest, Desk, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """A page that is there to change something: for the town's IT alone, also to look at."""
    return _guard(view, for_auditors=False)


def _guard(
    view: Callable[Concatenate[HttpRequest, Desk, P], HttpResponseBase], *, for_auditors: bool
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        desk = open_desk(request.user)
        if desk is None:
            raise PermissionDenied
        if not desk.may_change and not (for_auditors and request.method in _READING):
            raise PermissionDenied
        return view(request, desk, *args, **kwargs)

    return guarded
