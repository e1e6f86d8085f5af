# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who somebody is for the print path: towns and owners as frozen values that outlive their database rows' connection.

What a client says of itself is a hint. An `Owner` is made only from a person's row, and says to which keys that person's
documents are sealed: the person's own and their delegates', or the town's enrolment key while there is no chip.
Everything here is synchronous and asks the database; the gateway keeps the answers for some seconds (`fresh_values`).
"""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Hashable, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, TypeVar

from django.contrib.auth.hashers import check_password, make_password

from allmende.directory.keys import ensure_enrolment_key
from allmende.directory.login_names import canonical_login
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Delegation, Person, PersonAlias
from allmende.seal import Recipient

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
K = TypeVar("K", bound=Hashable)

#: What of a person an owner is made of.
_OWNER_FIELDS: Final = ("login", "recipient", "municipality_id")


@dataclass(frozen=True, slots=True)
class Town:
    """What the print path must know of a municipality. Quotas are per person; bytes, hours."""

    id: int
    slug: str
    name: str
    networks: tuple[Network, ...]
    login_domains: frozenset[str]
    held_hours: int
    quota_jobs: int
    quota_bytes: int
    quota_connections: int
    enrolment_recipient: Recipient
    accept_before_enrolment: bool

    def __hash__(self) -> int:
        # Part of many keys on the print path, and to hash all of its fields takes longer than to find what is looked for.
        return hash(self.id)

    def trusts(self, address: str) -> bool:
        """Whether a name that is claimed from this IP address is believed."""
        if not self.networks:
            return False
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return False
        if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        return any(ip in network for network in self.networks)

    def canonical(self, name: str) -> str:
        return canonical_login(name, self.login_domains)


@dataclass(frozen=True, slots=True)
class Owner:
    """An active person, and who can open what is sealed for them from now on."""

    id: int
    login: str
    recipients: tuple[Recipient, ...]
    sealed_to: Literal["person", "enrolment"]


def load_town(slug: str) -> Town | None:
    """The town, with its enrolment key made where it had none yet."""
    municipality = Municipality.objects.filter(slug=slug).first()
    if municipality is None:
        return None
    return Town(
        id=municipality.pk,
        slug=municipality.slug,
        name=municipality.name,
        networks=tuple(_networks(municipality.trusted_networks)),
        login_domains=frozenset(str(domain).casefold() for domain in municipality.login_domains),
        held_hours=municipality.held_hours,
        quota_jobs=municipality.quota_jobs,
        quota_bytes=municipality.quota_bytes,
        quota_connections=municipality.quota_connections,
        enrolment_recipient=ensure_enrolment_key(municipality),
        accept_before_enrolment=municipality.accept_before_enrolment,
    )


def find_owners(names: Iterable[tuple[Town, str]]) -> dict[tuple[Town, str], Owner | None]:
    """For each town and canonical name the active person with this login or alias; a few queries for all of one town."""
    found: dict[tuple[Town, str], Owner | None] = {}
    for town, wanted in _by_town(names).items():
        people = _people_by_name(town.id, {name for name in wanted if name})
        owners = load_owners(town, people.values())
        for name in wanted:
            person = people.get(name)
            found[town, name] = owners[person.pk] if person else None
    return found


def find_owner_by_password(town: Town, name: str, password: str) -> tuple[Owner, str] | None:
    """The owner, and the stored hash that the password was right for; as slow for an unknown name as for a known one."""
    person = _find_person(town.id, town.canonical(name))
    if person is None or not person.has_usable_password():
        make_password(password)
        return None
    if not check_password(password, person.password):
        return None
    return load_owner(town, person), person.password


def find_owners_by_hash(
    passwords: Iterable[tuple[Town, tuple[int, str]]],
) -> dict[tuple[Town, tuple[int, str]], Owner | None]:
    """For each person's number and stored hash the owner, if still active and with the same password as when it was checked."""
    found: dict[tuple[Town, tuple[int, str]], Owner | None] = {}
    for town, wanted in _by_town(passwords).items():
        people = Person.objects.filter(
            pk__in={person_id for person_id, _ in wanted}, municipality_id=town.id, is_active=True
        ).only(*_OWNER_FIELDS, "password")
        owners = load_owners(town, people)
        hashes = {person.pk: person.password for person in people}
        for person_id, password_hash in wanted:
            is_right = hashes.get(person_id) == password_hash
            found[town, (person_id, password_hash)] = owners[person_id] if is_right else None
    return found


def load_owner(town: Town, person: Person) -> Owner:
    return load_owners(town, [person])[person.pk]


def load_owners(town: Town, people: Iterable[Person]) -> dict[int, Owner]:
    """The owners by their persons' numbers, with the keys of their delegates; one query for all."""
    by_id = {person.pk: person for person in people}
    if not by_id:
        return {}
    delegates: dict[int, list[Recipient]] = defaultdict(list)
    for owner_id, text in (
        Delegation.objects.filter(
            municipality_id=town.id, owner_id__in=by_id, ended_at__isnull=True, delegate__is_active=True
        )
        .exclude(delegate__recipient="")
        .values_list("owner_id", "delegate__recipient")
    ):
        delegates[owner_id].append(_recipient(text))
    return {
        person.pk: Owner(
            person.pk,
            person.login,
            (
                _recipient(person.recipient) if person.recipient else town.enrolment_recipient,
                *delegates[person.pk],
            ),
            "person" if person.recipient else "enrolment",
        )
        for person in by_id.values()
    }


@lru_cache(maxsize=4096)
def _recipient(text: str) -> Recipient:
    return Recipient.from_text(text)


def _by_town(keys: Iterable[tuple[Town, K]]) -> dict[Town, list[K]]:
    towns: dict[Town, list[K]] = defaultdict(list)
    for town, key in keys:
        towns[town].append(key)
    return towns


def _find_person(town_id: int, canonical_name: str) -> Person | None:
    found = _people_by_name(town_id, {canonical_name} - {""}, fields=(*_OWNER_FIELDS, "password"))
    return found.get(canonical_name)


def _people_by_name(
    town_id: int, names: AbstractSet[str], fields: tuple[str, ...] = _OWNER_FIELDS
) -> dict[str, Person]:
    """Active people by login, else by alias."""
    if not names:
        return {}
    people = Person.objects.filter(municipality_id=town_id, is_active=True).only(*fields)
    found = {person.login: person for person in people.filter(login__in=names)}
    aliases = dict(
        PersonAlias.objects.filter(
            municipality_id=town_id,
            name__in=names - found.keys(),
            person__is_active=True,
            person__municipality_id=town_id,
        ).values_list("name", "person_id")
    )
    if aliases:
        by_id = people.in_bulk(set(aliases.values()))
        found |= {name: by_id[person_id] for name, person_id in aliases.items() if person_id in by_id}
    return found


def _networks(texts: list[str]) -> list[Network]:
    networks: list[Network] = []
    for text in texts:
        try:
            networks.append(ipaddress.ip_network(str(text), strict=False))
        except ValueError:  # a mistyped network must not be taken for trust, nor stop the town's printing
            continue
    return networks
