# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Operations on subscriptions, and Get-Notifications (RFC 3995 §11, RFC 3996 §5)."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Final

from django.db.models import Max

from allmende.ipp import Attribute, Group, GroupTag, IppError, Status, encode_attributes, make
from allmende.ipp.attribute_groups import select_attributes
from allmende.printing.gateway.calls import Call, answer
from allmende.printing.gateway.errors import not_found
from allmende.printing.gateway.job_views import reported_state
from allmende.printing.gateway.own_jobs import find_own_job, own_jobs
from allmende.printing.gateway.printer_attributes import EVENT_LIFE_SECONDS, EVENTS, LEASE_SECONDS
from allmende.printing.gateway.subscriptions import MAX_EVENTS, NotifiedEvent, Subscription
from allmende.printing.job_states import TERMINAL, State
from allmende.printing.jobs import JobEvent

_SUBSCRIPTION: Final = int(GroupTag.SUBSCRIPTION)
_EVENT: Final = int(GroupTag.EVENT_NOTIFICATION)
_MAX_AT_ONCE: Final = 20


async def create_subscriptions(call: Call) -> bytes:
    """Create-Printer-Subscriptions and Create-Job-Subscriptions, told apart by `notify-job-id`."""
    wishes = call.request.message.groups_of(GroupTag.SUBSCRIPTION)
    if not wishes or len(wishes) > _MAX_AT_ONCE:
        raise IppError(Status.CLIENT_ERROR_BAD_REQUEST, "1 to 20 subscriptions can be made at once")
    job_id = call.request.attributes.integer("notify-job-id")
    if job_id is not None and await find_own_job(call, job_id) is None:
        raise not_found()
    last_event = await call.parts.service.run_sync(_last_event_id)
    groups: list[tuple[int, bytes]] = []
    made = 0
    for wish in wishes:
        attributes, is_made = _create(call, wish, job_id, last_event)
        made += is_made
        groups.append((_SUBSCRIPTION, encode_attributes(attributes)))
    status = Status.SUCCESSFUL_OK
    if not made:
        status = Status.CLIENT_ERROR_IGNORED_ALL_SUBSCRIPTIONS
    elif made < len(wishes):
        status = Status.SUCCESSFUL_OK_IGNORED_SUBSCRIPTIONS
    return answer(call, status, groups)


async def get_subscriptions(call: Call) -> bytes:
    attributes = call.request.attributes
    found = call.parts.subscriptions.of(call.queue.id, call.requester)
    job_id = attributes.integer("notify-job-id")
    found = [s for s in found if s.job_id == job_id]
    limit = attributes.integer("limit") or len(found)
    requested = call.request.requested_attributes or ("notify-subscription-id",)
    groups = [
        (_SUBSCRIPTION, encode_attributes(select_attributes(_describe(call, s), requested, "subscription")))
        for s in found[:limit]
    ]
    return answer(call, Status.SUCCESSFUL_OK, groups)


async def get_subscription_attributes(call: Call) -> bytes:
    subscription = _find(call)
    selected = select_attributes(
        _describe(call, subscription), call.request.requested_attributes, "subscription"
    )
    return answer(call, Status.SUCCESSFUL_OK, [(_SUBSCRIPTION, encode_attributes(selected))])


async def renew_subscription(call: Call) -> bytes:
    subscription = _find(call)
    if subscription.job_id is not None:
        raise IppError(Status.CLIENT_ERROR_NOT_POSSIBLE, "A job's subscription ends with its job.")
    wish = call.request.message.group(GroupTag.SUBSCRIPTION)
    wanted = wish.integer("notify-lease-duration")
    if wanted is None:
        wanted = call.request.attributes.integer("notify-lease-duration")
    subscription.lease, subscription.ends_at = _lease(wanted)
    lease = make.integer("notify-lease-duration", subscription.lease)
    return answer(call, Status.SUCCESSFUL_OK, [(_SUBSCRIPTION, encode_attributes([lease]))])


