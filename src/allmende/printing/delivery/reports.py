# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a device says about its job, taken out of its reply with suspicion (RFC 8011 §5.3, PWG 5100.7).

Numbers below zero, values of wrong types and unheard-of lengths count as not said. A report about another job than ours (job-id,
or the job-name that only we know) is no report: devices count from 1 again after a restart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from allmende.ipp import AttributeSet, GroupTag, JobState, Message

#: For Get-Job-Attributes.
REPORT_ATTRIBUTES: Final = (
    "job-id",
    "job-name",
    "job-state",
    "job-state-reasons",
    "job-impressions-completed",
    "job-impressions-completed-col",
    "job-media-sheets-completed",
    "job-media-sheets-completed-col",
    "job-printer-state-reasons",
)
_KEYWORD: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,59}", re.ASCII)
_SEVERITY: Final = re.compile(r"-(?:report|warning|error)\Z")
_MAX_REASONS: Final = 16
_MAX_COUNT: Final = 2**31 - 1
#: Of impressions each has a twin for two-sided sheets.
_COLOUR_MEMBERS: Final = (
    "blank",
    "blank-two-sided",
    "full-color",
    "full-color-two-sided",
    "highlight-color",
    "highlight-color-two-sided",
    "monochrome",
    "monochrome-two-sided",
)
_OVER: Final = frozenset({JobState.CANCELED, JobState.ABORTED, JobState.COMPLETED})
#: The first of these that a device names is what its user should hear.
_URGENT: Final = (
    "media-jam",
    "media-empty",
    "media-needed",
    "cover-open",
    "door-open",
    "interlock-open",
    "toner-empty",
    "marker-supply-empty",
    "marker-waste-full",
    "output-area-full",
    "output-tray-missing",
    "input-tray-missing",
    "fuser-over-temp",
    "paused",
    "moving-to-paused",
    "shutdown",
    "timed-out",
    "stopping",
    "stopped-partly",
)


class ForeignReportError(Exception):
    """The reply is about another job, or about none."""


@dataclass(frozen=True, slots=True)
class JobReport:
    """`impressions` and `sheets` are None where the device didn't say a usable number."""

    state: int
    impressions: int | None = None
    sheets: int | None = None
    #: Of the impressions, those in colour (full or highlight).
    colour: int | None = None
    reasons: tuple[str, ...] = ()
    printer_reasons: tuple[str, ...] = ()

    @property
    def is_over(self) -> bool:
        return self.state in _OVER

    @property
    def is_completed(self) -> bool:
        return self.state == JobState.COMPLETED

    @property
    def is_stopped(self) -> bool:
        return self.state == JobState.PROCESSING_STOPPED

    @property
    def is_pending(self) -> bool:
        return self.state in {JobState.PENDING, JobState.PENDING_HELD}

    @property
    def is_incoming(self) -> bool:
        """It waits for (the rest of) its document."""
        return "job-incoming" in self.reasons or "job-data-insufficient" in self.reasons

    @property
    def says_nothing_printed(self) -> bool:
        """Explicitly: silence is no zero."""
        return self.impressions == 0 and self.sheets == 0

    @property
    def says_something_printed(self) -> bool:
        return bool(self.impressions) or bool(self.sheets)

    @property
    def counts(self) -> tuple[int | None, int | None, int | None]:
        """Impressions, sheets, impressions in colour: as a verdict takes them."""
        return self.impressions, self.sheets, self.colour

    def reason(self) -> str:
        """One keyword for people, e.g. `media-jam`; empty where all is well."""
        return urgent_reason((*self.printer_reasons, *self.reasons))


def read_job_report(message: Message, job_id: int, job_name: str) -> JobReport:
    """The report in a successful reply to Get-Job-Attributes. Raises ForeignReportError."""
    job = message.group(GroupTag.JOB)
    if job.integer("job-id") not in {None, job_id} or job.text("job-name") not in {None, job_name}:
        raise ForeignReportError
    state = job.integer("job-state")
    if state is None or not JobState.PENDING <= state <= JobState.COMPLETED:
        raise ForeignReportError
    sides = _count_by_colour(job, "job-impressions-completed-col")
    paper = _count_by_colour(job, "job-media-sheets-completed-col")
    impressions, sheets = _count(job, "job-impressions-completed"), _count(job, "job-media-sheets-completed")
    return JobReport(
        state=state,
        impressions=sides[0] if impressions is None and sides is not None else impressions,
        sheets=paper[0] if sheets is None and paper is not None else sheets,
        colour=sides[1] if sides is not None else None,
        reasons=_reasons(job, "job-state-reasons"),
        printer_reasons=_reasons(job, "job-printer-state-reasons"),
    )


def read_job_id(message: Message) -> int | None:
    """The number that the device gave to a new job; None where it gave none that can be."""
    job_id = message.group(GroupTag.JOB).integer("job-id")
    return job_id if job_id is not None and 1 <= job_id <= _MAX_COUNT else None


def read_printer_reasons(printer: AttributeSet) -> tuple[str, ...]:
    return _reasons(printer, "printer-state-reasons")


def urgent_reason(reasons: tuple[str, ...]) -> str:
    return next((reason for reason in _URGENT if reason in reasons), "")


def _count(job: AttributeSet, name: str) -> int | None:
    value = job.integer(name)
    return value if value is not None and 0 <= value <= _MAX_COUNT else None


def _count_by_colour(job: AttributeSet, name: str) -> tuple[int, int] | None:
    """(all that bears ink or, of sheets, all; those in colour) of a `…-col` (PWG 5100.7-2023 §6.7); None where not said."""
    members = job.collection(name)
    if members is None:
        return None
    numbers = {member: _count(members, member) for member in _COLOUR_MEMBERS}
    if all(number is None for number in numbers.values()):
        return None
    blank = "blank" if name.startswith("job-impressions") else ""
    whole = sum(number or 0 for member, number in numbers.items() if not blank or blank not in member)
    colour = sum(number or 0 for member, number in numbers.items() if "color" in member)
    return (whole, colour) if whole <= _MAX_COUNT else None


def _reasons(attributes: AttributeSet, name: str) -> tuple[str, ...]:
    keywords = attributes.keywords(name) or ()
    plain = (_SEVERITY.sub("", keyword) for keyword in keywords[:_MAX_REASONS] if _KEYWORD.fullmatch(keyword))
    return tuple(keyword for keyword in plain if keyword != "none")
