# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Recording the steps of an accession, taking the last one back, and ending it.

Always holds: what is recorded could be true (no step out of order, none in the future, none before the one it rests on); a refused declaration's
data is deleted with the notice of the refusal (§ 15 Abs. 2 Satz 4 GenG); the entry makes the member, its row in the list and the contacts at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from allmende.cooperative.accessions import (
    WITHOUT_ANSWER,
    Accession,
    AccessionStep,
    Answer,
    Duty,
    Ending,
    StepKind,
    fact,
    next_step,
    steps_of,
)
from allmende.cooperative.contacts import Contact, ContactRole
from allmende.cooperative.exits import correct_entry
from allmende.cooperative.hash_chain import ChangeEntry, erase_personal, record_change
from allmende.cooperative.legal_rules import LegalRule, UnknownRuleError, rule_on
from allmende.cooperative.legal_rules_initial import DUTY, WAIT
from allmende.cooperative.member_audit import audit_member
from allmende.cooperative.member_events import MemberAdmitted, publish
from allmende.cooperative.member_list import Draft, EntryKind, append_entries, is_member_on
from allmende.cooperative.members import BODY_FIELDS, Member, MemberKind
from allmende.cooperative.mergers import end_of_succession
from allmende.cooperative.stored_documents import StoredDocument
from allmende.directory.people import Person

#: What the town's law says of notices is for these; companies are bound by what their owners decide.
UNDER_SUPERVISION = frozenset(
    {MemberKind.MUNICIPALITY, MemberKind.JOINT_MUNICIPALITY, MemberKind.DISTRICT, MemberKind.ASSOCIATION}
)


class RefusedStepError(Exception):
    """The message says what to do; `field` is the field of the form that it is about, if one."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


@transaction.atomic
def record_step(
    accession: Accession,
    kind: StepKind,
    day: date,
    *,
    actor: Person | None,
    facts: Mapping[str, Any] | None = None,
    document: StoredDocument | None = None,
    note: str = "",
) -> AccessionStep:
    """Record the step that is next. Raises RefusedStepError, RefusedEntryError.

    `facts` by kind: RESOLUTION yes, no, abstain (int), representative, deputy (names); AUTHORITY_NOTICE duty, authority;
    AUTHORITY_ANSWER answer; DECLARATION signed_by, share_count; ADMISSION admitted (bool), effective_on (ISO date), decided_by; the others none.
    """
    locked = Accession.objects.select_for_update().get(pk=accession.pk)
    steps = steps_of(locked)
    _check_order(locked, steps, kind)
    _check_day(steps, day)
    _check_document(steps, document)
    told = _CHECKS[kind](locked, steps, day, dict(facts or {}), document) if kind in _CHECKS else {}
    step = AccessionStep.objects.create(
        accession=locked,
        kind=kind,
        day=day,
        recorded_by=actor,
        recorded_by_name=str(actor) if actor else "",
        document=document,
        note=note,
        facts=told,
    )
    personal = {
        name: told[name] for name in ("representative", "deputy", "signed_by", "decided_by") if told.get(name)
    }
    public = {name: value for name, value in told.items() if name not in personal}
    values = {"step": str(kind), "day": day, "document": document.sha256 if document else "", **public}
    record_change(actor, "accession", locked.pk, "step_recorded", values, personal=personal or None)
    audit_member(actor, "accession.step_recorded", locked.name, step=str(kind), day=day.isoformat())
    if kind is StepKind.ENTRY:
        _enter(locked, steps, actor)
    elif kind is StepKind.TOLD:
        _finish(locked, steps, day, actor)
    accession.refresh_from_db()
    return step


@transaction.atomic
def take_back_step(accession: Accession, *, actor: Person | None, note: str) -> None:
    """Take the last step back, with a reason. Raises RefusedStepError after the entry: then the list is corrected."""
    steps = steps_of(accession)
    if not steps or accession.ended_as or StepKind.ENTRY in steps:
        raise RefusedStepError(
            gettext("This can't be taken back here. A mistaken entry is corrected in the list of members.")
        )
    if not note:
        raise RefusedStepError(gettext("Say why it is taken back."), "note")
    step = list(steps.values())[-1]
    step.taken_back_at = timezone.now()
    step.note = f"{step.note} [{note}]".strip()[:500]
    step.save(update_fields=["taken_back_at", "note"])
    record_change(actor, "accession", accession.pk, "step_taken_back", {"step": step.kind})
    audit_member(actor, "accession.step_taken_back", accession.name, step=step.kind, reason=note)


@transaction.atomic
def withdraw_accession(accession: Accession, day: date, *, actor: Person | None, note: str = "") -> None:
    """The applicant ends it, or the authority's refusal does. Raises RefusedStepError."""
    steps = steps_of(accession)
    if accession.ended_as or StepKind.ENTRY in steps:
        raise RefusedStepError(gettext("It has ended already. Who is in the list leaves by an exit."))
    _check_day(steps, day)
    _erase_declaration(steps, actor)
    accession.ended_as, accession.ended_on = Ending.WITHDRAWN, day
    accession.save(update_fields=["ended_as", "ended_on"])
    record_change(actor, "accession", accession.pk, "withdrawn", {"day": day})
    audit_member(actor, "accession.withdrawn", accession.name, reason=note)


