# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The look after the answer: what it finds, and for whom it waits. Real workers; only the store and the clock stand in."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, cast

import pytest

from allmende.documents import Inspector, make_demo_pdf
from allmende.printing.arrival.inspections import MAX_DOCUMENT, RUSH, Inspections, PendingInspection
from allmende.printing.arrival.job_store import InspectedJob, JobStore
from allmende.seal import FileKey, open_note
from allmende.spool import open_spool


class Records:
    def __init__(self) -> None:
        self.seen: list[InspectedJob] = []

    async def record_inspection(self, inspected: InspectedJob) -> bool:
        self.seen.append(inspected)
        return True


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@contextlib.asynccontextmanager
async def inspecting(tmp_path: Path) -> AsyncIterator[tuple[Inspections, Records, Clock]]:
    async def run(function: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.to_thread(function, *arguments)

    records, clock = Records(), Clock()
    spool = open_spool((tmp_path / "spool").as_uri())
    inspections = Inspections(Inspector(), cast("JobStore", records), spool, run, clock=clock)
    inspections.start()
    try:
        yield inspections, records, clock
    finally:
        await inspections.stop()


def pending(document: bytes, job_id: int = 1) -> PendingInspection:
    return PendingInspection(job_id, 1, FileKey.generate(), document, "", "application/pdf", len(document))


async def test_it_finds_pages_and_colour_and_seals_the_preview(tmp_path: Path) -> None:
    async with inspecting(tmp_path) as (inspections, records, _):
        job = pending(make_demo_pdf("Bescheid", 3))
        assert inspections.submit(job)
        await asyncio.wait_for(inspections.wait_idle(), 30)
    (found,) = records.seen
    assert (found.inspection, found.pages, found.colour_pages) == ("ok", 3, 3)
    assert found.preview_sealed is not None
    assert b"PNG" not in found.preview_sealed
    assert open_note(job.file_key, "preview", found.preview_sealed).startswith(b"\x89PNG")


@pytest.mark.parametrize(("document", "says"), [(b"%PDF-1.7 broken", "unreadable"), (b"", "unreadable")])
async def test_what_can_not_be_read_is_marked(tmp_path: Path, document: bytes, says: str) -> None:
    async with inspecting(tmp_path) as (inspections, records, _):
        inspections.submit(pending(document or b" "))
        await asyncio.wait_for(inspections.wait_idle(), 30)
    assert [found.inspection for found in records.seen] == [says]


async def test_what_is_too_large_is_not_looked_at(tmp_path: Path) -> None:
    async with inspecting(tmp_path) as (inspections, records, _):
        job = PendingInspection(1, 1, FileKey.generate(), None, "zerbst/no/such", "", MAX_DOCUMENT + 1)
        inspections.submit(job)
        await asyncio.wait_for(inspections.wait_idle(), 30)
    assert [found.inspection for found in records.seen] == ["too-large"]


async def settle(inspections: Inspections) -> None:
    """Give the tasks every chance to begin."""
    for _ in range(50):
        await asyncio.sleep(0)


async def test_a_tap_goes_before(tmp_path: Path) -> None:
    async with inspecting(tmp_path) as (inspections, records, clock):
        inspections.give_way()
        inspections.submit(pending(make_demo_pdf("Bescheid")))
        await settle(inspections)
        assert not inspections._busy
        assert not records.seen
        clock.now += 1
        await asyncio.wait_for(inspections.wait_idle(), 30)
        assert len(records.seen) == 1


async def test_a_rush_goes_before(tmp_path: Path) -> None:
    async with inspecting(tmp_path) as (inspections, records, clock):
        for number in range(RUSH):
            inspections.submit(pending(make_demo_pdf("Bescheid"), number))
        await settle(inspections)
        assert not records.seen
        clock.now += 1
        await asyncio.wait_for(inspections.wait_idle(), 60)
        assert {found.job_id for found in records.seen} == set(range(RUSH))
