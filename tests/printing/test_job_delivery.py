# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The good ways of a delivery, from the tap to the end, to real printers."""

from __future__ import annotations

from pathlib import Path

import pytest
from asgiref.sync import sync_to_async

from allmende.documents import make_demo_pdf
from allmende.printing.job_states import State
from allmende.printing.jobs import JobDocument
from allmende.printing.visit.release import list_visit_jobs, release_jobs
from allmende.printing.visit.visits import begin_visit
from devices.real_printer import real_printer
from makers import make_chip, make_device, make_job, make_person, make_token, make_town
from printing.delivering import delivering, wait_for_state

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.system
@pytest.mark.parametrize("spooled", [False, True])
async def test_a_tap_prints_on_a_real_printer(tmp_path: Path, spooled: bool) -> None:
    document = make_demo_pdf("Haushaltsplan")
    async with real_printer(tmp_path) as uri, delivering():

        @sync_to_async
        def tap() -> int:
            town = make_town()
            anna = make_person(town)
            number = make_chip(anna)
            made = make_job(town, anna, document=document, spooled=spooled)
            token, _ = make_token(make_device(town, uri=uri))
            visit = begin_visit(token, number)
            (shown,) = list_visit_jobs(visit)
            assert (shown.title, shown.state) == ("Haushaltsplan", State.HELD)
            (outcome,) = release_jobs(visit)
            assert outcome.done
            return made.job.pk

        job_id = await tap()
        job = await wait_for_state(job_id, State.PRINTED)
        assert job.holder == ""
        assert job.device_job_id > 0
        assert not await JobDocument.objects.filter(job_id=job_id).aexists()
        (printed,) = tmp_path.glob("*.pdf")  # noqa: ASYNC240 - a folder of one file
        assert printed.read_bytes() == document
