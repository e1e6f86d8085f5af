# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Is the chain of changes whole? By itself, and against anchors.

What each finds: an entry that was changed, deleted, inserted or moved breaks the hashes or the numbers. Who can write the database can also
cut the chain's end off, or write all of it anew; that is found by an anchor (number and hash of an entry at some time) that lies where this
person can't write. So anchors are appended to a file beside the database every day, shown on a page, and mailed to the office every week: one
in the hands of the auditor or of the supervisory board is worth most. What came after the last anchor that got out can't be proved.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from allmende.cooperative.hash_chain import (
    BEGINNING,
    ChainHead,
    ChangeEntry,
    PersonalPart,
    hash_entry,
    salted_hash,
)

ANCHOR_FILE: Final = "chain-anchors.txt"
_ANCHOR: Final = re.compile(r"^(?:(?P<at>\S+)\s+)?(?P<number>\d{1,18}):(?P<hash>[0-9a-f]{64})$")
_MOST_FAULTS: Final = 50


@dataclass(frozen=True, slots=True)
class Anchor:
    """Entry `number` had this hash at this time."""

    number: int
    hash: str
    at: datetime | None = None

    def __str__(self) -> str:
        written = f"{self.number}:{self.hash}"
        return f"{self.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ} {written}" if self.at else written


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at which entry, in the reader's language."""

    number: int
    words: str


@dataclass(frozen=True, slots=True)
class ChainReport:
    entries: int
    last_hash: str
    faults: tuple[Fault, ...]
    anchors: int

    @property
    def is_whole(self) -> bool:
        return not self.faults


class ChainAnchor(models.Model):
    """An anchor that was carried out, and that its mail went."""

    number = models.PositiveBigIntegerField()
    hash = models.CharField(max_length=64)
    at = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"


class AnchorError(ValueError):
    """A line is no anchor; the message says which."""


def read_anchors(text: str) -> list[Anchor]:
    """Lines `[time] number:hash`; empty lines and such that begin with # are left out. Raises AnchorError."""
    found = []
    for count, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        match = _ANCHOR.match(stripped)
        if match is None:
            raise AnchorError(
                _("Line %(line)d is no anchor. An anchor is a number, a colon and 64 digits.")
                % {"line": count}
            )
        found.append(Anchor(int(match["number"]), match["hash"], _read_time(match["at"])))
    return found


def verify_chain(anchors: Iterable[Anchor] = ()) -> ChainReport:
    """Read the whole chain once, in one consistent view, and compare it with itself, with its personal parts and with these anchors."""
    with transaction.atomic():
        ChainHead.objects.select_for_update().filter(pk=1).first()
        return _verify(list(anchors))


def _verify(anchors: Sequence[Anchor]) -> ChainReport:
    wanted: dict[int, set[str]] = {}
    for anchor in anchors:
        wanted.setdefault(anchor.number, set()).add(anchor.hash)
    faults: list[Fault] = []
    erased = _erased_numbers()
    count, expected, before = 0, 1, BEGINNING
    for entry in ChangeEntry.objects.order_by("number").select_related("personal").iterator(chunk_size=1_000):
        count += 1
        faults += (
            Fault(entry.number, words)
            for words in _entry_faults(entry, expected, before, entry.number in erased)
        )
        if wanted.pop(entry.number, {entry.hash}) != {entry.hash}:
            faults.append(
                Fault(entry.number, _("An anchor that was carried out earlier names another hash."))
            )
        expected, before = entry.number + 1, entry.hash
    head = ChainHead.objects.filter(pk=1).first() or ChainHead()
    if (head.number, head.hash) != (expected - 1, before):
        faults.append(
            Fault(
                head.number,
                _("The chain's end is not the one that was written last: its end was cut off or added to."),
            )
        )
    faults += (
        Fault(number, _("An anchor names this entry, and it is not there: the chain was cut off."))
        for number in sorted(wanted)
        if number > 0
    )
    return ChainReport(count, before, tuple(faults[:_MOST_FAULTS]), len(anchors))


def _entry_faults(entry: ChangeEntry, expected: int, before: str, is_erased: bool) -> Iterator[str]:
    if entry.number != expected:
        yield _("Entries %(first)d to %(last)d are missing.") % {"first": expected, "last": entry.number - 1}
    if entry.hash_before != before:
        yield _("It does not follow the entry before it: one was inserted, deleted or moved.")
    if hash_entry(entry) != entry.hash:
        yield _("Its content was changed.")
    has_private = bool(entry.actor_hash or entry.personal_hash)
    part: PersonalPart | None = getattr(entry, "personal", None)
    if part is None:
        if has_private and not is_erased:
            yield _("Its personal part is missing, and no entry says that it was erased.")
        return
    actor = salted_hash(part.salt, f"actor:{part.actor_id}") if part.actor_id is not None else ""
    private = salted_hash(part.salt, part.values) if part.values else ""
    if (actor, private) != (entry.actor_hash, entry.personal_hash):
        yield _("Its personal part was changed.")


def _erased_numbers() -> set[int]:
    found: set[int] = set()
    for entry in ChangeEntry.objects.filter(noun="chain", key="personal", what="erased"):
        numbers = entry.read_values().get("numbers", [])
        found.update(number for number in numbers if isinstance(number, int) and number < entry.number)
    return found


def current_anchor(at: datetime | None = None) -> Anchor | None:
    """Of the last entry; None while there is none."""
    head = ChainHead.objects.filter(pk=1).first()
    return Anchor(head.number, head.hash, at or timezone.now()) if head is not None and head.number else None


def anchor_file() -> Path:
    return Path(settings.HOME) / ANCHOR_FILE


def kept_anchors() -> list[Anchor]:
    """Those in the file beside the database. Raises AnchorError."""
    try:
        return read_anchors(anchor_file().read_text())
    except FileNotFoundError:
        return []


def carry_out_anchor(at: datetime | None = None) -> ChainAnchor | None:
    """Note the chain's end in the file and in the database; None where the last anchor names it already."""
    anchor = current_anchor(at)
    last = ChainAnchor.objects.first()
    if anchor is None or anchor.at is None or (last is not None and last.number >= anchor.number):
        return None
    with anchor_file().open("a") as file:
        file.write(f"{anchor}\n")
    return ChainAnchor.objects.create(number=anchor.number, hash=anchor.hash, at=anchor.at)


def _read_time(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