async def cancel_subscription(call: Call) -> bytes:
    call.parts.subscriptions.remove(_find(call))
    return answer(call, Status.SUCCESSFUL_OK)


async def get_notifications(call: Call) -> bytes:
    attributes = call.request.attributes
    ids = attributes.integers("notify-subscription-ids") or ()
    firsts = attributes.integers("notify-sequence-numbers") or ()
    if len(ids) > _MAX_AT_ONCE:
        raise IppError(Status.CLIENT_ERROR_REQUEST_ENTITY_TOO_LARGE, "notify-subscription-ids")
    found = [call.parts.subscriptions.find(number, call.queue.id, call.requester) for number in ids]
    if not any(found):
        raise not_found("There is no such subscription.")
    groups: list[tuple[int, bytes]] = []
    all_complete = True
    for place, subscription in enumerate(found):
        if subscription is None:
            continue
        events = await call.parts.service.run_sync(_new_events, call, subscription)
        _collect(call, subscription, events)
        first = firsts[place] if place < len(firsts) else 1
        alive_since = time.monotonic() - EVENT_LIFE_SECONDS
        groups += [
            (_EVENT, encode_attributes(_describe_event(call, subscription, event)))
            for event in subscription.collected
            if event.sequence >= first and event.at >= alive_since
        ]
        ended = subscription.job_id is not None and any(
            event.name == "job-completed" for event in subscription.collected
        )
        all_complete = all_complete and ended
    status = Status.SUCCESSFUL_OK_EVENTS_COMPLETE if all_complete else Status.SUCCESSFUL_OK
    encoded = answer(call, status, groups)
    if all_complete:
        return encoded
    # notify-get-interval belongs into the operation group: put it before the first other group.
    return _with_interval(call, status, groups)


def _with_interval(call: Call, status: Status, groups: list[tuple[int, bytes]]) -> bytes:
    interval = encode_attributes(
        [make.integer("notify-get-interval", 30), make.integer("printer-up-time", _up_time(call))]
    )
    whole = answer(call, status)
    head = whole[:-1] + interval
    return head + b"".join(bytes([tag]) + group for tag, group in groups) + b"\x03"


def _create(call: Call, wish: Group, job_id: int | None, last_event: int) -> tuple[list[Attribute], bool]:
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
    lease, ends_at = (0, None) if job_id is not None else _lease(wish.integer("notify-lease-duration"))
    owner = call.requester.owner
    subscription = Subscription(
        id=call.parts.subscriptions.new_id(),
        queue_id=call.queue.id,
        person_id=owner.id if owner else None,
        claimed_name=call.requester.claimed_name,
        address=call.requester.address,
        user_name=call.request.user_name or "",
        events=events,
        job_id=job_id,
        user_data=user_data,
        lease=lease,
        # A job's subscription ends with the job; here it may live as long as any lease.
        ends_at=ends_at or time.monotonic() + LEASE_SECONDS,
        language=call.request.language,
        last_event_id=last_event,
    )
    if not call.parts.subscriptions.add(subscription, call.requester):
        return [make.enum("notify-status-code", Status.CLIENT_ERROR_TOO_MANY_SUBSCRIPTIONS)], False
    attributes = [make.integer("notify-subscription-id", subscription.id)]
    if job_id is None:
        attributes.append(make.integer("notify-lease-duration", lease))
    if refused:
        attributes.append(
            make.enum("notify-status-code", Status.SUCCESSFUL_OK_IGNORED_OR_SUBSTITUTED_ATTRIBUTES)
        )
    return attributes, True


def _lease(wanted: int | None) -> tuple[int, float]:
    """0 asks for ever, which is refused by the longest lease that there is."""
    seconds = LEASE_SECONDS if not wanted or wanted < 0 else min(wanted, LEASE_SECONDS)
    return seconds, time.monotonic() + seconds


