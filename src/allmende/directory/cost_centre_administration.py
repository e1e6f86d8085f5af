# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Adding and changing cost centres and projects, by the town's IT or finance office."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Count, ProtectedError, Q, QuerySet
from django.http import Http404

from allmende.directory.access import may_keep_contracts
from allmende.directory.audit import record_audit
from allmende.directory.cost_centres import CostCentre, CostCentreKind
from allmende.directory.municipalities import Municipality
from allmende.directory.page_access import town_id_of
from allmende.directory.people import Person


class NumberTakenError(Exception):
    """The town has a cost centre with this number."""


class CostCentreInUseError(Exception):
    """Sheets are on it: it can be closed, not deleted."""


@dataclass(frozen=True, slots=True)
class CostCentreDetails:
    number: str
    name: str = ""
    kind: CostCentreKind = CostCentreKind.CENTRE
    is_active: bool = True
    valid_from: date | None = None
    valid_to: date | None = None


def access_cost_centre_for(actor: Person, cost_centre_id: int) -> CostCentre:
    """A cost centre of the actor's town; Http404 for every other number."""
    found = CostCentre.objects.filter(pk=cost_centre_id, municipality_id=town_id_of(actor)).first()
    if found is None:
        raise Http404
    return found


def list_cost_centres(municipality: Municipality, words: str = "") -> QuerySet[CostCentre]:
    """All of the town, closed ones too, by number; each with `people_count`, its active people."""
    rows = CostCentre.objects.filter(municipality=municipality)
    for word in words.split()[:8]:
        rows = rows.filter(Q(number__icontains=word) | Q(name__icontains=word))
    return rows.annotate(people_count=Count("people", filter=Q(people__is_active=True))).order_by(
        "number", "pk"
    )


def add_cost_centre(actor: Person, municipality: Municipality, details: CostCentreDetails) -> CostCentre:
    """Raises PermissionDenied, NumberTakenError."""
    _check(actor, municipality.pk)
    row = CostCentre(municipality=municipality)
    with transaction.atomic():
        _save(row, details)
        record_audit(municipality, actor, "cost_centre.added", f"cost_centre:{row.pk}", number=row.number)
    return row


def change_cost_centre(actor: Person, row: CostCentre, details: CostCentreDetails) -> list[str]:
    """The names of the columns that changed. Raises PermissionDenied, NumberTakenError."""
    _check(actor, row.municipality_id)
    changed = [name for name in CostCentreDetails.__slots__ if getattr(row, name) != getattr(details, name)]
    if changed:
        with transaction.atomic():
            _save(row, details)
            target = f"cost_centre:{row.pk}"
            record_audit(row.municipality, actor, "cost_centre.changed", target, fields=changed)
    return changed


def delete_cost_centre(actor: Person, row: CostCentre) -> None:
    """Only one on which no sheet is. Raises PermissionDenied, CostCentreInUseError."""
    _check(actor, row.municipality_id)
    target, number, municipality = f"cost_centre:{row.pk}", row.number, row.municipality
    try:
        with transaction.atomic():
            row.delete()
            record_audit(municipality, actor, "cost_centre.deleted", target, number=number)
    except ProtectedError:
        raise CostCentreInUseError from None


def _save(row: CostCentre, details: CostCentreDetails) -> None:
    for name in CostCentreDetails.__slots__:
        setattr(row, name, getattr(details, name))
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise NumberTakenError from None


def _check(actor: Person, municipality_id: int) -> None:
    if not may_keep_contracts(actor, municipality_id):
        raise PermissionDenied
