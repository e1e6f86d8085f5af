# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Operations on subscriptions, and Get-Notifications (RFC 3995 §11, RFC 3996 §5)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Final, NamedTuple

from django.db.models import QuerySet

from allmende.ipp import Attribute, Group, GroupTag, IppError, Status, encode_attributes, make
from allmende.ipp.attribute_groups import select_attributes
from allmende.printing.event_subscriptions import (
    EVENTS,
    EventSubscription,
    Notification,
    add_subscription,
    find_notifications,
    has_ended,
    lease_end,
    own_subscriptions,
)
from allmende.printing.gateway.calls import Call, answer
from allmende.printing.gateway.errors import not_found
from allmende.printing.gateway.job_views import reported_state
from allmende.printing.gateway.own_jobs import find_own_job, own_jobs
from allmende.printing.gateway.printer_attributes import LEASE_SECONDS
from allmende.printing.job_states import State

log = logging.getLogger(__name__)

_SUBSCRIPTION: Final = int(GroupTag.SUBSCRIPTION)
_EVENT: Final = int(GroupTag.EVENT_NOTIFICATION)
_MAX_AT_ONCE: Final = 20
_REFUSED_AS_TOO_MANY: Final = make.enum("notify-status-code", Status.CLIENT_ERROR_TOO_MANY_SUBSCRIPTIONS)


async def create_subscriptions(call: Call) -> bytes:
    """Create-Printer-Subscriptions and Create-Job-Subscriptions, told apart by `notify-job-id`."""
    wishes = call.request.message.groups_of(GroupTag.SUBSCRIPTION)
    if not wishes or len(wishes) > _MAX_AT_ONCE:
        raise IppError(Status.CLIENT_ERROR_BAD_REQUEST, "1 to 20 subscriptions can be made at once")
    job_id = call.request.attributes.integer("notify-job-id")
    if job_id is not None and await find_own_job(call, job_id) is None:
        raise not_found()
    groups: list[tuple[int, bytes]] = []
    made = 0
    for wish in wishes:
        attributes, is_made = await _create(call, wish, job_id)
        made += is_made
        groups.append((_SUBSCRIPTION, encode_attributes(attributes)))
    status = Status.SUCCESSFUL_OK
    if not made:
        status = Status.CLIENT_ERROR_IGNORED_ALL_SUBSCRIPTIONS
    elif made < len(wishes):
        status = Status.SUCCESSFUL_OK_IGNORED_SUBSCRIPTIONS
    return answer(call, status, groups)


class NewJobSubscriptions(NamedTuple):
    """What the answer to a new job says of the subscriptions that came with it."""

    groups: tuple[tuple[int, bytes], ...] = ()
    all_made: bool = True


async def subscribe_to_new_job(call: Call, job_id: int, since: datetime) -> NewJobSubscriptions:
    """For a request that made a job and wants to hear of it (RFC 3995 §5.4.3), from its first event, `since` which it was on its way.

    Never raises: the job is acknowledged, and no fault of its subscriptions takes that back.
    """
    groups: list[tuple[int, bytes]] = []
    all_made = True
    for place, wish in enumerate(call.request.message.groups_of(GroupTag.SUBSCRIPTION)):
        attributes, is_made = [_REFUSED_AS_TOO_MANY], False
        if place < _MAX_AT_ONCE:
            try:
                attributes, is_made = await _create(call, wish, job_id, since)
            except Exception:
                log.exception("a subscription to job %d was not made", job_id)
        groups.append((_SUBSCRIPTION, encode_attributes(attributes)))
        all_made = all_made and is_made
    return NewJobSubscriptions(tuple(groups), all_made)


async def get_subscriptions(call: Call) -> bytes:
    attributes = call.request.attributes
    found = await call.parts.service.run_sync(_list, call, attributes.integer("notify-job-id"))
    limit = attributes.integer("limit") or len(found)
    requested = call.request.requested_attributes or ("notify-subscription-id",)
    groups = [
        (_SUBSCRIPTION, encode_attributes(select_attributes(_describe(call, s), requested, "subscription")))
        for s in found[:limit]
    ]
    return answer(call, Status.SUCCESSFUL_OK, groups)


async def get_subscription_attributes(call: Call) -> bytes:
    subscription = await _find_named(call)
    selected = select_attributes(
        _describe(call, subscription), call.request.requested_attributes, "subscription"
    )
    return answer(call, Status.SUCCESSFUL_OK, [(_SUBSCRIPTION, encode_attributes(selected))])


