# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The crash test: SIGKILL at random moments under load, and the result checked from the side of people and devices.

`SOAK_KILLS` says how often under work (`make soak`: 300; those during a start come on top), `SOAK_SEED` repeats a load; the moments of the operating system can't be repeated, so what
fails comes with the whole story of the documents concerned.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import secrets
import signal
import sqlite3
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from printing.soak.ledger import Ledger, Paper
from printing.soak.load import STANDSTILL, Load, drain
from printing.soak.logged_devices import LoggedDevice, Printouts, logged_devices
from server.service_process import ServiceProcess, read_if_there, service_process

KILLS: Final = int(os.environ.get("SOAK_KILLS", "4"))
#: So long may no sheet come out at the end before it counts as a standstill.
DRAIN_SECONDS: Final = 100.0
#: All that waits must come out in the end, which takes most of a short run's time.
MOST_WAITING: Final = min(60, 5 * KILLS)
#: Documents that are acknowledged between two kills, at least.
MIN_ACKNOWLEDGED: Final = 4
_JOBS: Final = """
from allmende.printing.jobs import Job, JobEvent
answer = [
    [job.pk, job.state, job.reason, [[int(event.at.timestamp() * 1e9), event.change + " -> " + event.state + " " + event.reason]
     for event in JobEvent.objects.filter(job=job).order_by("pk")]]
    for job in Job.objects.order_by("pk")
]
"""


@pytest.mark.long
@pytest.mark.skipif(bool(os.environ.get("ALLMENDE_DATABASE_URL")), reason="it looks into SQLite's file")
def test_nothing_is_lost_and_nothing_prints_twice(tmp_path: Path) -> None:
    seed = int(os.environ.get("SOAK_SEED") or secrets.randbelow(10**9))
    ledger = Ledger()
    with service_process(tmp_path, ALLMENDE_LOG_LEVEL="INFO") as service:
        facts = service.set_up_demo()
        with logged_devices(tmp_path / "devices", facts.device_ports) as devices:
            service.start()
            load = Load(seed, facts, ledger, devices, most_waiting=MOST_WAITING)
            load.start()
            try:
                in_delivery = crash(service, load, devices, random.Random(seed), KILLS)
                service.wait_until_it_answers()
                load.wait_for(MIN_ACKNOWLEDGED)  # some work after the last start too
            finally:
                load.stop()
            left = drain(facts, ledger, devices, DRAIN_SECONDS)
            printouts = Printouts.of(devices)
            jobs: dict[int, Any] = {number: rest for number, *rest in service.django(_JOBS)}
            faults = [*find_faults(ledger.papers(), printouts, jobs, left), *find_leftovers(service)]
            faults += [f"a client failed: {failure!r}" for failure in load.failures]
            assert not faults, tell(seed, faults, ledger=ledger, devices=devices, jobs=jobs, service=service)
            assert load.acknowledged() >= MIN_ACKNOWLEDGED * KILLS, "the test itself: hardly any load"
            assert in_delivery == KILLS // 2, "the test itself: hardly any delivery was hit"
            report(
                f"\n{len(ledger.kills)} kills, {in_delivery} surely in mid-delivery, seed {seed}: "
                + describe(ledger, printouts)
            )


def crash(
    service: ServiceProcess, load: Load, devices: list[LoggedDevice], rng: random.Random, kills: int
) -> int:
    """Kill and restart, and answer how many of the kills surely hit a delivery.

    Each kill is earned: so many documents are acknowledged before it, however long that takes on this machine, and every other one
    comes only while a job is on its way to a device. Some are followed by a kill during the start, or come out of a standstill.
    """
    in_delivery = 0
    for count in range(kills):
        service.wait_until_it_answers()
        if rng.random() < 0.3:
            # The writer alone: nobody may notice.
            load.wait_for(1)
            service.kill_writers()
        load.wait_for(rng.randint(MIN_ACKNOWLEDGED, 15))
        if count % 2:
            stop_in_delivery(service, devices, rng)
            in_delivery += 1
        else:
            time.sleep(rng.expovariate(20))
        if rng.random() < 0.2:
            service.send_signal(signal.SIGSTOP)
            time.sleep(rng.uniform(0.05, 0.5))
        kill_and_start(service, load.ledger)
        if rng.random() < 0.2:
            time.sleep(rng.uniform(0.0, 2.0))
            kill_and_start(service, load.ledger)
        if count % 25 == 24:
            report(f"{count + 1} kills, {len(load.ledger.papers())} documents")
    return in_delivery


def kill_and_start(service: ServiceProcess, ledger: Ledger) -> None:
    ledger.kill()
    service.kill()
    service.start(wait=False)


def stop_in_delivery(service: ServiceProcess, devices: list[LoggedDevice], rng: random.Random) -> None:
    """Leave the process stopped at a moment in which a job is on its way to a device: what it says then can't change any more."""
    for _ in range(1_000):
        printed = sum(device.printed_bytes() for device in devices)
        deadline = time.monotonic() + STANDSTILL
        while sum(device.printed_bytes() for device in devices) == printed:
            assert time.monotonic() < deadline, "nothing is printed any more"
            time.sleep(0.002)
        time.sleep(rng.expovariate(50))
        service.send_signal(signal.SIGSTOP)
        if delivers(service):
            return
        service.send_signal(signal.SIGCONT)
    raise AssertionError("sheets come out, and no job is ever on its way")


