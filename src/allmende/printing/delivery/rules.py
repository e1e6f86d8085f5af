# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a delivery does when something happens: one table, no clock, no socket.

A sheet on paper can't be taken back, so every course is chosen by one question: *can a byte of the document have reached paper?*

    step      what is certain                     a fault leads to
    TURN      nothing was asked of the device     (no fault can happen)
    CONNECT   the device has nothing              wait a while, then held again
    CREATE    the device has an empty job         wait a while, then held again
    SEND      the device may have a part          held if not one byte left; else ask the device about its job
    FOLLOW    the device has the whole document   ask the device about its job

- Before BEGIN is durable, and after it as long as not one byte of the document was handed over: RETURN, the job is held with a reason.
- The device refuses the job by an IPP answer, before or after the document: RETURN, unless it reports sheets itself.
- Something broke in the device or before it (HTTP 5xx, IPP's internal, device and temporary error) with bytes under way: that is no word about the
  job, which may be on paper. It is asked for, as after a cut.
- The device says aborted or cancelled: RETURN only if it says *explicitly* 0 impressions and 0 sheets; what it doesn't say is unknown.
- Completed is FINISH if the device had said "ok" to the whole document. If nobody heard that, it is FINISH only with as many impressions as
  the job has; of a part it is unknown what came out.
- Cut while sending or following: ask again for a bounded time; then LOSE_SIGHT, and the owner decides.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from allmende.devices.device_client import (
    CertificateChangedError,
    DeviceCutError,
    DeviceError,
    DeviceNonsenseError,
    DeviceRefusedError,
    DeviceSilentError,
    DeviceUnreachableError,
    DocumentBrokeError,
    UnreachableReason,
)
from allmende.ipp import Status
from allmende.printing.delivery.reports import JobReport


class Step(StrEnum):
    TURN = "turn"
    CONNECT = "connect"
    CREATE = "create"
    SEND = "send"
    FOLLOW = "follow"


class Happening(StrEnum):
    UNREACHABLE = "unreachable"
    FORBIDDEN = "forbidden"  #: an address that this service doesn't connect to
    CERTIFICATE = "certificate"
    BUSY = "busy"  #: an IPP or HTTP answer that says: later
    REFUSED = "refused"
    CUT = "cut"
    SILENT = "silent"
    NONSENSE = "nonsense"
    DOCUMENT = "document"  #: our own source of the document failed
    SPOOL = "spool"  #: the spool does not give the document out at the moment


class Course(StrEnum):
    WAIT = "wait"  #: try again while patience lasts, then RETURN
    RETURN = "return"
    ASK = "ask"  #: ask the device about its job for a bounded time, then LOSE_SIGHT
    CHECK = "check"  #: ask once: RETURN unless the device reports sheets


_EARLY: Final[dict[Happening, Course]] = {
    Happening.UNREACHABLE: Course.WAIT,
    Happening.FORBIDDEN: Course.RETURN,
    Happening.CERTIFICATE: Course.RETURN,
    Happening.BUSY: Course.WAIT,
    Happening.REFUSED: Course.RETURN,
    Happening.CUT: Course.WAIT,
    Happening.SILENT: Course.WAIT,
    Happening.NONSENSE: Course.RETURN,
    Happening.DOCUMENT: Course.RETURN,
    Happening.SPOOL: Course.RETURN,
}
#: The step SEND stands here twice: `FAULTS[Step.SEND]` is with bytes of the document under way, `FAULTS_BEFORE_FIRST_BYTE` without.
FAULTS_BEFORE_FIRST_BYTE: Final[dict[Happening, Course]] = dict.fromkeys(Happening, Course.RETURN)
FAULTS: Final[dict[Step, dict[Happening, Course]]] = {
    Step.CONNECT: _EARLY,
    Step.CREATE: _EARLY,
    Step.SEND: {
        **dict.fromkeys(Happening, Course.ASK),
        Happening.REFUSED: Course.CHECK,
        Happening.BUSY: Course.CHECK,
    },
    Step.FOLLOW: dict.fromkeys(Happening, Course.ASK),
}

#: What people are told, as keywords that the surface translates.
REASONS: Final[dict[Happening, str]] = {
    Happening.UNREACHABLE: "device-offline",
    Happening.FORBIDDEN: "device-address-forbidden",
    Happening.CERTIFICATE: "certificate-changed",
    Happening.BUSY: "device-busy",
    Happening.REFUSED: "device-refused",
    Happening.CUT: "connection-cut",
    Happening.SILENT: "device-silent",
    Happening.NONSENSE: "device-nonsense",
    Happening.DOCUMENT: "unreadable",
    Happening.SPOOL: "spool-silent",
}
#: After these a direct queue tries again by itself: nothing was printed, and it was not the document's fault.
PASSING_REASONS: Final = frozenset(
    {
        "device-offline",
        "device-busy",
        "connection-cut",
        "device-silent",
        "service-restarted",
        REASONS[Happening.SPOOL],
        "",
    }
)

_BUSY_STATUSES: Final = frozenset(
    {
        Status.SERVER_ERROR_BUSY,
        Status.SERVER_ERROR_SERVICE_UNAVAILABLE,
        Status.SERVER_ERROR_TEMPORARY_ERROR,
        Status.SERVER_ERROR_NOT_ACCEPTING_JOBS,
        Status.SERVER_ERROR_DEVICE_ERROR,
        Status.SERVER_ERROR_PRINTER_IS_DEACTIVATED,
    }
)
_BUSY_HTTP: Final = frozenset({408, 429, 502, 503, 504})


#: IPP answers that may come in the middle of printing: a jam, a memory that is full (RFC 8011 §B.1.5).
_BREAKDOWNS: Final = frozenset(
    {
        Status.SERVER_ERROR_INTERNAL_ERROR,
        Status.SERVER_ERROR_DEVICE_ERROR,
        Status.SERVER_ERROR_TEMPORARY_ERROR,
    }
)


class Body(StrEnum):
    """How much of the document the device has."""

    PART = "part"
    PERHAPS = "perhaps"  #: all of it left this process, or the process that sent it died: nobody heard the device say "ok"
    WHOLE = "whole"


class Ending(StrEnum):
    """What the last word of a device about its job means."""

    FINISH = "finish"
    RETURN = "return"
    LOSE_SIGHT = "lose-sight"


def happening_of(error: DeviceError) -> Happening:
    if isinstance(error, DeviceUnreachableError):
        forbidden = error.reason is UnreachableReason.FORBIDDEN_ADDRESS
        return Happening.FORBIDDEN if forbidden else Happening.UNREACHABLE
    if isinstance(error, DeviceRefusedError):
        return Happening.BUSY if error.status in _BUSY_HTTP else Happening.REFUSED
    for kind, happening in _BY_ERROR:
        if isinstance(error, kind):
            return happening
    return Happening.NONSENSE


_BY_ERROR: Final[tuple[tuple[type[DeviceError], Happening], ...]] = (
    (CertificateChangedError, Happening.CERTIFICATE),
    (DeviceCutError, Happening.CUT),
    (DeviceSilentError, Happening.SILENT),
    (DeviceNonsenseError, Happening.NONSENSE),
    (DocumentBrokeError, Happening.DOCUMENT),
)


def happening_of_status(status: int) -> Happening:
    """Of an IPP answer that is an error."""
    return Happening.BUSY if status in _BUSY_STATUSES else Happening.REFUSED


def is_breakdown(error: DeviceError) -> bool:
    """An answer of HTTP by which a web server gives up; what the printer behind it made of the job, it does not know."""
    return isinstance(error, DeviceRefusedError) and error.status >= 500


def is_breakdown_status(status: int) -> bool:
    return status in _BREAKDOWNS


def course_after(step: Step, happening: Happening, *, bytes_sent: bool, breakdown: bool = False) -> Course:
    """`breakdown`: the device answered, but not about the job."""
    if step is Step.SEND and not bytes_sent:
        return FAULTS_BEFORE_FIRST_BYTE[happening]
    if step is Step.SEND and breakdown:
        return Course.ASK
    return FAULTS[step][happening]


def ending_of(report: JobReport, body: Body, expected: int | None) -> Ending:
    """Of a report in which the device says that the job is over; `expected` are the job's impressions, where known."""
    if report.is_completed and body is Body.WHOLE:
        return Ending.FINISH
    if report.is_completed and body is Body.PERHAPS and expected and (report.impressions or 0) >= expected:
        return Ending.FINISH
    if not report.is_completed and report.says_nothing_printed:
        return Ending.RETURN
    return Ending.LOSE_SIGHT
