# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A real CUPS as client, `lpadmin -m everywhere` and `lp`: held here, paper at the tap, sane answers to whoever asks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from allmende.documents import make_demo_pdf
from allmende.server.demo.demo_town import PEOPLE, DemoFacts
from devices.private_cups import PrivateCups, private_cups
from devices.real_printer import real_printer
from printing.soak.logged_devices import LoggedDevice, PrintedSheet, logged_devices
from server.print_client import DeviceApi
from server.service_process import ServiceProcess, service_process

CHIPS = {person.login: person.chip for person in PEOPLE if person.chip}
_MOVE_DEVICE = """
from allmende.devices.models import Device
Device.objects.filter(slug=sys.argv[1]).update(uri=sys.argv[2])
"""
_STATES = "from allmende.printing.jobs import Job\nanswer = [job.state for job in Job.objects.order_by('pk')]"


@dataclass
class Office:
    service: ServiceProcess
    facts: DemoFacts
    cups: PrivateCups
    device: LoggedDevice
    letter: Path

    def uri(self, login: str, scheme: str = "ipp") -> str:
        return f"{scheme}://localhost:{self.service.port}{self.facts.queue_paths[login]}"

    def tap(self, login: str, **wishes: Any) -> Any:
        reader = DeviceApi(self.service.port, "rathaus-eg", self.facts.device_tokens["rathaus-eg"])
        return reader.tap(CHIPS[login], **wishes)

    def wait_for_jobs(self, login: str, count: int) -> list[dict[str, Any]]:
        deadline = time.monotonic() + 90
        while len(jobs := self.tap(login)["jobs"]) < count:
            assert time.monotonic() < deadline, f"{len(jobs)} jobs arrived: {self.cups.log()[-5000:]}"
            time.sleep(0.1)
        return list(jobs)

    def wait_for_sheets(self, count: int) -> list[PrintedSheet]:
        deadline = time.monotonic() + 90
        while len(sheets := self.device.sheets()) < count:
            assert time.monotonic() < deadline, f"{len(sheets)} sheets came out"
            time.sleep(0.1)
        return sheets


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    letter = folder / "Brief.pdf"
    letter.write_bytes(make_demo_pdf("Brief", 4))
    with service_process(folder) as service, private_cups() as cups:
        facts = service.set_up_demo()
        with logged_devices(folder / "devices", facts.device_ports) as devices:
            service.start()
            device = next(device for device in devices if device.name == "rathaus-eg")
            yield Office(service, facts, cups, device, letter)


def test_a_job_of_a_personal_address_waits_for_its_chip(office: Office) -> None:
    office.cups.add_queue("town", office.uri("k.lindner"))
    options = (
        "-n",
        "2",
        "-o",
        "sides=two-sided-long-edge",
        "-o",
        "media=A4",
        "-o",
        "print-color-mode=monochrome",
    )
    office.cups.print("town", office.letter, *options, "-t", "Bescheid")
    (job,) = office.wait_for_jobs("k.lindner", 1)
    assert job["title"] == "Bescheid"
    assert (job["copies"], job["sides"], job["colour"]) == (2, "two-sided-long-edge", False)
    assert job["media"].startswith("iso_a4")
    assert office.device.sheets() == []

    answer = office.tap("k.lindner", release="all")
    assert [outcome["done"] for outcome in answer["released"]] == [True]
    sheets = office.wait_for_sheets(4)
    assert [sheet.pages for sheet in sheets] == [(1, 2), (3, 4)] * 2


def test_cups_sees_an_idle_printer_and_its_jobs_handed_over(office: Office) -> None:
    """A held job must not stop the client's queue: what comes after it must come through."""
    office.cups.add_queue("quick", office.uri("s.aydin"))
    names = [office.cups.print("quick", office.letter) for _ in range(3)]
    for name in names:
        office.cups.wait_until_handed_over(name)
    assert len(office.wait_for_jobs("s.aydin", 3)) == 3
    printer = office.cups.run("lpstat", "-p", "quick")
    assert "is idle" in printer
    assert "accepting requests" in office.cups.run("lpstat", "-a", "quick")
    assert "not accepting" not in office.cups.run("lpstat", "-a", "quick")


def test_several_people_share_the_town_s_queue(office: Office) -> None:
    office.cups.add_queue("all", f"ipp://localhost:{office.service.port}/ipp/print/zerbst")
    for login in ("j.wermuth", "s.aydin"):
        office.tap(login, release="all")
    office.cups.print("all", office.letter, "-U", "j.wermuth", "-t", "Bauplan")
    office.cups.print("all", office.letter, "-U", "s.aydin", "-t", "Haushalt")
    deadline = time.monotonic() + 90
    wanted = {"j.wermuth": "Bauplan", "s.aydin": "Haushalt"}
    while wanted:
        for login, title in list(wanted.items()):
            titles = {job["title"] for job in office.tap(login)["jobs"]}
            assert titles.isdisjoint(set(wanted.values()) - {title}), "somebody else's job"
            if title in titles:
                del wanted[login]
        assert time.monotonic() < deadline, wanted
        time.sleep(0.1)


def test_a_job_is_cancelled_from_cups_while_it_has_it(office: Office) -> None:
    """Held by CUPS itself, so that it is still CUPS' to cancel: it must not arrive."""
    office.cups.add_queue("later", office.uri("k.lindner"))
    before = len(office.service.django(_STATES))
    name = office.cups.print("later", office.letter, "-H", "hold")
    office.cups.run("cancel", name)
    office.cups.wait_until_handed_over(name)
    assert len(office.service.django(_STATES)) == before


def test_ipps_with_the_certificate_that_was_made_at_the_first_start(office: Office) -> None:
    office.cups.add_queue("sealed", office.uri("j.wermuth", "ipps"))
    office.tap("j.wermuth", release="all")
    name = office.cups.print("sealed", office.letter, "-t", "Verschluesselt")
    office.cups.wait_until_handed_over(name)
    deadline = time.monotonic() + 60
    while "Verschluesselt" not in {job["title"] for job in office.tap("j.wermuth")["jobs"]}:
        assert time.monotonic() < deadline
        time.sleep(0.1)


async def test_from_cups_to_a_printer_that_none_of_us_wrote(office: Office, tmp_path: Path) -> None:
    """CUPS' client, our service, CUPS' sample printer."""
    output = tmp_path / "paper"
    output.mkdir()
    async with real_printer(output) as uri:
        office.service.django(_MOVE_DEVICE, "rathaus-og", uri)
        office.tap("s.aydin", release="all")
        office.cups.add_queue("foreign", office.uri("s.aydin"))
        await asyncio.to_thread(office.cups.print, "foreign", office.letter, "-t", "Fremd")
        reader = DeviceApi(office.service.port, "rathaus-og", office.facts.device_tokens["rathaus-og"])
        async with asyncio.timeout(90):
            while True:
                answer = await asyncio.to_thread(reader.tap, CHIPS["s.aydin"])
                mine = [job for job in answer["jobs"] if job["title"] == "Fremd"]
                if mine:
                    break
                await asyncio.sleep(0.1)
            visit, job = answer["visit_token"], mine[0]["id"]
            reader.release(visit, [job])
            while (state := {j["id"]: j["state"] for j in reader.jobs(visit)}[job]) != "printed":
                assert state in {"released", "delivering"}, state
                await asyncio.sleep(0.1)
    papers = list(output.glob("*.pdf"))
    assert len(papers) == 1
    assert papers[0].read_bytes().startswith(b"%PDF")
