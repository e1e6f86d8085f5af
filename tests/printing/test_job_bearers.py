# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A cost centre that the client named (`job-account-id`): where it counts, and where it doesn't."""

from __future__ import annotations

from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from allmende.directory.cost_centres import CostCentre, ensure_cost_centres
from allmende.printing.job_bearers import expected_bearers, named_bearers
from allmende.printing.jobs import Job
from allmende.printing.ledger.sheets import SheetEntry
from allmende.printing.visit.bearers import choose_bearer
from allmende.printing.visit.visit_jobs import list_visit_jobs
from makers import make_job, make_person, make_town
from printing.delivering import delivering, wait_for_state
from printing.scripted_device import scripted_printer
from printing.standing import Standing, stand

pytestmark = pytest.mark.django_db(transaction=True)


def stand_with(uri: str = "ipp://127.0.0.1:1/ipp/print", *, named: str) -> Standing:
    """Its person belongs to cost centre 1; the town has 2 and 3 too."""
    standing = stand(uri, ticket={"job_account_id": named} if named else {})
    standing.person.cost_centre = ensure_cost_centres(standing.town, ["1", "2", "3"])["1"]
    standing.person.save()
    standing.tap()
    return standing


@pytest.mark.parametrize(
    ("named", "chosen", "shown", "bears"),
    [("2", "", "2", "2"), ("2", "3", "", "3"), ("99", "", "", "1"), ("", "", "", "1"), ("1", "", "", "1")],
)
async def test_the_sheets_go_on_it_unless_the_owner_chooses(
    named: str, chosen: str, shown: str, bears: str
) -> None:
    async with scripted_printer() as printer, delivering():

        def work() -> Standing:
            standing = stand_with(printer.uri, named=named)
            if chosen:
                choose_bearer(standing.visit, number=chosen)
            (job,) = list_visit_jobs(standing.visit)
            assert (job.bearer.number if job.bearer else "") == shown
            standing.release()
            return standing

        standing = await sync_to_async(work)()
        await wait_for_state(standing.job_ids[0], "printed")
        entry = await sync_to_async(SheetEntry.objects.select_related("cost_centre").get)()
        assert entry.cost_centre is not None
        assert entry.cost_centre.number == bears


def test_closed_ones_and_those_of_other_towns_are_not_meant() -> None:
    town, other = make_town(), make_town("coswig")
    person = make_person(town)
    yesterday = timezone.localdate() - timedelta(days=1)
    CostCentre.objects.create(municipality=town, number="1", valid_to=yesterday)
    CostCentre.objects.create(municipality=town, number="2", is_active=False)
    CostCentre.objects.create(municipality=other, number="3")
    kept = CostCentre.objects.create(municipality=town, number="4")
    for number in ("1", "2", "3", "4", "4"):
        make_job(town, person, ticket={"job_account_id": number})
    found = named_bearers(town.pk, Job.objects.order_by("pk"))
    assert list(found.values()) == [kept, kept]


def test_nobody_asks_where_nobody_has_named_one(django_assert_num_queries: object) -> None:
    town = make_town()
    jobs = [make_job(town, make_person(town)).job]
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert named_bearers(town.pk, jobs) == {}


def test_a_job_of_nobody_is_borne_by_nobody() -> None:
    town = make_town()
    ensure_cost_centres(town, ["1", "2"])
    person = make_person(town)
    person.cost_centre = CostCentre.objects.get(number="1")
    person.save()
    named, own = make_job(town, person, ticket={"job_account_id": "2"}).job, make_job(town, person).job
    nobody = make_job(town, None, ticket={"job_account_id": "2"}).job
    jobs = Job.objects.select_related("person__cost_centre")
    bearers = expected_bearers(town.pk, jobs)
    assert {job_id: row.number if row else "" for job_id, row in bearers.items()} == {
        named.pk: "2",
        own.pk: "1",
        nobody.pk: "",
    }
