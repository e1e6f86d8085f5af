# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who may open the pages below `/verwaltung/`, and the desk at which they then sit.

Always holds: a page gets its town from the signed-in person, never from the address. Rows of other towns do not exist here (404, not 403).
Who may what stands in one table:

    guard                 reads                                              changes
    administration_page   IT, auditor                                        IT
    changing_page         IT                                                 IT
    figures_page          IT, finance, management, auditor                   nobody (GET and HEAD alone)
    contracts_page        IT, finance, management, auditor                   IT, finance
    readers_page          IT, finance, management, auditor                   the same: what is their own, which the service checks
    office_page           the cooperative's office, in its own tenant        the same
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.forms import BaseForm
from django.forms.formsets import BaseFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from allmende.directory.access import KEEPS_CONTRACTS, READS_FIGURES
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.directory.roles import Role, RoleName

P = ParamSpec("P")
_READING: Final = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Desk:
    """Whose request it is, for which town, and with which of its roles (values of `RoleName`)."""

    actor: Person
    municipality: Municipality
    roles: frozenset[str]

    @property
    def may_change(self) -> bool:
        """People, devices, queues and jobs: the town's IT."""
        return RoleName.IT in self.roles

    @property
    def may_administer(self) -> bool:
        """Look at people, devices, queues and jobs."""
        return self.may_change or RoleName.AUDITOR in self.roles

    @property
    def may_read_figures(self) -> bool:
        return not self.roles.isdisjoint(READS_FIGURES)

    @property
    def may_keep_contracts(self) -> bool:
        """Change contracts, prices, budgets and the baseline."""
        return not self.roles.isdisjoint(KEEPS_CONTRACTS)

    @property
    def is_office(self) -> bool:
        return self.municipality.is_cooperative and RoleName.OFFICE in self.roles

    def show(
        self, request: HttpRequest, template: str, *, status: int | None = None, **context: Any
    ) -> HttpResponse:
        """Where no status is given, a sent form that was refused says so to programs too: 422, else 200."""
        if status is None:
            status = 422 if request.method == "POST" and _has_refused_form(context) else 200
        return render(request, template, {"desk": self, **context}, status=status)


def _has_refused_form(context: Mapping[str, Any]) -> bool:
    forms = (each for each in context.values() if isinstance(each, (BaseForm, BaseFormSet)) and each.is_bound)
    return any(any(form.errors) for form in forms)


def open_desk(person: object) -> Desk | None:
    """The desk of this person in their own town; None for everybody who has no role there."""
    if not isinstance(person, Person) or not person.is_active or person.municipality is None:
        return None
    names = Role.objects.filter(person=person, municipality=person.municipality).values_list(
        "name", flat=True
    )
    roles = frozenset(names)
    return Desk(person, person.municipality, roles) if roles else None


def administration_page(
    view: Callable[Concatenate[HttpRequest, Desk, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """A page that auditors may read too; the view's second argument is the desk."""
    return _guard(view, reads=lambda desk: desk.may_administer, changes=lambda desk: desk.may_change)


def changing_page(
    view: Callable[Concatenate[HttpRequest, Desk, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """A page that is there to change something: for the town's IT alone, also to look at."""
    return _guard(view, reads=lambda desk: desk.may_change, changes=lambda desk: desk.may_change)


def figures_page(
    view: Callable[Concatenate[HttpRequest, Desk, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Counts and costs to look at; nothing is ever changed there."""
    return _guard(view, reads=lambda desk: desk.may_read_figures, changes=lambda _desk: False)


def contracts_page(
    view: Callable[Concatenate[HttpRequest, Desk, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Contracts, prices, cost centres, budgets: who reads figures sees them, IT and finance change them."""
    return _guard(
        view, reads=lambda desk: desk.may_read_figures, changes=lambda desk: desk.may_keep_contracts
    )


def readers_page(
    view: Callable[Concatenate[HttpRequest, Desk, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Who reads figures may act here on what is their own; the service asks whose it is."""
    return _guard(view, reads=lambda desk: desk.may_read_figures, changes=lambda desk: desk.may_read_figures)


def office_page(
    view: Callable[Concatenate[HttpRequest, Desk, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """All member towns side by side: for the cooperative's own office alone."""
    return _guard(view, reads=lambda desk: desk.is_office, changes=lambda desk: desk.is_office)


def _guard(
    view: Callable[Concatenate[HttpRequest, Desk, P], HttpResponseBase],
    *,
    reads: Callable[[Desk], bool],
    changes: Callable[[Desk], bool],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        desk = open_desk(request.user)
        if desk is None or not (reads if request.method in _READING else changes)(desk):
            raise PermissionDenied
        return view(request, desk, *args, **kwargs)

    return guarded
