# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Importing people from a file: look first, then confirm.

The rows wait in a draft of the person who uploaded them, for an hour at most; the file itself is not kept. What a confirmation does is
computed again from the draft and the people of that moment, and is refused if it is not what was shown.

Always holds: the same file again changes nothing; one transaction or nothing; nobody outside the town is touched; people with a role
are never deactivated by a file; a file with problems deactivates nobody, because whom its bad lines mean is not known.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Final

from django.contrib.auth.hashers import make_password
from django.db import models, transaction
from django.utils import timezone

from allmende.directory.access import check_town_it
from allmende.directory.audit import AuditEntry, record_audit
from allmende.directory.cost_centres import CostCentre, ensure_cost_centres
from allmende.directory.municipalities import Municipality
from allmende.directory.page_access import town_id_of
from allmende.directory.people import Person, PersonAlias
from allmende.directory.people_file import LineFault, LineProblem, PeopleFile, PersonRow
from allmende.directory.roles import Role

DRAFT_LIFETIME: Final = timedelta(hours=1)
_BATCH: Final = 500


class PeopleDraft(models.Model):
    """Rows that were uploaded and not yet confirmed; one per person of the town's IT."""

    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE)
    actor = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    content = models.JSONField()
    deactivate_missing = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"draft of {self.actor_id}"


class PlanChangedError(Exception):
    """People changed since the preview: look again."""


@dataclass(frozen=True, slots=True)
class PersonChange:
    """What the file changes of one person: field → (old, new)."""

    person: Person
    fields: dict[str, tuple[str, str]]
    row: PersonRow


@dataclass(frozen=True, slots=True)
class ImportPlan:
    added: tuple[PersonRow, ...]
    changed: tuple[PersonChange, ...]
    unchanged: int
    deactivated: tuple[Person, ...]
    #: Why nobody is deactivated although it was asked for.
    deactivation_refused: bool
    problems: tuple[LineProblem, ...]
    digest: str

    @property
    def changes_anything(self) -> bool:
        return bool(self.added or self.changed or self.deactivated)


def keep_draft(
    actor: Person, municipality: Municipality, file: PeopleFile, *, deactivate_missing: bool
) -> None:
    """In place of the actor's earlier one. Raises PermissionDenied."""
    check_town_it(actor, municipality.pk)
    PeopleDraft.objects.filter(created_at__lt=timezone.now() - DRAFT_LIFETIME).delete()
    content = {
        "rows": [asdict(row) for row in file.rows],
        "problems": [asdict(problem) for problem in file.problems],
        "ignored_columns": file.ignored_columns,
        "encoding": file.encoding,
    }
    PeopleDraft.objects.update_or_create(
        actor=actor,
        defaults={
            "municipality": municipality,
            "content": content,
            "deactivate_missing": deactivate_missing,
            "created_at": timezone.now(),
        },
    )


def find_draft(actor: Person, municipality: Municipality) -> PeopleDraft | None:
    return PeopleDraft.objects.filter(
        actor=actor, municipality=municipality, created_at__gte=timezone.now() - DRAFT_LIFETIME
    ).first()


def drop_draft(actor: Person) -> None:
    PeopleDraft.objects.filter(actor=actor).delete()


def plan_import(draft: PeopleDraft) -> ImportPlan:
    """What a confirmation would do now; changes nothing."""
    rows = [_read_row(values) for values in draft.content["rows"]]
    problems = [
        LineProblem(values["line"], LineFault(values["fault"]), values["detail"])
        for values in draft.content["problems"]
    ]
    people = {
        person.login: person
        for person in Person.objects.filter(municipality=draft.municipality)
        .select_related("cost_centre")
        .order_by("display_name")
    }
    owners: dict[str, str] = {}
    aliases: dict[str, set[str]] = {}
    for name, login in PersonAlias.objects.filter(municipality=draft.municipality).values_list(
        "name", "person__login"
    ):
        owners[name] = login
        aliases.setdefault(login, set()).add(name)
    taken = _names_taken(rows, set(people), owners)
    added: list[PersonRow] = []
    changed: list[PersonChange] = []
    unchanged = 0
    for row in rows:
        if row.line in taken:
            problems.append(LineProblem(row.line, LineFault.NAME_TAKEN, taken[row.line]))
            continue
        person = people.get(row.login)
        if person is None:
            added.append(row)
            continue
        fields = _differences(row, person, aliases.get(row.login, set()))
        if fields:
            changed.append(PersonChange(person, fields, row))
        else:
            unchanged += 1
    deactivated: list[Person] = []
    refused = draft.deactivate_missing and bool(problems)
    if draft.deactivate_missing and not refused:
        present = {row.login for row in rows}
        with_role = set(
            Role.objects.filter(municipality=draft.municipality).values_list("person_id", flat=True)
        )
        deactivated = [
            person
            for person in people.values()
            if person.is_active and person.login not in present and person.pk not in with_role
        ]
    return ImportPlan(
        tuple(added),
        tuple(changed),
        unchanged,
        tuple(deactivated),
        refused,
        tuple(sorted(problems, key=lambda problem: problem.line)),
        _digest(added, changed, deactivated),
    )


