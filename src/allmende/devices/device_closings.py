# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Devices at which too much was tried: what is closed there, until when and why, and how the town's IT opens it again.

A closing ends by itself. Always holds: only the town's IT ends it sooner, and that is in the audit trail.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.formats import time_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from allmende.devices.devices import Device
from allmende.directory.access import check_town_it
from allmende.directory.attempts import (
    CLAIM_LIMIT,
    CODE_LIMIT,
    UNKNOWN_CHIP_LIMIT,
    Limit,
    find_closings,
    forget_attempts,
)
from allmende.directory.audit import record_audit
from allmende.directory.people import Person

_WORDS: Final[dict[Limit, tuple[str | Promise, str | Promise]]] = {
    UNKNOWN_CHIP_LIMIT: (
        _("No chip opens anything here until %(time)s"),
        _(
            "%(count)d different chips that nobody has enrolled were put on its reader within a few minutes; so that nobody "
            "can try out numbers, it is closed. Where you know the reason, open it again. Where you don't, see who stands "
            "there, and revoke the reader's token if it was stolen."
        ),
    ),
    CODE_LIMIT: (
        _("No chip can be enrolled here until %(time)s"),
        _(
            "%(count)d wrong one-time codes were typed within a few minutes. A code works once and for a limited time: whoever "
            "waits may need a new one. Where you know the reason, open it again."
        ),
    ),
    CLAIM_LIMIT: (
        _("No missing job can be claimed here until %(time)s"),
        _(
            "%(count)d times within a few minutes, job number and user name did not belong together. Where you know the "
            "reason, open it again."
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class DeviceClosing:
    limit: Limit
    until: datetime

    @property
    def title(self) -> str:
        return str(_WORDS[self.limit][0]) % {"time": time_format(localtime(self.until), "TIME_FORMAT")}

    @property
    def text(self) -> str:
        return str(_WORDS[self.limit][1]) % {"count": self.limit.count}


def list_closings(device_ids: Collection[int]) -> dict[int, list[DeviceClosing]]:
    """By the device's row number; what is not closed is not there."""
    found: dict[int, list[DeviceClosing]] = {}
    for limit in _WORDS:
        for device_id, until in find_closings(limit, device_ids).items():
            found.setdefault(device_id, []).append(DeviceClosing(limit, until))
    return found


def reopen_device(actor: Person, device: Device) -> bool:
    """End all closings of the device; False where there was none. Raises PermissionDenied."""
    check_town_it(actor, device.municipality_id)
    closings = list_closings([device.pk]).get(device.pk, [])
    with transaction.atomic():
        for closing in closings:
            forget_attempts(closing.limit, device.pk)
        if closings:
            closed = [closing.limit.purpose for closing in closings]
            record_audit(device.municipality, actor, "device.reopened", f"device:{device.pk}", closed=closed)
    return bool(closings)
