# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The requests that are sent to devices (RFC 8011 §4; Identify-Printer: PWG 5100.13 §5.1).

They carry only what the device needs: no titles of documents and no names of persons leave this house in a job's attributes,
unless the caller puts them there.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from allmende import ipp
from allmende.devices.device_client import next_request_id
from allmende.ipp import make

#: IPP/2.0 is answered by nearly all; a device of 1.1 only says so (server-error-version-not-supported).
DEFAULT_VERSION: Final = (2, 0)
#: As what we show ourselves to devices: people's names stay here.
_NAME: Final = "allmende"
#: What following a job needs (RFC 8011 §5.3, PWG 5100.13).
JOB_PROGRESS: Final = (
    "job-id",
    "job-uri",
    "job-state",
    "job-state-reasons",
    "job-state-message",
    "job-impressions",
    "job-impressions-completed",
    "job-media-sheets",
    "job-media-sheets-completed",
    "job-printer-state-message",
    "job-printer-state-reasons",
)


def _request(
    operation: ipp.Operation,
    printer_uri: str,
    attributes: Iterable[ipp.Attribute] = (),
    job_attributes: Sequence[ipp.Attribute] = (),
    *,
    version: tuple[int, int],
) -> ipp.Message:
    groups = [
        ipp.Group(
            ipp.GroupTag.OPERATION,
            [
                make.charset("attributes-charset", "utf-8"),
                make.language("attributes-natural-language", "de"),
                make.uri("printer-uri", printer_uri),
                *attributes,
                make.name("requesting-user-name", _NAME),
            ],
        )
    ]
    if job_attributes:
        groups.append(ipp.Group(ipp.GroupTag.JOB, job_attributes))
    return ipp.Message(version, int(operation), next_request_id(), tuple(groups))


def get_printer_attributes(
    printer_uri: str,
    requested: Sequence[str] = ("all", "media-col-database"),
    *,
    version: tuple[int, int] = DEFAULT_VERSION,
) -> ipp.Message:
    """`media-col-database` is large and left out of "all", so that it has to be named (PWG 5100.7)."""
    return _request(
        ipp.Operation.GET_PRINTER_ATTRIBUTES,
        printer_uri,
        [make.keyword("requested-attributes", *requested)] if requested else [],
        version=version,
    )


def create_job(
    printer_uri: str,
    job_attributes: Sequence[ipp.Attribute],
    *,
    name: str = "Allmende",
    version: tuple[int, int] = DEFAULT_VERSION,
) -> ipp.Message:
    return _request(
        ipp.Operation.CREATE_JOB,
        printer_uri,
        [make.name("job-name", name)],
        job_attributes,
        version=version,
    )


def print_job(
    printer_uri: str,
    document_format: str,
    job_attributes: Sequence[ipp.Attribute],
    *,
    name: str = "Allmende",
    version: tuple[int, int] = DEFAULT_VERSION,
) -> ipp.Message:
    return _request(
        ipp.Operation.PRINT_JOB,
        printer_uri,
        [
            make.name("job-name", name),
            make.mime("document-format", document_format),
        ],
        job_attributes,
        version=version,
    )


def send_document(
    printer_uri: str,
    job_id: int,
    document_format: str,
    *,
    version: tuple[int, int] = DEFAULT_VERSION,
) -> ipp.Message:
    return _request(
        ipp.Operation.SEND_DOCUMENT,
        printer_uri,
        [
            make.integer("job-id", job_id),
            make.boolean("last-document", True),
            make.mime("document-format", document_format),
        ],
        version=version,
    )


def get_job_attributes(
    printer_uri: str,
    job_id: int,
    requested: Sequence[str] = JOB_PROGRESS,
    *,
    version: tuple[int, int] = DEFAULT_VERSION,
) -> ipp.Message:
    return _request(
        ipp.Operation.GET_JOB_ATTRIBUTES,
        printer_uri,
        [make.integer("job-id", job_id), make.keyword("requested-attributes", *requested)],
        version=version,
    )


def cancel_job(
    printer_uri: str,
    job_id: int,
    *,
    version: tuple[int, int] = DEFAULT_VERSION,
) -> ipp.Message:
    return _request(
        ipp.Operation.CANCEL_JOB,
        printer_uri,
        [make.integer("job-id", job_id)],
        version=version,
    )


def identify_printer(
    printer_uri: str,
    *,
    message: str = "",
    version: tuple[int, int] = DEFAULT_VERSION,
) -> ipp.Message:
    return _request(
        ipp.Operation.IDENTIFY_PRINTER,
        printer_uri,
        [make.text("message", message)] if message else [],
        version=version,
    )
