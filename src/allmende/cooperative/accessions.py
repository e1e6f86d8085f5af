# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Accessions: a body's way into the cooperative, one step after the other, each with who, when and on which document.

The order stands in `ORDER` alone; what each step asks for and does is in `accession_steps`. Always holds: a step follows the one before in the order
and is not dated before it; what was recorded is taken back openly, never overwritten; an accession waits for the supervisory authority
as long as no answer is recorded.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from allmende.cooperative.members import BodyFields, Member
from allmende.cooperative.stored_documents import StoredDocument
from allmende.directory.people import Person


class StepKind(models.TextChoices):
    INTEREST = "interest", _("Interest")
    STATUTES = "statutes", _("Statutes handed over")
    RESOLUTION = "resolution", _("Council's resolution")
    AUTHORITY_NOTICE = "authority_notice", _("Notice to the supervisory authority")
    AUTHORITY_ANSWER = "authority_answer", _("The authority's answer")
    DECLARATION = "declaration", _("Declaration of accession")
    ADMISSION = "admission", _("Decision of the board")
    ENTRY = "entry", _("Entry in the list of members")
    TOLD = "told", _("Notice to the applicant")


ORDER: Final = tuple(StepKind)


class Duty(models.TextChoices):
    """What the municipality owes its supervisory authority."""

    SUBMIT = "submit", _("submit the resolution")
    NOTIFY = "notify", _("give notice")
    APPROVE = "approve", _("obtain approval")
    GENERAL = "general_approval", _("covered by a general approval")
    NONE = "none", _("no duty")


#: With these nobody waits for an answer.
WITHOUT_ANSWER: Final = frozenset({Duty.GENERAL, Duty.NONE})


class Answer(models.TextChoices):
    APPROVED = "approved", _("approved")
    NO_OBJECTION = "no_objection", _("no objection")
    ELAPSED = "elapsed", _("the period has passed without an answer")
    REFUSED = "refused", _("refused or objected")


class Ending(models.TextChoices):
    ENTERED = "entered", _("member")
    REFUSED = "refused", _("refused by the board")
    WITHDRAWN = "withdrawn", _("ended by the applicant")


class Accession(BodyFields):
    #: A body that the list knows already: a former member, or the successor of merged members. Set at the entry for all others.
    member = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, blank=True, related_name="accessions"
    )
    target_day = models.DateField(_("wished for"), null=True, blank=True)
    ended_as = models.CharField(max_length=10, choices=Ending.choices, blank=True)
    ended_on = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("accession")
        verbose_name_plural = _("accessions")

    def __str__(self) -> str:
        return self.name


class AccessionStep(models.Model):
    accession = models.ForeignKey(Accession, on_delete=models.CASCADE, related_name="steps")
    kind = models.CharField(max_length=20, choices=StepKind.choices)
    day = models.DateField(_("day"))
    recorded_at = models.DateTimeField(auto_now_add=True)
    recorded_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    recorded_by_name = models.CharField(max_length=200, blank=True)
    document = models.ForeignKey(StoredDocument, on_delete=models.SET_NULL, null=True, related_name="+")
    note = models.CharField(_("note"), max_length=500, blank=True)
    #: What the step asks for beyond this; its keys are in `accession_steps`.
    facts = models.JSONField(default=dict)
    #: The data was deleted after a refusal (§ 15 Abs. 2 GenG); that there was a step stays.
    erased_at = models.DateTimeField(null=True)
    taken_back_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("step of an accession")
        verbose_name_plural = _("steps of an accession")
        constraints = [
            models.UniqueConstraint(
                fields=["accession", "kind"],
                condition=models.Q(taken_back_at__isnull=True),
                name="accession_step_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.accession} {self.kind}"


def steps_of(accession: Accession) -> dict[StepKind, AccessionStep]:
    """The steps that stand, in their order."""
    rows = accession.steps.filter(taken_back_at__isnull=True).select_related("document")
    found = {StepKind(row.kind): row for row in rows}
    return {kind: found[kind] for kind in ORDER if kind in found}


def fact(step: AccessionStep | None, name: str) -> Any:
    return step.facts.get(name) if step is not None else None


def next_step(accession: Accession, steps: dict[StepKind, AccessionStep] | None = None) -> StepKind | None:
    """What comes next; None when it has ended or the authority has refused."""
    if accession.ended_as:
        return None
    known = steps_of(accession) if steps is None else steps
    if fact(known.get(StepKind.AUTHORITY_ANSWER), "answer") == Answer.REFUSED:
        return None
    skipped = set()
    if fact(known.get(StepKind.AUTHORITY_NOTICE), "duty") in WITHOUT_ANSWER:
        skipped.add(StepKind.AUTHORITY_ANSWER)
    if fact(known.get(StepKind.ADMISSION), "admitted") is False:
        skipped.add(StepKind.ENTRY)
    return next((kind for kind in ORDER if kind not in known and kind not in skipped), None)


def is_pending(accession: Accession) -> bool:
    """Whether the supervisory authority's answer is outstanding."""
    return next_step(accession) is StepKind.AUTHORITY_ANSWER


def open_accessions() -> list[tuple[Accession, StepKind | None, date | None]]:
    """Each with the step that is next and the day of the last one; the longest waiting first."""
    rows = Accession.objects.filter(ended_as="").prefetch_related("steps")
    found = []
    for row in rows:
        steps = steps_of(row)
        last = max((step.day for step in steps.values()), default=None)
        found.append((row, next_step(row, steps), last))
    return sorted(found, key=lambda each: (each[2] or date.max, each[0].pk))
