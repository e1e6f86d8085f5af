# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
import asyncio
import io
import os
import signal
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from allmende.documents import (
    JPEG,
    PDF,
    InspectionFailedError,
    Inspector,
    UnreadableDocumentError,
    UnreadableReason,
)
from documents.conftest import busy_worker
from documents.sample_documents import (
    A3,
    A4,
    A5,
    make_10kb_pdf,
    make_bomb_pdf,
    make_image,
    make_looping_pdf,
    make_many_pages_pdf,
    make_pdf,
    make_pwg,
    make_urf,
)


def encrypted(password: str) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(make_pdf())) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(user=password, owner="owner"))
    return out.getvalue()


async def test_pages_colour_and_paper_of_a_pdf(inspector: Inspector) -> None:
    facts = await inspector.inspect(make_pdf(7, colour_pages={2, 5}), "application/octet-stream")
    assert (facts.format, facts.pages, facts.colour_pages) == (PDF, 7, 2)
    assert (facts.media, facts.mixed_media, facts.colour_estimated) == ("iso_a4_210x297mm", False, False)
    assert facts.preview_png is not None
    preview = Image.open(io.BytesIO(facts.preview_png))
    assert preview.format == "PNG"
    assert 380 <= preview.height <= 425
    assert preview.mode == "L"
    assert preview.getextrema() == (0, 255)


async def test_pieces_of_a_document_are_read_as_one(inspector: Inspector) -> None:
    pdf = make_pdf(2, colour_pages={1})
    pieces = [pdf[start : start + 100] for start in range(0, len(pdf), 100)]
    assert await inspector.inspect(pieces, None) == await inspector.inspect(memoryview(pdf), None)


@pytest.mark.parametrize(
    ("sizes", "rotate", "media", "mixed"),
    [
        ((A4, A5), 0, "iso_a4_210x297mm", True),
        ((A5,), 90, "iso_a5_148x210mm", False),
        ((A3, A3[::-1]), 0, "iso_a3_297x420mm", False),
        (((300, 300),), 0, "custom_105.83x105.83mm_105.83x105.83mm", False),
    ],
)
async def test_paper(
    inspector: Inspector, sizes: tuple[tuple[float, float], ...], rotate: int, media: str, mixed: bool
) -> None:
    facts = await inspector.inspect(make_pdf(2, sizes=sizes, rotate=rotate), PDF)
    assert (facts.media, facts.mixed_media) == (media, mixed)


async def test_many_pages_are_sampled_for_colour() -> None:
    inspector = Inspector(max_workers=1, colour_pages=20)
    try:
        facts = await inspector.inspect(make_pdf(100, colour_pages=set(range(51, 101))), PDF)
    finally:
        await inspector.aclose()
    assert facts.colour_estimated
    assert 40 <= facts.colour_pages <= 60


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
async def test_images(inspector: Inspector, kind: str) -> None:
    coloured = await inspector.inspect(make_image(kind=kind), None)
    grey = await inspector.inspect(make_image(kind=kind, colour=False), None)
    assert (coloured.pages, coloured.colour_pages, coloured.media) == (1, 1, None)
    assert (grey.pages, grey.colour_pages) == (1, 0)


async def test_an_image_that_is_cut_short(inspector: Inspector) -> None:
    with pytest.raises(UnreadableDocumentError, match="broken"):
        await inspector.inspect(make_image(600, 400)[:-2000], JPEG)


async def test_rasters(inspector: Inspector) -> None:
    for document in (make_pwg(5, colour_pages={1, 4}), make_urf(5, colour_pages={1, 4})):
        facts = await inspector.inspect(document, None)
        assert (facts.pages, facts.colour_pages, facts.media) == (5, 2, "iso_a4_210x297mm")
        assert facts.sides == "one-sided"
        assert facts.preview_png is not None
        red, green, _ = Image.open(io.BytesIO(facts.preview_png)).convert("RGB").getpixel((124, 40))  # type: ignore[misc]
        assert red > 150 > green


