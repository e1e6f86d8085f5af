# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Approvals: a job that a rule holds until somebody says yes.

The owner asks by trying to print; the approver sees facts, never a title or a document, and answers once. Always holds: nothing that waits
for an approval is released; an approval is for this job and this rule, for no more printed sides and no more colour than it was asked
for, and ends after the rule's hours; nobody approves their own job (whoever may approve needs no approval: `Rule.needs_no_approval`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from allmende.devices.devices import Device
from allmende.directory.audit import record_audit
from allmende.directory.municipalities import Municipality
from allmende.directory.page_access import town_id_of
from allmende.directory.people import Person
from allmende.printing.job_states import State
from allmende.printing.jobs import Job
from allmende.printing.rules.evaluation import Effect
from allmende.printing.rules.facts import Facts
from allmende.printing.rules.print_rules import PrintRule, rules_of_town

#: What stands in the job's row meanwhile, for its owner (`job_words`).
AWAITS: Final = "awaits-approval"
GIVEN: Final = "approval-given"
DECLINED: Final = "approval-declined"
MAX_LISTED: Final = 200


class Answer(models.TextChoices):
    ASKED = "asked", _("waits for an answer")
    APPROVED = "approved", _("approved")
    DECLINED = "declined", _("declined")


class ApprovalRequest(models.Model):
    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="approval_requests")
    rule = models.ForeignKey(PrintRule, on_delete=models.CASCADE, related_name="approval_requests")
    owner = models.ForeignKey(Person, on_delete=models.CASCADE, null=True, related_name="+")
    device = models.ForeignKey(Device, on_delete=models.SET_NULL, null=True, related_name="+")
    #: What was asked for, with all copies; null where it was not known.
    impressions = models.PositiveBigIntegerField(null=True)
    colour_impressions = models.PositiveBigIntegerField(null=True)
    copies = models.PositiveIntegerField(default=1)
    asked_at = models.DateTimeField()
    #: Of the question, later of the answer.
    expires_at = models.DateTimeField()
    answer = models.CharField(max_length=10, choices=Answer.choices, default=Answer.ASKED)
    answered_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    #: The approver's words for the owner.
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["id"]
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        constraints = [models.UniqueConstraint(fields=["job", "rule"], name="approval_once_per_rule")]
        indexes = [
            models.Index(
                fields=["municipality", "expires_at"],
                condition=models.Q(answer="asked"),
                name="approval_open",
            )
        ]

    def __str__(self) -> str:
        return f"approval of job {self.job_id}: {self.answer}"


class AlreadyAnsweredError(Exception):
    """Somebody answered meanwhile, the time is over, or the job has gone."""


def settled_by_approval(requests: Collection[ApprovalRequest], facts: Facts, now: datetime) -> frozenset[int]:
    """The rules whose approval the job of these requests has for what is wanted now."""
    return frozenset(
        row.rule_id
        for row in requests
        if row.answer == Answer.APPROVED and row.expires_at > now and _covers(row, facts)
    )


def ask_approval(job: Job, rule_id: int, facts: Facts, now: datetime) -> ApprovalRequest:
    """The question that is open, or the refusal that still holds, else a new question. In the release's transaction."""
    row = ApprovalRequest.objects.select_for_update().filter(job_id=job.pk, rule_id=rule_id).first()
    if row is not None and row.expires_at > now:
        if row.answer == Answer.DECLINED and not _asks_less(row, facts):
            return row
        if row.answer == Answer.ASKED and _covers(row, facts):
            return row
    hours = PrintRule.objects.values_list("approval_hours", flat=True).get(pk=rule_id)
    values = {
        "municipality_id": job.municipality_id,
        "owner_id": job.person_id,
        "device_id": facts.device_id,
        "impressions": facts.impressions,
        "colour_impressions": facts.colour_impressions,
        "copies": facts.copies,
        "asked_at": now,
        "expires_at": now + timedelta(hours=hours),
        "answer": Answer.ASKED,
        "answered_by": None,
        "answered_at": None,
        "note": "",
    }
    row, _created = ApprovalRequest.objects.update_or_create(job_id=job.pk, rule_id=rule_id, defaults=values)
    _tell_owner(job.pk, AWAITS)
    return row


def open_requests(person: Person, now: datetime | None = None) -> list[ApprovalRequest]:
    """What this person may answer now, oldest first; at most 200."""
    return list(_waiting_for(person, now).select_related("job", "rule", "owner", "device")[:MAX_LISTED])


