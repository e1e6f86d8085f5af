# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the services of a visit need of the delivery, callable from any thread and answering at once.

`delivery/delivery.Delivery` is the one that keeps it; the services, which are synchronous and run in threads, know only this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from allmende.seal import FileKey


@dataclass(frozen=True, slots=True)
class TicketChanges:
    """What the person changed at the device, for this release only. None leaves it as the client sent it.

    `copies` 1 to 999; `sides` an IPP keyword; `colour` False prints in black only; `page_ranges` ascending, from 1.
    """

    copies: int | None = None
    sides: str | None = None
    colour: bool | None = None
    page_ranges: tuple[tuple[int, int], ...] | None = None


@dataclass(frozen=True, slots=True)
class DeliveryOrder:
    """One released job with its key in memory. `holder` is the value of the row's `holder`: one release, one value."""

    job_id: int
    device_id: int
    holder: str
    file_key: FileKey = field(repr=False)
    changes: TicketChanges


@dataclass(frozen=True, slots=True)
class Progress:
    """What a delivery knows of a job now; `impressions` is None where the device doesn't tell."""

    step: str
    impressions: int | None = None
    sheets: int | None = None
    reason: str = ""
    #: Impressions that the job has with the copies and pages of this release; None where its pages are not known.
    wanted: int | None = None


class DeliveryPort(Protocol):
    def new_holder(self) -> str:
        """A value for `Job.holder` that names this process and one release, at most 40 characters."""

    def submit(self, orders: Sequence[DeliveryOrder]) -> None:
        """Queue jobs whose rows are RELEASED with these holders."""

    def warm(self, device_id: int) -> None:
        """Somebody stands at this device: connect to it and ask what it can do, in the background."""

    def withdraw(self, job_id: int) -> None:
        """The job was cancelled or taken to another device before it began: forget its key."""

    def stop_job(self, job_id: int) -> None:
        """Look soon at the wish that was stored for this delivering job (`delivery/stops`)."""

    def progress(self, job_id: int) -> Progress | None:
        """None where this process doesn't deliver the job: then the row tells what is known."""

    def inspect_later(self, job_id: int, file_key: FileKey) -> None:
        """Find the facts of a document that arrival had no time for; the row has them when they are known."""


_running: DeliveryPort | None = None


def running_delivery() -> DeliveryPort | None:
    return _running


def set_running_delivery(delivery: DeliveryPort | None) -> None:
    global _running  # noqa: PLW0603 - one process, one delivery
    _running = delivery
