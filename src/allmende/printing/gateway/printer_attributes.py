# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What Get-Printer-Attributes answers: the part that stays the same encoded once per queue and address, the living part each time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from allmende.ipp import Attribute, AttributeSet, Operation, PrinterState, encode_attributes
from allmende.ipp.attribute_groups import select_attributes
from allmende.ipp.printer_description import PrinterConditions, describe_printer, describe_printer_state
from allmende.ipp.printer_profile import PrinterAddress, PrinterProfile
from allmende.printing.event_subscriptions import EVENT_LIFE, EVENTS
from allmende.printing.gateway.print_queues import QueueView

OPERATIONS: Final = (
    Operation.PRINT_JOB,
    Operation.VALIDATE_JOB,
    Operation.CREATE_JOB,
    Operation.SEND_DOCUMENT,
    Operation.CANCEL_JOB,
    Operation.GET_JOB_ATTRIBUTES,
    Operation.GET_JOBS,
    Operation.GET_PRINTER_ATTRIBUTES,
    Operation.HOLD_JOB,
    Operation.RELEASE_JOB,
    Operation.GET_PRINTER_SUPPORTED_VALUES,
    Operation.CREATE_PRINTER_SUBSCRIPTIONS,
    Operation.CREATE_JOB_SUBSCRIPTIONS,
    Operation.GET_SUBSCRIPTION_ATTRIBUTES,
    Operation.GET_SUBSCRIPTIONS,
    Operation.RENEW_SUBSCRIPTION,
    Operation.CANCEL_SUBSCRIPTION,
    Operation.GET_NOTIFICATIONS,
    Operation.CANCEL_JOBS,
    Operation.CANCEL_MY_JOBS,
    Operation.RESUBMIT_JOB,
    Operation.CLOSE_JOB,
    Operation.IDENTIFY_PRINTER,
)
#: What a queue takes; what comes as the last one is told by its first bytes.
FORMATS: Final = (
    "application/pdf",
    "image/jpeg",
    "image/png",
    "image/pwg-raster",
    "image/urf",
    "application/octet-stream",
)
LEASE_SECONDS: Final = 86_400
#: Seconds within which Send-Document must follow Create-Job.
OPEN_JOB_SECONDS: Final = 120
_MEDIA: Final = (
    "iso_a4_210x297mm",
    "iso_a3_297x420mm",
    "iso_a5_148x210mm",
    "iso_a6_105x148mm",
    "na_letter_8.5x11in",
    "na_legal_8.5x14in",
    "na_index-4x6_4x6in",
    "iso_dl_110x220mm",
    "iso_c5_162x229mm",
)
_MAX_CACHED: Final = 2_000


@dataclass(frozen=True, slots=True)
class PrinterPlace:
    """Under which name a client reaches the queue: `authority` is host and port, `tls` whether this request came so."""

    authority: str
    tls: bool
    path: str

    @property
    def uri(self) -> str:
        return f"{'ipps' if self.tls else 'ipp'}://{self.authority}{self.path}"

    @property
    def web(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.authority}"


@dataclass(frozen=True, slots=True)
class _Described:
    attributes: tuple[Attribute, ...]
    encoded: bytes


