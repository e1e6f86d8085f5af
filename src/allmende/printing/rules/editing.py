# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Adding, changing, moving, switching and removing rules, by the town's IT. Every change is in the audit trail.

Always holds: positions of a town's listed rules are 1, 2, 3 …, renumbered under the town's lock; nothing a rule names (person, device,
site) is of another town.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from allmende.devices.devices import Device
from allmende.devices.sites import Site
from allmende.directory.access import check_town_it
from allmende.directory.audit import record_audit
from allmende.directory.municipalities import Municipality
from allmende.directory.page_access import town_id_of
from allmende.directory.people import Person
from allmende.printing.rules.conditions import Condition, OneOf, parse_conditions
from allmende.printing.rules.evaluation import Effect
from allmende.printing.rules.print_rules import DEFAULT_APPROVAL_HOURS, MAX_RULES, PrintRule, forget_rules


class TooManyRulesError(Exception):
    """A town has `MAX_RULES` at most."""


class ForeignRowError(Exception):
    """A person, a device or a site is not this town's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDetails:
    """What the town's IT sets. `conditions` were checked by `parse_conditions`."""

    name: str
    effect: Effect
    conditions: tuple[Condition, ...] = ()
    is_active: bool = True
    valid_from: date | None = None
    valid_until: date | None = None
    approver_id: int | None = None
    approver_role: str = ""
    approval_hours: int = DEFAULT_APPROVAL_HOURS
    advised_device_id: int | None = None
    asks_first: bool = False
    reason_de: str = ""
    reason_en: str = ""

    def columns(self) -> dict[str, Any]:
        columns: dict[str, Any] = {name: getattr(self, name) for name in _PLAIN}
        columns["effect"] = self.effect.value
        columns["conditions"] = [condition.to_json() for condition in self.conditions]
        return columns


_PLAIN: Final = (
    "name",
    "is_active",
    "valid_from",
    "valid_until",
    "approver_id",
    "approver_role",
    "approval_hours",
    "advised_device_id",
    "asks_first",
    "reason_de",
    "reason_en",
)
_TABLES: Final = {"persons": Person, "devices": Device, "sites": Site}


def access_rule_for(actor: Person, rule_id: int) -> PrintRule:
    """A rule of the actor's town, removed ones too; Http404 for every other number."""
    row = (
        PrintRule.objects.select_related("municipality", "approver", "advised_device")
        .filter(pk=rule_id, municipality_id=town_id_of(actor))
        .first()
    )
    if row is None:
        raise Http404
    return row


def listed_rules(municipality: Municipality) -> list[PrintRule]:
    """In their order, fresh from the database."""
    rows = PrintRule.objects.filter(municipality=municipality, removed_at__isnull=True)
    return list(rows.select_related("approver", "advised_device").order_by("position", "id"))


def removed_rules(municipality: Municipality) -> list[PrintRule]:
    """Latest first."""
    rows = PrintRule.objects.filter(municipality=municipality, removed_at__isnull=False)
    return list(rows.select_related("approver", "advised_device").order_by("-removed_at")[:MAX_RULES])


def add_rule(actor: Person, municipality: Municipality, details: RuleDetails) -> PrintRule:
    """At the end of the order. Raises PermissionDenied, TooManyRulesError, ForeignRowError."""
    check_town_it(actor, municipality.pk)
    _check_rows(municipality, details)
    with transaction.atomic():
        rows = _locked(municipality)
        if len(rows) >= MAX_RULES:
            raise TooManyRulesError
        row = PrintRule.objects.create(municipality=municipality, position=len(rows) + 1, **details.columns())
        record_audit(municipality, actor, "rule.added", f"rule:{row.pk}", name=row.name, effect=row.effect)
    forget_rules(municipality)
    return row


def change_rule(actor: Person, row: PrintRule, details: RuleDetails) -> list[str]:
    """The names of the columns that changed. Raises PermissionDenied, ForeignRowError."""
    check_town_it(actor, row.municipality_id)
    _check_rows(row.municipality, details)
    changed = {
        name: [getattr(row, name), value]
        for name, value in details.columns().items()
        if getattr(row, name) != value
    }
    if changed:
        for name, (_old, new) in changed.items():
            setattr(row, name, new)
        with transaction.atomic():
            row.save(update_fields=list(changed))
            told = {name: [str(old), str(new)] for name, (old, new) in changed.items()}
            record_audit(row.municipality, actor, "rule.changed", f"rule:{row.pk}", **told)
        forget_rules(row.municipality)
    return list(changed)