def duty_rule(accession: Accession, day: date) -> LegalRule | None:
    """What the Land's law asks of such a body; None where nobody has entered it."""
    if accession.kind not in UNDER_SUPERVISION:
        return None
    try:
        return rule_on(DUTY, day, land=accession.land)
    except UnknownRuleError:
        return None


def waits_until(accession: Accession, noticed_on: date) -> date | None:
    """The last day of the waiting time after a notice; None where the Land's rule names none."""
    try:
        return rule_on(WAIT, noticed_on, land=accession.land).period.after(noticed_on)
    except UnknownRuleError:
        return None


def _check_order(accession: Accession, steps: Mapping[StepKind, AccessionStep], kind: StepKind) -> None:
    due = next_step(accession, dict(steps))
    if due is kind:
        return
    if due is None:
        raise RefusedStepError(gettext("This accession has ended, or the authority has refused it."))
    if kind in steps:
        raise RefusedStepError(gettext("“%(step)s” is recorded already.") % {"step": StepKind(kind).label})
    raise RefusedStepError(
        gettext("First comes “%(due)s”; “%(step)s” rests on it.")
        % {"due": StepKind(due).label, "step": StepKind(kind).label}
    )


def _check_day(steps: Mapping[StepKind, AccessionStep], day: date) -> None:
    if day > timezone.localdate():
        raise RefusedStepError(
            gettext("The day lies in the future. Record the step when it has happened."), "day"
        )
    before = max(steps.values(), key=lambda step: step.day, default=None)
    if before is not None and day < before.day:
        raise RefusedStepError(
            gettext("The step before (“%(step)s”) is dated %(day)s. Enter that day or a later one.")
            % {"step": before.get_kind_display(), "day": date_format(before.day, "SHORT_DATE_FORMAT")},
            "day",
        )


def _check_document(steps: Mapping[StepKind, AccessionStep], document: StoredDocument | None) -> None:
    """The same file at two steps is the wrong one at one of them."""
    if document is None:
        return
    for step in steps.values():
        if step.document is not None and step.document.sha256 == document.sha256:
            raise RefusedStepError(
                gettext(
                    "This file is already kept with “%(step)s”. Choose the file that belongs to this step, or record it without one."
                )
                % {"step": step.get_kind_display()},
                "document",
            )


def _check_resolution(
    _accession: Accession, _steps: Any, _day: date, facts: dict[str, Any], _document: StoredDocument | None
) -> dict[str, Any]:
    votes: dict[str, Any] = {name: facts.get(name) for name in ("yes", "no", "abstain")}
    if any(value is not None for value in votes.values()):
        counted = {name: int(value or 0) for name, value in votes.items()}
        if counted["yes"] <= counted["no"]:
            raise RefusedStepError(
                gettext("With these votes the council did not agree. Check them, or end the accession."),
                "yes",
            )
        votes = counted
    representative, deputy = str(facts.get("representative") or ""), str(facts.get("deputy") or "")
    if deputy and not representative:
        raise RefusedStepError(gettext("Name the voting representative too."), "representative")
    if deputy and deputy == representative:
        raise RefusedStepError(gettext("The deputy must be another person."), "deputy")
    return {**votes, "representative": representative, "deputy": deputy}


def _check_notice(
    accession: Accession, _steps: Any, day: date, facts: dict[str, Any], _document: StoredDocument | None
) -> dict[str, Any]:
    duty = Duty(facts["duty"])
    if duty is Duty.NONE and (rule := duty_rule(accession, day)) is not None and rule.text != Duty.NONE:
        raise RefusedStepError(
            gettext(
                "%(source)s asks for something else. If that is out of date, change it under “Rules of law”."
            )
            % {"source": rule.source},
            "duty",
        )
    until = waits_until(accession, day) if duty not in WITHOUT_ANSWER else None
    rule = duty_rule(accession, day)
    return {
        "duty": str(duty),
        "authority": str(facts.get("authority") or ""),
        "waits_until": until.isoformat() if until else None,
        "source": rule.source if rule else "",
    }


def _check_answer(
    _accession: Accession,
    steps: Mapping[StepKind, AccessionStep],
    day: date,
    facts: dict[str, Any],
    _document: StoredDocument | None,
) -> dict[str, Any]:
    answer = Answer(facts["answer"])
    notice = steps[StepKind.AUTHORITY_NOTICE]
    if fact(notice, "duty") == Duty.APPROVE and answer in {Answer.NO_OBJECTION, Answer.ELAPSED}:
        raise RefusedStepError(
            gettext("An approval is needed; wait for it and record it with its letter."), "answer"
        )
    if answer is Answer.ELAPSED:
        until = fact(notice, "waits_until")
        if until is None:
            raise RefusedStepError(
                gettext(
                    "No period is known that could have passed. Wait for the answer, or enter the period under “Rules of law”."
                ),
                "answer",
            )
        if day <= date.fromisoformat(until):
            raise RefusedStepError(
                gettext("The period runs until %(day)s.")
                % {"day": date_format(date.fromisoformat(until), "SHORT_DATE_FORMAT")},
                "day",
            )
    return {"answer": str(answer)}


