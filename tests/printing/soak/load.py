# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""People who print, tap, cancel and answer for uncertain jobs, and devices that fail, all at random while the service comes and goes."""

from __future__ import annotations

import hashlib
import http.client
import io
import itertools
import random
import threading
import time
from collections.abc import Callable
from typing import Any, Final

import pikepdf

from allmende.documents import make_demo_pdf
from allmende.server.demo.demo_town import PEOPLE, DemoFacts
from printing.soak.ledger import Ledger, Paper
from printing.soak.logged_devices import LoggedDevice, Printouts
from server.print_client import DeviceApi, PrintClient, RefusedError

CHIPS: Final = {person.login: person.chip for person in PEOPLE if person.chip}
_GONE: Final = (OSError, http.client.HTTPException)
_TIMEOUT: Final = 20.0
#: So long without any answer to anybody counts as a standstill. Seconds.
STANDSTILL: Final = 120.0


def make_paper(rng: random.Random, login: str) -> tuple[Paper, bytes]:
    """A document unlike all others: mostly small ones that lie in the database, some for the spool."""
    pages = rng.randint(1, 3)
    document = make_demo_pdf(f"{rng.getrandbits(64):016x}", pages)
    if rng.random() < 0.35:
        with pikepdf.open(io.BytesIO(document)) as pdf:
            pdf.Root.Padding = pdf.make_stream(rng.randbytes(rng.randint(70_000, 2_500_000)))
            out = io.BytesIO()
            pdf.save(out)
        document = out.getvalue()
    return Paper(hashlib.sha256(document).hexdigest(), login, pages), document


class Load:
    """Threads until `stop`. What goes wrong in one of them, other than the service's absence, is in `failures`."""

    def __init__(
        self,
        seed: int,
        facts: DemoFacts,
        ledger: Ledger,
        devices: list[LoggedDevice],
        *,
        clients: int = 4,
        breaks: bool = True,
        away: frozenset[str] = frozenset(),
        most_waiting: int = 60,
    ) -> None:
        """Who is `away` neither prints nor comes to a device. Beyond `most_waiting` people stop printing for a while."""
        self._logins = [login for login in CHIPS if login not in away]
        self._facts = facts
        self.ledger = ledger
        self._devices = devices
        self._most_waiting = most_waiting
        self._ended = threading.Event()
        #: How many jobs each person saw at the last tap, and has sent since.
        self._seen: dict[str, int] = {}
        self.failures: list[BaseException] = []
        works: list[Callable[[random.Random], None]] = [self._print] * clients
        works += [lambda rng, device=device: self._tap(rng, device) for device in devices]  # type: ignore[misc]
        if breaks:
            works.append(self._break_devices)
        self._threads = [
            threading.Thread(target=self._run, args=(work, random.Random(f"{seed}/{number}")), daemon=True)
            for number, work in enumerate(works)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), "a client hangs"
        for device in self._devices:
            device.set_fault("none")

    def wait_for(self, more: int) -> None:
        """Until so many more documents were acknowledged, as long as there is any progress."""
        wanted, seen = self.acknowledged() + more, self.ledger.answers
        deadline = time.monotonic() + STANDSTILL
        while self.acknowledged() < wanted:
            if self.ledger.answers != seen:
                seen, deadline = self.ledger.answers, time.monotonic() + STANDSTILL
            assert not self.failures, self.failures
            assert time.monotonic() < deadline, "the load stands still"
            time.sleep(0.01)

    def acknowledged(self) -> int:
        return sum(paper.acknowledged is not None for paper in self.ledger.papers())

    def _run(self, work: Callable[[random.Random], None], rng: random.Random) -> None:
        try:
            while not self._ended.is_set():
                try:
                    work(rng)
                except _GONE:
                    self._ended.wait(0.05)
        except BaseException as error:
            self.failures.append(error)
            raise

    # clients

    def _print(self, rng: random.Random) -> None:
        login = rng.choice(self._logins)
        client = PrintClient(self._facts.port, self._facts.queue_paths[login], user=login, timeout=_TIMEOUT)
        try:
            client.http.connect()  # nobody prints while the service is away
            for _ in range(rng.randint(1, 10)):
                self._print_one(rng, client, login)
        finally:
            client.close()

    def _print_one(self, rng: random.Random, client: PrintClient, login: str) -> None:
        while sum(self._seen.values()) > self._most_waiting and not self._ended.wait(0.1):
            pass
        if self._ended.is_set():
            return
        paper, document = make_paper(rng, login)
        self.ledger.offered(paper)
        send = client.print_job if rng.random() < 0.75 else client.create_and_send
        try:
            job = send(document, paper.sha256[:16])
        except RefusedError as refusal:
            self.ledger.was_refused(paper, str(refusal))
        except _GONE as error:
            self.ledger.not_acknowledged(paper, repr(error))
            raise
        else:
            self.ledger.acknowledged(paper, job)
            self._seen[login] = self._seen.get(login, 0) + 1

    # people at devices

    def _tap(self, rng: random.Random, device: LoggedDevice) -> None:
        login = rng.choice(self._logins)
        person = PersonAtDevice(self._facts, self.ledger, self._devices, device.name, login)
        person.tap()
        self._seen[login] = len(person.jobs)
        person.answer_for_uncertain_jobs()
        held = person.jobs_in("held")
        rng.shuffle(held)
        if held and rng.random() < 0.05:
            person.cancel(held.pop())
        person.release(held[: rng.randint(0, 12)])
        if rng.random() < 0.2:
            person.take_over(
                [job for job in person.jobs_in("released") if job["device"] != person.device_name][:1]
            )
        if rng.random() < 0.05:
            person.stop(person.jobs_in("delivering")[:1])
        self._ended.wait(rng.random() * 0.1)

    def _break_devices(self, rng: random.Random) -> None:
        device = rng.choice(self._devices)
        self._ended.wait(rng.uniform(0.2, 2))
        fault: dict[str, Any] = rng.choice(
            [
                {"fault": "cut", "after_bytes": rng.randint(0, 300_000)},
                {"fault": "busy"},
                {"fault": "offline"},
                {"fault": "jam", "after_pages": rng.randint(0, 2)},
                {"fault": "jam", "after_pages": rng.randint(0, 2), "aborts_job": "true"},
            ]
        )
        device.set_fault(**fault)
        self._ended.wait(rng.uniform(0.1, 1.5))
        device.set_fault("none")


