# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a print server must offer to be measured.

The measurements (measurements.py) know only this; what is particular to CUPS or to Allmende stands in its own module.
A server lives in a folder of its own, listens on the loopback address alone, and may be stopped and started again
over the same folder. Durations are seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from print_messages import PrintTarget


class PrintServer(Protocol):
    """One server with one queue whose jobs are held until somebody releases them."""

    @property
    def name(self) -> str: ...

    @property
    def release_ways(self) -> Sequence[str]:
        """The ways from its spool to a device, of `measurements.RELEASE_WAYS`."""

    def start(self) -> float:
        """Start, and return the seconds until the queue answered a first request.

        Preparing the folder at the very first start (a configuration, an empty database) is not counted.
        """

    def stop(self) -> None:
        """End all processes in an orderly way; a server that was not started stays as it is."""

    def process_ids(self) -> Sequence[int]:
        """The processes that belong to the server now, for memory and processor time."""

    def held_targets(self) -> Sequence[PrintTarget]:
        """Where load is sent: one target, or as many as there are persons who take turns."""

    def held_jobs(self) -> int:
        """How many jobs the server itself says that it holds."""

    def hold_copies(self, count: int) -> bool:
        """Come to hold `count` jobs more by a short cut that leaves the same state; False where there is none."""

    def connect_device(self, uri: str, way: str) -> None:
        """From now on, `release` sends to the device at `uri`, in one of `release_ways`."""

    def hold_for_release(self, document: bytes) -> int:
        """Print a document that `release` is then to send to the connected device; its job-id."""

    def release(self, job_id: int) -> None:
        """What a person does who wants that paper: CUPS' Release-Job, or a tap of the chip and "print".

        Returns as soon as the server has answered; the caller waits for the device.
        """

    def wait_until_idle(self) -> None:
        """Wait until no job is on its way to the device; TimeoutError after a minute."""


class ServerKind(Protocol):
    """Makes a server over an empty folder; the folder's owner is who runs the benchmark."""

    def __call__(self, folder: Path) -> PrintServer: ...