def delivers(service: ServiceProcess) -> bool:
    """Whether the database has a job in mid-delivery; False where it can't be asked just now."""
    try:
        with contextlib.closing(
            sqlite3.connect(f"file:{service.database}?mode=ro", uri=True, timeout=0)
        ) as db:
            (count,) = db.execute("SELECT count(*) FROM printing_job WHERE state='delivering'").fetchone()
    except sqlite3.OperationalError:
        return False
    return bool(count)


def find_faults(
    papers: list[Paper], printouts: Printouts, jobs: dict[int, Any], left: list[dict[str, Any]]
) -> list[str]:
    """Everything that must not be, each with the document's hash."""
    faults = [f"{job['title']}: still {job['state']} {job['reason']}" for job in left]
    known = {paper.sha256 for paper in papers}
    faults += [f"{sha256}: printed, but nobody has sent it so" for sha256 in printouts.sheets.keys() - known]
    for paper in papers:
        sheets = printouts.sheets.get(paper.sha256, [])
        complete = printouts.complete(paper.sha256)
        if sheets and (paper.first_release is None or min(s.at for s in sheets) < paper.first_release):
            faults.append(f"{paper.sha256}: came out before anybody asked for it")
        if sheets and paper.refused:
            faults.append(f"{paper.sha256}: refused, but printed")
        if printouts.most_often(paper.sha256) > 1 + paper.asked_again:
            faults.append(f"{paper.sha256}: printed twice by itself")
        if paper.acknowledged is None:
            continue
        state = jobs[paper.acknowledged][0] if paper.acknowledged in jobs else "gone"
        if state not in {"printed", *(["cancelled"] if paper.cancel_asked else [])}:
            faults.append(f"{paper.sha256}: acknowledged as job {paper.acknowledged}, but {state}")
        if state == "printed" and not complete:
            faults.append(f"{paper.sha256}: called printed, but it never came out whole")
    return faults


def find_leftovers(service: ServiceProcess) -> list[str]:
    """Processes of killed services that still live, once the last one is stopped."""
    service.stop()
    mark = f"ALLMENDE_HOME={service.home}".encode()
    deadline = time.monotonic() + 20
    while True:
        found = [
            path.parent.name for path in Path("/proc").glob("[0-9]*/environ") if mark in read_if_there(path)
        ]
        found += map(str, service.writers())
        if not found:
            return []
        if time.monotonic() > deadline:
            return [
                f"process {number} outlives the service: {read_if_there(Path('/proc') / number / 'cmdline')!r}"
                for number in found
            ]
        time.sleep(0.2)


def describe(ledger: Ledger, printouts: Printouts) -> str:
    papers = ledger.papers()
    return json.dumps(
        {
            "documents": len(papers),
            "acknowledged": sum(paper.acknowledged is not None for paper in papers),
            "refused": sum(paper.refused for paper in papers),
            "cancelled": sum(paper.cancel_asked for paper in papers),
            "asked again": sum(paper.asked_again for paper in papers),
            "came out": sum(printouts.complete(paper.sha256) for paper in papers),
        }
    )


def report(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def tell(
    seed: int,
    faults: list[str],
    *,
    ledger: Ledger,
    devices: list[LoggedDevice],
    jobs: dict[int, Any],
    service: ServiceProcess,
) -> str:
    """Each faulty document's story: its owner's, the service's and the devices', with the kills between."""
    printouts = Printouts.of(devices)
    parts = [f"seed {seed}, {len(faults)} faults: {describe(ledger, printouts)}", *faults]
    for fault in faults[:8]:
        paper = next((p for p in ledger.papers() if fault.startswith(p.sha256[:16])), None)
        if paper is None:
            continue
        story = [*paper.events]
        numbers = {paper.acknowledged} if paper.acknowledged is not None else set()
        story += [
            (at, f"    service, job {n}: {what}") for n in numbers & jobs.keys() for at, what in jobs[n][2]
        ]
        story += [
            (sheet.at, f"        {sheet.device}, job {sheet.job}: pages {sheet.pages} of {sheet.of}")
            for sheet in printouts.sheets.get(paper.sha256, [])
        ]
        begin, end = min(at for at, _ in story), max(at for at, _ in story)
        story += [(at, "kill -9") for at in ledger.kills if begin <= at <= end]
        parts.append(f"--- {paper.sha256} ({paper.login}, {paper.pages} pages)")
        parts += [f"{datetime.fromtimestamp(at / 1e9, UTC):%H:%M:%S.%f} {what}" for at, what in sorted(story)]
    parts.append("--- the last that happened to any job")
    events = sorted((at, f"job {number}: {what}") for number, job in jobs.items() for at, what in job[2])
    parts += [f"{datetime.fromtimestamp(at / 1e9, UTC):%H:%M:%S.%f} {what}" for at, what in events[-80:]]
    parts += ["--- the service's log", service.log()[-12_000:]]
    return "\n".join(parts)
