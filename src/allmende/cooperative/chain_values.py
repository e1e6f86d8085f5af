# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What an entry of the chain says, line by line as people read it: a label, the value, and what it was before where the entry is a change.

Always holds: nothing of an entry is left out, only shortened; a name or a word that is unknown here is shown as it is stored. Labels and choices are those
of the noun's own model where the value is one of its fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext, pgettext_lazy

from allmende.cooperative.accessions import Answer, Duty, StepKind
from allmende.cooperative.accounts import Account
from allmende.cooperative.circulations import CirculationChoice
from allmende.cooperative.hash_chain import ChangeEntry
from allmende.cooperative.legal_rules import TEXT_CHOICES
from allmende.cooperative.meetings import Meeting
from allmende.cooperative.members import Member
from allmende.cooperative.money import euros
from allmende.cooperative.votings import OutcomeWords

#: Nouns that are not named as their model is.
_MODELS: Final = {"member_list": "MemberListEntry", "request": "SupportRequest", "turnover": "TurnoverYear"}
#: Entries of these kinds say how something is from then on; all others tell of an event, before which there was nothing.
_CHANGES: Final = frozenset({"changed", "kept", "entered", "sorted"})
_LONGEST: Final = 300
_MONEY: Final = frozenset(
    {"amount", "closing", "each", "fee", "gross", "loss", "paid_in", "sum", "total", "with_members"}
)
_TIME: Final = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_NUMBER: Final = re.compile(r"^-?\d{1,15}\.\d{1,6}$")
_DAY: Final = re.compile(r"^\d{4}-\d\d-\d\d$")

#: What is no field of the noun's model, or has no name of its own there.
WORDS: Final[dict[str, str | Promise]] = {
    "abstain": pgettext_lazy("chain value", "abstentions"),
    "account": pgettext_lazy("chain value", "account"),
    "admitted": pgettext_lazy("chain value", "admitted"),
    "amount": pgettext_lazy("chain value", "amount"),
    "answer": pgettext_lazy("chain value", "answer"),
    "authority": pgettext_lazy("chain value", "authority"),
    "ballots": pgettext_lazy("chain value", "fingerprint of the ballots"),
    "body": pgettext_lazy("chain value", "body"),
    "choice": pgettext_lazy("chain value", "choice"),
    "claim": pgettext_lazy("chain value", "claim"),
    "closing": pgettext_lazy("chain value", "closing balance"),
    "code": pgettext_lazy("chain value", "bank's reason"),
    "count": pgettext_lazy("chain value", "number of shares"),
    "counterpart": pgettext_lazy("chain value", "other member"),
    "day": pgettext_lazy("chain value", "day"),
    "decided_by": pgettext_lazy("chain value", "decided by"),
    "deputy": pgettext_lazy("chain value", "deputy"),
    "document": pgettext_lazy("chain value", "fingerprint of the document"),
    "duty": pgettext_lazy("chain value", "what the law asks"),
    "each": pgettext_lazy("chain value", "amount of one share"),
    "effective_on": pgettext_lazy("chain value", "effective on"),
    "fee": pgettext_lazy("chain value", "fee"),
    "from": pgettext_lazy("chain value", "from"),
    "gross": pgettext_lazy("chain value", "amount with tax"),
    "is_checked": pgettext_lazy("chain value", "compared with the law"),
    "item": pgettext_lazy("chain value", "agenda item (internal number)"),
    "items": pgettext_lazy("chain value", "items"),
    "kind": pgettext_lazy("chain value", "kind"),
    "last_day": pgettext_lazy("chain value", "last day"),
    "loss": pgettext_lazy("chain value", "part of a loss"),
    "meeting": pgettext_lazy("chain value", "meeting"),
    "member": pgettext_lazy("chain value", "member"),
    "members": pgettext_lazy("chain value", "members"),
    "name": pgettext_lazy("chain value", "name"),
    "no": pgettext_lazy("chain value", "no"),
    "noted": pgettext_lazy("chain value", "noted by the office"),
    "numbers": pgettext_lazy("chain value", "numbers of the entries"),
    "official_key": pgettext_lazy("chain value", "official key"),
    "on": pgettext_lazy("chain value", "posted on"),
    "outcome": pgettext_lazy("chain value", "result"),
    "paid_in": pgettext_lazy("chain value", "paid in"),
    "payments": pgettext_lazy("chain value", "payments"),
    "reason": pgettext_lazy("chain value", "reason"),
    "recorded_at": pgettext_lazy("chain value", "recorded"),
    "representative": pgettext_lazy("chain value", "voting representative"),
    "resolution": pgettext_lazy("chain value", "resolution"),
    "reverses": pgettext_lazy("chain value", "takes back the row"),
    "seat": pgettext_lazy("chain value", "seat (internal number)"),
    "seats": pgettext_lazy("chain value", "seats"),
    "sha256": pgettext_lazy("chain value", "fingerprint of the file"),
    "share": pgettext_lazy("chain value", "share of the votes needed"),
    "share_count": pgettext_lazy("chain value", "number of shares"),
    "share_suffices": pgettext_lazy("chain value", "the share itself is enough"),
    "signed_by": pgettext_lazy("chain value", "signed by"),
    "since": pgettext_lazy("chain value", "since"),
    "source": pgettext_lazy("chain value", "source"),
    "stage": pgettext_lazy("chain value", "stage"),
    "step": pgettext_lazy("chain value", "step"),
    "sum": pgettext_lazy("chain value", "sum"),
    "tally": pgettext_lazy("chain value", "count"),
    "to": pgettext_lazy("chain value", "to"),
    "until": pgettext_lazy("chain value", "until"),
    "votes": pgettext_lazy("chain value", "votes"),
    "waits_until": pgettext_lazy("chain value", "the authority has until"),
    "winner": pgettext_lazy("chain value", "elected"),
    "yes": pgettext_lazy("chain value", "yes"),
}
#: Choices of values that are no fields with choices, by noun and name.
_CHOICES: Final[dict[tuple[str, str], type[models.TextChoices]]] = {
    ("accession", "answer"): Answer,
    ("accession", "duty"): Duty,
    ("accession", "step"): StepKind,
    ("bank_transaction", "account"): Account,
    ("circulation", "choice"): CirculationChoice,
    ("voting", "outcome"): OutcomeWords,
}


