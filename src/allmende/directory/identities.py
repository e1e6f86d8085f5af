# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who somebody is for the print path: towns and owners as frozen values that outlive their database rows' connection.

What a client says of itself is a hint. An `Owner` is made only from a person's row, and says to which keys that person's
documents are sealed: the person's own and their delegates', or the town's enrolment key while there is no chip.
Everything here is synchronous and asks the database; the gateway keeps the answers for some seconds (`fresh_values`).
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Literal

from django.contrib.auth.hashers import check_password, make_password

from allmende.directory.keys import ensure_enrolment_key
from allmende.directory.login_names import canonical_login
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Delegation, Person, PersonAlias
from allmende.seal import Recipient

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


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


def find_owner(town: Town, canonical_name: str) -> Owner | None:
    """The active person with this login or alias in this town."""
    person = _find_person(town.id, canonical_name)
    return None if person is None else load_owner(town, person)


def find_owner_by_password(town: Town, name: str, password: str) -> tuple[Owner, str] | None:
    """The owner, and the stored hash that the password was right for; as slow for an unknown name as for a known one."""
    person = _find_person(town.id, town.canonical(name))
    if person is None or not person.has_usable_password():
        make_password(password)
        return None
    if not check_password(password, person.password):
        return None
    return load_owner(town, person), person.password


def find_owner_by_hash(town: Town, person_id: int, password_hash: str) -> Owner | None:
    """The owner, if still active and with the same password as when it was checked."""
    person = Person.objects.filter(
        pk=person_id, municipality_id=town.id, is_active=True, password=password_hash
    ).first()
    return None if person is None else load_owner(town, person)


def load_owner(town: Town, person: Person) -> Owner:
    delegates = Delegation.objects.filter(
        municipality_id=town.id, owner=person, ended_at__isnull=True, delegate__is_active=True
    ).exclude(delegate__recipient="")
    keys = [Recipient.from_text(text) for text in delegates.values_list("delegate__recipient", flat=True)]
    if person.recipient:
        own, sealed_to = Recipient.from_text(person.recipient), "person"
    else:
        own, sealed_to = town.enrolment_recipient, "enrolment"
    return Owner(person.pk, person.login, (own, *keys), "person" if sealed_to == "person" else "enrolment")


def _find_person(town_id: int, canonical_name: str) -> Person | None:
    if not canonical_name:
        return None
    people = Person.objects.filter(municipality_id=town_id, is_active=True)
    person = people.filter(login=canonical_name).first()
    if person is None:
        alias = PersonAlias.objects.filter(
            municipality_id=town_id,
            name=canonical_name,
            person__is_active=True,
            person__municipality_id=town_id,
        )
        found = alias.select_related("person").first()
        person = found.person if found else None
    return person


def _networks(texts: list[str]) -> list[Network]:
    networks: list[Network] = []
    for text in texts:
        try:
            networks.append(ipaddress.ip_network(str(text), strict=False))
        except ValueError:  # a mistyped network must not be taken for trust, nor stop the town's printing
            continue
    return networks