async def test_the_bench_s_document_has_10_000_bytes(inspector: Inspector) -> None:
    pdf = make_10kb_pdf()
    assert len(pdf) == 10_000
    assert (await inspector.inspect(pdf, PDF)).pages == 1


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"", "empty"),
        (b"hello, printer, this is text", "unsupported-format"),
        (b"%!PS-Adobe-3.0\nshowpage\n", "unsupported-format"),
        (b"%PDF-1.7\n%%EOF", "broken"),
        (make_pdf(3)[:200], "broken"),
        (make_looping_pdf(), "broken"),
        (make_many_pages_pdf(100_000), "too-many-pages"),
        (encrypted("secret"), "encrypted"),
        (make_pwg(2)[:-3], "broken"),
        (b"RaS2PwgRaster\0", "broken"),
        (make_urf(1)[:12], "empty"),
    ],
)
async def test_what_can_t_be_printed_is_named(inspector: Inspector, document: bytes, reason: str) -> None:
    with pytest.raises(UnreadableDocumentError) as caught:
        await inspector.inspect(document, PDF)
    assert caught.value.reason == UnreadableReason(reason)
    assert (await inspector.inspect(make_pdf(), PDF)).pages == 1


async def test_restrictions_without_a_password_to_open_are_no_hindrance(inspector: Inspector) -> None:
    assert (await inspector.inspect(encrypted(""), PDF)).pages == 1


async def test_a_bomb_takes_its_worker_s_memory_and_nothing_else(inspector: Inspector) -> None:
    with pytest.raises(InspectionFailedError) as caught:
        await inspector.inspect(make_bomb_pdf(300), PDF)
    assert caught.value.cause in {"died", "memory"}
    assert (await inspector.inspect(make_pdf(2), PDF)).pages == 2


async def test_a_slow_document_is_given_up() -> None:
    inspector = Inspector(max_workers=1, seconds=0.6)
    try:
        await inspector.inspect(make_pdf(), PDF)
        with pytest.raises(InspectionFailedError, match="timeout"):
            await inspector.inspect(make_bomb_pdf(100), PDF)
        assert inspector.busy_process_ids == []
    finally:
        await inspector.aclose()


async def test_kill_9_in_mid_job_fails_that_job_alone(inspector: Inspector) -> None:
    await inspector.inspect(make_pdf(), PDF)
    job = asyncio.ensure_future(inspector.inspect(make_bomb_pdf(100), PDF))
    victim = await busy_worker(inspector)
    waiting = asyncio.ensure_future(inspector.inspect(make_pdf(4), PDF))
    os.kill(victim, signal.SIGKILL)
    with pytest.raises(InspectionFailedError, match="died"):
        await job
    assert (await waiting).pages == 4


async def test_larger_than_the_cap_is_not_read() -> None:
    inspector = Inspector(max_bytes=9_999)
    try:
        with pytest.raises(InspectionFailedError, match="too-large"):
            await inspector.inspect(make_10kb_pdf(), PDF)
    finally:
        await inspector.aclose()


async def test_nothing_of_a_document_reaches_a_disk_or_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    marker = "Geheimnis4711Marker"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    inspector = Inspector(max_workers=1)
    try:
        await inspector.inspect(make_pdf(3, marker=marker), PDF)
        with pytest.raises(UnreadableDocumentError):
            await inspector.inspect(f"%PDF-1.4 {marker}".encode(), PDF)
        job = asyncio.ensure_future(inspector.inspect([make_pdf(marker=marker), make_bomb_pdf(50)], PDF))
        os.kill(await busy_worker(inspector), signal.SIGSEGV)
        with pytest.raises(InspectionFailedError):
            await job
    finally:
        await inspector.aclose()
    assert os.listdir(tmp_path) == []  # noqa: PTH208 -- pathlib's would block an event loop just as long
    out, err = capfd.readouterr()
    assert marker not in out + err
