# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is due, what waits for whom, what is overdue.

Nothing of it is stored: each noun registers a function that computes its items from its own rows, so an item is gone as soon as what it asks
for is done. Stored is only who takes care of an item (`DueCare`), by the item's key.

Always holds: a source that fails takes only its own items away, and the page says that it failed; titles are in the reader's language.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db import DatabaseError, models, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from allmende.cooperative.hash_chain import record_change
from allmende.cooperative.laender import LAND_BY_KEY
from allmende.directory.access import is_cooperative_office
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.directory.roles import Role, RoleName

log = logging.getLogger(__name__)

#: What is due later than this stands under "later".
HORIZON: Final = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class DueItem:
    """One thing to be done. `key` stays the same as long as the thing does, e.g. `accession:12:notice`."""

    key: str
    title: str
    href: str
    #: The last day on which it is in time; None where nothing but somebody waits.
    due_on: date | None = None
    #: Somebody outside of the office, by name, who must act first; "" where it is the office's turn.
    waits_for: str = ""
    #: How the day came about, with the rule's source.
    basis: str = ""
    #: Label of the source; set by the registry.
    noun: str = ""


DueSource = Callable[[date], Iterable[DueItem]]
_sources: dict[str, tuple[str | Promise, DueSource]] = {}


class State(models.TextChoices):
    OVERDUE = "overdue", _("Overdue")
    DUE = "due", _("Due")
    WAITING = "waiting", _("Waiting for others")
    LATER = "later", _("Later")


class DueCare(models.Model):
    """Who in the office takes care of an item."""

    key = models.CharField(max_length=120, unique=True)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"{self.key}: {self.person}"


@dataclass(frozen=True, slots=True)
class CaredItem:
    item: DueItem
    state: State
    person: Person | None

    @property
    def days(self) -> str:
        """The day as a field of a form carries it."""
        return self.item.due_on.isoformat() if self.item.due_on else ""


@dataclass(frozen=True, slots=True)
class Agenda:
    """Everything, the most urgent first; `failed` are the nouns whose source did not answer."""

    day: date
    items: tuple[CaredItem, ...]
    failed: tuple[str, ...]

    def of(self, state: State) -> list[CaredItem]:
        return [each for each in self.items if each.state is state]


def register_due_source(noun: str, label: str | Promise, source: DueSource) -> None:
    """`noun` names the source for all time; registering it again replaces it."""
    _sources[noun] = (label, source)


def unregister_due_source(noun: str) -> None:
    _sources.pop(noun, None)


def agenda_of(day: date) -> Agenda:
    """All items of all sources as of `day`."""
    found: list[DueItem] = []
    failed: list[str] = []
    for noun, (label, source) in _sources.items():
        try:
            with transaction.atomic():
                items = list(source(day))
        except DatabaseError:
            raise
        except Exception:
            log.exception("what is due of %s is not known", noun)
            failed.append(str(label))
            continue
        found += (_named(item, str(label)) for item in items)
    carers = {care.key: care.person for care in DueCare.objects.select_related("person")}
    cared = [CaredItem(item, state_of(item, day), carers.get(item.key)) for item in found]
    cared.sort(key=lambda each: (each.item.due_on or date.max, each.item.title))
    return Agenda(day, tuple(cared), tuple(failed))


def state_of(item: DueItem, day: date) -> State:
    if item.due_on is not None and item.due_on < day:
        return State.OVERDUE
    if item.waits_for:
        return State.WAITING
    if item.due_on is not None and item.due_on > day + HORIZON:
        return State.LATER
    return State.DUE


def assign_due(actor: Person, key: str, person: Person | None) -> None:
    """Give the item to somebody of the office, or to nobody. Raises ValueError for anybody else."""
    if person is not None and not is_cooperative_office(person):
        raise ValueError(person.pk)
    with transaction.atomic():
        if person is None:
            DueCare.objects.filter(key=key).delete()
        else:
            DueCare.objects.update_or_create(key=key, defaults={"person": person})
        record_change(actor, "due", key, "assigned", personal={"person": person.pk if person else None})


def office_people() -> list[Person]:
    """Who works in the cooperative's office, by name."""
    roles = Role.objects.filter(
        name=RoleName.OFFICE, municipality__is_cooperative=True, person__municipality=models.F("municipality")
    )
    return list(Person.objects.filter(is_active=True, pk__in=roles.values("person")))


def office_land() -> str:
    """The Land whose holidays the office has, from its own official key; "" (the holidays of all Länder) where it has none."""
    keys: Sequence[str] = list(
        Municipality.objects.filter(is_cooperative=True)
        .order_by("pk")
        .values_list("official_key", flat=True)[:1]
    )
    land = LAND_BY_KEY.get(keys[0][:2]) if keys else None
    return land.value if land else ""


def _named(item: DueItem, noun: str) -> DueItem:
    return DueItem(item.key, item.title, item.href, item.due_on, item.waits_for, item.basis, noun)
