# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The device's IPP door: requests in, replies out (RFC 8011; IPP Everywhere, PWG 5100.14)."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from allmende import ipp
from allmende.devices.virtual_device.faults import FaultKind
from allmende.devices.virtual_device.jobs import VirtualDocument, VirtualJob
from allmende.devices.virtual_device.meters import describe_meters
from allmende.devices.virtual_device.printer import INCOMPLETE_SECONDS, Printer
from allmende.ipp import GroupTag, Operation, Status
from allmende.ipp.attribute_groups import select_attributes
from allmende.ipp.job_description import JobView, describe_job, describe_job_state
from allmende.ipp.printer_description import (
    PrinterConditions,
    describe_printer,
    describe_printer_state,
    describe_supplies,
)
from allmende.ipp.printer_profile import BASIC_OPERATIONS, PrinterAddress, PrinterProfile, Supply
from allmende.ipp.requests import CheckedRequest, check_request
from allmende.ipp.responses import respond
from allmende.ipp.ticket import TicketReading, read_ticket

RASTER_FORMATS: Final = ("image/pwg-raster", "image/urf")
ALL_FORMATS: Final = ("application/pdf", "image/jpeg", *RASTER_FORMATS)
_COMPRESSIONS: Final = ("none", "gzip", "deflate")
_WORN: Final = frozenset({"printer-supply", "printer-supply-description"})
_DEFAULT_WANTED: Final = ("job-id", "job-uri")


def virtual_profile(*, name: str, title: str, base: str, raster_only: bool) -> PrinterProfile:
    """`base` is the device's web address, http://host:port."""
    return PrinterProfile(
        name=name,
        info=title,
        addresses=(PrinterAddress(f"{base.replace('http:', 'ipp:')}/ipp/print"),),
        uuid=uuid.uuid5(uuid.NAMESPACE_URL, f"{base}/{name}").urn,
        more_info=f"{base}/",
        icons=(f"{base}/icon-128.png", f"{base}/icon-512.png"),
        supply_info=f"{base}/",
        location=title,
        make_and_model="Allmende Virtual Device",
        formats=RASTER_FORMATS if raster_only else (*ALL_FORMATS, "application/octet-stream"),
        default_format="image/pwg-raster" if raster_only else "application/pdf",
        which_jobs=("completed", "not-completed", "all"),
        multiple_operation_timeout=int(INCOMPLETE_SECONDS),
        identify_actions=("display",),
        supplies=(
            Supply("Black toner", color="black", level=80),
            Supply("Cyan toner", color="cyan", level=65),
            Supply("Magenta toner", color="magenta", level=70),
            Supply("Yellow toner", color="yellow", level=60),
        ),
    )


class DocumentExpected(Exception):  # noqa: N818 - a step of the dialogue, no error
    """The request is good so far: read the document into `document`, then call `finish`."""

    def __init__(
        self, job: VirtualJob, document: VirtualDocument, compression: str, finish: Callable[[], ipp.Message]
    ) -> None:
        self.job = job
        self.document = document
        self.compression = compression
        self.finish = finish