class PersonAtDevice:
    """One visit. All methods raise what the service's absence raises."""

    def __init__(
        self, facts: DemoFacts, ledger: Ledger, devices: list[LoggedDevice], device: str, login: str
    ) -> None:
        self._ledger = ledger
        self._devices = devices
        self._login = login
        self._device = device
        self._api = DeviceApi(facts.port, device, facts.device_tokens[device], timeout=_TIMEOUT)
        self._visit = ""
        self.device_name = ""
        self.jobs: list[dict[str, Any]] = []

    def tap(self) -> None:
        answer = self._api.tap(CHIPS[self._login])
        self._visit = answer["visit_token"]
        self.device_name = answer["device"]
        self.jobs = answer["jobs"]
        for job in self.jobs:
            assert self._paper(job).login == self._login, "somebody else's job"

    def jobs_in(self, state: str) -> list[dict[str, Any]]:
        return [job for job in self.jobs if job["state"] == state]

    def answer_for_uncertain_jobs(self) -> None:
        """The owner looks into the trays, and tells the truth."""
        for job in self.jobs_in("uncertain"):
            paper = self._paper(job)
            came_out = Printouts.of(self._devices).complete(paper.sha256) > 0
            if came_out:
                self._ledger.says_it_came_out(paper)
            else:
                self._ledger.asks_again(paper)
            self._quietly(
                lambda job=job, came_out=came_out: self._api.settle(self._visit, job["id"], came_out=came_out)
            )  # type: ignore[misc]

    def release(self, jobs: list[dict[str, Any]]) -> None:
        for job in jobs:
            self._ledger.asks_for(self._paper(job), self._device)
        if jobs:
            outcomes = self._api.release(self._visit, [job["id"] for job in jobs])
            by_id = {job["id"]: job for job in jobs}
            for outcome in outcomes:
                self._ledger.hears(self._paper(by_id[outcome["job"]]), f"release: {outcome}")

    def take_over(self, jobs: list[dict[str, Any]]) -> None:
        for job in jobs:
            self._ledger.asks_for(self._paper(job), self._device)
            self._post("take-overs", job)

    def stop(self, jobs: list[dict[str, Any]]) -> None:
        for job in jobs:
            self._ledger.hears(self._paper(job), "stop asked")
            self._post("stops", job)

    def cancel(self, job: dict[str, Any]) -> None:
        self._ledger.cancels(self._paper(job))
        path = f"/visits/current/jobs/{job['id']}"
        self._quietly(lambda: self._api.call("DELETE", path, visit=self._visit))

    def _post(self, path: str, job: dict[str, Any]) -> None:
        self._quietly(
            lambda: self._api.call(
                "POST", f"/visits/current/{path}", {"jobs": [job["id"]]}, visit=self._visit
            )
        )

    def _quietly(self, call: Callable[[], Any]) -> None:
        """Another tap of the same person may have been faster: that is a refusal, not a fault."""
        try:
            call()
        except RefusedError as refusal:
            if refusal.status not in {404, 409, 410, 401}:
                raise

    def _paper(self, job: dict[str, Any]) -> Paper:
        return self._ledger.titled(job["title"])


def drain(
    facts: DemoFacts, ledger: Ledger, devices: list[LoggedDevice], seconds: float
) -> list[dict[str, Any]]:
    """All people fetch all that is theirs until nothing is left; answers what still is when nothing has come out for `seconds`."""
    deadline, printed = time.monotonic() + seconds, -1
    for walk in itertools.count():
        left: list[dict[str, Any]] = []
        for number, login in enumerate(CHIPS):
            # Not all at one device, and nobody always at the same.
            device = devices[(walk + number) % len(devices)]
            person = PersonAtDevice(facts, ledger, devices, device.name, login)
            person.tap()
            person.answer_for_uncertain_jobs()
            person.release(person.jobs_in("held"))
            left += person.jobs
        sheets = sum(len(each.sheets()) for each in devices)
        if sheets != printed:
            deadline, printed = time.monotonic() + seconds, sheets
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.3)
    raise AssertionError