@dataclass(frozen=True, slots=True)
class ValueLine:
    """`before` is None where nothing is known of a state before, or it was the same."""

    label: str
    value: str
    before: str | None = None


def label_of(noun: str, name: str) -> str | None:
    """None where no word is known for a value of this name."""
    field = _field(noun, name)
    words = (
        field.verbose_name
        if field is not None and isinstance(field.verbose_name, Promise)
        else WORDS.get(name)
    )
    return None if words is None else capfirst(str(words))


def value_lines(entries: Sequence[ChangeEntry]) -> dict[int, list[ValueLine]]:
    """By the entry's number, in the order of the labels."""
    values = {entry.number: entry.read_values() for entry in entries}
    before = _values_before(entries, values)
    names = _Names([*values.values(), *before.values()])
    found = {}
    for entry in entries:
        said, earlier = values[entry.number], before.get(entry.number, {})
        lines = []
        for name, value in said.items():
            if name == "before":
                continue
            words = names.words(entry.noun, name, value, said)
            old = names.words(entry.noun, name, earlier[name], earlier) if name in earlier else None
            label = label_of(entry.noun, name) or name
            lines.append(ValueLine(label, words, None if old == words else old))
        found[entry.number] = sorted(lines, key=lambda line: (line.before is None, line.label.casefold()))
    return found


