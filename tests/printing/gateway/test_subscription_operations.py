# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Subscriptions and Get-Notifications, at one process and at the next. Two gateways on one service stand for two processes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from allmende.ipp import Attribute, GroupTag, JobState, Message, Operation, Status, make
from allmende.printing.event_subscriptions import MAX_EVENTS, EventSubscription
from allmende.printing.gateway import Gateway
from allmende.printing.job_changes import change_job
from allmende.printing.job_states import Change
from allmende.printing.jobs import Job, JobEvent
from allmende.printing.print_service import PrintService
from allmende.printing.queues import Queue, ReportedState
from allmende.printing.retention import sweep_once
from printing.gateway.ipp_client import PDF, Client, job_id_of, status_of

pytestmark = pytest.mark.django_db(transaction=True)

PULLED = make.keyword("notify-pull-method", "ippget")
BOTH = make.keyword("notify-events", "job-created", "job-completed")


@pytest.fixture
def other(service: PrintService, client: Client) -> Client:
    """The same computer's next connection, at another process."""
    return Client(Gateway(service), user=client.user)


async def subscribe(client: Client, *wishes: Attribute, job_id: int | None = None) -> int:
    operation = Operation.CREATE_PRINTER_SUBSCRIPTIONS
    target: list[Attribute] = []
    if job_id is not None:
        operation, target = Operation.CREATE_JOB_SUBSCRIPTIONS, [make.integer("notify-job-id", job_id)]
    made = await client.send(operation, *target, subscription=[PULLED, *(wishes or (BOTH,))])
    number = made.group(GroupTag.SUBSCRIPTION).integer("notify-subscription-id")
    assert number is not None, (status_of(made), made)
    return number


def ids(*numbers: int) -> Attribute:
    return make.integer("notify-subscription-ids", *numbers)


def told(reply: Message) -> list[tuple[int | None, str | None, int | None]]:
    return [
        (
            group.integer("notify-sequence-number"),
            group.keyword("notify-subscribed-event"),
            group.integer("notify-job-id"),
        )
        for group in reply.groups_of(GroupTag.EVENT_NOTIFICATION)
    ]


async def pull(client: Client, number: int, *attributes: Attribute) -> Message:
    reply = await client.send(Operation.GET_NOTIFICATIONS, ids(number), *attributes)
    assert Status(reply.code).is_successful, status_of(reply)
    return reply


def change(job_id: int, what: Change) -> Any:
    return sync_to_async(lambda: change_job(Job.objects.get(pk=job_id), what))()


async def test_the_next_process_goes_on_with_a_subscription(client: Client, other: Client) -> None:
    number = await subscribe(client)
    first = await client.print_id()
    assert told(await pull(other, number)) == [(1, "job-created", first)]
    await other.send(Operation.CANCEL_JOB, make.integer("job-id", first))
    second = await other.print_id()
    expected = [(1, "job-created", first), (2, "job-completed", first), (3, "job-created", second)]
    assert told(await pull(client, number)) == expected
    assert told(await pull(other, number)) == expected
    later = await pull(other, number, make.integer("notify-sequence-numbers", 3))
    assert told(later) == expected[2:]

    one = make.integer("notify-subscription-id", number)
    renewed = await other.send(
        Operation.RENEW_SUBSCRIPTION, one, subscription=[make.integer("notify-lease-duration", 60)]
    )
    assert renewed.group(GroupTag.SUBSCRIPTION).integer("notify-lease-duration") == 60
    described = await client.send(Operation.GET_SUBSCRIPTION_ATTRIBUTES, one)
    group = described.group(GroupTag.SUBSCRIPTION)
    assert (group.integer("notify-lease-duration"), group.integer("notify-sequence-number")) == (60, 3)
    listed = await client.send(Operation.GET_SUBSCRIPTIONS)
    found = [g.integer("notify-subscription-id") for g in listed.groups_of(GroupTag.SUBSCRIPTION)]
    assert found == [number]
    assert (await other.send(Operation.CANCEL_SUBSCRIPTION, one)).code == Status.SUCCESSFUL_OK
    gone = await client.send(Operation.GET_SUBSCRIPTION_ATTRIBUTES, one)
    assert gone.code == Status.CLIENT_ERROR_NOT_FOUND


@pytest.mark.parametrize(
    "stranger",
    [
        {"user": "fremde"},
        {"user": "anna", "address": "127.0.0.99"},
        {"user": "anna", "address": "203.0.113.9"},
    ],
)
async def test_a_subscription_is_its_subscribers(
    client: Client, gateway: Gateway, stranger: dict[str, str]
) -> None:
    number = await subscribe(client)
    await client.print_id()
    other = Client(gateway, **stranger)
    assert (await other.send(Operation.GET_NOTIFICATIONS, ids(number))).code == Status.CLIENT_ERROR_NOT_FOUND
    one = make.integer("notify-subscription-id", number)
    assert (await other.send(Operation.CANCEL_SUBSCRIPTION, one)).code == Status.CLIENT_ERROR_NOT_FOUND
    own = await subscribe(other)
    assert told(await pull(other, own)) == []
    await other.print_id()
    assert len(told(await pull(client, number))) == 1


