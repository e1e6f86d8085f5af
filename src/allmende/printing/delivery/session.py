# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The dialogue with a device about one job, from its description to the job's end.

    CONNECT  Get-Printer-Attributes (kept for a minute) ─▶ plan, document prepared
    CREATE   Create-Job ─▶ the device's job-id             (devices without it: Print-Job in the next step)
             ── BEGIN durable, with the job-id ──
    SEND     Send-Document, streamed; meanwhile Get-Job-Attributes tells of jams and ends
    FOLLOW   Get-Job-Attributes, every 0.25 to 2 s, until the job is over

What a fault leads to stands in `delivery/rules`, not here. The session changes no state but BEGIN: it ends with a `Verdict`.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Protocol

from allmende.devices.device_client import DeviceError, DeviceLimits, DeviceNonsenseError, Reply
from allmende.devices.device_requests import (
    cancel_job,
    create_job,
    get_job_attributes,
    get_printer_attributes,
    print_job,
    send_document,
)
from allmende.documents import DocumentError
from allmende.ipp import AttributeSet, GroupTag, Message, Status
from allmende.ipp.ticket import ticket_attributes
from allmende.printing.delivery.devices import DevicePrinter, DeviceStatusError, require_success
from allmende.printing.delivery.documents import CountedPieces, DocumentAwayError, DocumentGoneError
from allmende.printing.delivery.plans import CannotPrintError, DeliveryPlan
from allmende.printing.delivery.port import Progress
from allmende.printing.delivery.records import Verdict
from allmende.printing.delivery.reports import (
    REPORT_ATTRIBUTES,
    ForeignReportError,
    JobReport,
    read_job_id,
    read_job_report,
    read_printer_reasons,
    urgent_reason,
)
from allmende.printing.delivery.rules import (
    REASONS,
    Body,
    Course,
    Ending,
    Happening,
    Step,
    course_after,
    ending_of,
    happening_of,
    happening_of_status,
    is_breakdown,
    is_breakdown_status,
)
from allmende.printing.delivery.stops import StopWish
from allmende.printing.delivery.watch import DeliveryTimes, DeliveryWatch
from allmende.printing.job_states import Change

#: So many answers in a row that are not about our job, and the device has forgotten it.
_FOREIGN_REPORTS = 3


class SessionHost(Protocol):
    """What a session needs of the one that runs it."""

    times: DeliveryTimes

    @property
    def expected_impressions(self) -> int | None:
        """Impressions that the job has when all of it is printed, where that is known."""

    async def plan(self, attributes: AttributeSet) -> DeliveryPlan: ...

    async def open_document(self, plan: DeliveryPlan) -> CountedPieces: ...

    async def begin(self, device_job_id: int) -> bool: ...

    async def note_waiting(self, reason: str) -> None: ...

    async def note_accepted(self, device_job_id: int) -> None: ...

    async def note_progress(self, progress: Progress, *, accepted: bool) -> StopWish | None: ...