def _find(call: Call) -> Subscription:
    number = call.request.attributes.integer("notify-subscription-id") or 0
    subscription = call.parts.subscriptions.find(number, call.queue.id, call.requester)
    if subscription is None:
        raise not_found("There is no such subscription.")
    return subscription


def _describe(call: Call, subscription: Subscription) -> list[Attribute]:
    attributes = [
        make.integer("notify-subscription-id", subscription.id),
        make.keyword("notify-events", *subscription.events),
        make.keyword("notify-pull-method", "ippget"),
        make.charset("notify-charset", "utf-8"),
        make.language("notify-natural-language", subscription.language),
        make.integer("notify-sequence-number", subscription.next_sequence - 1),
        make.uri("notify-printer-uri", call.place.uri),
        make.name("notify-subscriber-user-name", subscription.user_name or "anonymous"),
        make.integer("notify-printer-up-time", _up_time(call)),
    ]
    if subscription.user_data:
        attributes.append(make.octets("notify-user-data", subscription.user_data))
    if subscription.job_id is not None:
        attributes.append(make.integer("notify-job-id", subscription.job_id))
    else:
        left = max(0, int((subscription.ends_at or 0) - time.monotonic()))
        attributes += [
            make.integer("notify-lease-duration", subscription.lease),
            make.integer("notify-lease-expiration-time", _up_time(call) + left),
        ]
    return attributes


def _describe_event(call: Call, subscription: Subscription, event: NotifiedEvent) -> list[Attribute]:
    told, reasons = reported_state(
        State(event.state), direct=call.queue.is_direct, completed=call.queue.reported_completed
    )
    attributes = [
        make.charset("notify-charset", "utf-8"),
        make.language("notify-natural-language", "en"),
        make.integer("notify-subscription-id", subscription.id),
        make.integer("notify-sequence-number", event.sequence),
        make.keyword("notify-subscribed-event", event.name),
        make.uri("notify-printer-uri", call.place.uri),
        make.integer("printer-up-time", event.up_time),
        make.text("notify-text", f"{event.name}: {event.job_id}"),
        make.integer("notify-job-id", event.job_id),
        make.enum("job-state", told),
        make.keyword("job-state-reasons", *reasons),
    ]
    if subscription.user_data:
        attributes.append(make.octets("notify-user-data", subscription.user_data))
    return attributes


def _collect(call: Call, subscription: Subscription, events: list[JobEvent]) -> None:
    now = time.monotonic()
    for event in events:
        subscription.last_event_id = event.pk
        names = []
        if event.state in _TERMINAL:
            names = ["job-completed", "job-state-changed"]
        elif event.change in {"create", "complete", "complete-unknown"}:
            names = ["job-created", "job-state-changed"]
        else:
            names = ["job-state-changed"]
        # One notification per event, under the first name that was subscribed to (RFC 3995 §9.1).
        name = next((name for name in names if name in subscription.events), None)
        if name is None:
            continue
        subscription.collected.append(
            NotifiedEvent(
                subscription.next_sequence, name, event.job_id, event.state, now, _up_time(call, event.at)
            )
        )
        subscription.next_sequence += 1


def _new_events(call: Call, subscription: Subscription) -> list[JobEvent]:
    events = JobEvent.objects.filter(
        municipality_id=call.queue.town.id, pk__gt=subscription.last_event_id, job__in=own_jobs(call)
    )
    if subscription.job_id is not None:
        events = events.filter(job_id=subscription.job_id)
    return list(events.order_by("pk")[:MAX_EVENTS])


def _last_event_id() -> int:
    return int(JobEvent.objects.aggregate(last=Max("pk"))["last"] or 0)


def _up_time(call: Call, at: datetime | None = None) -> int:
    elapsed = (at or datetime.now(UTC)) - call.parts.printers.started
    return max(1, int(elapsed.total_seconds()))


_TERMINAL: Final = frozenset(state.value for state in TERMINAL)
