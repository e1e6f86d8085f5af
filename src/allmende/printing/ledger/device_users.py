# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""How many people stand behind a device's figures: so that reports can withhold those of too few.

A row for each device and person that the ledger has together. Always holds: written with the entry, in its transaction; the person goes out
of it when they go out of the ledger's entries (`ledger.retention`), and the row stays as "one more person", so that a device does not
become one of few because time passed.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.db import models

from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.printing.ledger.rollups import SheetMonth
from allmende.printing.ledger.sheets import SheetEntry


class DeviceUser(models.Model):
    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="+")
    device = models.ForeignKey("devices.Device", on_delete=models.CASCADE, db_index=False, related_name="+")
    #: Null: somebody who is not known any more.
    person = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    last_day = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["device", "person"], name="device_user_once")]

    def __str__(self) -> str:
        return f"device {self.device_id}: person {self.person_id}"


@dataclass(frozen=True, slots=True)
class DeviceUse:
    """Who the ledger has at a device. `people`: numbers of persons, of those not known any more a negative number of their own.

    `cost_centre_ids`: where no person is known at all, the cost centres that sheets of this device were put on, 0 for none.
    """

    people: frozenset[int] = frozenset()
    cost_centre_ids: frozenset[int] = frozenset()


def note_user(entry: SheetEntry) -> None:
    """In the transaction of the entry."""
    if entry.person_id is None or entry.device_id is None:
        return
    DeviceUser.objects.bulk_create(
        [
            DeviceUser(
                municipality_id=entry.municipality_id,
                device_id=entry.device_id,
                person_id=entry.person_id,
                last_day=entry.day,
            )
        ],
        update_conflicts=True,
        unique_fields=["device", "person"],
        update_fields=["last_day"],
    )


def forget_users(municipality_id: int, before: date) -> None:
    """Of those who printed last before this day."""
    old = DeviceUser.objects.filter(
        municipality_id=municipality_id, person__isnull=False, last_day__lt=before
    )
    old.update(person=None)


def uses_of_devices(municipality_id: int) -> dict[int, DeviceUse]:
    """Of every device that the ledger has, by its number (0: sheets of no known device)."""
    people: dict[int, set[int]] = defaultdict(set)
    rows = DeviceUser.objects.filter(municipality_id=municipality_id)
    for row_id, device_id, person_id in rows.values_list("pk", "device_id", "person_id"):
        people[device_id].add(person_id or -row_id)
    centres: dict[int, set[int]] = defaultdict(set)
    months = SheetMonth.objects.filter(municipality_id=municipality_id).exclude(device_number__in=people)
    for device_id, centre_id in months.values_list("device_number", "cost_centre_number").distinct():
        centres[device_id].add(centre_id)
    found = {device_id: DeviceUse(people=frozenset(known)) for device_id, known in people.items()}
    return found | {
        device_id: DeviceUse(cost_centre_ids=frozenset(known)) for device_id, known in centres.items()
    }
