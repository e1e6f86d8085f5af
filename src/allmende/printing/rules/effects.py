# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What rules did: one row per rule and job, counted at release against the job as it would have come out without rules.

Sheets and euros are those of the last time that the rule acted on the job. What was refused or held counts as prevented only until the job
comes out after all; an advice counts when it is followed. Euros are null where no contract says a price: unknown is not zero.
A job that comes out less than whole, or never, is not taken back here; what really came out stands in the ledger.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from django.db import models
from django.db.models import Count, Q, Sum
from django.utils.translation import gettext_lazy as _

from allmende.directory.municipalities import Municipality
from allmende.printing.prices import exact_cost, prices_at
from allmende.printing.rules.evaluation import Decision, Effect, Rule
from allmende.printing.rules.facts import Facts
from allmende.printing.rules.print_rules import EffectChoice, PrintRule

#: Rounded before it is stored, for each database would round in its own way. SQLite adds with binary fractions: a sum is rounded back to these places.
_AS_STORED: Final = Decimal("0.0001")


class RuleEffect(models.Model):
    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE)
    rule = models.ForeignKey(PrintRule, on_delete=models.CASCADE, related_name="effects")
    #: No foreign key: jobs end, figures stay.
    job_number = models.BigIntegerField()
    #: The town's local date.
    day = models.DateField()
    effect = models.CharField(max_length=10, choices=EffectChoice.choices)
    device = models.ForeignKey("devices.Device", on_delete=models.SET_NULL, null=True, related_name="+")
    sheets_saved = models.BigIntegerField(default=0)
    #: Printed sides that did not come out at all.
    impressions_saved = models.BigIntegerField(default=0)
    #: Printed sides that came out in black instead of colour, or not at all.
    colour_saved = models.BigIntegerField(default=0)
    euros_saved = models.DecimalField(max_digits=14, decimal_places=4, null=True)

    class Meta:
        verbose_name = _("effect of a rule")
        constraints = [models.UniqueConstraint(fields=["rule", "job_number"], name="effect_once_per_job")]
        indexes = [
            models.Index(fields=["municipality", "day"], name="effect_by_day"),
            models.Index(fields=["municipality", "job_number"], name="effect_by_job"),
        ]

    def __str__(self) -> str:
        return f"rule {self.rule_id} on job {self.job_number}"


@dataclass(frozen=True, slots=True)
class Saving:
    sheets: int = 0
    impressions: int = 0
    colour: int = 0
    euros: Decimal | None = None


@dataclass(frozen=True, slots=True)
class EffectSum:
    """Of one rule: jobs that it acted on, and what was saved; `euros` is None where no price is known, `unpriced` how many jobs have none."""

    jobs: int = 0
    sheets: int = 0
    impressions: int = 0
    colour: int = 0
    euros: Decimal | None = None
    unpriced: int = 0


def saving_between(before: Facts, after: Facts, media: str) -> Saving:
    """What `after` takes less than `before`; of unknown pages nothing is counted."""
    if before.impressions is None or after.impressions is None:
        return Saving()
    before_cost, after_cost = _cost(before, media), _cost(after, media)
    return Saving(
        sheets=(before.sheets or 0) - (after.sheets or 0),
        impressions=before.impressions - after.impressions,
        colour=(before.colour_impressions or 0) - (after.colour_impressions or 0),
        euros=None if before_cost is None or after_cost is None else before_cost - after_cost,
    )


def whole_saving(facts: Facts, media: str) -> Saving:
    """All of it: it did not come out."""
    if facts.impressions is None:
        return Saving()
    return Saving(facts.sheets or 0, facts.impressions, facts.colour_impressions or 0, _cost(facts, media))


def count_held_back(municipality_id: int, job_number: int, decision: Decision, media: str) -> None:
    """The job was refused, or waits for approval or for an answer to an advice; nothing is on its way."""
    rule = decision.gate
    if rule is not None:
        _write(municipality_id, job_number, rule, decision.facts, whole_saving(decision.facts, media))
    elif decision.advice is not None:
        _write(municipality_id, job_number, decision.advice, decision.facts, Saving())


