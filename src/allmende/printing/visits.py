# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Visits: one person standing at one device, from the tap until they leave.

The person's private key lies here wrapped under the visit's token, which only the panel holds: any process can serve the
next request of the visit, and the database alone opens nothing. A visit ends by itself after a few minutes.
"""

from __future__ import annotations

from django.db import models

from allmende.devices.devices import Device
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person


class Visit(models.Model):
    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="+")
    lookup = models.BinaryField(max_length=32, unique=True)
    wrapped_identity = models.BinaryField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"visit {self.pk}"
