# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Several equal processes on one database and one spool: what one takes in the other gives out, and either may die."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from allmende.documents import make_demo_pdf
from allmende.ipp import GroupTag, Operation, make
from allmende.server.demo.demo_town import PEOPLE, DemoFacts
from printing.soak.logged_devices import LoggedDevice, Printouts, logged_devices
from server.print_client import DeviceApi, PrintClient, RefusedError, job_number
from server.service_process import ServiceProcess, fresh_database

pytestmark = pytest.mark.database

CHIPS = {person.login: person.chip for person in PEOPLE}
DEVICE = "rathaus-eg"
_JOB = """
from allmende.printing.jobs import Job, JobEvent
answer = [
    {"id": job.pk, "state": job.state, "reason": job.reason, "holder": job.holder.partition(".")[0],
     "events": [[event.at.timestamp(), event.change] for event in job.events.all()]}
    for job in Job.objects.order_by("pk")
]
"""
_PROCESSES = """
from allmende.printing.delivery.holders import DeliveryHolder
answer = DeliveryHolder.objects.count()
"""
_HOLDERS_ALIVE = """
from allmende.printing.delivery.holders import is_dead, known_holders
answer = [not is_dead(name) for name in known_holders()]
"""
_DIRECT = """
from allmende.devices.devices import Device
from allmende.printing.queues import ensure_direct_queue
answer = ensure_direct_queue(Device.objects.get(slug=sys.argv[1])).path()
"""
_CLEAR = """
from allmende.printing.jobs import Job
answer = Job.objects.all().delete()[0]
"""
#: As if half a minute had passed since the last try.
_TRY_AGAIN = """
from allmende.printing.jobs import Job
answer = Job.objects.filter(state="held").update(released_at=None)
"""


@dataclass
class Town:
    first: ServiceProcess
    second: ServiceProcess
    facts: DemoFacts
    devices: dict[str, LoggedDevice]

    def jobs(self) -> list[dict[str, Any]]:
        """As the database has them; asked through the settings alone, so it works with both processes dead."""
        return list(self.second.django(_JOB))

    def print_at(
        self, process: ServiceProcess, login: str, title: str, *, pages: int = 1, queue: str = ""
    ) -> str:
        """An acknowledged job; answers the document's SHA-256."""
        document = make_demo_pdf(title, pages)
        client = PrintClient(process.port, queue or self.facts.queue_paths[login], user=login)
        client.print_job(document, title)
        client.close()
        return hashlib.sha256(document).hexdigest()

    def reader(self, process: ServiceProcess, device: str = DEVICE) -> DeviceApi:
        return DeviceApi(process.port, device, self.facts.device_tokens[device])

    def printed(self) -> Printouts:
        return Printouts.of(list(self.devices.values()))


@pytest.fixture(scope="module")
def running_town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("processes")
    with fresh_database() as url, contextlib.ExitStack() as stack:
        first, second = (ServiceProcess(folder, database_url=url) for _ in range(2))
        facts = first.set_up_demo()
        devices = stack.enter_context(logged_devices(folder / "devices", facts.device_ports))
        for process in (first, second):
            stack.callback(process.stop)
            process.start()
        yield Town(first, second, facts, {device.name: device for device in devices})


@pytest.fixture
def town(running_town: Town) -> Town:
    """Both processes alive, devices well, nothing waiting."""
    for device in running_town.devices.values():
        device.set_fault("none")
    running_town.second.django(_CLEAR)
    for process in (running_town.first, running_town.second):
        if not process.is_running:
            process.start()
    return running_town


