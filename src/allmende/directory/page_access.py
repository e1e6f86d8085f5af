# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who may open a page: views get the person that they act for as an argument, never from the address.

The pages of the town's IT have a guard of their own: `administration_access`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from allmende.directory.people import Person

P = ParamSpec("P")


def town_id_of(person: Person) -> int:
    """The row number of the person's town; PermissionDenied for operators, who belong to none."""
    if person.municipality_id is None:
        raise PermissionDenied
    return person.municipality_id


def person_page(
    view: Callable[Concatenate[HttpRequest, Person, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """A page for signed-in people of a town: the view's second argument is the person.

    Others are sent to sign in; operators of the platform, who belong to no town, to the administration that is theirs.
    """

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        person = request.user
        if not isinstance(person, Person):
            return redirect_to_login(request.get_full_path())
        if person.municipality_id is None:
            if person.is_superuser:
                return redirect("admin:index")
            raise PermissionDenied
        return view(request, person, *args, **kwargs)

    return guarded