def _values_before(
    entries: Sequence[ChangeEntry], values: Mapping[int, dict[str, Any]]
) -> dict[int, dict[str, Any]]:
    """Of each change: what it says itself of the state before, else what earlier entries of the same thing had said last."""
    found: dict[int, dict[str, Any]] = {}
    asked = []
    for entry in entries:
        told = values[entry.number].get("before")
        if isinstance(told, dict):
            found[entry.number] = told
        elif told is not None and entry.noun == "population":
            found[entry.number] = {"inhabitants": told}
        elif entry.what in _CHANGES:
            asked.append(entry)
    if not asked:
        return found
    things = Q()
    for entry in asked:
        things |= Q(noun=entry.noun, key=entry.key)
    earlier = list(ChangeEntry.objects.filter(things, number__lt=max(each.number for each in asked)))
    for entry in asked:
        state: dict[str, Any] = {}
        for each in earlier:
            if (each.noun, each.key) == (entry.noun, entry.key) and each.number < entry.number:
                state.update(each.read_values())
        found[entry.number] = state
    return found


class _Names:
    """Values in words; the names of members and meetings are looked up once for all."""

    def __init__(self, said: Iterable[Mapping[str, Any]]) -> None:
        members: set[int] = set()
        meetings: set[int] = set()
        for values in said:
            members.update(_ids(values.get("member"), values.get("counterpart"), values.get("members")))
            meetings.update(_ids(values.get("meeting")))
        self._members = {row.pk: row.name for row in Member.objects.filter(pk__in=members)}
        self._meetings = {
            row.pk: f"{row.title}, {date_format(row.day, 'SHORT_DATE_FORMAT')}"
            for row in Meeting.objects.filter(pk__in=meetings)
        }

    def words(self, noun: str, name: str, value: Any, said: Mapping[str, Any]) -> str:
        """`said`: all values of the entry that this one is of."""
        if value is None or value in ("", [], {}):
            return gettext("(empty)")
        if isinstance(value, bool):
            return gettext("yes") if value else gettext("no")
        if isinstance(value, dict):
            return ", ".join(
                f"{label_of(noun, key) or key}: {self.words(noun, key, one, {})}"
                for key, one in value.items()
            )
        if name in {"member", "counterpart"}:
            return self._members.get(value, str(value))
        if name == "meeting":
            return self._meetings.get(value, str(value))
        if isinstance(value, list):
            found = self._members if name == "members" else {}
            return Truncator(", ".join(str(found.get(each, each)) for each in value)).chars(_LONGEST)
        choice = self._choice(noun, name, str(value), said)
        return choice if choice is not None else _plain_words(name, str(value))

    @staticmethod
    def _choice(noun: str, name: str, value: str, said: Mapping[str, Any]) -> str | None:
        if noun == "legal_rule" and name == "text":
            words = TEXT_CHOICES.get(str(said.get("key")), {}).get(value)
            return None if words is None else str(words)
        field = _field(noun, name)
        choices: Iterable[Any] = (field.flatchoices if field is not None else ()) or ()
        if (noun, name) in _CHOICES:
            choices = _CHOICES[noun, name].choices
        return next((str(label) for stored, label in choices if str(stored) == value), None)


def _plain_words(name: str, value: str) -> str:
    if _TIME.match(value):
        return date_format(timezone.localtime(datetime.fromisoformat(value)), "SHORT_DATETIME_FORMAT")
    if _DAY.match(value):
        return date_format(date.fromisoformat(value), "SHORT_DATE_FORMAT")
    if name in _MONEY:
        try:
            return euros(Decimal(value))
        except InvalidOperation:
            return value
    if _NUMBER.match(value):
        return number_format(Decimal(value).normalize() + 0, use_l10n=True, force_grouping=True)
    return Truncator(value).chars(_LONGEST)


def _field(noun: str, name: str) -> models.Field[Any, Any] | None:
    model = _MODELS.get(noun, noun.replace("_", ""))
    try:
        field = apps.get_model("cooperative", model)._meta.get_field(name)  # noqa: SLF001 - Django's documented interface
    except (LookupError, FieldDoesNotExist):
        return None
    return field if isinstance(field, models.Field) else None


def _ids(*values: Any) -> set[int]:
    found: set[int] = set()
    for value in values:
        found.update(
            each for each in (value if isinstance(value, list) else [value]) if isinstance(each, int)
        )
    return found