async def test_a_jobs_subscription_ends_with_its_job(client: Client, other: Client) -> None:
    job_id = await client.print_id()
    noise = await client.print_id()
    number = await subscribe(client, make.keyword("notify-events", "job-state-changed"), job_id=job_id)
    await change(noise, Change.CANCEL)
    reply = await pull(other, number)
    assert (reply.code, told(reply)) == (Status.SUCCESSFUL_OK, [])
    assert reply.operation_group.integer("notify-get-interval")
    await change(job_id, Change.CANCEL)
    reply = await pull(other, number)
    assert reply.code == Status.SUCCESSFUL_OK_EVENTS_COMPLETE
    assert told(reply) == [(1, "job-state-changed", job_id)]


async def test_a_job_that_is_announced_first_is_created_once(client: Client) -> None:
    every = make.keyword("notify-events", "job-created", "job-state-changed", "job-completed")
    number = await subscribe(client, every)
    job_id = job_id_of(await client.send(Operation.CREATE_JOB))
    last = make.boolean("last-document", value=True)
    await client.send(Operation.SEND_DOCUMENT, make.integer("job-id", job_id), last, document=PDF)
    await change(job_id, Change.EXPIRE)
    names = [name for _, name, _ in told(await pull(client, number))]
    assert names == ["job-created", "job-state-changed", "job-completed"]


@pytest.mark.parametrize("operation", [Operation.PRINT_JOB, Operation.CREATE_JOB])
async def test_a_job_brings_its_subscription(client: Client, other: Client, operation: Operation) -> None:
    every = make.keyword("notify-events", "job-created", "job-completed")
    document = PDF if operation == Operation.PRINT_JOB else b""
    made = await client.send(operation, document=document, subscription=[PULLED, every])
    assert made.code == Status.SUCCESSFUL_OK, status_of(made)
    job_id = job_id_of(made)
    group = made.group(GroupTag.SUBSCRIPTION)
    number = group.integer("notify-subscription-id") or 0
    assert "notify-lease-duration" not in group
    await client.print_id()
    assert told(await pull(other, number)) == [(1, "job-created", job_id)]
    await other.send(Operation.CANCEL_JOB, make.integer("job-id", job_id))
    ended = await pull(client, number)
    assert ended.code == Status.SUCCESSFUL_OK_EVENTS_COMPLETE
    assert told(ended) == [(1, "job-created", job_id), (2, "job-completed", job_id)]


