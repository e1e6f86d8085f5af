# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The chain of changes: what the cooperative's office did, each entry with the hash of the one before (SHA-256, FIPS 180-4).

Always holds: entries are numbered 1, 2, 3 … without a gap, are made in the transaction of the change that they tell of, one after
the other under one lock, and are never changed. What must be deleted one day (names, addresses, who did it) is not in the chain:
there stands only its hash with a random salt of its own. `erase_personal` deletes values and salt, and says so in a new entry;
afterwards the chain still holds, and nobody can find the values by guessing.

`chain_checking` finds a changed, deleted, inserted or reordered entry by itself, and a chain that was cut off or written
anew by an anchor that was carried out of the database.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final, NoReturn
from uuid import UUID

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from allmende.directory.people import Person

#: What the first entry names as the hash before it.
BEGINNING: Final = "0" * 64
_FORM: Final = 1
_SALT_BYTES: Final = 16
_MOST_CHARACTERS: Final = 100_000


class ChainError(Exception):
    """An entry can't be written as asked: a programming error, never a user's."""


class _AppendOnly(models.QuerySet["ChangeEntry"]):
    def update(self, **_values: Any) -> NoReturn:
        raise ChainError("entries of the chain are never changed")

    def delete(self) -> NoReturn:
        raise ChainError("entries of the chain are never deleted")


class ChangeEntry(models.Model):
    """One change. Everything but the two foreign facts (`actor`, `personal`) goes into `hash`."""

    number = models.PositiveBigIntegerField(primary_key=True)
    at = models.DateTimeField(_("at"))
    #: What was changed, e.g. `member`, and which of them: the key in its table, or its number.
    noun = models.CharField(max_length=40)
    key = models.CharField(max_length=80)
    #: The verb in the past, e.g. `admitted`.
    what = models.CharField(max_length=60)
    #: Canonical JSON as text, so that no database writes it otherwise than it was hashed.
    values = models.TextField()
    #: Salted hashes of who did it, and of the personal values; empty where there are none.
    actor_hash = models.CharField(max_length=64, blank=True)
    personal_hash = models.CharField(max_length=64, blank=True)
    hash_before = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    objects = _AppendOnly.as_manager()

    class Meta:
        ordering = ["number"]
        verbose_name = _("entry of the chain of changes")
        verbose_name_plural = _("chain of changes")
        indexes = [models.Index(fields=["noun", "key"], name="change_by_noun")]

    def __str__(self) -> str:
        return f"{self.number} {self.noun} {self.key} {self.what}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise ChainError("entries of the chain are never changed")
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise ChainError("entries of the chain are never deleted")

    def read_values(self) -> dict[str, Any]:
        found = json.loads(self.values)
        return found if isinstance(found, dict) else {}


class PersonalPart(models.Model):
    """What of an entry has an end: who did it, and personal values. `erase_personal` deletes the row."""

    entry = models.OneToOneField(
        ChangeEntry, on_delete=models.PROTECT, primary_key=True, related_name="personal"
    )
    salt = models.CharField(max_length=32)
    #: No foreign key: a person's deletion must not change what the chain can be checked by.
    actor_id = models.BigIntegerField(null=True)
    values = models.TextField(blank=True)

    class Meta:
        verbose_name = _("personal part of an entry")
        verbose_name_plural = _("personal parts of entries")

    def __str__(self) -> str:
        return f"{self.entry_id}"

    def read_values(self) -> dict[str, Any]:
        return dict(json.loads(self.values)) if self.values else {}


class ChainHead(models.Model):
    """One row: the lock under which entries are appended, and what the last of them is."""

    number = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default=BEGINNING)

    def __str__(self) -> str:
        return f"{self.number} {self.hash}"


def record_change(
    actor: Person | None,
    noun: str,
    key: str | int,
    what: str,
    values: Mapping[str, Any] | None = None,
    *,
    personal: Mapping[str, Any] | None = None,
) -> ChangeEntry:
    """Append one entry; call it in the transaction of the change itself.

    `values` may hold text, integers, booleans, None, Decimal, dates, aware times, UUIDs, lists and dictionaries of these, and
    nothing personal: that goes into `personal`. Raises ChainError for anything else.
    """
    salt = secrets.token_hex(_SALT_BYTES)
    body = canonical_json(values or {})
    private = canonical_json(personal) if personal else ""
    if len(body) > _MOST_CHARACTERS or len(private) > _MOST_CHARACTERS:
        raise ChainError("too much for one entry")
    with transaction.atomic():
        ChainHead.objects.get_or_create(pk=1)
        head = ChainHead.objects.select_for_update().get(pk=1)
        entry = ChangeEntry(
            number=head.number + 1,
            at=timezone.now(),
            noun=noun,
            key=str(key),
            what=what,
            values=body,
            actor_hash=salted_hash(salt, f"actor:{actor.pk}") if actor is not None else "",
            personal_hash=salted_hash(salt, private) if private else "",
            hash_before=head.hash,
        )
        entry.hash = hash_entry(entry)
        entry.save()
        if actor is not None or private:
            PersonalPart.objects.create(
                entry=entry, salt=salt, actor_id=actor.pk if actor is not None else None, values=private
            )
        head.number, head.hash = entry.number, entry.hash
        head.save()
    return entry


def erase_personal(actor: Person | None, numbers: Iterable[int], reason: str) -> int:
    """Delete the personal part of these entries and record that; how many there were."""
    with transaction.atomic():
        ChainHead.objects.get_or_create(pk=1)
        ChainHead.objects.select_for_update().get(pk=1)
        parts = PersonalPart.objects.filter(entry_id__in=list(numbers))
        erased = sorted(parts.values_list("entry_id", flat=True))
        if not erased:
            return 0
        parts.delete()
        record_change(actor, "chain", "personal", "erased", {"numbers": erased, "reason": reason})
    return len(erased)


def hash_entry(entry: ChangeEntry) -> str:
    """The hash that this entry must have, from its own fields and `hash_before`."""
    form = {
        "form": _FORM,
        "number": entry.number,
        "at": _write_time(entry.at),
        "noun": entry.noun,
        "key": entry.key,
        "what": entry.what,
        "values": entry.values,
        "actor": entry.actor_hash,
        "personal": entry.personal_hash,
        "before": entry.hash_before,
    }
    return hashlib.sha256(canonical_json(form).encode()).hexdigest()


def salted_hash(salt: str, text: str) -> str:
    return hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()


def canonical_json(value: Any) -> str:
    """One text for one value: keys sorted, no blanks, no binary fractions. Raises ChainError for what has no such form."""
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise ChainError("text that has no form in UTF-8") from error
        return str(value)
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ChainError("not a number")
        return format(value, "f")
    if isinstance(value, datetime):
        return _write_time(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise ChainError("keys are text")
        return {_plain(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    raise ChainError(f"no canonical form for {type(value).__name__}")


def _write_time(at: datetime) -> str:
    if at.tzinfo is None:
        raise ChainError("a time without a zone")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