async def renew_subscription(call: Call) -> bytes:
    subscription = await _find_named(call)
    if subscription.job_id is not None:
        raise IppError(Status.CLIENT_ERROR_NOT_POSSIBLE, "A job's subscription ends with its job.")
    wish = call.request.message.group(GroupTag.SUBSCRIPTION)
    wanted = wish.integer("notify-lease-duration")
    if wanted is None:
        wanted = call.request.attributes.integer("notify-lease-duration")
    subscription.lease = _lease(wanted)
    subscription.ends_at = lease_end(subscription.lease)
    await call.parts.service.run_sync(partial(subscription.save, update_fields=["lease", "ends_at"]))
    lease = make.integer("notify-lease-duration", subscription.lease)
    return answer(call, Status.SUCCESSFUL_OK, [(_SUBSCRIPTION, encode_attributes([lease]))])


async def cancel_subscription(call: Call) -> bytes:
    await call.parts.service.run_sync((await _find_named(call)).delete)
    return answer(call, Status.SUCCESSFUL_OK)


async def get_notifications(call: Call) -> bytes:
    attributes = call.request.attributes
    ids = attributes.integers("notify-subscription-ids") or ()
    firsts = attributes.integers("notify-sequence-numbers") or ()
    if len(ids) > _MAX_AT_ONCE:
        raise IppError(Status.CLIENT_ERROR_REQUEST_ENTITY_TOO_LARGE, "notify-subscription-ids")
    told = await call.parts.service.run_sync(_read_notifications, call, ids)
    if not told:
        raise not_found("There is no such subscription.")
    groups: list[tuple[int, bytes]] = []
    for place, number in enumerate(ids):
        subscription, notifications, _ = told.get(number, (None, (), False))
        if subscription is not None:
            first = firsts[place] if place < len(firsts) else 1
            groups += [
                (_EVENT, encode_attributes(_describe_event(call, subscription, notification)))
                for notification in notifications
                if notification.sequence >= first
            ]
    all_complete = all(ended for _, _, ended in told.values())
    status = Status.SUCCESSFUL_OK_EVENTS_COMPLETE if all_complete else Status.SUCCESSFUL_OK
    encoded = answer(call, status, groups)
    if all_complete:
        return encoded
    # notify-get-interval belongs into the operation group: put it before the first other group.
    return _with_interval(call, status, groups)


def _with_interval(call: Call, status: Status, groups: list[tuple[int, bytes]]) -> bytes:
    interval = encode_attributes(
        [make.integer("notify-get-interval", 30), make.integer("printer-up-time", call.queue.up_time())]
    )
    whole = answer(call, status)
    head = whole[:-1] + interval
    return head + b"".join(bytes([tag]) + group for tag, group in groups) + b"\x03"


async def _create(
    call: Call, wish: Group, job_id: int | None, since: datetime | None = None
) -> tuple[list[Attribute], bool]:
    refused: list[Attribute] = []
    if "notify-recipient-uri" in wish or (wish.keyword("notify-pull-method") or "ippget") != "ippget":
        return [
            make.enum("notify-status-code", Status.CLIENT_ERROR_URI_SCHEME_NOT_SUPPORTED),
        ], False
    if "notify-pull-method" not in wish:
        return [make.enum("notify-status-code", Status.CLIENT_ERROR_BAD_REQUEST)], False
    wanted = wish.keywords("notify-events") or ("job-completed",)
    events = tuple(name for name in wanted if name in EVENTS)
    unknown = [name for name in wanted if name not in EVENTS]
    if unknown:
        refused.append(make.keyword("notify-events", *unknown[:100]))
    if not events:
        return [
            make.enum("notify-status-code", Status.CLIENT_ERROR_ATTRIBUTES_OR_VALUES_NOT_SUPPORTED)
        ], False
    user_data = wish.octets("notify-user-data") or b""
    if len(user_data) > 63:
        return [make.enum("notify-status-code", Status.CLIENT_ERROR_REQUEST_VALUE_TOO_LONG)], False
    requester = call.requester
    lease = _lease(wish.integer("notify-lease-duration"))
    subscription = EventSubscription(
        municipality_id=call.queue.town.id,
        queue_id=call.queue.id,
        person_id=requester.owner.id if requester.owner else None,
        origin="" if requester.is_vouched_for else requester.origin,
        job_id=job_id,
        user_name=_printable(call.request.user_name or ""),
        events=events,
        user_data=user_data,
        language=_printable(call.request.language),
        # A job's subscription ends with the job; here it may live as long as any lease.
        lease=0 if job_id is not None else lease,
        ends_at=lease_end(LEASE_SECONDS if job_id is not None else lease),
    )
    if not await call.parts.service.run_sync(add_subscription, subscription, requester.owns(), since):
        return [_REFUSED_AS_TOO_MANY], False
    attributes = [make.integer("notify-subscription-id", subscription.pk)]
    if job_id is None:
        attributes.append(make.integer("notify-lease-duration", lease))
    if refused:
        attributes.append(
            make.enum("notify-status-code", Status.SUCCESSFUL_OK_IGNORED_OR_SUBSTITUTED_ATTRIBUTES)
        )
    return attributes, True