def import_people(actor: Person, municipality: Municipality, digest: str) -> ImportPlan:
    """Do what was shown under `digest`. Raises PermissionDenied, PlanChangedError (also where no draft is left)."""
    check_town_it(actor, municipality.pk)
    with transaction.atomic():
        Municipality.objects.select_for_update().get(pk=municipality.pk)
        draft = find_draft(actor, municipality)
        if draft is None:
            raise PlanChangedError
        plan = plan_import(draft)
        if plan.digest != digest:
            raise PlanChangedError
        _free_aliases(plan.changed)
        rows = [*plan.added, *(change.row for change in plan.changed)]
        centres = ensure_cost_centres(municipality, [row.cost_centre or "" for row in rows])
        added = _add(municipality, plan.added, centres)
        _change(plan.changed, centres)
        Person.objects.filter(
            municipality=municipality, pk__in=[person.pk for person in plan.deactivated]
        ).update(is_active=False)
        entries: list[tuple[str, int, dict[str, Any]]] = [
            ("person.added", person.pk, {"by": "import"}) for person in added
        ]
        entries += [
            ("person.changed", change.person.pk, {"by": "import", "fields": sorted(change.fields)})
            for change in plan.changed
        ]
        entries += [
            ("person.changed", person.pk, {"by": "import", "fields": ["is_active"], "active": [True, False]})
            for person in plan.deactivated
        ]
        AuditEntry.objects.bulk_create(
            (
                AuditEntry(
                    municipality=municipality,
                    actor=actor,
                    action=action,
                    target=f"person:{pk}",
                    detail=detail,
                )
                for action, pk, detail in entries
            ),
            batch_size=_BATCH,
        )
        record_audit(
            municipality,
            actor,
            "people.imported",
            added=len(plan.added),
            changed=len(plan.changed),
            deactivated=len(plan.deactivated),
            left_out=len(plan.problems),
        )
        draft.delete()
    return plan


def export_people(municipality: Municipality) -> list[PersonRow]:
    """The town's active people as rows of a file, by login."""
    people = Person.objects.filter(municipality=municipality, is_active=True)
    people = people.select_related("cost_centre").prefetch_related("aliases")
    return [
        PersonRow(
            line,
            person.login,
            person.display_name,
            person.email,
            _number(person),
            tuple(sorted(alias.name for alias in person.aliases.all())),
        )
        for line, person in enumerate(people.order_by("login"), start=2)
    ]


def _names_taken(rows: list[PersonRow], logins: set[str], owners: dict[str, str]) -> dict[int, str]:
    """Line → the name that would afterwards mean two people: a login as alias, or one alias twice.

    The old aliases of people whose line has an aliases column are free for others, unless their own line is left out.
    """
    taken: dict[int, str] = {}
    while True:
        usable = [row for row in rows if row.line not in taken]
        replaced = {row.login for row in usable if row.aliases is not None}
        held = {name: login for name, login in owners.items() if login not in replaced}
        all_logins = logins | {row.login for row in usable}
        found: dict[int, str] = {}
        for row in usable:
            names = [row.login, *(row.aliases or ())]
            clash = next(
                (
                    name
                    for name in names
                    if held.get(name, row.login) != row.login or (name in all_logins and name != row.login)
                ),
                None,
            )
            if clash is not None:
                found[row.line] = clash
            else:
                held.update((name, row.login) for name in names[1:])
        if not found:
            return taken
        taken |= found


def _differences(row: PersonRow, person: Person, aliases: set[str]) -> dict[str, tuple[str, str]]:
    fields: dict[str, tuple[str, str]] = {}
    for name, old, new in (
        ("display_name", person.display_name, row.name),
        ("email", person.email, row.email),
        ("cost_centre", _number(person), row.cost_centre),
    ):
        if new is not None and new != old:
            fields[name] = (old, new)
    if row.aliases is not None and set(row.aliases) != aliases:
        fields["aliases"] = (", ".join(sorted(aliases)), ", ".join(row.aliases))
    if not person.is_active:
        fields["is_active"] = ("", "✓")
    return fields


def _add(
    municipality: Municipality, rows: tuple[PersonRow, ...], centres: dict[str, CostCentre]
) -> list[Person]:
    people = Person.objects.bulk_create(
        (
            Person(
                municipality=municipality,
                login=row.login,
                sign_in_name=f"{row.login}@{municipality.slug}",
                display_name=row.name or row.login,
                email=row.email or "",
                cost_centre=centres.get(row.cost_centre or ""),
                password=make_password(None),
            )
            for row in rows
        ),
        batch_size=_BATCH,
    )
    _write_aliases(list(zip(people, rows, strict=True)))
    return people


def _change(changes: tuple[PersonChange, ...], centres: dict[str, CostCentre]) -> None:
    for change in changes:
        person = change.person
        for name, (_old, new) in change.fields.items():
            if name == "is_active":
                person.is_active = True
            elif name == "cost_centre":
                person.cost_centre = centres.get(new)
            elif name != "aliases":
                setattr(person, name, new)
        person.save(update_fields=["display_name", "email", "cost_centre", "is_active"])
    _write_aliases([(change.person, change.row) for change in changes if "aliases" in change.fields])


def _free_aliases(changes: tuple[PersonChange, ...]) -> None:
    """All old ones before any new one: an alias may move from one person to another in the same file."""
    people = [change.person.pk for change in changes if "aliases" in change.fields]
    PersonAlias.objects.filter(person__in=people).delete()


def _write_aliases(pairs: list[tuple[Person, PersonRow]]) -> None:
    PersonAlias.objects.bulk_create(
        (
            PersonAlias(municipality_id=town_id_of(person), person=person, name=name)
            for person, row in pairs
            for name in row.aliases or ()
        ),
        batch_size=_BATCH,
    )


def _read_row(values: dict[str, Any]) -> PersonRow:
    aliases = values["aliases"]
    return PersonRow(**{**values, "aliases": None if aliases is None else tuple(aliases)})


def _digest(added: list[PersonRow], changed: list[PersonChange], deactivated: list[Person]) -> str:
    content = [
        [asdict(row) for row in added],
        [[change.person.pk, change.fields] for change in changed],
        [person.pk for person in deactivated],
    ]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _number(person: Person) -> str:
    return person.cost_centre.number if person.cost_centre is not None else ""