def _check_declaration(
    accession: Accession, _steps: Any, _day: date, facts: dict[str, Any], document: StoredDocument | None
) -> dict[str, Any]:
    if document is None:
        raise RefusedStepError(
            gettext("Add the signed declaration as a file. It is the document on which the entry rests."),
            "document",
        )
    count = int(facts.get("share_count") or 0)
    if count < 1:
        raise RefusedStepError(gettext("At least one share is subscribed."), "share_count")
    return {"signed_by": str(facts.get("signed_by") or ""), "share_count": count, "body": accession.name}


def _check_admission(
    accession: Accession, _steps: Any, day: date, facts: dict[str, Any], _document: StoredDocument | None
) -> dict[str, Any]:
    decided_by = str(facts.get("decided_by") or "")
    if not facts.get("admitted"):
        return {"admitted": False, "decided_by": decided_by}
    effective = date.fromisoformat(str(facts.get("effective_on") or day.isoformat()))
    if effective < day:
        raise RefusedStepError(
            gettext(
                "Membership begins with the admission at the earliest (§ 15 Abs. 1 GenG): enter its day or a later one."
            ),
            "effective_on",
        )
    member = _known_member(accession)
    if (
        member is not None
        and is_member_on(member, effective)
        and end_of_succession(member, effective) is None
    ):
        raise RefusedStepError(
            gettext("%(name)s is a member already.") % {"name": member.name}, "effective_on"
        )
    return {"admitted": True, "effective_on": effective.isoformat(), "decided_by": decided_by}


_CHECKS = {
    StepKind.RESOLUTION: _check_resolution,
    StepKind.AUTHORITY_NOTICE: _check_notice,
    StepKind.AUTHORITY_ANSWER: _check_answer,
    StepKind.DECLARATION: _check_declaration,
    StepKind.ADMISSION: _check_admission,
}


def _known_member(accession: Accession) -> Member | None:
    if accession.member is not None:
        return accession.member
    if accession.municipality_id is not None:
        return Member.objects.filter(municipality_id=accession.municipality_id).first()
    return None


def _enter(accession: Accession, steps: Mapping[StepKind, AccessionStep], actor: Person | None) -> None:
    effective = date.fromisoformat(fact(steps[StepKind.ADMISSION], "effective_on"))
    member = _known_member(accession) or Member()
    for name in BODY_FIELDS:
        setattr(member, name, getattr(accession, name))
    member.save()
    ending = end_of_succession(member, effective)
    if ending is not None:
        correct_entry(ending, actor=actor, note=gettext("accession in its own right"))
    kind = EntryKind.ADMISSION if ending is None else EntryKind.OWN_RIGHT
    document = steps[StepKind.DECLARATION].document
    append_entries([Draft(member, kind, effective, document=document)], actor=actor)
    resolution = steps.get(StepKind.RESOLUTION)
    for role, name in ((ContactRole.VOTING, "representative"), (ContactRole.DEPUTY, "deputy")):
        if fact(resolution, name):
            Contact.objects.get_or_create(
                member=member, role=role, name=fact(resolution, name), defaults={"valid_from": effective}
            )
    accession.member = member
    accession.save(update_fields=["member"])
    audit_member(actor, "member.admitted", member.name, effective_on=effective.isoformat())
    publish(MemberAdmitted(member.pk, effective, int(fact(steps[StepKind.DECLARATION], "share_count"))))


def _finish(
    accession: Accession, steps: Mapping[StepKind, AccessionStep], day: date, actor: Person | None
) -> None:
    if fact(steps.get(StepKind.ADMISSION), "admitted") is False:
        _erase_declaration(steps, actor)
        accession.ended_as = Ending.REFUSED
    else:
        accession.ended_as = Ending.ENTERED
    accession.ended_on = day
    accession.save(update_fields=["ended_as", "ended_on"])


def _erase_declaration(steps: Mapping[StepKind, AccessionStep], actor: Person | None) -> None:
    step = steps.get(StepKind.DECLARATION)
    if step is None:
        return
    document = step.document
    step.facts, step.document, step.note, step.erased_at = {}, None, "", timezone.now()
    step.save(update_fields=["facts", "document", "note", "erased_at"])
    if document is not None:
        document.delete()
    numbers = _chain_numbers(step.accession_id)
    erase_personal(actor, numbers, "refused declaration, § 15 Abs. 2 GenG")
    record_change(actor, "accession", step.accession_id, "declaration_erased", {"step": step.pk})


def _chain_numbers(accession_id: int) -> list[int]:
    """The entries whose personal part speaks of this accession's declaration."""
    rows = ChangeEntry.objects.filter(noun="accession", key=str(accession_id), what="step_recorded")
    return [row.number for row in rows if row.read_values().get("step") == StepKind.DECLARATION]
