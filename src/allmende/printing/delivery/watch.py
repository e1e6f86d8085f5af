# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The clocks of a delivery: how long is waited for what."""

from __future__ import annotations

import time
from dataclasses import dataclass

from allmende.printing.delivery.port import Progress
from allmende.printing.delivery.reports import JobReport


@dataclass(frozen=True, slots=True)
class DeliveryTimes:
    """Seconds. `answer`: for a device to answer a question; `patience`: for a device that is offline or busy before it has anything; `ask`: after a cut, until the owner must
    decide; `stopped`: jam, no paper, or a device that takes no bytes; `no_progress`: processing without a change; `ending`:
    from Cancel-Job to the job's end.
    """

    connect: float = 5.0
    answer: float = 15.0
    patience: float = 30.0
    retry_first: float = 0.5
    retry_last: float = 5.0
    ask: float = 60.0
    stopped: float = 600.0
    no_progress: float = 1800.0
    ending: float = 30.0
    poll_first: float = 0.25
    poll_last: float = 2.0
    note: float = 2.0
    quiet: float = 4.0


class DeliveryWatch:
    """The clocks of following one job."""

    def __init__(self, times: DeliveryTimes) -> None:
        self._times = times
        self._interval = times.poll_first
        self._changed_at = time.monotonic()
        self._seen: object = None
        self._noted_at = 0.0
        self._noted_reason = ""
        self.ask_until: float | None = None
        self.ending_until: float | None = None
        self.foreign = 0

    def interval(self) -> float:
        now = self._interval
        self._interval = min(self._interval * 1.5, self._times.poll_last)
        return now

    def hurry(self) -> None:
        self._interval = self._times.poll_first

    def heard(self, *, broken: bool) -> None:
        """The device answered about our job; where it has all of it, lost time doesn't count any more."""
        self.foreign = 0
        if not broken and self.ending_until is None:
            self.ask_until = None

    def is_ending_over(self) -> bool:
        """The job was to end, and had its time for that."""
        return self.ending_until is not None and time.monotonic() >= self.ending_until

    def is_lost(self) -> bool:
        """Whether the device had its time to answer again; the first call begins it."""
        if self.ask_until is None:
            self.ask_until = time.monotonic() + self._times.ask
        return time.monotonic() >= self.ask_until

    def is_stalled(self, report: JobReport | None, bytes_sent: int) -> bool:
        now = time.monotonic()
        seen = (report and (report.state, report.impressions, report.sheets), bytes_sent)
        if seen != self._seen:
            self._seen, self._changed_at = seen, now
        stopped = report is None or report.is_stopped or bool(report.reason())
        return now - self._changed_at > (self._times.stopped if stopped else self._times.no_progress)

    def is_quiet(self) -> bool:
        """Nothing moved for a while: time to ask the device what troubles it."""
        return time.monotonic() - self._changed_at > self._times.quiet

    def is_time_to_note(self, progress: Progress) -> bool:
        now = time.monotonic()
        if now - self._noted_at < self._times.note and progress.reason == self._noted_reason:
            return False
        self._noted_at, self._noted_reason = now, progress.reason
        return True