class IppService:
    def __init__(self, printer: Printer, profile: PrinterProfile) -> None:
        self.printer = printer
        self.profile = profile
        # Its supplies wear down with what is printed: told anew each time.
        self._static = [each for each in describe_printer(profile) if each.name not in _WORN]
        self._capabilities = ipp.Group(GroupTag.PRINTER, self._static)
        self._printer_uri = profile.addresses[0].uri
        self._handlers: dict[int, Callable[[CheckedRequest], ipp.Message]] = {
            Operation.GET_PRINTER_ATTRIBUTES: self._get_printer_attributes,
            Operation.VALIDATE_JOB: self._validate_job,
            Operation.PRINT_JOB: self._print_job,
            Operation.CREATE_JOB: self._create_job,
            Operation.SEND_DOCUMENT: self._send_document,
            Operation.CLOSE_JOB: self._close_job,
            Operation.CANCEL_JOB: self._cancel_job,
            Operation.CANCEL_MY_JOBS: self._cancel_my_jobs,
            Operation.GET_JOBS: self._get_jobs,
            Operation.GET_JOB_ATTRIBUTES: self._get_job_attributes,
            Operation.IDENTIFY_PRINTER: self._identify_printer,
        }

    def answer(self, message: ipp.Message) -> ipp.Message:
        """Raises ipp.IppError for what must be refused, DocumentExpected where the body goes on."""
        request = check_request(message, BASIC_OPERATIONS)
        try:
            return self._handlers[request.operation](request)
        except ipp.IppError as error:
            error.version, error.request_id = message.version, message.request_id
            raise

    # about the printer

    def _get_printer_attributes(self, request: CheckedRequest) -> ipp.Message:
        printer = self.printer
        now = datetime.now(UTC)
        conditions = PrinterConditions(
            state=printer.state,
            now=now,
            up_time=self._up_time(now),
            reasons=printer.state_reasons,
            accepting_jobs=True,
            queued_jobs=len(printer.open_jobs()),
            state_changed=printer.state_changed,
            state_changed_up_time=self._up_time(printer.state_changed),
            config_changed=printer.started,
            config_changed_up_time=1,
        )
        meters = printer.meters
        attributes = [
            *self._static,
            *describe_supplies(meters.levels(self.profile.supplies)),
            *describe_meters(meters.counts),
            *describe_printer_state(conditions),
        ]
        selected = select_attributes(attributes, request.requested_attributes, "printer")
        return respond(request.message, Status.SUCCESSFUL_OK, ipp.Group(GroupTag.PRINTER, selected))

    def _identify_printer(self, request: CheckedRequest) -> ipp.Message:
        self.printer.identified_at = datetime.now(UTC)
        return respond(request.message, Status.SUCCESSFUL_OK)

    # jobs in

    def _validate_job(self, request: CheckedRequest) -> ipp.Message:
        reading = self._read_wishes(request)
        self._check_format(request)
        return respond(request.message, reading.status, unsupported=reading.unsupported)

    def _create_job(self, request: CheckedRequest) -> ipp.Message:
        reading = self._read_wishes(request)
        job = self._new_job(request, reading)
        return self._job_reply(request, job, reading)

    def _print_job(self, request: CheckedRequest) -> ipp.Message:
        reading = self._read_wishes(request)
        document = self._new_document(request)
        job = self._new_job(request, reading)
        self.printer.begin_document(job, document)

        def finish() -> ipp.Message:
            self.printer.close_job(job)
            return self._job_reply(request, job, reading)

        raise DocumentExpected(job, document, self._compression(request), finish)

    def _send_document(self, request: CheckedRequest) -> ipp.Message:
        job = self._job(request)
        if not job.is_incoming:
            raise ipp.IppError(Status.CLIENT_ERROR_NOT_POSSIBLE, "this job takes no more documents")
        last = bool(request.attributes.boolean("last-document"))
        document = self._new_document(request)

        def finish() -> ipp.Message:
            # RFC 8011 §4.3.1: an empty last document only closes the job.
            if document.size == 0 and last and document in job.documents:
                job.documents.remove(document)
            if last:
                self.printer.close_job(job)
            else:
                self.printer.await_document(job)
            return self._job_reply(request, job)

        self.printer.begin_document(job, document)
        raise DocumentExpected(job, document, self._compression(request), finish)

    def _close_job(self, request: CheckedRequest) -> ipp.Message:
        job = self._job(request)
        if job.is_incoming:
            self.printer.close_job(job)
        return respond(request.message, Status.SUCCESSFUL_OK)

    # jobs seen, jobs ended

    def _get_job_attributes(self, request: CheckedRequest) -> ipp.Message:
        job = self._job(request)
        selected = select_attributes(describe_job(self._view(job)), request.requested_attributes, "job")
        return respond(request.message, Status.SUCCESSFUL_OK, ipp.Group(GroupTag.JOB, selected))

    def _get_jobs(self, request: CheckedRequest) -> ipp.Message:
        which = request.attributes.keyword("which-jobs") or "not-completed"
        if which not in self.profile.which_jobs:
            raise ipp.IppError(Status.CLIENT_ERROR_ATTRIBUTES_OR_VALUES_NOT_SUPPORTED, "which-jobs")
        jobs = [
            job
            for job in self.printer.jobs.values()
            if which == "all" or job.is_finished == (which == "completed")
        ]
        if which == "completed":
            jobs.reverse()
        if request.attributes.boolean("my-jobs"):
            jobs = [job for job in jobs if job.user == request.user_name]
        limit = min(request.attributes.integer("limit") or 1000, 1000)
        wanted = request.requested_attributes or _DEFAULT_WANTED
        groups = [
            ipp.Group(GroupTag.JOB, select_attributes(describe_job(self._view(job)), wanted, "job"))
            for job in jobs[:limit]
        ]
        return respond(request.message, Status.SUCCESSFUL_OK, *groups)

    def _cancel_job(self, request: CheckedRequest) -> ipp.Message:
        job = self._job(request)
        if job.is_finished:
            raise ipp.IppError(Status.CLIENT_ERROR_NOT_POSSIBLE, "this job has ended")
        self.printer.cancel_job(job)
        return respond(request.message, Status.SUCCESSFUL_OK)

    def _cancel_my_jobs(self, request: CheckedRequest) -> ipp.Message:
        wanted = request.attributes.integers("job-ids")
        mine = [job for job in self.printer.open_jobs() if job.user == (request.user_name or "anonymous")]
        if wanted is not None:
            by_id = {job.id: job for job in mine}
            if missing := [number for number in wanted if number not in by_id]:
                raise ipp.IppError(Status.CLIENT_ERROR_NOT_FOUND, f"no open job {missing[0]} of yours")
            mine = [by_id[number] for number in wanted]
        for job in mine:
            self.printer.cancel_job(job)
        return respond(request.message, Status.SUCCESSFUL_OK)

    # parts

    def _read_wishes(self, request: CheckedRequest) -> TicketReading:
        reading = read_ticket(
            request.job_attributes,
            self._capabilities,
            fidelity=bool(request.attributes.boolean("ipp-attribute-fidelity")),
            mandatory=request.attributes.keywords("job-mandatory-attributes") or (),
        )
        if not reading.is_acceptable:
            raise ipp.IppError(reading.status, "not supported")
        if self.printer.fault.kind is FaultKind.BUSY and request.operation != Operation.VALIDATE_JOB:
            raise ipp.IppError(Status.SERVER_ERROR_BUSY, "busy")
        return reading

    def _check_format(self, request: CheckedRequest) -> str:
        wanted = request.attributes.string("document-format") or self.profile.default_format
        if wanted not in self.profile.formats:
            raise ipp.IppError(Status.CLIENT_ERROR_DOCUMENT_FORMAT_NOT_SUPPORTED, wanted[:100])
        self._compression(request)
        return wanted

    def _compression(self, request: CheckedRequest) -> str:
        compression = request.attributes.keyword("compression") or "none"
        if compression not in _COMPRESSIONS:
            raise ipp.IppError(Status.CLIENT_ERROR_COMPRESSION_NOT_SUPPORTED, compression[:100])
        return compression

    def _new_document(self, request: CheckedRequest) -> VirtualDocument:
        return VirtualDocument(self._check_format(request), request.attributes.text("document-name") or "")

    def _new_job(self, request: CheckedRequest, reading: TicketReading) -> VirtualJob:
        job = self.printer.create_job(
            name=request.attributes.text("job-name")
            or request.attributes.text("document-name")
            or "Untitled",
            user=request.user_name or "anonymous",
            ticket=reading.ticket,
            uri=lambda number: f"{self._printer_uri}/{number}",
        )
        if job is None:
            raise ipp.IppError(Status.SERVER_ERROR_TOO_MANY_JOBS, "too many jobs")
        return job

    def _job(self, request: CheckedRequest) -> VirtualJob:
        job = self.printer.jobs.get(request.job_id or 0)
        if job is None:
            raise ipp.IppError(Status.CLIENT_ERROR_NOT_FOUND, "no such job")
        return job

    def _job_reply(
        self, request: CheckedRequest, job: VirtualJob, reading: TicketReading | None = None
    ) -> ipp.Message:
        return respond(
            request.message,
            reading.status if reading else Status.SUCCESSFUL_OK,
            ipp.Group(GroupTag.JOB, describe_job_state(self._view(job))),
            unsupported=reading.unsupported if reading else (),
        )

    def _view(self, job: VirtualJob) -> JobView:
        size = sum(document.size for document in job.documents)
        return JobView(
            id=job.id,
            uri=job.uri,
            printer_uri=self._printer_uri,
            more_info=self.profile.more_info,
            uuid=uuid.uuid5(uuid.UUID(self.profile.uuid), f"{self.printer.started}/{job.id}").urn,
            name=job.name,
            user_name=job.user,
            state=job.state,
            reasons=job.reasons,
            printer_started=self.printer.started,
            now=datetime.now(UTC),
            created=job.created,
            processing=job.processing,
            completed=job.completed,
            k_octets=-(-size // 1024),
            impressions=job.impressions,
            impressions_completed=job.impressions_completed,
            media_sheets=job.sheets,
            media_sheets_completed=job.sheets_completed,
            documents=len(job.documents),
            document_format=job.documents[0].format if job.documents else None,
            document_name=(job.documents[0].name or None) if job.documents else None,
            ticket=job.ticket,
        )

    def _up_time(self, moment: datetime) -> int:
        return int((moment - self.printer.started).total_seconds()) + 1
