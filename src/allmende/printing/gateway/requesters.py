# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who sends a request: signed in > personal queue address > claimed name on a trusted network > unknown.

Always holds: everything is known from memory when it was asked for within the last seconds, and nothing is believed for longer than
`FRESH_SECONDS`; a wrong password is an error, never a weaker identity; passwords are kept nowhere, only a keyed hash of one
that was right.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import secrets
import time
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from django.db.models import Q
from django.utils.crypto import salted_hmac

from allmende.directory.fresh_values import FreshValues
from allmende.directory.identities import (
    Owner,
    Town,
    find_owner_by_password,
    find_owners,
    find_owners_by_hash,
    load_owners,
)
from allmende.printing.gateway.errors import SignInError
from allmende.printing.gateway.print_queues import QueueView, load_queue
from allmende.printing.jobs import Identity
from allmende.printing.queue_addresses import find_queue_addresses, note_use

FRESH_SECONDS: Final = 5.0
#: Passwords that are checked at the same time: each costs a good part of a second of a core.
PASSWORD_CHECKS: Final = 2
#: Wrong passwords from one address within ten minutes, after which none is checked any more.
WRONG_PASSWORDS: Final = 20
_WINDOW: Final = 600.0
_MAX_KNOWN: Final = 10_000

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Requester:
    """`claimed_name` is canonical; `address` the client's IP. `owner` None: unknown.

    `origin` stands for who can say no more than a name: a hash of town, name and address under the installation's secret, the same in
    every process.
    """

    owner: Owner | None
    identity: Identity
    claimed_name: str
    address: str
    origin: str = field(repr=False)

    @property
    def is_vouched_for(self) -> bool:
        """By a password or a personal address, and not by the network alone."""
        return self.identity is Identity.SIGNED_IN or self.identity is Identity.ADDRESS

    def owns(self) -> Q:
        """Of rows with `person` and `origin`, the requester's own. A name can be claimed by any neighbour: it reaches only what came
        under the same name from the same address.
        """
        if self.owner is None:
            return Q(person__isnull=True, origin=self.origin)
        own = Q(person_id=self.owner.id)
        return own if self.is_vouched_for else own & Q(origin=self.origin)

    @property
    def shown_name(self) -> str:
        return self.claimed_name or (self.owner.login if self.owner else "anonymous")


@dataclass(frozen=True, slots=True)
class _RightPassword:
    person_id: int
    password_hash: str


