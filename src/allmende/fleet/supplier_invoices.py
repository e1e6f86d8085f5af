# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Suppliers' invoices that were imported, and their check against what was settled.

Always holds: the file stays as it came, and is read anew for each check; a check looks at the closed settlement of the invoice's days, or at the draft
where nothing is closed.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from allmende.devices.device_moves import DeviceMove, MoveKind
from allmende.devices.devices import Device
from allmende.devices.meters.counts import Counts
from allmende.devices.meters.readings import MeterReading
from allmende.directory.access import may_keep_contracts
from allmende.directory.audit import record_audit
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.fleet.contracts import Contract, ContractDevice
from allmende.fleet.prices import ImpressionClass
from allmende.fleet.settlement.arithmetic import Days, LineKind
from allmende.fleet.settlement.drafts import DraftLine, draft_settlement, find_effective, own_lines
from allmende.fleet.settlement.settlements import Settlement
from allmende.fleet.settlement.volumes import split_by_class
from allmende.fleet.supplier_invoice_check import Difference, KnownDevice, OurLine, Reason, compare_invoice
from allmende.fleet.supplier_invoice_file import ChargedFor, InvoiceFile, read_invoice

_SWAPS: Final = (MoveKind.SWAPPED_IN, MoveKind.SWAPPED_OUT)


class SupplierInvoice(models.Model):
    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="+")
    contract = models.ForeignKey(Contract, on_delete=models.CASCADE, related_name="supplier_invoices")
    number = models.CharField(_("invoice number"), max_length=80)
    #: The settled month or quarter that it bills.
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    text = models.TextField()
    imported_at = models.DateTimeField(auto_now_add=True)
    imported_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-first_day", "-pk"]
        verbose_name = _("supplier's invoice")
        verbose_name_plural = _("suppliers' invoices")
        constraints = [models.UniqueConstraint(fields=["contract", "number"], name="supplier_invoice_once")]

    def __str__(self) -> str:
        return self.number

    @property
    def period(self) -> Days:
        return Days(self.first_day, self.last_day)


class InvoiceThereError(Exception):
    """The contract has an invoice with this number."""


@dataclass(frozen=True, slots=True)
class InvoiceCheck:
    """`settlement` is None where the draft was compared with."""

    file: InvoiceFile
    settlement: Settlement | None
    differences: list[Difference]

    @property
    def ours(self) -> Decimal:
        return sum((each.ours for each in self.differences), Decimal(0))

    @property
    def theirs(self) -> Decimal:
        return sum((each.theirs for each in self.differences), Decimal(0))

    @property
    def found(self) -> list[Difference]:
        return [each for each in self.differences if each.reason is not Reason.SAME]


def import_invoice(
    actor: Person, contract: Contract, number: str, period: Days, text: str
) -> SupplierInvoice:
    """Raises PermissionDenied, InvoiceThereError, UnreadableInvoiceError."""
    if not may_keep_contracts(actor, contract.municipality_id):
        raise PermissionDenied
    read_invoice(text)
    with transaction.atomic():
        invoice, is_new = SupplierInvoice.objects.get_or_create(
            contract=contract,
            number=number,
            defaults={
                "municipality_id": contract.municipality_id,
                "first_day": period.first_day,
                "last_day": period.last_day,
                "text": text,
                "imported_by": actor,
            },
        )
        if not is_new:
            raise InvoiceThereError
        record_audit(
            contract.municipality,
            actor,
            "supplier_invoice.imported",
            f"supplier_invoice:{invoice.pk}",
            contract=str(contract),
            number=number,
        )
    return invoice


def delete_invoice(actor: Person, invoice: SupplierInvoice) -> None:
    if not may_keep_contracts(actor, invoice.municipality_id):
        raise PermissionDenied
    with transaction.atomic():
        record_audit(
            invoice.municipality,
            actor,
            "supplier_invoice.deleted",
            f"supplier_invoice:{invoice.pk}",
            number=invoice.number,
        )
        invoice.delete()


def check_invoice(contract: Contract, period: Days, text: str) -> InvoiceCheck:
    """Raises UnreadableInvoiceError, PriceError."""
    file = read_invoice(text)
    settlement = find_effective(contract, period)
    if settlement is not None:
        lines = own_lines(settlement)
    else:
        lines = [each for each in draft_settlement(contract, period).lines if not each.is_reversal]
    ours = [OurLine(each.line, _counters(each)) for each in lines]
    differences = compare_invoice(
        file.rows, ours, known_devices(contract, period), former_prices=_listed_prices(contract)
    )
    return InvoiceCheck(file, settlement, differences)


def known_devices(contract: Contract, period: Days) -> list[KnownDevice]:
    """All devices of the town, with the serial numbers that their readings have ever told."""
    devices = Device.objects.filter(municipality_id=contract.municipality_id)
    serials: dict[int, set[str]] = defaultdict(set)
    told = MeterReading.objects.filter(municipality_id=contract.municipality_id).exclude(serial_number="")
    for device_id, serial in told.order_by().values_list("device_id", "serial_number").distinct():
        serials[device_id].add(serial)
    places = ContractDevice.objects.filter(contract=contract)
    numbers = dict(places.values_list("device_id", "supplier_number"))
    inside = set(
        places.filter(
            Q(last_day__isnull=True) | Q(last_day__gte=period.first_day), first_day__lte=period.last_day
        ).values_list("device_id", flat=True)
    )
    swapped = set(
        DeviceMove.objects.filter(
            municipality_id=contract.municipality_id, kind__in=_SWAPS, day__lte=period.last_day
        ).values_list("device_id", flat=True)
    )
    return [
        KnownDevice(
            device.pk,
            device.name,
            device.serial_number,
            tuple(sorted(serials[device.pk] - {device.serial_number})),
            numbers.get(device.pk, ""),
            in_contract=device.pk in inside,
            was_swapped=device.pk in swapped,
        )
        for device in devices
    ]


def _counters(each: DraftLine) -> tuple[int, int] | None:
    which = each.line.impression_class
    if each.line.kind is not LineKind.CLICKS or which is None or not each.evidence:
        return None
    ends = [_counter(each.evidence[end]["counts"], which) for end in ("start", "end")]
    return None if ends[0] is None or ends[1] is None else (ends[0], ends[1])


def _counter(counts: dict[str, int], which: ImpressionClass) -> int | None:
    impressions, _has_colour = split_by_class(Counts(**counts))
    return None if impressions is None else impressions[which]


def _listed_prices(contract: Contract) -> dict[ChargedFor, frozenset[Decimal]]:
    """Every price that the contract ever had, by what it was for."""
    found: dict[ChargedFor, set[Decimal]] = defaultdict(set)
    for row in contract.terms.all():
        found[ChargedFor.RENT] |= {row.rent, *(Decimal(str(rent)) for rent in row.rents.values())}
        found[ChargedFor.MONO].add(row.click_mono)
        found[ChargedFor.COLOUR].add(row.click_colour)
        found[ChargedFor.MONO_A3].add(row.click_mono_a3)
        found[ChargedFor.COLOUR_A3].add(row.click_colour_a3)
    return {which: frozenset(prices) for which, prices in found.items()}