def wait_until(condition: Callable[[], bool], story: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, story()
        time.sleep(0.2)


def test_what_one_takes_the_other_gives_out(town: Town) -> None:
    sha256 = town.print_at(town.first, "k.lindner", "Haushaltsplan", pages=2)
    tap = town.reader(town.second).tap(CHIPS["k.lindner"])
    assert [(job["title"], job["state"]) for job in tap["jobs"]] == [("Haushaltsplan", "held")]

    # The visit goes on at the other process, as behind a load balancer.
    at_first, at_second = town.reader(town.first), town.reader(town.second)
    (shown,) = at_first.jobs(tap["visit_token"])
    assert shown["title"] == "Haushaltsplan"
    (outcome,) = at_first.release(tap["visit_token"], [shown["id"]])
    assert not outcome["code"]
    wait_until(lambda: at_second.jobs(tap["visit_token"])[0]["state"] == "printed", town.jobs)
    assert town.printed().complete(sha256) == 1


def test_a_device_prints_for_one_process_at_a_time(town: Town) -> None:
    papers = []
    for number in range(6):
        papers.append(town.print_at(town.first, "k.lindner", f"Lindner {number}", pages=3))
        papers.append(town.print_at(town.second, "j.wermuth", f"Wermuth {number}", pages=3))
    first, second = town.reader(town.first), town.reader(town.second)
    # A tap ends the visit before it at this device; what was released goes on.
    releases = []
    for reader, login in ((first, "k.lindner"), (second, "j.wermuth")):
        tap = reader.tap(CHIPS[login])
        outcomes = reader.release(tap["visit_token"], [job["id"] for job in tap["jobs"]])
        releases += [outcome["code"] for outcome in outcomes]
    assert releases == [""] * 12
    wait_until(lambda: all(job["state"] == "printed" for job in town.jobs()), town.jobs)
    spans = []
    for job in town.jobs():
        times = {change: at for at, change in job["events"]}
        assert {"begin", "finish"} <= set(times), job
        spans.append((times["begin"], times["finish"]))
    spans.sort()
    assert all(end <= begin for (_, end), (begin, _) in itertools.pairwise(spans)), spans
    printed = town.printed()
    assert [printed.complete(sha256) for sha256 in papers] == [1] * 12


def test_what_a_killed_process_delivered_the_other_brings_to_its_end(town: Town) -> None:
    device = town.devices[DEVICE]
    device.set_fault("jam", after_pages=1)
    begun = town.print_at(town.first, "k.lindner", "Begonnen", pages=3)
    waiting = town.print_at(town.first, "k.lindner", "Wartend")
    reader = town.reader(town.first)
    tap = reader.tap(CHIPS["k.lindner"])
    reader.release(tap["visit_token"], sorted(job["id"] for job in tap["jobs"]))
    wait_until(lambda: town.printed().most_often(begun) == 1, town.jobs)
    wait_until(lambda: [job["state"] for job in town.jobs()] == ["delivering", "released"], town.jobs)
    wait_until(lambda: "jam" in town.jobs()[0]["reason"], town.jobs)
    dead = town.jobs()[0]["holder"]
    town.first.kill()

    wait_until(lambda: town.jobs()[1]["state"] == "held", town.jobs)
    wait_until(lambda: town.jobs()[0]["holder"] not in {"", dead}, town.jobs)
    assert town.jobs()[1]["reason"] == "service-restarted"
    device.set_fault("none")
    wait_until(lambda: town.jobs()[0]["state"] == "printed", town.jobs)
    tap = town.reader(town.second).tap(CHIPS["k.lindner"])
    (held,) = [job for job in tap["jobs"] if job["state"] == "held"]
    town.reader(town.second).release(tap["visit_token"], [held["id"]])
    wait_until(lambda: town.jobs()[1]["state"] == "printed", town.jobs)
    assert (town.printed().complete(begun), town.printed().most_often(begun)) == (1, 1)
    assert town.printed().complete(waiting) == 1


def test_direct_jobs_of_a_killed_process_come_out_once(town: Town) -> None:
    path = town.first.django(_DIRECT, DEVICE)
    device = town.devices[DEVICE]
    device.set_fault("jam", after_pages=1)
    papers = [town.print_at(town.first, "k.lindner", f"Schalter {n}", pages=2, queue=path) for n in range(4)]
    wait_until(lambda: town.printed().most_often(papers[0]) == 1, town.jobs)
    town.first.kill()
    device.set_fault("none")
    wait_until(lambda: "released" not in {job["state"] for job in town.jobs()}, town.jobs)
    town.second.django(_TRY_AGAIN)
    town.first.start()  # now both look for what waits
    wait_until(lambda: {job["state"] for job in town.jobs()} <= {"printed", "uncertain"}, town.jobs, 90)
    assert [job["state"] for job in town.jobs()[1:]] == ["printed"] * 3
    printed = town.printed()
    assert [printed.most_often(sha256) for sha256 in papers] == [1] * 4
    assert [printed.complete(sha256) for sha256 in papers[1:]] == [1] * 3


def test_a_subscription_goes_on_at_the_other_process(town: Town) -> None:
    queue = town.facts.queue_paths["k.lindner"]
    at_first, at_second = (PrintClient(process.port, queue) for process in (town.first, town.second))
    wish = [
        make.keyword("notify-pull-method", "ippget"),
        make.keyword("notify-events", "job-created", "job-completed"),
    ]
    made = at_first.ask(at_first.message(Operation.CREATE_PRINTER_SUBSCRIPTIONS, subscription=wish))
    number = made.group(GroupTag.SUBSCRIPTION).integer("notify-subscription-id") or 0
    ids = make.integer("notify-subscription-ids", number)

    def told(client: PrintClient, first: int = 1) -> list[tuple[int | None, str | None, int | None]]:
        start = make.integer("notify-sequence-numbers", first)
        reply = client.ask(client.message(Operation.GET_NOTIFICATIONS, ids, start))
        return [
            (
                e.integer("notify-sequence-number"),
                e.keyword("notify-subscribed-event"),
                e.integer("notify-job-id"),
            )
            for e in reply.groups_of(GroupTag.EVENT_NOTIFICATION)
        ]

    jobs = [
        at_first.print_job(make_demo_pdf("Eins"), "Eins"),
        at_second.print_job(make_demo_pdf("Zwei"), "Zwei"),
    ]
    created = [(1, "job-created", jobs[0]), (2, "job-created", jobs[1])]
    assert told(at_second) == created
    assert told(at_first) == created
    at_second.cancel(jobs[0])
    ended = (3, "job-completed", jobs[0])
    assert told(at_first, 3) == [ended]
    at_first.close()
    town.first.kill()
    assert told(at_second) == [*created, ended]
    one = make.integer("notify-subscription-id", number)
    at_second.ask(at_second.message(Operation.RENEW_SUBSCRIPTION, one))
    at_second.ask(at_second.message(Operation.CANCEL_SUBSCRIPTION, one))
    with pytest.raises(RefusedError):
        told(at_second)


def test_who_shows_no_more_than_a_name_is_known_at_both(town: Town) -> None:
    """A job announced at one process gets its document at the other, and is seen and cancelled at either."""
    queue = "/ipp/print/zerbst"
    at_first, at_second = (PrintClient(p.port, queue, user="gast") for p in (town.first, town.second))
    number = job_number(at_first.ask(at_first.message(Operation.CREATE_JOB)))
    job = make.integer("job-id", number)
    last = make.boolean("last-document", value=True)
    at_second.ask(at_second.message(Operation.SEND_DOCUMENT, job, last) + make_demo_pdf("Gast"))
    for client in (at_first, at_second):
        listed = client.ask(client.message(Operation.GET_JOBS))
        assert [group.integer("job-id") for group in listed.groups_of(GroupTag.JOB)] == [number]
    assert [job["state"] for job in town.jobs()] == ["quarantined"]
    at_first.cancel(number)
    assert [job["state"] for job in town.jobs()] == ["cancelled"]


def test_one_port_is_shared_and_survives_the_death_of_one(town: Town) -> None:
    town.first.stop()
    town.second.stop()
    town.first.start("serve", "--processes", "2")
    # Whichever is ready first answers for both: the other one is there when it has named itself.
    wait_until(lambda: town.second.django(_PROCESSES) == 2, town.first.log)
    failures: list[BaseException] = []

    def work(login: str) -> None:
        try:
            for number in range(5):
                town.print_at(town.first, login, f"{login} {number}")
        except BaseException as error:
            failures.append(error)

    threads = [
        threading.Thread(target=work, args=(login,)) for login in ("k.lindner", "j.wermuth", "s.aydin")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures
    one_of_them = Path(f"/proc/{town.first.pid}/task/{town.first.pid}/children").read_text().split()[0]
    os.kill(int(one_of_them), signal.SIGKILL)
    tap = town.reader(town.first).tap(CHIPS["s.aydin"])
    assert sorted(job["title"] for job in tap["jobs"]) == [f"s.aydin {number}" for number in range(5)]
    assert json.dumps(town.jobs()).count('"held"') == 15
    wait_until(lambda: town.second.django(_HOLDERS_ALIVE) == [True, True], town.first.log)
    assert town.first.stop() == 0
    assert town.second.django(_PROCESSES) == 0