def count_open_requests(person: Person) -> int | None:
    """How many of them; None where no rule asks this person, which costs no question of the database."""
    return _waiting_for(person).count() if may_approve(person) else None


def _waiting_for(person: Person, now: datetime | None = None) -> models.QuerySet[ApprovalRequest]:
    rule_ids = _rules_to_approve(person)
    if not rule_ids:
        return ApprovalRequest.objects.none()
    return ApprovalRequest.objects.filter(
        municipality_id=town_id_of(person),
        rule_id__in=rule_ids,
        answer=Answer.ASKED,
        expires_at__gt=now or timezone.now(),
        job__state=State.HELD.value,
    ).exclude(owner=person)


def recent_answers(person: Person, limit: int = 20) -> list[ApprovalRequest]:
    rows = ApprovalRequest.objects.filter(municipality_id=town_id_of(person), answered_by=person)
    return list(rows.select_related("rule", "owner").order_by("-answered_at")[:limit])


def may_approve(person: Person) -> bool:
    """Whether any rule of the town asks this person; costs nothing where the town has no rules."""
    return bool(_rules_to_approve(person))


def access_request_for(actor: Person, request_id: int) -> ApprovalRequest:
    """A request that the actor may answer; Http404 for every other number."""
    row = (
        ApprovalRequest.objects.select_related("rule", "job", "owner")
        .filter(pk=request_id, municipality_id=town_id_of(actor), rule_id__in=_rules_to_approve(actor))
        .exclude(owner=actor)
        .first()
    )
    if row is None:
        raise Http404
    return row


def answer_request(actor: Person, row: ApprovalRequest, *, approve: bool, note: str = "") -> None:
    """Answer once; an approval holds for the rule's hours from now. Raises PermissionDenied, AlreadyAnsweredError."""
    if row.rule_id not in _rules_to_approve(actor) or row.owner_id == actor.pk or not actor.is_active:
        raise PermissionDenied
    now = timezone.now()
    answer = Answer.APPROVED if approve else Answer.DECLINED
    with transaction.atomic():
        waiting = ApprovalRequest.objects.filter(
            pk=row.pk,
            municipality_id=town_id_of(actor),
            answer=Answer.ASKED,
            asked_at=row.asked_at,
            expires_at__gt=now,
            job__state=State.HELD.value,
        )
        # SQLite and PostgreSQL take no join in an update: by the number of the row that was found.
        if not ApprovalRequest.objects.filter(
            pk__in=waiting.values("pk"), answer=Answer.ASKED, asked_at=row.asked_at
        ).update(
            answer=answer,
            answered_by=actor,
            answered_at=now,
            expires_at=now + timedelta(hours=row.rule.approval_hours),
            note=note[:300],
        ):
            raise AlreadyAnsweredError
        _tell_owner(row.job_id, GIVEN if approve else DECLINED)
        record_audit(
            actor.municipality, actor, f"print.{answer.value}", f"job:{row.job_id}", rule=row.rule.name
        )


def requests_of_jobs(job_ids: Collection[int]) -> dict[int, list[ApprovalRequest]]:
    """All requests of each of these jobs."""
    found: dict[int, list[ApprovalRequest]] = defaultdict(list)
    for row in ApprovalRequest.objects.filter(job_id__in=job_ids):
        found[row.job_id].append(row)
    return found


def _rules_to_approve(person: Person) -> frozenset[int]:
    if person.municipality is None or not person.is_active:
        return frozenset()
    town = rules_of_town(person.municipality)
    return frozenset(
        rule.id
        for rule in town.rules
        if rule.effect is Effect.APPROVE and person.pk in town.approvers.get(rule.id, ())
    )


def _covers(row: ApprovalRequest, facts: Facts) -> bool:
    """Whether what is wanted now is no more than what was asked for."""
    return _at_most(facts.impressions, row.impressions) and _at_most(
        facts.colour_impressions, row.colour_impressions
    )


def _asks_less(row: ApprovalRequest, facts: Facts) -> bool:
    wanted, asked = facts.impressions, row.impressions
    return wanted is not None and asked is not None and wanted < asked


def _at_most(wanted: int | None, approved: int | None) -> bool:
    if wanted is None or approved is None:
        return wanted is None and approved is None
    return wanted <= approved


def _tell_owner(job_id: int, reason: str) -> None:
    """A held job says what it waits for; its state stays, so this is no change of the state table."""
    Job.objects.filter(pk=job_id, state=State.HELD.value).update(reason=reason)
