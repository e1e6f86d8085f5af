# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Letters with a one-time code: how the people of a town come to their first chip.

Always holds: a code stands in its letter alone; whoever gets a new one can't use the letter before any more, so who has one that still works
gets none unless that is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from allmende.directory.chip_enrolment import LETTER_LIFETIME, issue_enrolment_code
from allmende.directory.chips import Chip, EnrolmentCode
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person

#: So many at once: what a printer takes in one go, and a page that a browser can print.
LETTERS_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class CodeLetter:
    person: Person
    code: str = field(repr=False)
    valid_until: datetime


def people_without_chip(municipality: Municipality, *, with_letter: bool = False) -> QuerySet[Person]:
    """Active people who have no chip, by name; `with_letter`: also those who have a code that still works."""
    chips = Chip.objects.filter(person=OuterRef("pk"))
    people = Person.objects.filter(~Exists(chips), municipality=municipality, is_active=True)
    if not with_letter:
        codes = EnrolmentCode.objects.filter(
            person=OuterRef("pk"), used_at__isnull=True, expires_at__gt=timezone.now()
        )
        people = people.filter(~Exists(codes))
    return people.order_by("display_name", "pk")


def issue_code_letter(actor: Person, person: Person) -> CodeLetter:
    """Raises PermissionDenied unless the actor is the person or their town's IT."""
    valid_until = timezone.now() + LETTER_LIFETIME
    return CodeLetter(person, issue_enrolment_code(actor, person, LETTER_LIFETIME), valid_until)


def issue_code_letters(
    actor: Person, municipality: Municipality, *, with_letter: bool = False
) -> list[CodeLetter]:
    """For the first `LETTERS_AT_ONCE` of `people_without_chip`. Raises PermissionDenied."""
    people = people_without_chip(municipality, with_letter=with_letter).select_related("municipality")
    return [issue_code_letter(actor, person) for person in people[:LETTERS_AT_ONCE]]