def switch_rule(actor: Person, row: PrintRule, *, active: bool) -> None:
    """Raises PermissionDenied."""
    check_town_it(actor, row.municipality_id)
    with transaction.atomic():
        if PrintRule.objects.filter(pk=row.pk, is_active=not active).update(is_active=active):
            action = "rule.switched_on" if active else "rule.switched_off"
            record_audit(row.municipality, actor, action, f"rule:{row.pk}", name=row.name)
    row.is_active = active
    forget_rules(row.municipality)


def move_rule(actor: Person, row: PrintRule, *, up: bool) -> bool:
    """One place; False where it is the first or last already. Raises PermissionDenied."""
    check_town_it(actor, row.municipality_id)
    with transaction.atomic():
        rows = _locked(row.municipality)
        places = {each.pk: place for place, each in enumerate(rows)}
        here = places.get(row.pk)
        there = None if here is None else here + (-1 if up else 1)
        if here is None or there is None or not 0 <= there < len(rows):
            return False
        rows[here], rows[there] = rows[there], rows[here]
        _number(rows)
        record_audit(row.municipality, actor, "rule.moved", f"rule:{row.pk}", position=[here + 1, there + 1])
    forget_rules(row.municipality)
    return True


def remove_rule(actor: Person, row: PrintRule) -> None:
    """Off the list; `restore_rule` brings it back. Raises PermissionDenied."""
    check_town_it(actor, row.municipality_id)
    with transaction.atomic():
        _locked(row.municipality)
        if PrintRule.objects.filter(pk=row.pk, removed_at__isnull=True).update(removed_at=timezone.now()):
            _number(_listed(row.municipality_id))
            record_audit(row.municipality, actor, "rule.removed", f"rule:{row.pk}", name=row.name)
    forget_rules(row.municipality)


def restore_rule(actor: Person, row: PrintRule) -> None:
    """Back at the end of the order, switched off. Raises PermissionDenied, TooManyRulesError."""
    check_town_it(actor, row.municipality_id)
    with transaction.atomic():
        rows = _locked(row.municipality)
        if len(rows) >= MAX_RULES:
            raise TooManyRulesError
        if PrintRule.objects.filter(pk=row.pk, removed_at__isnull=False).update(
            removed_at=None, is_active=False, position=len(rows) + 1
        ):
            record_audit(row.municipality, actor, "rule.restored", f"rule:{row.pk}", name=row.name)
    forget_rules(row.municipality)


def _locked(municipality: Municipality) -> list[PrintRule]:
    Municipality.objects.select_for_update().get(pk=municipality.pk)
    return _listed(municipality.pk)


def _listed(municipality_id: int) -> list[PrintRule]:
    rows = PrintRule.objects.filter(municipality_id=municipality_id, removed_at__isnull=True)
    return list(rows.order_by("position", "id"))


def _number(rows: Sequence[PrintRule]) -> None:
    for position, row in enumerate(rows, start=1):
        if row.position != position:
            row.position = position
            row.save(update_fields=["position"])


def _check_rows(municipality: Municipality, details: RuleDetails) -> None:
    wanted: dict[str, set[int]] = {"persons": set(), "devices": set(), "sites": set()}
    for condition in parse_conditions([condition.to_json() for condition in details.conditions]):
        if isinstance(condition, OneOf) and condition.kind in wanted:
            wanted[condition.kind] |= {value for value in condition.values if isinstance(value, int)}
    if details.approver_id is not None:
        wanted["persons"].add(details.approver_id)
    if details.advised_device_id is not None:
        wanted["devices"].add(details.advised_device_id)
    for kind, numbers in wanted.items():
        table: Any = _TABLES[kind]
        if numbers and table.objects.filter(municipality=municipality, pk__in=numbers).count() != len(
            numbers
        ):
            raise ForeignRowError
