# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A printer that does no more than the rules ask, in memory: it shows that the room's parts suffice for one."""

import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from allmende.ipp import (
    BASIC_OPERATIONS,
    CheckedRequest,
    Decoder,
    Group,
    GroupTag,
    IppError,
    JobState,
    JobView,
    Message,
    Operation,
    PrinterAddress,
    PrinterConditions,
    PrinterProfile,
    PrinterState,
    Status,
    check_request,
    describe_job,
    describe_job_state,
    describe_printer,
    describe_printer_state,
    encode,
    read_ticket,
    respond,
    respond_to_error,
    select_attributes,
)

STARTED = datetime.now(UTC)
CREATING = (Operation.PRINT_JOB, Operation.VALIDATE_JOB, Operation.CREATE_JOB)


def a_profile(port: int = 631) -> PrinterProfile:
    base = f"http://localhost:{port}/"
    return PrinterProfile(
        name="Rathaus EG",
        addresses=(PrinterAddress(f"ipp://localhost:{port}/ipp/print"),),
        uuid="urn:uuid:01234567-89ab-cdef-0123-456789abcdef",
        location="Erdgeschoss",
        more_info=base,
        icons=(f"{base}icon.png",),
        supply_info=f"{base}supplies",
        geo_location="geo:51.968,12.084",
    )


class ExamplePrinter:
    def __init__(self, port: int) -> None:
        self.profile = a_profile(port)
        self.static = Group(GroupTag.PRINTER, describe_printer(self.profile))
        self.jobs: dict[int, JobView] = {}
        self.lock = threading.Lock()

    def answer(self, message: Message, document: bytes) -> Message:
        try:
            request = check_request(message, BASIC_OPERATIONS)
            with self.lock:
                return self._act(request, document)
        except IppError as error:
            return respond_to_error(error, message)

    def _act(self, request: CheckedRequest, document: bytes) -> Message:
        self._check_document(request)
        message = request.message
        match request.operation:
            case Operation.GET_PRINTER_ATTRIBUTES:
                return respond(message, Status.SUCCESSFUL_OK, self._describe(request.requested_attributes))
            case Operation.IDENTIFY_PRINTER | Operation.CANCEL_MY_JOBS:
                return respond(message, Status.SUCCESSFUL_OK)
            case Operation.GET_JOBS:
                self._finish_jobs(request)
                return respond(message, Status.SUCCESSFUL_OK, *self._list_jobs(request))
        if request.operation in CREATING:
            return self._create(request)
        self._finish_jobs(request)
        job = self.jobs.get(request.job_id or 0)
        if job is None:
            raise IppError(Status.CLIENT_ERROR_NOT_FOUND, "no such job")
        if request.operation is Operation.GET_JOB_ATTRIBUTES:
            attributes = select_attributes(describe_job(job), request.requested_attributes, "job")
            return respond(message, Status.SUCCESSFUL_OK, Group(GroupTag.JOB, attributes))
        if job.state.is_terminating:
            raise IppError(Status.CLIENT_ERROR_NOT_POSSIBLE, "the job has ended")
        state = JobState.CANCELED if request.operation is Operation.CANCEL_JOB else JobState.PENDING
        job = self._keep(request, job.id, state)
        return respond(message, Status.SUCCESSFUL_OK, Group(GroupTag.JOB, describe_job_state(job)))

    def _check_document(self, request: CheckedRequest) -> None:
        kind = request.attributes.string("document-format") or self.profile.default_format
        if kind not in (*self.profile.formats, "application/octet-stream"):
            raise IppError(Status.CLIENT_ERROR_DOCUMENT_FORMAT_NOT_SUPPORTED, kind)
        if (request.attributes.string("compression") or "none") not in self.profile.compressions:
            raise IppError(Status.CLIENT_ERROR_COMPRESSION_NOT_SUPPORTED, "no such compression")

    def _describe(self, requested: tuple[str, ...] | None) -> Group:
        now = datetime.now(UTC)
        conditions = PrinterConditions(
            state=PrinterState.IDLE,
            now=now,
            up_time=int((now - STARTED).total_seconds()),
            state_changed=STARTED,
            state_changed_up_time=1,
            config_changed=STARTED,
            config_changed_up_time=1,
        )
        attributes = [*self.static.attributes, *describe_printer_state(conditions)]
        return Group(GroupTag.PRINTER, select_attributes(attributes, requested, "printer"))

    def _create(self, request: CheckedRequest) -> Message:
        fidelity = request.attributes.boolean("ipp-attribute-fidelity") or False
        reading = read_ticket(request.job_attributes, self.static, fidelity=fidelity)
        groups = []
        if reading.is_acceptable and request.operation is not Operation.VALIDATE_JOB:
            state = JobState.PENDING if request.operation is Operation.PRINT_JOB else JobState.PENDING_HELD
            job = self._keep(request, len(self.jobs) + 1, state)
            groups.append(Group(GroupTag.JOB, describe_job_state(job)))
        return respond(request.message, reading.status, *groups, unsupported=reading.unsupported)

    def _finish_jobs(self, request: CheckedRequest) -> None:
        """This printer prints a job in a fifth of a second."""
        for job in list(self.jobs.values()):
            if job.state is JobState.PENDING and datetime.now(UTC) - job.created > timedelta(seconds=0.2):
                self._keep(request, job.id, JobState.COMPLETED)

    def _keep(self, request: CheckedRequest, number: int, state: JobState) -> JobView:
        now = datetime.now(UTC)
        uri = self.profile.addresses[0].uri
        old = self.jobs.get(number)
        ended = now if state.is_terminating else None
        self.jobs[number] = job = JobView(
            id=number,
            uri=f"{uri}/{number}",
            printer_uri=uri,
            name=old.name if old else request.attributes.text("job-name") or "Untitled",
            user_name=old.user_name if old else request.user_name or "anonymous",
            state=state,
            printer_started=STARTED,
            now=now,
            created=old.created if old else now,
            processing=ended,
            completed=ended,
        )
        return job

    def _list_jobs(self, request: CheckedRequest) -> list[Group]:
        completed = request.attributes.string("which-jobs") == "completed"
        limit = request.attributes.integer("limit") or 100
        requested = request.requested_attributes or ("job-id", "job-uri")
        jobs = [job for job in self.jobs.values() if job.state.is_terminating is completed]
        if request.attributes.boolean("my-jobs"):
            jobs = [job for job in jobs if job.user_name == request.user_name]
        return [
            Group(GroupTag.JOB, select_attributes(describe_job(job), requested, "job"))
            for job in jobs[:limit]
        ]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    printer: ExamplePrinter

    def do_POST(self) -> None:
        decoder = Decoder()
        message: Message | None = None
        error: IppError | None = None
        document = b""
        for chunk in self._chunks():
            if message or error:
                document += chunk
                continue
            try:
                message = decoder.feed(chunk)
                document = decoder.remainder
            except IppError as caught:
                error = caught
        if message is not None:
            body = encode(self.printer.answer(message, document))
        else:
            cut_short = IppError(Status.CLIENT_ERROR_BAD_REQUEST, "the request ends too early")
            body = encode(respond_to_error(error or cut_short))
        self.send_response(200)
        self.send_header("Content-Type", "application/ipp")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _chunks(self) -> "list[bytes]":
        if self.headers.get("Transfer-Encoding") != "chunked":
            return [self.rfile.read(int(self.headers.get("Content-Length", "0")))]
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return chunks

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


def serve() -> ThreadingHTTPServer:
    """A running server; its `server_port` tells where. The caller shuts it down."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    _Handler.printer = ExamplePrinter(server.server_port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