class DeliverySession:
    """One job to one device. `stop` may be called at any time; `withdraw` before it began."""

    def __init__(self, host: SessionHost, printer: DevicePrinter, job_name: str) -> None:
        self._host = host
        self._times = host.times
        self._printer = printer
        self._client = printer.client
        self._job_name = job_name
        self._woken = asyncio.Event()
        self._withdrawn = False
        self._wish: StopWish | None = None
        self._look_for_wish = False
        self.step = Step.CONNECT
        self.progress = Progress(Step.CONNECT)
        self._plan: DeliveryPlan | None = None
        self._pieces: CountedPieces | None = None
        self._device_job_id = 0
        self._body = Body.PART
        #: Why the sending broke, or why it is being ended; decides what people are told.
        self._trouble = ""
        self._last_report: JobReport | None = None

    def withdraw(self) -> None:
        self._withdrawn = True
        self._woken.set()

    def look_for_stop(self) -> None:
        self._look_for_wish = True
        self._woken.set()

    async def deliver(self) -> Verdict:
        """From the beginning. Never raises what the device or the document can cause."""
        try:
            verdict = await self._prepare()
            if verdict is not None:
                return verdict
            if self._withdrawn or not await self._host.begin(self._device_job_id):
                await self._cancel_quietly()
                return Verdict(None)
            self.step = Step.SEND
            self.progress = Progress(Step.SEND)
            return await self._follow(self._send(), None)
        finally:
            if self._pieces is not None:
                await self._pieces.aclose()

    async def adopt(self, device_job_id: int, *, body_complete: bool) -> Verdict:
        """What a dead process began: ask the device what became of it, follow it if it still works on it."""
        self.step = Step.FOLLOW
        self._device_job_id = device_job_id
        self._body = Body.WHOLE if body_complete else Body.PERHAPS
        self._trouble = "" if body_complete else "service-restarted"
        return await self._follow(None, time.monotonic() + self._times.ask)

    # -- before BEGIN ---------------------------------------------------------------------------------------------

    async def _prepare(self) -> Verdict | None:
        deadline = time.monotonic() + self._times.patience
        delay = self._times.retry_first
        while not self._withdrawn:
            happening = await self._try_to_prepare()
            if happening is None:
                return None
            if not isinstance(happening, Happening):
                return Verdict(Change.RETURN, happening)
            reason = REASONS[happening]
            course = course_after(self.step, happening, bytes_sent=False)
            if course is not Course.WAIT or time.monotonic() + delay > deadline:
                return Verdict(Change.RETURN, reason)
            self._printer.forget_description()
            if self.progress.reason != reason:
                self.progress = Progress(self.step, reason=reason)
                await self._host.note_waiting(reason)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), delay)
            delay = min(delay * 2, self._times.retry_last)
        return Verdict(None)

    async def _try_to_prepare(self) -> Happening | str | None:
        """None when the device is ready for the document; a Happening, or a reason for which no table is needed."""
        try:
            self.step = Step.CONNECT
            attributes = await self._printer.describe()
            if attributes.boolean("printer-is-accepting-jobs") is False:
                return Happening.BUSY
            plan = await self._host.plan(attributes)
            if self._pieces is None or plan != self._plan:
                if self._pieces is not None:
                    await self._pieces.aclose()
                self._plan = plan
                self._pieces = await self._host.open_document(plan)
                await self._pieces.prepare()
            self.step = Step.CREATE
            if plan.create_job:
                self._device_job_id = await self._create(plan)
        except CannotPrintError as error:
            return error.reason
        except DocumentAwayError:
            return Happening.SPOOL
        except (DocumentGoneError, DocumentError):
            return Happening.DOCUMENT
        except DeviceStatusError as error:
            self._printer.forget_description()
            return happening_of_status(error.status)
        except DeviceError as error:
            return happening_of(error)
        return None

    async def _create(self, plan: DeliveryPlan) -> int:
        reply = await self._client.request(
            create_job(
                self._printer.uri,
                ticket_attributes(plan.ticket),
                name=self._job_name,
                version=self._printer.version,
            )
        )
        job_id = read_job_id(require_success(reply).message)
        if job_id is None:
            raise DeviceNonsenseError("a new job without a job-id")
        return job_id

    # -- after BEGIN ----------------------------------------------------------------------------------------------

    def _send(self) -> asyncio.Task[Reply]:
        plan, pieces = self._plan, self._pieces
        assert plan is not None  # noqa: S101 - `_prepare` made both
        assert pieces is not None  # noqa: S101
        if plan.create_job:
            message = send_document(
                self._printer.uri, self._device_job_id, plan.document_format, version=self._printer.version
            )
        else:
            message = print_job(
                self._printer.uri,
                plan.document_format,
                ticket_attributes(plan.ticket),
                name=self._job_name,
                version=self._printer.version,
            )
        # A device out of paper takes no bytes and stays silent for as long as it is given to be refilled.
        patient = self._times.stopped + self._times.ending
        limits = DeviceLimits(stalled=patient, silent=patient, reply=patient)
        return asyncio.create_task(self._client.request(message, document=aiter(pieces), limits=limits))

    async def _follow(self, sending: asyncio.Task[Reply] | None, ask_until: float | None) -> Verdict:
        watch = DeliveryWatch(self._times)
        watch.ask_until = ask_until
        try:
            while True:
                await self._pause(sending, watch.interval())
                if sending is not None and sending.done():
                    verdict = await self._after_sending(sending, watch)
                    sending = None
                    if verdict is not None:
                        return verdict
                verdict = await self._look(sending, watch)
                if verdict is not None:
                    return verdict
                if await self._must_end(watch):
                    sending = await self._end(sending, watch)
        finally:
            await _drop(sending)

    async def _pause(self, sending: asyncio.Task[Reply] | None, seconds: float) -> None:
        """Until the sending ends, somebody calls, or the time is over."""
        woken = asyncio.create_task(self._woken.wait())
        waiting: set[asyncio.Task[object]] = {woken}
        if sending is not None:
            waiting.add(sending)
        try:
            await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            woken.cancel()
            self._woken.clear()

    async def _after_sending(self, sending: asyncio.Task[Reply], watch: DeliveryWatch) -> Verdict | None:
        """The sending is over: None when there is something to follow."""
        try:
            reply = sending.result()
        except DeviceError as error:
            happening = happening_of(error)
            course = course_after(
                Step.SEND, happening, bytes_sent=error.may_have_printed, breakdown=is_breakdown(error)
            )
            self._body = Body.PERHAPS if error.body_complete else Body.PART
        else:
            if reply.is_successful:
                return await self._accepted(reply.message, watch)
            happening = happening_of_status(reply.status)
            course = course_after(
                Step.SEND,
                happening,
                bytes_sent=bool(reply.bytes_of_document_sent),
                breakdown=is_breakdown_status(reply.status),
            )
            self._body = Body.PERHAPS if reply.body_complete else Body.PART
        reason = REASONS[happening]
        self._printer.forget_description()
        if course is Course.RETURN:
            await self._cancel_quietly()
            return Verdict(Change.RETURN, reason)
        if course is Course.CHECK:
            return await self._refused(reason)
        if not self._device_job_id:
            return Verdict(Change.LOSE_SIGHT, reason)
        self._trouble = reason
        watch.ask_until = time.monotonic() + self._times.ask
        return None

    async def _accepted(self, message: Message, watch: DeliveryWatch) -> Verdict | None:
        self._body = Body.WHOLE
        self.step = Step.FOLLOW
        if not self._device_job_id:
            self._device_job_id = read_job_id(message) or 0
            if not self._device_job_id:
                return Verdict(Change.LOSE_SIGHT, "end-not-known")
        await self._host.note_accepted(self._device_job_id)
        watch.hurry()
        return None

    async def _refused(self, reason: str) -> Verdict:
        """An IPP refusal is believed, unless the device reports sheets of this very job."""
        report = None
        with contextlib.suppress(DeviceError, DeviceStatusError, ForeignReportError):
            report = await self._report() if self._device_job_id else None
        if report is not None and report.says_something_printed:
            return Verdict(Change.LOSE_SIGHT, reason, *report.counts)
        await self._cancel_quietly()
        return Verdict(Change.RETURN, reason)

    async def _look(self, sending: asyncio.Task[Reply] | None, watch: DeliveryWatch) -> Verdict | None:
        """Ask the device about its job once."""
        if not self._device_job_id:
            return self._lost(self._trouble) if sending is None and watch.is_ending_over() else None
        try:
            report = await self._report()
        except (ForeignReportError, DeviceStatusError) as error:
            return None if sending is not None else self._not_known(error, watch)
        except DeviceError as error:
            if sending is None and watch.is_lost():
                return self._lost(self._trouble or REASONS[happening_of(error)])
            return None
        watch.heard(broken=self._body is Body.PART and sending is None)
        self._last_report = report
        if report.is_over:
            await self._let_sending_end(sending)
            return self._ended(report)
        waits = self._body is Body.PART or (self._body is Body.PERHAPS and report.is_incoming)
        if waits and sending is None and not watch.ending_until:
            # It has a part of the document only, and would wait for the rest or print a part.
            await self._tell_to_cancel(watch)
        reason = report.reason()
        if not reason and (report.is_stopped or report.is_pending or watch.is_quiet()):
            # Few devices say it of the job; the machine itself knows.
            reason = await self._printer_trouble()
        self.progress = Progress(self.step, report.impressions, report.sheets, reason)
        return self._lost(self._trouble) if watch.is_ending_over() else None

    def _not_known(self, error: Exception, watch: DeliveryWatch) -> Verdict | None:
        """The device answers, but knows nothing of our job, or says: later."""
        if isinstance(error, DeviceStatusError) and happening_of_status(error.status) is Happening.BUSY:
            return self._lost(self._trouble or "device-busy") if watch.is_lost() else None
        watch.foreign += 1
        return self._lost("device-forgot") if watch.foreign >= _FOREIGN_REPORTS else None

    def _ended(self, report: JobReport) -> Verdict:
        ending = ending_of(report, self._body, self._host.expected_impressions)
        told = report.reason() or self._trouble
        counts = report.counts
        if ending is Ending.FINISH:
            return Verdict(Change.FINISH, "", *counts)
        if self._wish is StopWish.CANCEL:
            return Verdict(Change.CANCEL, "stopped-by-owner", *counts)
        if ending is Ending.RETURN:
            return Verdict(Change.RETURN, told or "device-aborted", *counts)
        return Verdict(Change.LOSE_SIGHT, told or "device-aborted", *counts)

    def _lost(self, reason: str) -> Verdict:
        report = self._last_report
        counts = report.counts if report is not None else (None, None, None)
        if self._wish is StopWish.CANCEL:
            return Verdict(Change.CANCEL, "stopped-by-owner", *counts)
        return Verdict(Change.LOSE_SIGHT, reason, *counts)

    async def _must_end(self, watch: DeliveryWatch) -> bool:
        """Whether it is time to tell the device to cancel; notes progress on the way."""
        sent = self._pieces.handed_over if self._pieces is not None else 0
        stalled = watch.is_stalled(self._last_report, sent)
        if self._look_for_wish or watch.is_time_to_note(self.progress):
            self._look_for_wish = False
            wish = await self._host.note_progress(self.progress, accepted=self._body is Body.WHOLE)
            # Who wished to have it held may still throw it away, not the other way round.
            if wish is not None and wish is not self._wish and self._wish is not StopWish.CANCEL:
                self._wish = wish
                self._trouble = "stopped-by-owner"
                return not watch.ending_until
        if stalled and not watch.ending_until:
            self._trouble = self.progress.reason or "device-stalled"
            return True
        return False

    async def _end(
        self, sending: asyncio.Task[Reply] | None, watch: DeliveryWatch
    ) -> asyncio.Task[Reply] | None:
        """Stop sending, cancel at the device, and go on asking for the end, for a bounded time."""
        if sending is not None and not sending.done():
            await _drop(sending)
            sending = None
        if self._device_job_id:
            await self._tell_to_cancel(watch)
        else:
            watch.ending_until = watch.ask_until = time.monotonic()
        return sending

    async def _tell_to_cancel(self, watch: DeliveryWatch) -> None:
        watch.ending_until = time.monotonic() + self._times.ending
        watch.ask_until = watch.ending_until
        await self._cancel_quietly()
        watch.hurry()

    async def _let_sending_end(self, sending: asyncio.Task[Reply] | None) -> None:
        """The job is over while its document is still being sent: hear whether the device had all of it."""
        if sending is None:
            return
        await asyncio.wait((sending,), timeout=2)
        if sending.done() and not sending.cancelled():
            error = sending.exception()
            if error is None:
                self._body = Body.WHOLE if sending.result().is_successful else Body.PART
            elif isinstance(error, DeviceError):
                self._body = Body.PERHAPS if error.body_complete else Body.PART

    async def _report(self) -> JobReport:
        reply = await self._client.request(
            get_job_attributes(
                self._printer.uri, self._device_job_id, REPORT_ATTRIBUTES, version=self._printer.version
            )
        )
        if reply.status == Status.CLIENT_ERROR_NOT_FOUND:
            raise ForeignReportError
        return read_job_report(require_success(reply).message, self._device_job_id, self._job_name)

    async def _printer_trouble(self) -> str:
        """What the device says of itself, e.g. `media-jam`; empty where it says nothing of use."""
        with contextlib.suppress(DeviceError, DeviceStatusError):
            reply = await self._client.request(
                get_printer_attributes(
                    self._printer.uri,
                    ("printer-state", "printer-state-reasons"),
                    version=self._printer.version,
                )
            )
            return urgent_reason(read_printer_reasons(require_success(reply).message.group(GroupTag.PRINTER)))
        return ""

    async def _cancel_quietly(self) -> None:
        if not self._device_job_id:
            return
        with contextlib.suppress(DeviceError):
            await self._client.request(
                cancel_job(self._printer.uri, self._device_job_id, version=self._printer.version)
            )


async def _drop(task: asyncio.Task[Reply] | None) -> None:
    if task is not None and not task.done():
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
