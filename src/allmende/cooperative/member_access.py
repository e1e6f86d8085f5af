# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who may open the pages below `/mitgliedschaft/`: what a member sees of its own membership.

    guard             who                                         what
    membership_page   administration's head, finance office       the figures of the membership
    request_page      these and the town's IT                     requests to the cooperative's office

Always holds: the member is the body behind the town of who is signed in, never one from the address; a town that is no member, and the
cooperative's own tenant, has no such pages (404).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, Final, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase

from allmende.cooperative.members import Member, member_of_municipality
from allmende.directory.administration_access import Desk, open_desk
from allmende.directory.people import Person
from allmende.directory.roles import RoleName

P = ParamSpec("P")
READS_MEMBERSHIP: Final = frozenset({RoleName.MANAGEMENT.value, RoleName.FINANCE.value})
ASKS_THE_OFFICE: Final = READS_MEMBERSHIP | {RoleName.IT.value}
_View = Callable[Concatenate[HttpRequest, Desk, Member, P], HttpResponseBase]
_Guarded = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def membership_page(view: _View[P]) -> _Guarded[P]:
    """The view's further arguments are the desk and the member."""
    return _guard(view, READS_MEMBERSHIP)


def request_page(view: _View[P]) -> _Guarded[P]:
    """The view's further arguments are the desk and the member."""
    return _guard(view, ASKS_THE_OFFICE)


def membership_entry(person: Person) -> str:
    """The name of the first of these pages that this person may open; "" for none."""
    desk = open_desk(person)
    if (
        desk is None
        or desk.roles.isdisjoint(ASKS_THE_OFFICE)
        or member_of_municipality(desk.municipality) is None
    ):
        return ""
    return "my_requests" if desk.roles.isdisjoint(READS_MEMBERSHIP) else "membership"


def _guard(view: _View[P], roles: frozenset[str]) -> _Guarded[P]:
    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        desk = open_desk(request.user)
        if desk is None or desk.roles.isdisjoint(roles):
            raise PermissionDenied
        member = member_of_municipality(desk.municipality)
        if member is None:
            raise Http404
        return view(request, desk, member, *args, **kwargs)

    return guarded
