# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
# ruff: noqa: SLF001 - Django names its documented interface to tables `_meta`
"""Everything that is stored about a person, over all rooms (Art. 15 GDPR), and who looked at it.

Each room says of its own tables which rows are a person's and which columns are told (`register_table`): a list of what is told, so
that a new secret column is not told by itself. Tables that point at a person and that no room has registered are told all the same,
with the number and the times of their rows: so nothing is left out because somebody forgot it.

Never in it: hashes of passwords, keys and what opens them, chips' numbers (not stored anyway), sealed titles and documents, which
nobody but the chip's owner can open, and what rows say about other people.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.apps import apps
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from allmende.directory.people import Person

Words = str | Promise

#: In what role a row names somebody, by the names of the columns of unregistered tables; others are told by the column's name.
_IN_THE_ROLE: Final[dict[str, Words]] = {
    "acknowledged_by": _("acknowledged by you"),
    "actor": _("by you"),
    "adopted_by": _("adopted by you"),
    "answered_by": _("answered by you"),
    "approver": _("you approve"),
    "asked_by": _("asked by you"),
    "begun_by": _("begun by you"),
    "by": _("by you"),
    "carer": _("you take care"),
    "closed_by": _("closed by you"),
    "counter": _("counted by you"),
    "created_by": _("created by you"),
    "decided_by": _("decided by you"),
    "entered_by": _("entered by you"),
    "imported_by": _("imported by you"),
    "issued_by": _("issued by you"),
    "made_by": _("made by you"),
    "owner": _("of yours"),
    "person": _("for you"),
    "recorded_by": _("recorded by you"),
    "reported_by": _("reported by you"),
    "stored_by": _("stored by you"),
    "user": _("by you"),
    "verdict_by": _("judged by you"),
}


@dataclass(frozen=True, slots=True)
class PersonalTable:
    """Rows of `model` (`directory.Chip`) that are a person's through the key named `key` (`pk`: the person's own row).

    `fields` are told, in the words of `QuerySet.values`; `whose` takes the key's place where there is no foreign key.
    """

    model: str
    title: Words
    fields: tuple[str, ...]
    key: str = "person"
    whose: Callable[[Person], Q] | None = None


@dataclass(frozen=True, slots=True)
class Lookup:
    """That somebody looked at a person's figures, or asked to: `what` in words, `looked_at` the times of the looks."""

    asked_at: datetime
    asked_by: str
    decided_by: str
    reason: str
    what: str
    looks: tuple[tuple[datetime, str], ...] = ()


@dataclass(slots=True)
class _Registry:
    tables: list[PersonalTable] = field(default_factory=list)
    names: dict[str, Words] = field(default_factory=dict)
    lookups: list[Callable[[Person], list[Lookup]]] = field(default_factory=list)


_registry: Final = _Registry()


@dataclass(frozen=True, slots=True)
class StoredTable:
    """One table's rows about a person; `name` is also its file's name in the export."""

    name: str
    title: str
    rows: list[dict[str, Any]]


def register_table(table: PersonalTable) -> None:
    """Called once per table at start."""
    _registry.tables.append(table)


def register_names(names: dict[str, Words]) -> None:
    """What tables that are told by number and times alone are called, by model (`directory.PeopleDraft`), where the model itself has no name for people."""
    _registry.names.update(names)


def register_lookups(find: Callable[[Person], list[Lookup]]) -> None:
    _registry.lookups.append(find)


def lookups_of(person: Person) -> list[Lookup]:
    """Who asked for figures of this person and who looked, newest first."""
    found = [lookup for find in _registry.lookups for lookup in find(person)]
    return sorted(found, key=lambda lookup: lookup.asked_at, reverse=True)


def stored_about(person: Person) -> Iterator[StoredTable]:
    """All tables that have rows about this person."""
    told: set[tuple[str, str]] = set()
    for table in _registry.tables:
        told.add((table.model.lower(), table.key))
        whose = table.whose(person) if table.whose else Q(**{table.key: person.pk})
        rows = _rows(apps.get_model(table.model), whose, table.fields)
        if rows:
            yield StoredTable(f"{table.model}.{table.key}", str(table.title), rows)
    for model in apps.get_models():
        for key in model._meta.get_fields():
            if not isinstance(key, models.ForeignKey) or key.related_model is not Person:
                continue
            if (model._meta.label_lower, key.name) in told:
                continue
            times = tuple(
                each.name for each in model._meta.concrete_fields if isinstance(each, models.DateField)
            )
            rows = _rows(model, Q(**{key.name: person.pk}), ("pk", *times))
            if rows:
                yield StoredTable(f"{model._meta.label}.{key.name}", title_of(model, key), rows)


def title_of(model: type[models.Model], key: models.ForeignKey[Any, Any]) -> str:
    """Of a table that no room has registered for this key."""
    name = _registry.names.get(model._meta.label, model._meta.verbose_name)
    return f"{name} ({_IN_THE_ROLE.get(key.name, key.verbose_name)})"


def export_of(person: Person) -> bytes:
    """A ZIP of JSON files, one per table, and `index.json` that says what is in which."""
    stream = io.BytesIO()
    index: list[dict[str, Any]] = []
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for table in stored_about(person):
            archive.writestr(f"{table.name}.json", _as_json(table.rows))
            index.append({"file": f"{table.name}.json", "title": table.title, "rows": len(table.rows)})
        looks = [
            {
                "asked_at": lookup.asked_at,
                "asked_by": lookup.asked_by,
                "decided_by": lookup.decided_by,
                "reason": lookup.reason,
                "what": lookup.what,
                "looks": [{"at": at, "by": by} for at, by in lookup.looks],
            }
            for lookup in lookups_of(person)
        ]
        archive.writestr("lookups.json", _as_json(looks))
        about = {"person": person.sign_in_name, "made_at": timezone.now(), "files": index}
        archive.writestr("index.json", _as_json(about))
    return stream.getvalue()


def _rows(model: type[models.Model], whose: Q, fields: tuple[str, ...]) -> list[dict[str, Any]]:
    return list(model._default_manager.filter(whose).order_by("pk").values(*fields))


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal | Promise):
        return str(value)
    raise TypeError(f"{type(value).__name__} does not belong into an export")