class PrinterAnswers:
    """Belongs to one event loop."""

    def __init__(self) -> None:
        self._described: dict[tuple[QueueView, PrinterPlace], _Described] = {}
        self._capabilities: dict[bool, AttributeSet] = {}

    def capabilities(self, queue: QueueView) -> AttributeSet:
        """For judging a job's ticket: they are the same for all queues of a kind."""
        known = self._capabilities.get(queue.is_direct)
        if known is None:
            profile = _profile(queue, PrinterPlace("localhost", tls=False, path="/"))
            known = self._capabilities[queue.is_direct] = AttributeSet(describe_printer(profile))
        return known

    def encoded(
        self,
        queue: QueueView,
        place: PrinterPlace,
        requested: tuple[str, ...] | None,
        *,
        queued_jobs: int,
        has_room: bool,
    ) -> bytes:
        """The printer group's attributes as bytes."""
        described = self._describe(queue, place)
        living = describe_printer_state(self._conditions(queue, queued_jobs, has_room=has_room))
        if requested is None or "all" in requested:
            if requested and len(requested) > 1:
                return encode_attributes(
                    select_attributes((*described.attributes, *living), requested, "printer")
                )
            return described.encoded + encode_attributes(living)
        return encode_attributes(select_attributes((*described.attributes, *living), requested, "printer"))

    def unknown_names(self, queue: QueueView, place: PrinterPlace, requested: tuple[str, ...]) -> list[str]:
        """Names that are neither attributes nor groups of this printer."""
        attributes = self._describe(queue, place).attributes
        known = {attribute.name for attribute in attributes} | _LIVING
        groups = {
            "all",
            "none",
            "printer-description",
            "job-template",
            "printer-defaults",
            "subscription-template",
        }
        return [name for name in requested if name not in known and name not in groups]

    def _describe(self, queue: QueueView, place: PrinterPlace) -> _Described:
        key = (queue, place)
        found = self._described.get(key)
        if found is None:
            attributes = tuple(describe_printer(_profile(queue, place)))
            found = _Described(attributes, encode_attributes(select_attributes(attributes, None, "printer")))
            if len(self._described) >= _MAX_CACHED:
                self._described.clear()
            self._described[key] = found
        return found

    def _conditions(self, queue: QueueView, queued_jobs: int, *, has_room: bool) -> PrinterConditions:
        now = datetime.now(UTC)
        accepting = queue.is_active and has_room
        return PrinterConditions(
            state=PrinterState.IDLE if accepting else PrinterState.STOPPED,
            now=now,
            up_time=queue.up_time(now),
            reasons=() if has_room else ("spool-area-full",),
            accepting_jobs=accepting,
            queued_jobs=queued_jobs,
            state_changed=queue.created_at,
            state_changed_up_time=1,
            config_changed=queue.created_at,
            config_changed_up_time=1,
        )


def _profile(queue: QueueView, place: PrinterPlace) -> PrinterProfile:
    plain, encrypted = f"ipp://{place.authority}{place.path}", f"ipps://{place.authority}{place.path}"
    return PrinterProfile(
        name=queue.name,
        addresses=(
            PrinterAddress(encrypted, "tls", "requesting-user-name"),
            PrinterAddress(plain, "none", "requesting-user-name"),
        ),
        uuid=f"urn:uuid:{queue.uuid}",
        info=queue.name,
        location=queue.location or queue.town.name,
        more_info=f"{place.web}/",
        organization=queue.town.name,
        icons=(
            f"{place.web}/static/allmende/printer-128.png",
            f"{place.web}/static/allmende/printer-512.png",
        ),
        supply_info=f"{place.web}/",
        make_and_model="Allmende direct queue" if queue.is_direct else "Allmende follow-me queue",
        language="en",
        # Requests of 2.1 and 2.2 are answered too; to claim these, a printer must have its operators' operations (PWG 5100.12 §6.3, §6.4).
        versions=("1.1", "2.0"),
        features=("ipp-everywhere", "job-release") if not queue.is_direct else ("ipp-everywhere",),
        operations=tuple(
            int(operation)
            for operation in OPERATIONS
            if not (queue.is_direct and operation is Operation.HOLD_JOB)
        ),
        formats=FORMATS,
        which_jobs=("completed", "not-completed", "all"),
        identify_actions=("display",),
        media=_MEDIA,
        media_ready=("iso_a4_210x297mm",),
        media_types=("stationery", "auto"),
        multiple_document_jobs=False,
        multiple_operation_timeout=OPEN_JOB_SECONDS,
        multiple_operation_timeout_action="abort-job",
        # Whoever asks a direct queue to hold a job is told that it will not.
        holds=("no-hold",) if queue.is_direct else ("no-hold", "indefinite"),
        account_ids=True,
        release_actions=() if queue.is_direct else ("owner-authorized",),
        notify_events=EVENTS,
        notify_lease_seconds=LEASE_SECONDS,
        event_life_seconds=int(EVENT_LIFE.total_seconds()),
    )


_LIVING: Final = frozenset(
    {
        "printer-state",
        "printer-state-reasons",
        "printer-state-message",
        "printer-is-accepting-jobs",
        "queued-job-count",
        "printer-up-time",
        "printer-current-time",
        "printer-state-change-date-time",
        "printer-state-change-time",
        "printer-config-change-date-time",
        "printer-config-change-time",
        "printer-alert",
        "printer-alert-description",
    }
)

__all__ = ["FORMATS", "OPERATIONS", "PrinterAnswers", "PrinterPlace"]