class Requesters:
    """Belongs to one event loop. `run` runs a synchronous function with a database connection in a thread."""

    def __init__(self, run: Callable[..., Awaitable[Any]]) -> None:
        self._run = run

        def fresh(load: Callable[[Sequence[K]], Mapping[K, V]]) -> FreshValues[K, V]:
            return FreshValues(lambda keys: run(load, keys), seconds=FRESH_SECONDS)

        self.queues = fresh(_load_queues)
        self._named = fresh(find_owners)
        self._addressed = fresh(_find_by_address)
        self._signed_in = fresh(find_owners_by_hash)
        #: By town, name and address; good for as long as the town is the same object.
        self._claims: dict[tuple[int, str, str], tuple[Town, str, bool, str]] = {}
        self._secret = secrets.token_bytes(32)
        self._right_passwords: dict[bytes, _RightPassword] = {}
        self._checks = asyncio.Semaphore(PASSWORD_CHECKS)
        self._wrong: dict[str, tuple[float, int]] = {}

    async def identify(
        self,
        queue: QueueView,
        key: str | None,
        authorization: bytes | None,
        user_name: str | None,
        address: str,
    ) -> Requester | None:
        """None where `key` is nobody's address. Raises SignInError for a wrong name or password."""
        town = queue.town
        claimed, is_trusted, origin = self._claim(town, user_name or "", address)
        if authorization is not None and (credentials := _read_basic(authorization)) is not None:
            owner = await self._sign_in(town, *credentials, address)
            return Requester(owner, Identity.SIGNED_IN, claimed, address, origin)
        if key is not None:
            owner_or_none = await self._addressed.get((town, key))
            return (
                None
                if owner_or_none is None
                else Requester(owner_or_none, Identity.ADDRESS, claimed, address, origin)
            )
        if claimed and is_trusted:
            found = await self._named.get((town, claimed))
            if found is not None:
                return Requester(found, Identity.CLAIMED, claimed, address, origin)
        return Requester(None, Identity.UNKNOWN, claimed, address, origin)

    def _claim(self, town: Town, user_name: str, address: str) -> tuple[str, bool, str]:
        """The canonical name, whether a name from this address is believed, and the origin that both make."""
        key = (town.id, user_name, address)
        known = self._claims.get(key)
        if known is None or known[0] is not town:
            claimed = town.canonical(user_name) if user_name else ""
            known = (town, claimed, town.trusts(address), _origin(town, claimed, address))
            if len(self._claims) >= _MAX_KNOWN:
                self._claims.clear()
            self._claims[key] = known
        return known[1:]

    async def _sign_in(self, town: Town, name: str, password: str, address: str) -> Owner:
        text = f"{town.id}\0{name}\0{password}".encode()
        digest = hmac.digest(self._secret, text, hashlib.sha256)
        right = self._right_passwords.get(digest)
        if right is not None:
            owner = await self._signed_in.get((town, (right.person_id, right.password_hash)))
            if owner is not None:
                return owner
            del self._right_passwords[digest]
        self._refuse_guessing(address)
        async with self._checks:
            self._refuse_guessing(address)
            found: tuple[Owner, str] | None = await self._run(find_owner_by_password, town, name, password)
        if found is None:
            self._count_wrong(address)
            raise SignInError
        owner, password_hash = found
        if len(self._right_passwords) >= _MAX_KNOWN:
            self._right_passwords.clear()
        self._right_passwords[digest] = _RightPassword(owner.id, password_hash)
        return owner

    def _refuse_guessing(self, address: str) -> None:
        since, count = self._wrong.get(address, (0.0, 0))
        if count >= WRONG_PASSWORDS and time.monotonic() - since < _WINDOW:
            raise SignInError

    def _count_wrong(self, address: str) -> None:
        now = time.monotonic()
        since, count = self._wrong.get(address, (now, 0))
        if now - since > _WINDOW:
            since, count = now, 0
        if len(self._wrong) >= _MAX_KNOWN:
            self._wrong.clear()
        self._wrong[address] = (since, count + 1)


def _origin(town: Town, claimed_name: str, address: str) -> str:
    text = f"{town.id}\0{claimed_name}\0{address}"
    return salted_hmac("allmende.printing.gateway.origin", text, algorithm="sha256").hexdigest()[:32]


def _load_queues(keys: Iterable[tuple[str, str | None]]) -> dict[tuple[str, str | None], QueueView | None]:
    return {key: load_queue(*key) for key in keys}


def _find_by_address(keys: Iterable[tuple[Town, str]]) -> dict[tuple[Town, str], Owner | None]:
    found: dict[tuple[Town, str], Owner | None] = {}
    towns: dict[Town, list[str]] = {}
    for town, key in keys:
        towns.setdefault(town, []).append(key)
    for town, wanted in towns.items():
        addresses = find_queue_addresses(town.id, wanted)
        live = [address for address in addresses.values() if address]
        note_use(live)
        owners = load_owners(town, [address.person for address in live])
        for key, address in addresses.items():
            found[town, key] = owners[address.person_id] if address else None
    return found


def _read_basic(authorization: bytes) -> tuple[str, str] | None:
    """Name and password of RFC 7617, None for another scheme or nonsense: such a header says nothing.

    UTF-8 is what we ask for; older clients send ISO 8859-1.
    """
    scheme, _, encoded = authorization.partition(b" ")
    if scheme.lower() != b"basic" or len(encoded) > 2_000:
        return None
    try:
        octets = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        text = octets.decode("latin-1")
    name, colon, password = text.partition(":")
    return (name, password) if colon and name else None
