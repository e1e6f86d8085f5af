# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Subscriptions to events, pulled with Get-Notifications (RFC 3995, RFC 3996).

They live in memory, for one requester each, with a lease; events are read from the job events when they are asked for. A restart ends
all of them, which a client meets as a lease that ran out: it subscribes anew.
"""

from __future__ import annotations

import itertools
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from allmende.printing.gateway.requesters import Requester

MAX_SUBSCRIPTIONS: Final = 5_000
MAX_PER_REQUESTER: Final = 50
MAX_EVENTS: Final = 100


@dataclass(frozen=True, slots=True)
class NotifiedEvent:
    """`sequence` counts within its subscription, from 1; `at` monotonic seconds."""

    sequence: int
    name: str
    job_id: int
    state: str
    at: float
    up_time: int


@dataclass(slots=True)
class Subscription:
    """`person_id` None: a requester whom nobody knows, told by name and address. `ends_at` monotonic, None: never."""

    id: int
    queue_id: int
    person_id: int | None
    claimed_name: str
    address: str
    user_name: str
    events: tuple[str, ...]
    job_id: int | None
    user_data: bytes
    lease: int
    ends_at: float | None
    language: str
    #: The last row of job events that was looked at.
    last_event_id: int
    collected: deque[NotifiedEvent] = field(default_factory=lambda: deque(maxlen=MAX_EVENTS))
    next_sequence: int = 1

    def is_of(self, requester: Requester) -> bool:
        if requester.owner is not None:
            return self.person_id == requester.owner.id
        return (
            self.person_id is None
            and self.claimed_name == requester.claimed_name
            and self.address == requester.address
        )

    @property
    def is_alive(self) -> bool:
        return self.ends_at is None or self.ends_at > time.monotonic()


class Subscriptions:
    def __init__(self) -> None:
        self._subscriptions: dict[int, Subscription] = {}
        self._numbers = itertools.count(1)

    def new_id(self) -> int:
        return next(self._numbers)

    def add(self, subscription: Subscription, requester: Requester) -> bool:
        """False where there are too many."""
        self._sweep()
        own = sum(s.is_of(requester) for s in self._subscriptions.values())
        if len(self._subscriptions) >= MAX_SUBSCRIPTIONS or own >= MAX_PER_REQUESTER:
            return False
        self._subscriptions[subscription.id] = subscription
        return True

    def find(self, subscription_id: int, queue_id: int, requester: Requester) -> Subscription | None:
        subscription = self._subscriptions.get(subscription_id)
        if subscription is None or subscription.queue_id != queue_id:
            return None
        return subscription if subscription.is_alive and subscription.is_of(requester) else None

    def of(self, queue_id: int, requester: Requester) -> list[Subscription]:
        self._sweep()
        return [s for s in self._subscriptions.values() if s.queue_id == queue_id and s.is_of(requester)]

    def remove(self, subscription: Subscription) -> None:
        self._subscriptions.pop(subscription.id, None)

    def _sweep(self) -> None:
        dead = [number for number, s in self._subscriptions.items() if not s.is_alive]
        for number in dead:
            del self._subscriptions[number]
