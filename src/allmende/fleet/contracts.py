# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Contracts for devices: with whom, how long, at what prices, and for which devices.

Always holds: a price list (`ContractTerm`) is valid until the next one of its contract begins or the contract ends, so lists can neither overlap
nor leave a gap, and the first begins with the contract; a device is in one contract at a time; days are whole days of the town, the last
included; euros are net. What changes them is in `contract_changes`.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from allmende.devices.devices import Device
from allmende.directory.municipalities import Municipality
from allmende.fleet.prices import VolumeKind, VolumePer

#: What contracts have in their prices or leave to the town.
SERVICES: Final = (
    ("toner", _("Toner and ink")),
    ("service", _("Repair and maintenance")),
    ("parts", _("Wearing parts and drums")),
    ("waste", _("Waste toner boxes")),
    ("delivery", _("Delivery and installation")),
    ("training", _("Training")),
    ("staples", _("Staples")),
    ("paper", _("Paper")),
)


class Settled(models.TextChoices):
    MONTHLY = "monthly", _("monthly")
    QUARTERLY = "quarterly", _("quarterly")


class InvoicedBy(models.TextChoices):
    """Who sends the town an invoice for what was settled."""

    SUPPLIER = "supplier", _("the supplier, to the town directly")
    COOPERATIVE = "cooperative", _("the cooperative, with its own invoices")


class VolumeChoice(models.TextChoices):
    NONE = VolumeKind.NONE.value, _("none: every impression is billed")
    INCLUDED = VolumeKind.INCLUDED.value, _("included: so many are in the rent")
    MINIMUM = VolumeKind.MINIMUM.value, _("minimum: so many are billed at least")


class VolumePerChoice(models.TextChoices):
    MONTH = VolumePer.MONTH.value, _("each month for itself")
    PERIOD = VolumePer.PERIOD.value, _("the settled period as a whole")


class Contract(models.Model):
    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="contracts")
    supplier = models.CharField(_("supplier"), max_length=200)
    number = models.CharField(_("contract number"), max_length=80)
    title = models.CharField(_("what it is about"), max_length=200, blank=True)
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"), null=True, blank=True)
    settled = models.CharField(
        _("settled"), max_length=10, choices=Settled.choices, default=Settled.QUARTERLY
    )
    invoiced_by = models.CharField(
        _("invoiced by"), max_length=12, choices=InvoicedBy.choices, default=InvoicedBy.SUPPLIER
    )
    #: Keys of SERVICES that are in the prices; all others the town pays beside them.
    services = models.JSONField(_("in the price"), default=list, blank=True)
    note = models.TextField(_("note"), blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["supplier", "number"]
        verbose_name = _("contract")
        verbose_name_plural = _("contracts")
        constraints = [
            models.UniqueConstraint(fields=["municipality", "supplier", "number"], name="contract_once")
        ]

    def __str__(self) -> str:
        return f"{self.supplier} {self.number}"

    def runs_on(self, day: date) -> bool:
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)


class ContractTerm(models.Model):
    """A price list, from `first_day` until the next one begins."""

    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="+")
    contract = models.ForeignKey(Contract, on_delete=models.CASCADE, related_name="terms")
    first_day = models.DateField(_("valid from"))
    rent = models.DecimalField(_("rent per device and month"), max_digits=12, decimal_places=6, default=0)
    #: Rent by class of device where it differs: `{"A3 colour": "58.50"}`.
    rents = models.JSONField(_("rent by class"), default=dict, blank=True)
    click_mono = models.DecimalField(_("A4 mono"), max_digits=12, decimal_places=6, default=0)
    click_colour = models.DecimalField(_("A4 colour"), max_digits=12, decimal_places=6, default=0)
    click_mono_a3 = models.DecimalField(_("A3 mono"), max_digits=12, decimal_places=6, default=0)
    click_colour_a3 = models.DecimalField(_("A3 colour"), max_digits=12, decimal_places=6, default=0)
    volume_kind = models.CharField(
        _("volume"), max_length=10, choices=VolumeChoice.choices, default=VolumeChoice.NONE
    )
    volume_pooled = models.BooleanField(_("for all devices together"), default=True)
    volume_per = models.CharField(
        _("reckoned"), max_length=10, choices=VolumePerChoice.choices, default=VolumePerChoice.PERIOD
    )
    volume_mono = models.PositiveIntegerField(_("impressions mono"), default=0)
    volume_colour = models.PositiveIntegerField(_("impressions colour"), default=0)
    #: Per cent; empty takes the law's rate of the day (`tax_rates`).
    tax_rate = models.DecimalField(_("tax rate"), max_digits=5, decimal_places=2, null=True, blank=True)

    class Meta:
        ordering = ["first_day"]
        verbose_name = _("price list")
        verbose_name_plural = _("price lists")
        constraints = [
            models.UniqueConstraint(fields=["contract", "first_day"], name="contract_term_once_a_day"),
            models.CheckConstraint(
                condition=models.Q(
                    rent__gte=0,
                    click_mono__gte=0,
                    click_colour__gte=0,
                    click_mono_a3__gte=0,
                    click_colour_a3__gte=0,
                ),
                name="contract_term_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract} {self.first_day:%Y-%m-%d}"


class ChargeKind(models.TextChoices):
    ONE_OFF = "one_off", _("one-off")
    TAKE_BACK = "take_back", _("take-back of old devices")


class ContractCharge(models.Model):
    """An amount that falls due once: set-up, transport, the take-back of old devices."""

    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="+")
    contract = models.ForeignKey(Contract, on_delete=models.CASCADE, related_name="charges")
    day = models.DateField(_("day"))
    kind = models.CharField(_("kind"), max_length=10, choices=ChargeKind.choices, default=ChargeKind.ONE_OFF)
    label = models.CharField(_("label"), max_length=200)
    #: Euros, net, never negative; `is_credit` says who pays.
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    is_credit = models.BooleanField(_("the supplier pays it to the town"), default=False)

    class Meta:
        ordering = ["day", "pk"]
        verbose_name = _("one-off amount")
        verbose_name_plural = _("one-off amounts")
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="contract_charge_not_negative")
        ]

    def __str__(self) -> str:
        return self.label


class ContractDevice(models.Model):
    """A device in the contract, from its first to its last day there."""

    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="+")
    contract = models.ForeignKey(Contract, on_delete=models.CASCADE, related_name="contract_devices")
    device = models.ForeignKey(Device, on_delete=models.RESTRICT, related_name="+")
    #: One of the classes that the price lists name; empty takes their general rent.
    device_class = models.CharField(_("class"), max_length=80, blank=True)
    #: How the supplier calls it on invoices, where that is not the serial number.
    supplier_number = models.CharField(_("supplier's number"), max_length=80, blank=True)
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"), null=True, blank=True)

    class Meta:
        ordering = ["device__name", "first_day"]
        verbose_name = _("device in the contract")
        verbose_name_plural = _("devices in the contract")
        indexes = [models.Index(fields=["device", "first_day"], name="contract_device_by_device")]

    def __str__(self) -> str:
        return f"{self.device}: {self.contract}"
