# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Supplies of devices: toner, drums, waste containers, parts; their level now and their history.

Always holds: a sample is kept when the level changed, or once a day; samples older than `FINE_DAYS` are thinned to one a week, and go after two
years. What a device no longer names is kept as not present, so that its history stays.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from allmende.devices.devices import Device
from allmende.devices.meters.answers import DeviceAnswer
from allmende.devices.meters.forecast import Forecast, forecast_run_out
from allmende.directory.municipalities import Municipality

FINE_DAYS: Final = 90
KEPT_DAYS: Final = 730
_FORECAST_SAMPLES: Final = 120
_BATCH: Final = 5_000


class SupplyKind(models.TextChoices):
    TONER = "toner", _("Toner")
    DRUM = "drum", _("Drum")
    WASTE = "waste", _("Waste container")
    PART = "part", _("Part")
    STAPLES = "staples", _("Staples")
    OTHER = "other", _("Other")


class DeviceSupply(models.Model):
    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="+")
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="supplies")
    #: How it is told apart among the device's supplies: the source and the device's own index.
    key = models.CharField(max_length=60)
    kind = models.CharField(_("kind"), max_length=10, choices=SupplyKind.choices)
    colour = models.CharField(_("colour"), max_length=40, blank=True)
    name = models.CharField(_("name"), max_length=100, blank=True)
    #: Percent left (of a waste container: room left); None where the device does not say.
    level = models.PositiveSmallIntegerField(_("level"), null=True)
    seen_at = models.DateTimeField()
    is_present = models.BooleanField(default=True)

    class Meta:
        ordering = ["device", "kind", "key"]
        verbose_name = _("supply")
        verbose_name_plural = _("supplies")
        constraints = [models.UniqueConstraint(fields=["device", "key"], name="supply_once")]
        indexes = [models.Index(fields=["municipality", "is_present", "level"], name="supply_by_level")]

    def __str__(self) -> str:
        return self.name or f"{self.get_kind_display()} {self.colour}".strip()

    def forecast(self) -> Forecast | None:
        samples = self.samples.order_by("-at").values_list("at", "level")[:_FORECAST_SAMPLES]
        return forecast_run_out(list(samples))


class SupplySample(models.Model):
    supply = models.ForeignKey(DeviceSupply, on_delete=models.CASCADE, related_name="samples")
    at = models.DateTimeField()
    level = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["at"]
        indexes = [models.Index(fields=["supply", "at"], name="supply_samples")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d} {self.level} %"


def keep_supplies(device: Device, answer: DeviceAnswer, now: datetime) -> list[DeviceSupply]:
    """Store what the answer says; returns what is present now. An answer without supplies changes nothing."""
    if not answer.supplies:
        return []
    with transaction.atomic():
        known = {row.key: row for row in DeviceSupply.objects.filter(device=device)}
        present = []
        for state in answer.supplies:
            key = f"{answer.source}:{state.key}"
            row = known.pop(key, None) or DeviceSupply(
                municipality_id=device.municipality_id, device=device, key=key
            )
            row.kind, row.colour, row.name, row.level = state.kind, state.colour, state.name, state.level
            row.seen_at, row.is_present = now, True
            row.save()
            present.append(row)
            if state.level is not None:
                last = row.samples.order_by("-at").first()
                if last is None or last.level != state.level or now - last.at >= timedelta(days=1):
                    SupplySample.objects.create(supply=row, at=now, level=state.level)
        DeviceSupply.objects.filter(pk__in=[row.pk for row in known.values()]).update(is_present=False)
    return present


def thin_samples(municipality_id: int, now: datetime) -> int:
    """Drop what is too old or too fine, in a batch; how many."""
    rows = SupplySample.objects.filter(supply__municipality_id=municipality_id)
    dropped = rows.filter(at__lt=now - timedelta(days=KEPT_DAYS)).delete()[0]
    seen: set[tuple[int, int, int]] = set()
    surplus = []
    old = rows.filter(at__lt=now - timedelta(days=FINE_DAYS)).order_by("supply_id", "at")
    for pk, supply_id, at in old.values_list("pk", "supply_id", "at").iterator():
        year, week, _day = at.isocalendar()
        if (supply_id, year, week) in seen:
            surplus.append(pk)
        seen.add((supply_id, year, week))
        if len(surplus) >= _BATCH:
            break
    return dropped + SupplySample.objects.filter(pk__in=surplus).delete()[0]