def count_release(
    municipality_id: int, job_number: int, asked: Facts, decision: Decision, media: str
) -> None:
    """The job is on its way as `decision` leaves it; `asked` is what its owner wanted."""
    _settle_earlier(municipality_id, job_number, decision.facts, media)
    now = asked
    for rule in decision.applied:
        if rule.effect is Effect.DUPLEX:
            after = now.two_sided()
        elif rule.effect is Effect.MONO:
            after = now.in_black()
        else:
            after = now
        _write(municipality_id, job_number, rule, now, saving_between(now, after, media))
        now = after


def sum_effects(municipality_id: int, since: date) -> dict[int, EffectSum]:
    """By rule."""
    rows = (
        RuleEffect.objects.filter(municipality_id=municipality_id, day__gte=since)
        .values("rule_id")
        .annotate(
            jobs=Count("pk"),
            sheets=Sum("sheets_saved"),
            impressions=Sum("impressions_saved"),
            colour=Sum("colour_saved"),
            euros=Sum("euros_saved"),
            unpriced=Count("pk", filter=Q(euros_saved__isnull=True)),
        )
        .order_by()
    )
    return {
        row["rule_id"]: EffectSum(
            row["jobs"],
            row["sheets"],
            row["impressions"],
            row["colour"],
            None if row["euros"] is None else row["euros"].quantize(_AS_STORED),
            row["unpriced"],
        )
        for row in rows
    }


def _settle_earlier(municipality_id: int, job_number: int, released: Facts, media: str) -> None:
    """What was held back before comes out after all; an advice was followed where it comes out at the advised device."""
    earlier = RuleEffect.objects.filter(municipality_id=municipality_id, job_number=job_number)
    for row in earlier.select_related("rule"):
        saving = Saving(euros=Decimal(0))
        if row.effect == Effect.ADVISE and row.rule.advised_device_id == released.device_id:
            saving = _cheaper_by(row.device_id, released, media)
        _set(row, saving)


def _cheaper_by(other_device_id: int | None, released: Facts, media: str) -> Saving:
    """The same job at the device where the advice was given, less what it costs here."""
    there = released.at_device(
        other_device_id or 0, None, can_duplex=released.can_duplex, can_colour=released.can_colour
    )
    before, after = _cost(there, media), _cost(released, media)
    return Saving(euros=None if before is None or after is None else before - after)


def _write(municipality_id: int, job_number: int, rule: Rule, facts: Facts, saving: Saving) -> None:
    if rule.effect is Effect.EXEMPT:
        # It changes nothing, so there is nothing to count.
        return
    RuleEffect.objects.update_or_create(
        rule_id=rule.id,
        job_number=job_number,
        defaults={
            "municipality_id": municipality_id,
            "day": facts.at.date(),
            "effect": rule.effect.value,
            "device_id": facts.device_id,
            **_columns(saving),
        },
    )


def _set(row: RuleEffect, saving: Saving) -> None:
    RuleEffect.objects.filter(pk=row.pk).update(**_columns(saving))


def _columns(saving: Saving) -> dict[str, object]:
    euros = saving.euros
    return {
        "sheets_saved": saving.sheets,
        "impressions_saved": saving.impressions,
        "colour_saved": saving.colour,
        "euros_saved": None if euros is None else euros.quantize(_AS_STORED, ROUND_HALF_UP),
    }


def _cost(facts: Facts, media: str) -> Decimal | None:
    if facts.device_id is None or facts.impressions is None or facts.sheets is None:
        return None
    prices = prices_at(facts.device_id, facts.at.date())
    if prices is None:
        return None
    colour = facts.colour_impressions or 0
    return exact_cost(
        prices, mono=facts.impressions - colour, colour=colour, sheets=facts.sheets, media=media
    )
