# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A job in IPP's words: what Get-Job-Attributes and Get-Jobs answer (RFC 8011 §5.3, PWG 5100.7, 5100.11)."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from allmende.ipp import make
from allmende.ipp.codes import JobState
from allmende.ipp.message import Attribute
from allmende.ipp.responses import shorten
from allmende.ipp.ticket import Ticket, ticket_attributes


class JobStateReason(StrEnum):
    """Registered `job-state-reasons` that this platform's printers tell."""

    NONE = "none"
    ABORTED_BY_SYSTEM = "aborted-by-system"
    COMPRESSION_ERROR = "compression-error"
    ACCOUNT_INFO_NEEDED = "account-info-needed"
    DOCUMENT_ACCESS_ERROR = "document-access-error"
    DOCUMENT_FORMAT_ERROR = "document-format-error"
    DOCUMENT_PASSWORD_ERROR = "document-password-error"  # noqa: S105 -- a keyword of IPP
    JOB_CANCELED_BY_OPERATOR = "job-canceled-by-operator"
    JOB_CANCELED_BY_USER = "job-canceled-by-user"
    JOB_CANCELED_AT_DEVICE = "job-canceled-at-device"
    JOB_COMPLETED_SUCCESSFULLY = "job-completed-successfully"
    JOB_COMPLETED_WITH_ERRORS = "job-completed-with-errors"
    JOB_COMPLETED_WITH_WARNINGS = "job-completed-with-warnings"
    JOB_DATA_INSUFFICIENT = "job-data-insufficient"
    JOB_HELD_FOR_AUTHORIZATION = "job-held-for-authorization"
    JOB_HELD_FOR_BUTTON_PRESS = "job-held-for-button-press"
    JOB_HELD_FOR_REVIEW = "job-held-for-review"
    JOB_HOLD_UNTIL_SPECIFIED = "job-hold-until-specified"
    JOB_INCOMING = "job-incoming"
    JOB_PRINTING = "job-printing"
    JOB_QUEUED = "job-queued"
    JOB_RELEASE_WAIT = "job-release-wait"
    JOB_RESTARTABLE = "job-restartable"
    JOB_SPOOLING = "job-spooling"
    JOB_STOPPED = "job-stopped"
    JOB_TRANSFORMING = "job-transforming"
    PRINTER_STOPPED = "printer-stopped"
    PRINTER_STOPPED_PARTLY = "printer-stopped-partly"
    PROCESSING_TO_STOP_POINT = "processing-to-stop-point"
    QUEUED_FOR_MARKER = "queued-for-marker"
    QUEUED_IN_DEVICE = "queued-in-device"
    UNSUPPORTED_ATTRIBUTES_OR_VALUES = "unsupported-attributes-or-values"
    UNSUPPORTED_COMPRESSION = "unsupported-compression"
    UNSUPPORTED_DOCUMENT_FORMAT = "unsupported-document-format"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """A job as its printer shows it. Who may see a name or title is decided before.

    Times are aware; `printer_started` (when the printer's up-time was 0) gives them in seconds of up-time. None
    is "not yet" for times and "unknown" for counts.
    """

    id: int
    uri: str
    printer_uri: str
    more_info: str | None = None
    uuid: str | None = None
    name: str
    user_name: str
    state: JobState
    reasons: tuple[str, ...] = (JobStateReason.NONE,)
    message: str = ""
    printer_started: datetime
    now: datetime
    created: datetime
    processing: datetime | None = None
    completed: datetime | None = None
    k_octets: int | None = None
    k_octets_processed: int | None = None
    impressions: int | None = None
    impressions_completed: int | None = None
    media_sheets: int | None = None
    media_sheets_completed: int | None = None
    documents: int = 1
    document_format: str | None = None
    document_name: str | None = None
    compression: str | None = None
    device: str | None = None
    jobs_ahead: int | None = None
    language: str = "en"
    ticket: Ticket = field(default_factory=Ticket)


def describe_job(view: JobView) -> list[Attribute]:
    """All attributes of the job; `select_attributes` picks what was asked for."""
    attributes = [
        *describe_job_state(view),
        make.uri("job-printer-uri", view.printer_uri),
        make.name("job-name", shorten(view.name, 255)),
        make.name("job-originating-user-name", shorten(view.user_name, 255)),
        make.charset("attributes-charset", "utf-8"),
        make.language("attributes-natural-language", view.language),
        make.integer("job-printer-up-time", _up_time(view, view.now)),
        make.integer("number-of-documents", view.documents),
    ]
    for name, time in (
        ("creation", view.created),
        ("processing", view.processing),
        ("completed", view.completed),
    ):
        if time is None:
            attributes += [make.no_value(f"time-at-{name}"), make.no_value(f"date-time-at-{name}")]
        else:
            attributes += [
                make.integer(f"time-at-{name}", _up_time(view, time)),
                make.date_time(f"date-time-at-{name}", time),
            ]
    for name, count in (
        ("job-k-octets", view.k_octets),
        ("job-k-octets-processed", view.k_octets_processed),
        ("job-impressions", view.impressions),
        ("job-impressions-completed", view.impressions_completed),
        ("job-media-sheets", view.media_sheets),
        ("job-media-sheets-completed", view.media_sheets_completed),
    ):
        attributes.append(make.no_value(name) if count is None else make.integer(name, _bounded(count)))
    if view.more_info:
        attributes.append(make.uri("job-more-info", view.more_info))
    if view.uuid:
        attributes.append(make.uri("job-uuid", view.uuid))
    if view.document_format:
        attributes.append(make.mime("document-format-supplied", view.document_format))
    if view.document_name:
        attributes.append(make.name("document-name-supplied", shorten(view.document_name, 255)))
    if view.compression:
        attributes.append(make.keyword("compression-supplied", view.compression))
    if view.device:
        attributes.append(make.name("output-device-assigned", shorten(view.device, 127)))
    if view.jobs_ahead is not None:
        attributes.append(make.integer("number-of-intervening-jobs", _bounded(view.jobs_ahead)))
    attributes += ticket_attributes(view.ticket)
    return attributes


def describe_job_state(view: JobView) -> list[Attribute]:
    """What the answer to Print-Job and its kin must say (RFC 8011 §4.2.1.2)."""
    return [
        make.uri("job-uri", view.uri),
        make.integer("job-id", view.id),
        make.enum("job-state", view.state),
        make.keyword("job-state-reasons", *(view.reasons or (JobStateReason.NONE,))),
        make.text("job-state-message", shorten(view.message, 1023)),
    ]


def _up_time(view: JobView, time: datetime) -> int:
    """Seconds of the printer's up-time; negative, as the RFC wants, for what was before its start."""
    return max(int((time - view.printer_started).total_seconds()), -(2**31) + 1)


def _bounded(count: int) -> int:
    return min(max(count, 0), 2**31 - 1)
