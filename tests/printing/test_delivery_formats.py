# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What arrives at devices of every kind: raster where they take no PDF, and never a page more than was asked for."""

from __future__ import annotations

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops

from allmende.documents import JPEG, PDF, PWG_RASTER, URF, Inspector
from allmende.documents.pwg_raster import read_pwg_pages
from allmende.documents.urf import read_urf_pages
from allmende.ipp import make
from allmende.printing.delivery.watch import DeliveryTimes
from allmende.printing.job_states import State
from allmende.printing.job_words import reason_words
from allmende.printing.jobs import Job, JobDocument
from devices.programs import free_port
from devices.real_printer import real_printer
from devices.virtual_device_process import VirtualDevice, virtual_device
from documents.sample_documents import make_image, make_pdf, make_pwg
from printing.delivering import delivering, wait_for_state
from printing.scripted_device import ScriptedPrinter, scripted_printer
from printing.standing import stand_and_release

pytestmark = pytest.mark.django_db(transaction=True)

#: As in service: a raster takes its time to be drawn.
PATIENT = DeliveryTimes()
#: Pages 1, 3 and 5 bear a red bar.
FIVE_PAGES = make_pdf(5, colour_pages={1, 3, 5}, marker="Seite")


async def print_on(
    uri: str,
    document: bytes,
    *,
    until: Sequence[State] = (State.PRINTED,),
    document_format: str = PDF,
    pages: int | None = 5,
    **options: Any,
) -> Job:
    """The job's row when it has come to one of these ends."""
    async with delivering(PATIENT):
        standing = await stand_and_release(
            uri, document=document, document_format=document_format, pages=pages, **options
        )
        return await wait_for_state(standing.job_ids[0], *until, seconds=40)


async def tray_of(device: VirtualDevice) -> list[dict[str, Any]]:
    tray: list[dict[str, Any]] = await device.get("/tray.json")
    return tray


async def picture(device: VirtualDevice, page: dict[str, Any]) -> Image.Image:
    return Image.open(io.BytesIO(await device.fetch(page["image"]))).convert("RGB")


def has_colour(image: Image.Image) -> bool:
    red, _, blue = image.split()
    return any(ImageChops.difference(red, blue).histogram()[60:])


# -- a device that takes raster alone ------------------------------------------------------------------------------


async def test_a_device_without_pdf_prints_the_chosen_pages(tmp_path: Path) -> None:
    async with virtual_device(tmp_path, "--raster-only") as device:
        ticket = {"page_ranges": [[2, 4]], "sides": "two-sided-long-edge", "copies": 2}
        job = await print_on(device.uri, FIVE_PAGES, ticket=ticket, colour_pages=3)
        tray = await tray_of(device)
        looks = [has_colour(await picture(device, page)) for page in tray]
    # Three pages a copy; the second copy begins on a sheet of its own, behind an empty back.
    assert [(page["sheet"], page["side"]) for page in tray] == [
        (1, "front"), (1, "back"), (2, "front"), (2, "back"), (3, "front"), (3, "back"), (4, "front"),
    ]  # fmt: skip
    assert looks == [False, True, False, False, False, True, False]
    assert {page["sides"] for page in tray} == {"two-sided"}
    assert (job.sheets_completed, job.impressions_completed) == (4, 7)


async def test_black_means_black_on_a_raster_device(tmp_path: Path) -> None:
    async with virtual_device(tmp_path, "--raster-only") as device:
        await print_on(device.uri, FIVE_PAGES, ticket={"print_color_mode": "monochrome"}, colour_pages=3)
        tray = await tray_of(device)
        assert [(page["page"], page["sides"]) for page in tray] == [(n, "one-sided") for n in range(1, 6)]
        first = await picture(device, tray[0])
    assert not has_colour(first)
    assert any(first.convert("L").histogram()[:100])  # not empty, either


async def test_what_the_person_chooses_at_the_device_goes_into_the_raster(tmp_path: Path) -> None:
    async with virtual_device(tmp_path, "--raster-only") as device:
        changes = {"copies": 2, "page_ranges": ((5, 5),), "colour": False}
        await print_on(device.uri, FIVE_PAGES, changes=changes, ticket={"copies": 9}, colour_pages=3)
        tray = await tray_of(device)
        looks = [has_colour(await picture(device, page)) for page in tray]
    assert (len(tray), looks) == (2, [False, False])


