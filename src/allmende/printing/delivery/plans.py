# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a device is sent: in which format, with which job attributes, and what has to be done to the document before.

Decided from the device's own `…-supported` attributes. What a device can't do by itself (page ranges, copies) is done here or,
where that is impossible, refused with a reason; it is never dropped in silence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final, Literal

from allmende.documents import JPEG, OCTET_STREAM, PDF, PNG, PWG_RASTER, READABLE_FORMATS, URF
from allmende.documents.conversion import RasterTarget
from allmende.documents.media_sizes import size_of_media
from allmende.ipp import AttributeSet, Operation
from allmende.ipp.ticket import Ticket, fit_ticket
from allmende.printing.job_tickets import prints_colour

#: What is asked of a device before a job: no more, because some devices take long for "all".
PLAN_ATTRIBUTES: Final = (
    "document-format-supported",
    "operations-supported",
    "printer-state",
    "printer-state-reasons",
    "printer-is-accepting-jobs",
    "copies-supported",
    "sides-supported",
    "print-color-mode-supported",
    "page-ranges-supported",
    "media-supported",
    "media-col-supported",
    "media-size-supported",
    "media-source-supported",
    "media-type-supported",
    "media-bottom-margin-supported",
    "media-left-margin-supported",
    "media-right-margin-supported",
    "media-top-margin-supported",
    "orientation-requested-supported",
    "print-quality-supported",
    "printer-resolution-supported",
    "print-scaling-supported",
    "number-up-supported",
    "finishings-supported",
    "output-bin-supported",
    "multiple-document-handling-supported",
    "page-delivery-supported",
    "print-content-optimize-supported",
    "print-rendering-intent-supported",
    "pwg-raster-document-resolution-supported",
    "pwg-raster-document-sheet-back",
    "pwg-raster-document-type-supported",
    "urf-supported",
    "job-creation-attributes-supported",
)
_DEFAULT_DPI: Final = 300
_MAX_DPI: Final = 600
SheetBack = Literal["normal", "flipped", "rotated", "manual-tumble"]
_URF_BACKS: Final[dict[str, SheetBack]] = {
    "DM1": "normal",
    "DM2": "flipped",
    "DM3": "rotated",
    "DM4": "manual-tumble",
}


class CannotPrintError(Exception):
    """This device can't print this job; `reason` is a keyword for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class DeliveryPlan:
    """`ticket` is what the device is told; at most one of `raster`, `pages`, `as_pdf` is made of the document before."""

    document_format: str
    ticket: Ticket
    create_job: bool
    raster: RasterTarget | None = None
    pages: tuple[tuple[int, int], ...] = ()
    as_pdf: bool = False


def plan_delivery(document_format: str, ticket: Ticket, device: AttributeSet) -> DeliveryPlan:
    """Raises CannotPrintError."""
    if document_format in {JPEG, PNG}:
        # A picture is one page: ranges have no say.
        ticket = replace(ticket, page_ranges=())
    fitted = fit_ticket(ticket, device)
    formats = frozenset(device.strings("document-format-supported") or ())
    operations = device.integers("operations-supported") or ()
    create_job = Operation.CREATE_JOB in operations and Operation.SEND_DOCUMENT in operations
    copies_lost = (ticket.copies or 1) > 1 and fitted.copies != ticket.copies
    pages_lost = bool(ticket.page_ranges) and fitted.page_ranges != ticket.page_ranges
    taken = not formats or document_format in formats
    plan = DeliveryPlan(document_format, fitted, create_job)
    if taken and not copies_lost and not pages_lost:
        return plan
    if taken and not copies_lost and document_format == PDF:
        return replace(plan, pages=_ranges(ticket), ticket=replace(fitted, page_ranges=()))
    if document_format in {JPEG, PNG} and PDF in formats and not copies_lost:
        return replace(plan, document_format=PDF, as_pdf=True)
    if document_format in READABLE_FORMATS and formats & {PWG_RASTER, URF}:
        return _raster_plan(plan, ticket, formats, device)
    if taken:
        raise CannotPrintError("copies-not-supported" if copies_lost else "pages-not-supported")
    raise CannotPrintError(_no_way(document_format))


def _no_way(document_format: str) -> str:
    return "format-unknown" if document_format in {"", OCTET_STREAM} else "format-not-supported"


def _raster_plan(
    plan: DeliveryPlan, ticket: Ticket, formats: frozenset[str], device: AttributeSet
) -> DeliveryPlan:
    """Of a device that takes one of the rasters."""
    target = _pwg_target(device) if PWG_RASTER in formats else _urf_target(device)
    media = size_of_media(plan.ticket.media or ticket.media or "")
    if media is not None:
        target = replace(target, media=media)
    target = replace(
        target,
        colour=target.colour and prints_colour(ticket),
        bits=8 if target.colour and prints_colour(ticket) else target.bits,
        sides=plan.ticket.sides or "one-sided",  # type: ignore[arg-type]
        page_ranges=_ranges(ticket),
        copies=ticket.copies or 1,
        print_quality=plan.ticket.print_quality or 4,
    )
    # The raster has the copies and the chosen pages already.
    ticket = replace(plan.ticket, copies=None, page_ranges=(), number_up=None)
    return replace(plan, document_format=target.format, ticket=ticket, raster=target)


def _pwg_target(device: AttributeSet) -> RasterTarget:
    types = device.keywords("pwg-raster-document-type-supported") or ("sgray_8",)
    resolutions = device.resolutions("pwg-raster-document-resolution-supported") or ()
    back = device.keyword("pwg-raster-document-sheet-back") or "normal"
    known: dict[str, SheetBack] = {str(value): value for value in _URF_BACKS.values()}
    grey = "sgray_8" in types
    return RasterTarget(
        format=PWG_RASTER,
        dpi=_choose_dpi([r.cross_feed for r in resolutions if r.cross_feed == r.feed and r.units == 3]),
        colour="srgb_8" in types,
        bits=1 if "black_1" in types and not grey and "srgb_8" not in types else 8,
        sheet_back=known.get(back, "normal"),
    )


def _urf_target(device: AttributeSet) -> RasterTarget:
    keywords = device.keywords("urf-supported") or ()
    resolutions: list[int] = []
    for keyword in keywords:
        if re.fullmatch(r"RS[0-9-]{1,60}", keyword):
            resolutions += [int(number) for number in keyword[2:].split("-") if number and len(number) < 6]
    back: SheetBack = next((_URF_BACKS[keyword] for keyword in keywords if keyword in _URF_BACKS), "normal")
    colour = any(keyword.startswith("SRGB24") for keyword in keywords)
    return RasterTarget(format=URF, dpi=_choose_dpi(resolutions), colour=colour, bits=8, sheet_back=back)


def _choose_dpi(offered: list[int]) -> int:
    """300 where the device has it, else the next better one, else its best."""
    possible = sorted(dpi for dpi in offered if 72 <= dpi <= _MAX_DPI)
    better = [dpi for dpi in possible if dpi >= _DEFAULT_DPI]
    return better[0] if better else possible[-1] if possible else _DEFAULT_DPI


def _ranges(ticket: Ticket) -> tuple[tuple[int, int], ...]:
    return tuple((pages.lower, pages.upper) for pages in ticket.page_ranges)