async def test_a_job_is_taken_whatever_becomes_of_its_subscription(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = await client.print(subscription=[make.uri("notify-recipient-uri", "mailto:x@example.org")])
    assert refused.code == Status.SUCCESSFUL_OK_IGNORED_SUBSCRIPTIONS

    def fail(*_: object) -> bool:
        raise RuntimeError

    monkeypatch.setattr("allmende.printing.gateway.subscription_operations.add_subscription", fail)
    failed = await client.print(subscription=[PULLED])
    assert failed.code == Status.SUCCESSFUL_OK_IGNORED_SUBSCRIPTIONS
    for reply in (refused, failed):
        job = await sync_to_async(Job.objects.get)(pk=job_id_of(reply))
        assert job.state == "held"


async def test_a_queue_that_calls_jobs_complete_says_so_here_too(client: Client, other: Client) -> None:
    completed = ReportedState.COMPLETED.value
    await sync_to_async(lambda: Queue.objects.update(reported_state=completed))()
    number = await subscribe(client)
    job_id = await client.print_id()
    of_job = await subscribe(client, job_id=job_id)
    (group,) = (await pull(other, number)).groups_of(GroupTag.EVENT_NOTIFICATION)
    assert group.keyword("notify-subscribed-event") == "job-completed"
    assert group.integer("job-state") == JobState.COMPLETED
    assert (await pull(other, of_job)).code == Status.SUCCESSFUL_OK_EVENTS_COMPLETE


async def test_an_event_that_becomes_visible_late_is_told_too(client: Client) -> None:
    """Transactions under way have numbers below those of rows that are visible already."""
    number = await subscribe(client)
    jobs = [await client.print_id() for _ in range(2)]
    late = await sync_to_async(lambda: JobEvent.objects.get(job_id=jobs[0]))()
    values = {f.attname: getattr(late, f.attname) for f in JobEvent._meta.concrete_fields}
    await sync_to_async(late.delete)()
    assert told(await pull(client, number)) == [(1, "job-created", jobs[1])]
    await sync_to_async(lambda: JobEvent.objects.create(**values))()
    assert sorted(told(await pull(client, number))) == [
        (1, "job-created", jobs[1]),
        (2, "job-created", jobs[0]),
    ]


async def test_what_a_subscription_remembers_is_bounded(client: Client) -> None:
    number = await subscribe(client, make.keyword("notify-events", "job-state-changed"))
    job_id = await client.print_id()
    await pull(client, number)

    def write(count: int) -> None:
        job = Job.objects.get(pk=job_id)
        rows = [
            JobEvent(
                job=job,
                municipality_id=job.municipality_id,
                at=timezone.now(),
                change="release",
                state="released",
            )
            for _ in range(count)
        ]
        JobEvent.objects.bulk_create(rows)

    for _ in range(3):
        await sync_to_async(write)(MAX_EVENTS - 10)
        found = told(await pull(client, number))
    sequences = [sequence for sequence, _, _ in found]
    assert sequences == list(range(172, 272))
    assert told(await pull(client, number)) == found
    row = await sync_to_async(EventSubscription.objects.get)(pk=number)
    assert len(row.numbered) == MAX_EVENTS


async def test_events_have_their_time(client: Client) -> None:
    number = await subscribe(client)
    await client.print_id()
    assert len(told(await pull(client, number))) == 1
    old = timezone.now() - timedelta(hours=1, seconds=1)
    await sync_to_async(lambda: JobEvent.objects.update(at=old))()
    assert told(await pull(client, number)) == []
    job_id = await client.print_id()
    assert told(await pull(client, number)) == [(2, "job-created", job_id)]


async def test_a_name_with_odd_characters_is_kept_without_them(client: Client) -> None:
    client.user = "an\0na\n"
    one = make.integer("notify-subscription-id", await subscribe(client))
    described = await client.send(Operation.GET_SUBSCRIPTION_ATTRIBUTES, one)
    assert described.group(GroupTag.SUBSCRIPTION).text("notify-subscriber-user-name") == "anna"


async def test_a_lease_ends(client: Client, service: PrintService) -> None:
    number = await subscribe(client, BOTH, make.integer("notify-lease-duration", 30))
    kept = await subscribe(client)
    ended = timezone.now() - timedelta(seconds=1)
    rows = EventSubscription.objects
    await sync_to_async(lambda: rows.filter(pk=number).update(ends_at=ended))()
    reply = await client.send(Operation.GET_NOTIFICATIONS, ids(number))
    assert reply.code == Status.CLIENT_ERROR_NOT_FOUND
    swept = await sync_to_async(sweep_once)(service.spool, thorough=False)
    assert swept.subscriptions == 1
    assert await sync_to_async(lambda: list(rows.values_list("pk", flat=True)))() == [kept]


@pytest.mark.parametrize("limit", ["MAX_PER_REQUESTER", "MAX_PER_TOWN"])
async def test_subscriptions_are_bounded(
    client: Client, other: Client, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(f"allmende.printing.event_subscriptions.{limit}", 2)
    await subscribe(client)
    await subscribe(other)
    refused = await client.send(Operation.CREATE_PRINTER_SUBSCRIPTIONS, subscription=[PULLED])
    assert refused.code == Status.CLIENT_ERROR_IGNORED_ALL_SUBSCRIPTIONS
    status = refused.group(GroupTag.SUBSCRIPTION).integer("notify-status-code")
    assert status == Status.CLIENT_ERROR_TOO_MANY_SUBSCRIPTIONS


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        (
            [make.uri("notify-recipient-uri", "mailto:x@example.org")],
            Status.CLIENT_ERROR_URI_SCHEME_NOT_SUPPORTED,
        ),
        ([make.keyword("notify-events", "job-completed")], Status.CLIENT_ERROR_BAD_REQUEST),
        (
            [PULLED, make.keyword("notify-events", "printer-on-fire")],
            Status.CLIENT_ERROR_ATTRIBUTES_OR_VALUES_NOT_SUPPORTED,
        ),
        ([PULLED, make.octets("notify-user-data", b"x" * 64)], Status.CLIENT_ERROR_REQUEST_VALUE_TOO_LONG),
    ],
)
async def test_a_wish_that_cannot_be_met_is_refused_alone(
    client: Client, wish: list[Attribute], status: Status
) -> None:
    refused = await client.send(Operation.CREATE_PRINTER_SUBSCRIPTIONS, subscription=wish)
    assert refused.group(GroupTag.SUBSCRIPTION).integer("notify-status-code") == status
    assert not await sync_to_async(EventSubscription.objects.exists)()
