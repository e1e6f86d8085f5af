# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Subscriptions to events, pulled with Get-Notifications (RFC 3995, RFC 3996): rows that every process of the service can serve.

What is told are the job events that are written anyway: accepting a job costs nothing more, whether somebody has subscribed or
not. An event gets its number in a subscription when it is first asked for, and keeps it, so that a client meets the same numbers at every
process. Each subscription belongs to one requester, and tells of that requester's own jobs alone.

Always holds: a subscription ends with its lease (the sweeper deletes it); there are at most `MAX_PER_REQUESTER` for one requester and
`MAX_PER_TOWN` in a town, and each remembers at most `MAX_EVENTS` numbers. Whose rows are a requester's own is said by the caller
(`Requester.owns`). Everything here is synchronous.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import models, transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils import timezone

from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.printing.job_states import TERMINAL, Change, State
from allmende.printing.jobs import Job, JobEvent
from allmende.printing.queues import Queue

EVENTS: Final = ("job-completed", "job-created", "job-state-changed")
#: How long an event is told (`ippget-event-life`).
EVENT_LIFE: Final = timedelta(hours=1)
MAX_PER_TOWN: Final = 5_000
MAX_PER_REQUESTER: Final = 50
MAX_EVENTS: Final = 100
#: Rows become visible in another order than that of their numbers, while their transactions are under way.
_SETTLED: Final = timedelta(minutes=1)
_ROWS_UNDER_WAY: Final = 1_000
_ENDS: Final = [state.value for state in TERMINAL]
_ARRIVES: Final = [Change.COMPLETE.value, Change.COMPLETE_UNKNOWN.value]


class EventSubscription(models.Model):
    """`person` and `origin` say whose it is (`Requester.owns`); `job` is null for all jobs of a queue."""

    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, db_index=False, related_name="+")
    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, null=True, db_index=False, related_name="+")
    origin = models.CharField(max_length=32, default="", blank=True)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, null=True, related_name="+")
    user_name = models.CharField(max_length=255, default="", blank=True)
    events = models.JSONField(default=list)
    user_data = models.BinaryField(max_length=63, default=b"")
    language = models.CharField(max_length=63)
    #: Seconds; 0 for a job's subscription, which ends with its job.
    lease = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(db_index=True)
    #: Job events up to this row are numbered, or nothing to this subscription.
    floor = models.BigIntegerField()
    #: Rows of job events that have a number, oldest first; the last one's is `next_sequence` - 1.
    numbered = models.JSONField(default=list)
    next_sequence = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [models.Index(fields=["municipality", "person"], name="subscription_by_person")]

    def __str__(self) -> str:
        return f"subscription {self.pk}"


@dataclass(frozen=True, slots=True)
class Notification:
    """`sequence` counts within its subscription, from 1."""

    sequence: int
    name: str
    event: JobEvent


def add_subscription(subscription: EventSubscription, own: Q, since: datetime | None = None) -> bool:
    """Store it, to tell of what happens from now on (or `since` a moment ago); False where there are too many."""
    now = timezone.now()
    town = EventSubscription.objects.filter(municipality_id=subscription.municipality_id, ends_at__gt=now)
    if town.count() >= MAX_PER_TOWN or town.filter(own).count() >= MAX_PER_REQUESTER:
        return False
    last = int(JobEvent.objects.aggregate(last=Max("pk"))["last"] or 0)
    subscription.created_at, subscription.floor = since or now, max(0, last - _ROWS_UNDER_WAY)
    subscription.save()
    return True


def own_subscriptions(municipality_id: int, queue_id: int, own: Q) -> QuerySet[EventSubscription]:
    """Those of one queue whose lease has not ended, oldest first."""
    alive = EventSubscription.objects.filter(
        municipality_id=municipality_id, queue_id=queue_id, ends_at__gt=timezone.now()
    )
    return alive.filter(own).order_by("pk")


def find_notifications(
    subscription: EventSubscription, own_jobs: QuerySet[Job], *, tells_completed: bool
) -> list[Notification]:
    """All that are to be told just now, oldest first. New ones get their numbers, durable when it returns.

    `tells_completed`: the queue calls a job complete as soon as it is held; what follows is then no news, unless it ends without paper.
    """
    events = JobEvent.objects.filter(municipality_id=subscription.municipality_id, job__in=own_jobs)
    if subscription.job_id is not None:
        events = events.filter(job_id=subscription.job_id)
    before = JobEvent.objects.filter(job_id=OuterRef("job_id"), pk__lt=OuterRef("pk"))
    events = events.annotate(is_first=~Exists(before)).order_by("pk")
    if _new_events(subscription, events, tells_completed=tells_completed):
        with transaction.atomic():
            subscription = EventSubscription.objects.select_for_update().get(pk=subscription.pk)
            _number(subscription, _new_events(subscription, events, tells_completed=tells_completed))
    told = events.filter(pk__in=subscription.numbered, at__gte=timezone.now() - EVENT_LIFE).in_bulk()
    first = subscription.next_sequence - len(subscription.numbered)
    notifications = []
    for sequence, number in enumerate(subscription.numbered, first):
        event = told.get(number)
        if event is not None:
            name = _name(subscription, event, tells_completed=tells_completed)
            notifications.append(Notification(sequence, name, event))
    return notifications


def has_ended(job: Job, *, tells_completed: bool) -> bool:
    """Whether a client was told its last: then no more events come for a job's subscription."""
    return job.state in _ENDS or (tells_completed and job.state != State.INCOMING)


def _new_events(
    subscription: EventSubscription, events: QuerySet[JobEvent], *, tells_completed: bool
) -> list[JobEvent]:
    new = events.filter(pk__gt=subscription.floor, at__gte=subscription.created_at)
    completed = Q(state__in=_ENDS)
    if tells_completed:
        arrived = Q(change__in=_ARRIVES)
        completed = (completed | arrived) & ~Q(state=State.PRINTED.value)
        new = new.filter(completed | Q(is_first=True))
    wanted = {"job-completed": completed, "job-created": Q(is_first=True), "job-state-changed": Q()}
    names = [name for name in wanted if name in subscription.events]
    if "job-state-changed" not in names:
        matching = Q(pk__in=[])
        for name in names:
            matching |= wanted[name]
        new = new.filter(matching)
    return list(new.exclude(pk__in=subscription.numbered)[:MAX_EVENTS])


def _number(subscription: EventSubscription, new: list[JobEvent]) -> None:
    if not new:
        return
    numbered = [*subscription.numbered, *(event.pk for event in new)]
    settled = timezone.now() - _SETTLED
    done = [event.pk for event in new if event.at < settled] + numbered[:-MAX_EVENTS]
    subscription.floor = max([subscription.floor, *done])
    subscription.numbered = numbered[-MAX_EVENTS:]
    subscription.next_sequence += len(new)
    subscription.save(update_fields=["floor", "numbered", "next_sequence"])


def _name(subscription: EventSubscription, event: JobEvent, *, tells_completed: bool) -> str:
    """One notification per event, under the first name that was subscribed to (RFC 3995 §9.1)."""
    names = ["job-state-changed"]
    if getattr(event, "is_first", False):
        names.insert(0, "job-created")
    if event.state in _ENDS or (tells_completed and event.change in _ARRIVES):
        names.insert(0, "job-completed")
    return next((name for name in names if name in subscription.events), names[-1])


def lease_end(seconds: int) -> datetime:
    return timezone.now() + timedelta(seconds=seconds)