async def test_a_picture_on_a_raster_device(tmp_path: Path) -> None:
    async with virtual_device(tmp_path, "--raster-only") as device:
        await print_on(
            device.uri, make_image(), document_format=JPEG, pages=1, ticket={"page_ranges": [[1, 1]]}
        )
        (page,) = await tray_of(device)
        assert has_colour(await picture(device, page))


@pytest.mark.system
@pytest.mark.parametrize("raster", [PWG_RASTER, URF])
async def test_a_real_printer_of_raster_alone(tmp_path: Path, raster: str) -> None:
    ticket = {"page_ranges": [[1, 2]], "copies": 2, "print_color_mode": "monochrome"}
    async with real_printer(tmp_path, "-f", raster) as uri:
        await print_on(uri, FIVE_PAGES, ticket=ticket, colour_pages=3)
        (printed,) = tmp_path.glob("*.pwg" if raster == PWG_RASTER else "*.urf")  # noqa: ASYNC240 - two files
        document = printed.read_bytes()
    depths = [page.header.bits_per_pixel for page in read_pwg_pages(document)] if raster == PWG_RASTER else []
    depths += [page.header.bits_per_pixel for page in read_urf_pages(document)] if raster == URF else []
    assert depths == [8] * 4


# -- pictures and raster on a device that takes PDF alone ------------------------------------------------------------


async def sent_to(printer: ScriptedPrinter, document: bytes, **options: Any) -> tuple[bytes, Job]:
    job = await print_on(printer.uri, document, **options)
    (sent,) = printer.jobs
    return sent.document, job


async def pages_of(document: bytes, document_format: str = PDF) -> int:
    inspector = Inspector(max_workers=1)
    try:
        return (await inspector.inspect([document], document_format)).pages
    finally:
        await inspector.aclose()


async def test_a_picture_becomes_a_pdf() -> None:
    async with scripted_printer(formats=(PDF,)) as printer:
        sent, _ = await sent_to(printer, make_image(), document_format=JPEG, pages=1)
    assert sent.startswith(b"%PDF")
    assert await pages_of(sent) == 1


async def test_raster_on_a_device_of_pdf_alone_stays_held_with_the_reason() -> None:
    async with scripted_printer(formats=(PDF,)) as printer:
        job = await print_on(
            printer.uri, make_pwg(2), until=[State.HELD], document_format=PWG_RASTER, pages=2
        )
        assert printer.jobs == []
    assert job.reason == "format-not-supported"
    assert reason_words(job.reason)
    assert await JobDocument.objects.filter(job=job).aexists()


async def test_raster_becomes_the_other_raster() -> None:
    urf = make.keyword("urf-supported", "W8", "SRGB24", "RS300")
    async with scripted_printer(formats=(URF,), extra=(urf,)) as printer:
        sent, _ = await sent_to(printer, make_pwg(3), document_format=PWG_RASTER, pages=3)
    assert len(list(read_urf_pages(sent))) == 3


# -- what the device can't choose or repeat by itself ---------------------------------------------------------------


NO_RANGES = make.boolean("page-ranges-supported", False)


async def test_the_pages_are_cut_out_where_the_device_can_not_choose_them() -> None:
    async with scripted_printer(formats=(PDF,), extra=(NO_RANGES,)) as printer:
        sent, _ = await sent_to(printer, FIVE_PAGES, ticket={"page_ranges": [[2, 3], [5, 9]]})
    assert await pages_of(sent) == 3


async def test_pages_that_are_not_there_print_nothing() -> None:
    """Also where nobody has counted them before the release."""
    async with scripted_printer(formats=(PDF,), extra=(NO_RANGES,)) as printer:
        wished = {"page_ranges": [[7, 8]]}
        job = await print_on(
            printer.uri, FIVE_PAGES, pages=None, ticket=wished, until=[State.HELD, State.PRINTED]
        )
        assert printer.jobs == []
    assert (job.state, bool(job.reason)) == (State.HELD, True)


