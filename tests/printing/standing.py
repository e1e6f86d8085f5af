# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Somebody with a chip, a job and a device: the situation in which most tests of release begin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from asgiref.sync import sync_to_async

from allmende.devices.device_tokens import DeviceToken
from allmende.devices.devices import Device
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.printing.delivery.port import TicketChanges
from allmende.printing.visit.release import release_jobs
from allmende.printing.visit.visits import OpenVisit, begin_visit
from makers import PDF, make_chip, make_device, make_job, make_person, make_token, make_town


@dataclass
class Standing:
    town: Municipality
    person: Person
    chip: str
    device: Device
    token: DeviceToken
    clear_token: str
    visit: OpenVisit
    job_ids: list[int]

    def tap(self, device: Device | None = None) -> OpenVisit:
        if device is not None:
            token, _ = make_token(device)
            return begin_visit(token, self.chip)
        self.visit = begin_visit(self.token, self.chip)
        return self.visit

    def release(self, **changes: Any) -> None:
        outcomes = release_jobs(self.visit, self.job_ids, TicketChanges(**changes))
        assert all(outcome.done for outcome in outcomes), outcomes


def stand(uri: str = "ipp://127.0.0.1:1/ipp/print", *, jobs: int = 1, **job: Any) -> Standing:
    """In the database's thread."""
    town = make_town()
    person = make_person(town)
    chip = make_chip(person)
    device = make_device(town, uri=uri)
    token, clear = make_token(device)
    job.setdefault("document", PDF)
    job_ids = [make_job(town, person, **job).job.pk for _ in range(jobs)]
    return Standing(town, person, chip, device, token, clear, begin_visit(token, chip), job_ids)


async def stand_and_release(uri: str, *, changes: dict[str, Any] | None = None, **job: Any) -> Standing:
    def work() -> Standing:
        standing = stand(uri, **job)
        standing.release(**(changes or {}))
        return standing

    return await sync_to_async(work)()
