# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A town's rules as rows, and how they become what `evaluation` decides with.

Always holds: conditions are written through `parse_conditions` alone; a rule that goes is only taken off the list (`removed_at`), so that
it can come back and its counted effects keep their rule. The release asks `rules_of_town`, which is a look into a dictionary: an
answer is at most `KEPT_SECONDS` old, and in the process that changed a rule it is new at once.
"""

from __future__ import annotations

import time
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from allmende.devices.devices import Device
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.directory.roles import Role, RoleName
from allmende.printing.rules.conditions import ConditionError, parse_conditions
from allmende.printing.rules.evaluation import Effect, Rule

#: How long another process may go on with rules that were changed here.
KEPT_SECONDS: Final = 3.0
MAX_RULES: Final = 200
DEFAULT_APPROVAL_HOURS: Final = 24


class EffectChoice(models.TextChoices):
    """The words of `Effect`, as the form offers them."""

    DUPLEX = Effect.DUPLEX.value, _("print on both sides")
    MONO = Effect.MONO.value, _("print in black and white")
    ADVISE = Effect.ADVISE.value, _("advise another device")
    APPROVE = Effect.APPROVE.value, _("hold until somebody approves")
    REFUSE = Effect.REFUSE.value, _("refuse")
    EXEMPT = Effect.EXEMPT.value, _("let it pass: no later rule acts")


class PrintRule(models.Model):
    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="print_rules")
    #: Rules are asked in this order.
    position = models.PositiveIntegerField()
    name = models.CharField(_("name"), max_length=120)
    is_active = models.BooleanField(_("active"), default=True)
    #: Days of the town, both included.
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    #: As `Condition.to_json` writes them.
    conditions = models.JSONField(default=list)
    effect = models.CharField(_("effect"), max_length=10, choices=EffectChoice.choices)
    #: Who approves: this person, or whoever has the role; where neither can, the town's IT.
    approver = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    approver_role = models.CharField(max_length=20, choices=RoleName.choices, blank=True)
    approval_hours = models.PositiveIntegerField(default=DEFAULT_APPROVAL_HOURS)
    advised_device = models.ForeignKey(
        Device, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    asks_first = models.BooleanField(default=False)
    #: Why, in the words of the town: shown with a refusal, an advice and a request for approval.
    reason_de = models.CharField(max_length=300, blank=True)
    reason_en = models.CharField(max_length=300, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("rule")
        verbose_name_plural = _("rules")
        indexes = [
            models.Index(
                fields=["municipality", "position"],
                condition=models.Q(removed_at__isnull=True),
                name="rule_by_position",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def reason(self, language: str) -> str:
        """In the language where the town wrote one, else in the other."""
        first, second = self.reason_en, self.reason_de
        if language.startswith("de"):
            first, second = second, first
        return first or second


def rule_of(row: PrintRule, approvers: frozenset[int] = frozenset()) -> Rule:
    """The row as it is evaluated. `approvers`: who may approve by it. `advised_device` should be selected with the row."""
    device = row.advised_device
    try:
        conditions = parse_conditions(row.conditions)
        effect = Effect(row.effect)
    except (ConditionError, ValueError):
        conditions, effect = None, Effect.EXEMPT
    return Rule(
        id=row.pk,
        name=row.name,
        effect=effect,
        conditions=conditions,
        is_active=row.is_active,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        advised_device_id=device.pk if device is not None and device.is_active else None,
        asks_first=row.asks_first,
        needs_no_approval=approvers,
    )


class TownRules:
    """The rules of a town at one moment: `rows` by number, and `rules` in their order."""

    __slots__ = ("approvers", "rows", "rules")

    def __init__(self, municipality_id: int) -> None:
        rows = list(
            PrintRule.objects.filter(municipality_id=municipality_id, removed_at__isnull=True)
            .select_related("approver", "advised_device")
            .order_by("position", "id")[:MAX_RULES]
        )
        self.rows = {row.pk: row for row in rows}
        self.approvers = approvers_of(municipality_id, rows)
        self.rules = tuple(rule_of(row, self.approvers.get(row.pk, frozenset())) for row in rows)

    def __bool__(self) -> bool:
        return any(rule.is_active for rule in self.rules)


def approvers_of(municipality_id: int, rows: list[PrintRule]) -> dict[int, frozenset[int]]:
    """Who may approve by each of the rules, by the rule's number; one query at most, none without such rules."""
    asking = [row for row in rows if row.effect == Effect.APPROVE]
    if not asking:
        return {}
    roles = Role.objects.filter(municipality_id=municipality_id, person__is_active=True)
    by_role: dict[str, set[int]] = {}
    for name, person_id in roles.values_list("name", "person_id"):
        by_role.setdefault(name, set()).add(person_id)
    found = {}
    for row in asking:
        people = set(by_role.get(row.approver_role, set()))
        if row.approver is not None and row.approver.is_active:
            people.add(row.approver.pk)
        found[row.pk] = frozenset(people or by_role.get(RoleName.IT, set()))
    return found


#: By town: when it was read (monotonic), and what was read.
_kept: dict[tuple[int, bytes], tuple[float, TownRules]] = {}


def rules_of_town(municipality: Municipality) -> TownRules:
    """One query every few seconds, however many release."""
    # With the salt, because after a restore a row's number may be another town's.
    key = (municipality.pk, bytes(municipality.salt))
    known = _kept.get(key)
    now = time.monotonic()
    if known is not None and now - known[0] < KEPT_SECONDS:
        return known[1]
    rules = TownRules(municipality.pk)
    _kept[key] = (now, rules)
    return rules


def forget_rules(municipality: Municipality) -> None:
    _kept.pop((municipality.pk, bytes(municipality.salt)), None)