async def test_copies_are_made_here_where_the_device_makes_one() -> None:
    async with scripted_printer(formats=(PDF, PWG_RASTER), copies=1) as printer:
        sent, _ = await sent_to(printer, FIVE_PAGES, ticket={"copies": 3, "page_ranges": [[4, 4]]})
    assert len(list(read_pwg_pages(sent))) == 3


async def test_copies_that_nobody_can_make_are_not_dropped() -> None:
    async with scripted_printer(formats=(PDF,), copies=1) as printer:
        job = await print_on(printer.uri, FIVE_PAGES, ticket={"copies": 3}, until=[State.HELD, State.PRINTED])
        assert printer.jobs == []
    assert (job.state, job.reason) == (State.HELD, "copies-not-supported")


# -- port 9100 ------------------------------------------------------------------------------------------------------


class Sink:
    """A port that takes all bytes, or hangs up after so many."""

    def __init__(self, cut_after: int | None = None) -> None:
        self.cut_after = cut_after
        self.documents: list[bytearray] = []
        self.uri = ""

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        document = bytearray()
        self.documents.append(document)
        while piece := await reader.read(65536):
            document += piece
            if self.cut_after is not None and len(document) >= self.cut_after:
                writer.transport.abort()
                return
        writer.close()


@contextlib.asynccontextmanager
async def sink(cut_after: int | None = None) -> AsyncIterator[Sink]:
    taking = Sink(cut_after)
    port = free_port()
    server = await asyncio.start_server(taking.take, "127.0.0.1", port)
    taking.uri = f"socket://127.0.0.1:{port}"
    try:
        yield taking
    finally:
        server.close()


@pytest.mark.parametrize("spooled", [False, True])
async def test_a_bare_port_gets_the_whole_document(spooled: bool) -> None:
    document = make_pdf(5, padding=3_000_000 if spooled else 0)
    async with sink() as taking:
        job = await print_on(taking.uri, document, spooled=spooled, ticket={"sides": "two-sided-long-edge"})
    assert taking.documents == [document]
    assert job.reason == "end-not-known"
    assert reason_words(job.reason)


async def test_a_bare_port_that_hangs_up_in_the_middle_leaves_it_to_the_owner() -> None:
    async with sink(cut_after=100_000) as taking:
        document = make_pdf(5, padding=12_000_000)
        job = await print_on(
            taking.uri, document, spooled=True, until=[State.UNCERTAIN, State.HELD, State.PRINTED]
        )
    assert (job.state, job.reason) == (State.UNCERTAIN, "connection-cut")
    assert len(taking.documents) == 1


async def test_a_bare_port_that_nobody_listens_to_holds_it() -> None:
    async with sink() as taking:
        pass
    job = await print_on(taking.uri, FIVE_PAGES, until=[State.HELD, State.UNCERTAIN])
    assert (job.state, job.reason) == (State.HELD, "device-offline")


@pytest.mark.parametrize(
    "wish", [{"ticket": {"page_ranges": [[2, 3]]}}, {"changes": {"page_ranges": ((2, 3),)}}]
)
async def test_a_bare_port_gets_no_page_that_nobody_asked_for(wish: dict[str, Any]) -> None:
    async with sink() as taking:
        await print_on(taking.uri, FIVE_PAGES, **wish)
    assert await pages_of(bytes(taking.documents[0])) == 2


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        ({"ticket": {"copies": 2}}, "copies-not-supported"),
        ({"changes": {"copies": 2}}, "copies-not-supported"),
        ({"changes": {"colour": False}}, "changes-not-supported"),
        ({"changes": {"sides": "one-sided"}}, "changes-not-supported"),
    ],
)
async def test_a_bare_port_does_not_get_what_it_would_ignore(wish: dict[str, Any], reason: str) -> None:
    async with sink() as taking:
        job = await print_on(taking.uri, FIVE_PAGES, until=[State.HELD, State.PRINTED], **wish)
    assert (job.state, job.reason, taking.documents) == (State.HELD, reason, [])
    assert reason_words(reason)


async def test_a_picture_is_one_page_whatever_was_chosen() -> None:
    async with sink() as taking:
        await print_on(
            taking.uri, make_image(), document_format=JPEG, pages=1, ticket={"page_ranges": [[1, 1]]}
        )
    assert taking.documents == [make_image()]
