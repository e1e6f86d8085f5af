# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

import pytest

from allmende.ipp import AttributeSet, Operation, Range, Resolution, make
from allmende.ipp.ticket import Ticket
from allmende.printing.delivery.plans import CannotPrintError, plan_delivery

PDF, PWG, URF, JPEG = "application/pdf", "image/pwg-raster", "image/urf", "image/jpeg"
CREATES = make.enum("operations-supported", Operation.CREATE_JOB, Operation.SEND_DOCUMENT)


def device(*formats: str, copies: int = 99, ranges: bool = True) -> AttributeSet:
    return AttributeSet(
        [
            make.mime("document-format-supported", *formats),
            CREATES,
            make.range_of_integer("copies-supported", (1, copies)),
            make.boolean("page-ranges-supported", ranges),
            make.keyword("print-color-mode-supported", "color", "monochrome"),
            make.keyword("sides-supported", "one-sided", "two-sided-long-edge"),
            make.keyword("pwg-raster-document-type-supported", "sgray_8", "srgb_8"),
            make.resolution(
                "pwg-raster-document-resolution-supported", Resolution(600, 600), Resolution(300, 300)
            ),
            make.keyword("pwg-raster-document-sheet-back", "rotated"),
            make.keyword("urf-supported", "W8", "SRGB24", "RS300-600", "DM3"),
        ]
    )


def test_what_the_device_can_do_is_left_to_it() -> None:
    ticket = Ticket(copies=3, page_ranges=(Range(2, 3),), sides="two-sided-long-edge")
    plan = plan_delivery(PDF, ticket, device(PDF))
    assert (plan.document_format, plan.raster, plan.pages, plan.create_job) == (PDF, None, (), True)
    assert (plan.ticket.copies, plan.ticket.page_ranges, plan.ticket.sides) == (
        3,
        (Range(2, 3),),
        ticket.sides,
    )


def test_pages_are_chosen_here_where_the_device_can_not() -> None:
    plan = plan_delivery(PDF, Ticket(page_ranges=(Range(2, 3),)), device(PDF, ranges=False))
    assert (plan.pages, plan.ticket.page_ranges, plan.document_format) == (((2, 3),), (), PDF)


@pytest.mark.parametrize("raster", [PWG, URF])
def test_a_device_without_pdf_gets_raster_with_everything_in_it(raster: str) -> None:
    ticket = Ticket(copies=2, page_ranges=(Range(1, 2),), print_color_mode="monochrome")
    plan = plan_delivery(PDF, ticket, device(raster))
    assert plan.raster is not None
    assert (plan.document_format, plan.raster.dpi, plan.raster.sheet_back) == (raster, 300, "rotated")
    assert (plan.raster.copies, plan.raster.page_ranges, plan.raster.colour) == (2, ((1, 2),), False)
    assert (plan.ticket.copies, plan.ticket.page_ranges) == (None, ())


def test_copies_that_the_device_can_not_make_are_never_dropped() -> None:
    assert plan_delivery(PDF, Ticket(copies=5), device(PDF, PWG, copies=1)).raster is not None
    with pytest.raises(CannotPrintError, match="not-supported"):
        plan_delivery(PDF, Ticket(copies=5), device(PDF, copies=1))


def test_a_picture_becomes_a_page_where_that_helps() -> None:
    plan = plan_delivery(JPEG, Ticket(), device(PDF))
    assert (plan.as_pdf, plan.document_format) == (True, PDF)


@pytest.mark.parametrize(
    ("document_format", "reason"),
    [("application/postscript", "format-not-supported"), ("application/octet-stream", "format-unknown")],
)
def test_what_nobody_can_print_is_told(document_format: str, reason: str) -> None:
    with pytest.raises(CannotPrintError) as refused:
        plan_delivery(document_format, Ticket(), device(PDF))
    assert refused.value.reason == reason


def test_a_device_that_says_nothing_gets_the_document_as_it_is() -> None:
    plan = plan_delivery(PDF, Ticket(), AttributeSet([]))
    assert (plan.document_format, plan.create_job) == (PDF, False)


@pytest.mark.parametrize("keyword", ["RS", "RS999999999999", "RS-", "RSx", "RS1"])
def test_nonsense_about_raster_is_passed_over(keyword: str) -> None:
    attributes = AttributeSet(
        [make.mime("document-format-supported", URF), CREATES, make.keyword("urf-supported", keyword)]
    )
    plan = plan_delivery(PDF, Ticket(), attributes)
    assert plan.raster is not None
    assert plan.raster.dpi == 300
