# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The virtual device as clients and people see it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from allmende import ipp
from allmende.devices.device_client import (
    AddressPolicy,
    DeviceClient,
    DeviceCutError,
    DeviceLimits,
    Reply,
)
from allmende.devices.device_requests import (
    cancel_job,
    create_job,
    get_job_attributes,
    get_printer_attributes,
    identify_printer,
    print_job,
    send_document,
)
from allmende.documents import make_demo_pdf
from allmende.ipp import make
from devices.private_cups import private_cups
from devices.programs import require_program
from devices.virtual_device_process import VirtualDevice, virtual_device


def client_to(device: VirtualDevice) -> DeviceClient:
    return DeviceClient(
        device.uri, policy=AddressPolicy(loopback=True), limits=DeviceLimits(stalled=5, silent=5, reply=10)
    )


async def parts(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def print_pages(client: DeviceClient, pages: int, *wishes: ipp.Attribute, name: str = "Test") -> int:
    request = print_job(client.uri, "application/pdf", wishes, name=name)
    reply = await client.request(request, document=parts(make_demo_pdf(name, pages)))
    assert reply.is_successful
    return job_id(reply)


def job_id(reply: Reply) -> int:
    found = reply.message.group(ipp.GroupTag.JOB).integer("job-id")
    assert found is not None
    return found


async def state_of(client: DeviceClient, job: int) -> tuple[int | None, tuple[str, ...] | None]:
    group = (await client.request(get_job_attributes(client.uri, job))).message.group(ipp.GroupTag.JOB)
    return group.integer("job-state"), group.keywords("job-state-reasons")


async def printer_state(client: DeviceClient) -> tuple[int | None, tuple[str, ...] | None]:
    reply = await client.request(
        get_printer_attributes(client.uri, ("printer-state", "printer-state-reasons"))
    )
    group = reply.message.group(ipp.GroupTag.PRINTER)
    return group.integer("printer-state"), group.keywords("printer-state-reasons")


async def test_pages_lie_in_the_tray_and_every_sheet_is_logged(tmp_path: Path) -> None:
    async with virtual_device(tmp_path) as device:
        client = client_to(device)
        job = await print_pages(
            client,
            3,
            make.integer("copies", 2),
            make.keyword("sides", "two-sided-long-edge"),
            name="<b>Plan</b>",
        )
        done = await device.wait_for_job(job, lambda j: j["state"] == "completed")
        assert (done["impressions"], done["impressions_completed"], done["sheets_completed"]) == (6, 6, 4)
        tray = await device.get("/tray.json")
        assert [(p["page"], p["copy"], p["side"]) for p in tray] == [
            (1, 1, "front"), (2, 1, "back"), (3, 1, "front"), (1, 2, "front"), (2, 2, "back"), (3, 2, "front"),
        ]  # fmt: skip
        assert (await device.fetch(tray[0]["image"])).startswith(b"\x89PNG")
        sheets = device.printed_sheets()
        assert [(s["copy"], s["pages"]) for s in sheets] == [(1, [1, 2]), (1, [3]), (2, [1, 2]), (2, [3])]
        assert {s["sha256"] for s in sheets} == set(done["sha256"])
        page = (await device.fetch("/")).decode()
        assert "&lt;b&gt;Plan&lt;/b&gt;" in page
        assert "<b>" not in page
        assert "Ausgabefach (6 Seiten)" in page
        assert "Output tray (6 pages)" in (await device.fetch("/?lang=en")).decode()
        await device.empty_tray()
        assert await device.get("/tray.json") == []
        assert (await device.get("/timings.json"))[0]["job"] == job


async def test_it_shows_itself_when_asked(tmp_path: Path) -> None:
    async with virtual_device(tmp_path) as device:
        client = client_to(device)
        assert "Hier bin ich" not in (await device.fetch("/")).decode()
        assert (await client.request(identify_printer(client.uri))).is_successful
        assert "Hier bin ich" in (await device.fetch("/")).decode()


async def test_only_the_chosen_pages_come_out(tmp_path: Path) -> None:
    async with virtual_device(tmp_path) as device:
        job = await print_pages(client_to(device), 5, make.range_of_integer("page-ranges", (2, 2), (4, 9)))
        await device.wait_for_job(job, lambda j: j["state"] == "completed")
        assert [p["page"] for p in await device.get("/tray.json")] == [2, 4, 5]


async def test_a_jam_stops_the_job_and_goes_on_when_cleared(tmp_path: Path) -> None:
    async with virtual_device(tmp_path) as device:
        client = client_to(device)
        await device.set_fault("jam", after_pages=2)
        first = await print_pages(client, 4)
        second = await print_pages(client, 1)
        await device.wait_for_job(first, lambda j: j["state"] == "processing-stopped")
        assert len(await device.get("/tray.json")) == 2
        assert await printer_state(client) == (ipp.PrinterState.STOPPED, ("media-jam-error",))
        assert await state_of(client, first) == (ipp.JobState.PROCESSING_STOPPED, ("printer-stopped",))
        assert await state_of(client, second) == (ipp.JobState.PENDING, ("job-queued",))
        await device.set_fault("none")
        await device.wait_for_job(second, lambda j: j["state"] == "completed")
        assert [(p["job"], p["page"]) for p in await device.get("/tray.json")] == [
            *((first, n) for n in (1, 2, 3, 4)), (second, 1),
        ]  # fmt: skip


async def test_a_jam_may_abort_the_job(tmp_path: Path) -> None:
    async with virtual_device(tmp_path) as device:
        client = client_to(device)
        await device.set_fault("jam", after_pages=1, aborts_job=True)
        job = await print_pages(client, 3)
        ended = await device.wait_for_job(job, lambda j: j["state"] == "aborted")
        assert ended["impressions_completed"] == 1
        assert (await printer_state(client))[0] == ipp.PrinterState.STOPPED


async def test_a_stopped_job_can_be_cancelled(tmp_path: Path) -> None:
    async with virtual_device(tmp_path) as device:
        client = client_to(device)
        await device.set_fault("out-of-paper")
        job = await print_pages(client, 1)
        assert (await client.request(cancel_job(client.uri, job))).is_successful
        await device.wait_for_job(job, lambda j: j["state"] == "canceled")
        assert await device.get("/tray.json") == []
        again = await client.request(cancel_job(client.uri, job))
        assert again.status == ipp.Status.CLIENT_ERROR_NOT_POSSIBLE


async def test_off_the_network_every_connection_is_dropped(tmp_path: Path) -> None:
    async with virtual_device(tmp_path) as device:
        client = client_to(device)

        async def endless() -> AsyncIterator[bytes]:
            while True:
                yield bytes(1000)
                await asyncio.sleep(0.001)

        sending = asyncio.create_task(
            client.request(print_job(client.uri, "application/pdf", []), document=endless())
        )
        await device.wait_for_job_to_begin()
        await device.set_fault("offline")
        with pytest.raises(DeviceCutError) as caught:
            await sending
        assert caught.value.may_have_printed
        with pytest.raises(DeviceCutError):
            await client.request(get_printer_attributes(client.uri))
        await device.set_fault("none")
        assert (await client.request(get_printer_attributes(client.uri))).is_successful
        await device.wait_for_job(1, lambda j: j["state"] == "aborted")
        assert device.printed_sheets() == []


async def test_a_told_cut_comes_once_and_nothing_is_printed(tmp_path: Path) -> None:
    async with virtual_device(tmp_path) as device:
        client = client_to(device)
        await device.set_fault("cut", after_bytes=10)
        with pytest.raises(DeviceCutError):
            await print_pages(client, 1)
        job = await print_pages(client, 1)
        await device.wait_for_job(job, lambda j: j["state"] == "completed")
        assert {p["job"] for p in await device.get("/tray.json")} == {job}


async def test_create_job_then_document_then_busy(tmp_path: Path) -> None:
    async with virtual_device(tmp_path) as device:
        client = client_to(device)
        job = job_id(await client.request(create_job(client.uri, [])))
        assert await state_of(client, job) == (ipp.JobState.PENDING, ("job-incoming",))
        asked = get_printer_attributes(client.uri, ())
        listed = await client.request(
            ipp.Message(asked.version, int(ipp.Operation.GET_JOBS), asked.request_id, asked.groups)
        )
        assert [g.integer("job-id") for g in listed.message.groups_of(ipp.GroupTag.JOB)] == [job]
        document = make_demo_pdf("x", 1)
        request = send_document(client.uri, job, "application/pdf")
        assert (await client.request(request, document=parts(document[:50], document[50:]))).is_successful
        await device.wait_for_job(job, lambda j: j["state"] == "completed")
        await device.set_fault("busy")
        assert (await client.request(create_job(client.uri, []))).status == ipp.Status.SERVER_ERROR_BUSY


async def test_what_is_no_document_is_aborted(tmp_path: Path) -> None:
    async with virtual_device(tmp_path) as device:
        client = client_to(device)
        reply = await client.request(
            print_job(client.uri, "application/pdf", []), document=parts(b"%PDF-1.7 no more")
        )
        await device.wait_for_job(job_id(reply), lambda j: j["state"] == "aborted")
        assert (await state_of(client, job_id(reply)))[1] == ("document-format-error",)


async def test_a_raster_device_refuses_pdf(tmp_path: Path) -> None:
    async with virtual_device(tmp_path, "--raster-only") as device:
        client = client_to(device)
        reply = await client.request(print_job(client.uri, "application/pdf", []), document=parts(b"%PDF"))
        assert reply.status == ipp.Status.CLIENT_ERROR_DOCUMENT_FORMAT_NOT_SUPPORTED


async def test_the_tray_speaks_the_browser_s_language_until_one_chooses(tmp_path: Path) -> None:
    import urllib.request

    def shown(path: str) -> str:
        request = urllib.request.Request(
            f"http://127.0.0.1:{device.port}{path}", headers={"Accept-Language": "en-GB,en;q=0.9"}
        )
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - this machine
            return str(answer.read().decode())

    async with virtual_device(tmp_path) as device:
        assert "Output tray" in await asyncio.to_thread(shown, "/")
        assert 'href="/?lang=de"' in await asyncio.to_thread(shown, "/")
        assert "Ausgabefach" in await asyncio.to_thread(shown, "/?lang=de")


async def test_another_sites_page_can_not_jam_it(tmp_path: Path) -> None:
    import urllib.request

    async with virtual_device(tmp_path) as device:
        url = f"http://127.0.0.1:{device.port}/faults"
        request = urllib.request.Request(url, b"fault=jam", {"Origin": "https://evil.example"})
        with pytest.raises(urllib.error.HTTPError, match="403"):
            await asyncio.to_thread(urllib.request.urlopen, request, timeout=5)
        with pytest.raises(urllib.error.HTTPError, match="400"):
            await device.set_fault("explode")
        assert (await printer_state(client_to(device)))[0] == ipp.PrinterState.IDLE


@pytest.mark.system
@pytest.mark.parametrize("options", [(), ("--raster-only",)])
async def test_cups_prints_to_it_without_a_driver(tmp_path: Path, options: tuple[str, ...]) -> None:
    file = tmp_path / "plan.pdf"
    file.write_bytes(make_demo_pdf("Plan", 3))
    # What blocks holds nobody up: both are processes of their own.
    async with virtual_device(tmp_path, *options) as device:
        with private_cups() as cups:
            cups.add_queue("eg", device.uri)
            cups.print("eg", file, "-o", "sides=two-sided-long-edge")
            job = await device.wait_for_job(1, lambda j: j["state"] == "completed")
        assert (job["impressions_completed"], job["sheets_completed"]) == (3, 2)
        assert [p["side"] for p in await device.get("/tray.json")] == ["front", "back", "front"]


@pytest.mark.system
@pytest.mark.parametrize("suite", ["ipp-1.1", "ipp-2.0", "ipp-everywhere"])
async def test_conformance(tmp_path: Path, suite: str) -> None:
    program = require_program("ipptool")
    folder = await asyncio.to_thread(_copy_suites, tmp_path)
    async with virtual_device(tmp_path) as device:
        process = await asyncio.create_subprocess_exec(
            program, "-t", "-f", "document-a4.pdf", device.uri, f"{suite}.test",
            cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()


def _copy_suites(tmp_path: Path) -> Path:
    """The suites beside the documents that they print, which Debian does not ship."""
    folder = tmp_path / "suites"
    folder.mkdir()
    for file in Path("/usr/share/cups/ipptool").glob("*.test"):
        (folder / file.name).write_bytes(file.read_bytes())
    for name in ("document-a4.pdf", "document-letter.pdf"):
        (folder / name).write_bytes(make_demo_pdf("Test", 2))
    return folder