def _printable(text: str) -> str:
    """PostgreSQL takes no NUL, and nobody needs the others."""
    return "".join(character for character in text if character.isprintable())


def _lease(wanted: int | None) -> int:
    """Seconds. 0 asks for ever, which is refused by the longest lease that there is."""
    return LEASE_SECONDS if not wanted or wanted < 0 else min(wanted, LEASE_SECONDS)


async def _find_named(call: Call) -> EventSubscription:
    number = call.request.attributes.integer("notify-subscription-id") or 0
    found: dict[int, EventSubscription] = await call.parts.service.run_sync(_find, call, [number])
    if number not in found:
        raise not_found("There is no such subscription.")
    return found[number]


def _find(call: Call, numbers: Sequence[int]) -> dict[int, EventSubscription]:
    return _own(call).in_bulk(numbers)


def _list(call: Call, job_id: int | None) -> list[EventSubscription]:
    own = _own(call)
    return list(own.filter(job__isnull=True) if job_id is None else own.filter(job_id=job_id))


def _own(call: Call) -> QuerySet[EventSubscription]:
    return own_subscriptions(call.queue.town.id, call.queue.id, call.requester.owns())


def _read_notifications(
    call: Call, numbers: Sequence[int]
) -> dict[int, tuple[EventSubscription, list[Notification], bool]]:
    """Of each that is the requester's: what is to be told, and whether nothing more will come."""
    found = _find(call, numbers)
    jobs = own_jobs(call)
    completed = call.queue.tells_completed
    ended = {
        job.pk: has_ended(job, tells_completed=completed)
        for job in jobs.filter(pk__in=[s.job_id for s in found.values() if s.job_id is not None])
    }
    return {
        number: (
            subscription,
            find_notifications(subscription, jobs, tells_completed=completed),
            subscription.job_id is not None and ended.get(subscription.job_id, True),
        )
        for number, subscription in found.items()
    }


def _describe(call: Call, subscription: EventSubscription) -> list[Attribute]:
    attributes = [
        make.integer("notify-subscription-id", subscription.pk),
        make.keyword("notify-events", *subscription.events),
        make.keyword("notify-pull-method", "ippget"),
        make.charset("notify-charset", "utf-8"),
        make.language("notify-natural-language", subscription.language),
        make.integer("notify-sequence-number", subscription.next_sequence - 1),
        make.uri("notify-printer-uri", call.place.uri),
        make.name("notify-subscriber-user-name", subscription.user_name or "anonymous"),
        make.integer("notify-printer-up-time", call.queue.up_time()),
    ]
    if subscription.user_data:
        attributes.append(make.octets("notify-user-data", bytes(subscription.user_data)))
    if subscription.job_id is not None:
        attributes.append(make.integer("notify-job-id", subscription.job_id))
    else:
        attributes += [
            make.integer("notify-lease-duration", subscription.lease),
            make.integer("notify-lease-expiration-time", call.queue.up_time(subscription.ends_at)),
        ]
    return attributes


def _describe_event(
    call: Call, subscription: EventSubscription, notification: Notification
) -> list[Attribute]:
    event = notification.event
    told, reasons = reported_state(
        State(event.state), direct=call.queue.is_direct, completed=call.queue.reported_completed
    )
    attributes = [
        make.charset("notify-charset", "utf-8"),
        make.language("notify-natural-language", "en"),
        make.integer("notify-subscription-id", subscription.pk),
        make.integer("notify-sequence-number", notification.sequence),
        make.keyword("notify-subscribed-event", notification.name),
        make.uri("notify-printer-uri", call.place.uri),
        make.integer("printer-up-time", call.queue.up_time(event.at)),
        make.text("notify-text", f"{notification.name}: {event.job_id}"),
        make.integer("notify-job-id", event.job_id),
        make.enum("job-state", told),
        make.keyword("job-state-reasons", *reasons),
    ]
    if subscription.user_data:
        attributes.append(make.octets("notify-user-data", bytes(subscription.user_data)))
    return attributes
