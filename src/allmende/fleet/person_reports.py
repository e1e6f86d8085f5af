# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A report on one person: only when two people want it, for a reason, and for a week.

Always holds: who asks and who consents are two people of the town's IT or its head, and neither is the person in question; the reason
is written before anybody looks; each look is a row that is not changed, and stands in the audit trail; the person sees all of it under
"My data". The figures are sums, never titles or times, and reach as far back as the ledger knows people.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from allmende.directory.audit import record_audit
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.directory.roles import Role, RoleName
from allmende.fleet.reports.periods import Period
from allmende.printing.api import SheetSum, sum_sheets_of_person

#: Who may ask and consent. An auditor changes nothing here and so does neither.
DECIDERS: Final = (RoleName.IT, RoleName.MANAGEMENT)
OPEN_FOR: Final = timedelta(days=7)
#: A request that nobody answers ends.
ANSWER_WITHIN: Final = timedelta(days=14)
#: So long the person can see who looked; then the request and its looks are deleted.
KEPT_FOR: Final = timedelta(days=3 * 365)


class RequestState(StrEnum):
    ASKED = "asked"
    REFUSED = "refused"
    OPEN = "open"
    ENDED = "ended"


class PersonReport(models.Model):
    """One request, with what became of it."""

    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="+")
    subject = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    since = models.DateField(_("from"))
    until = models.DateField(_("to"))
    reason = models.CharField(_("reason"), max_length=500)
    asked_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    #: None while nobody has decided.
    is_granted = models.BooleanField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"report on {self.subject_id}, {self.since} to {self.until}"

    @property
    def ends_at(self) -> datetime:
        return (self.decided_at + OPEN_FOR) if self.decided_at else self.asked_at + ANSWER_WITHIN

    def state_at(self, now: datetime) -> RequestState:
        if self.is_granted is False:
            return RequestState.REFUSED
        if now >= self.ends_at:
            return RequestState.ENDED
        return RequestState.OPEN if self.is_granted else RequestState.ASKED


class PersonReportLook(models.Model):
    """That somebody looked, and when."""

    report = models.ForeignKey(PersonReport, on_delete=models.CASCADE, related_name="looks")
    by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at"]

    def __str__(self) -> str:
        return f"{self.by} at {self.at:%Y-%m-%d %H:%M}"


def may_decide(actor: Person, municipality_id: int | None) -> bool:
    return (
        municipality_id is not None
        and actor.is_active
        and Role.objects.filter(person=actor, municipality_id=municipality_id, name__in=DECIDERS).exists()
    )


def ask_for_report(actor: Person, subject: Person, period: Period, reason: str) -> PersonReport:
    """Raises PermissionDenied, also for a report on oneself (which "My data" already shows); ValueError without a reason."""
    town = actor.municipality
    if town is None or subject.municipality_id != town.pk or subject.pk == actor.pk:
        raise PermissionDenied
    if not may_decide(actor, town.pk):
        raise PermissionDenied
    if not reason.strip():
        raise ValueError("a reason is needed")
    report = PersonReport.objects.create(
        municipality=town,
        subject=subject,
        since=period.since,
        until=period.until,
        reason=reason.strip(),
        asked_by=actor,
        asked_at=timezone.now(),
    )
    record_audit(town, actor, "person_report.asked", f"person:{subject.pk}", request=report.pk)
    return report


def decide_on_report(actor: Person, report: PersonReport, *, grant: bool) -> bool:
    """The second person's word; False where somebody was first or the request has ended.

    Raises PermissionDenied for who asked, and for the person in question.
    """
    if actor.pk in {report.asked_by_id, report.subject_id} or not may_decide(actor, report.municipality_id):
        raise PermissionDenied
    now = timezone.now()
    # Of a request whose asker has left the town's records nobody knows any more that two are two.
    waiting = PersonReport.objects.filter(
        pk=report.pk, is_granted=None, asked_at__gt=now - ANSWER_WITHIN, asked_by__isnull=False
    )
    if not waiting.update(decided_by=actor, decided_at=now, is_granted=grant):
        return False
    action = "person_report.granted" if grant else "person_report.refused"
    record_audit(report.municipality, actor, action, f"person:{report.subject_id}", request=report.pk)
    return True


def look_at_report(actor: Person, report: PersonReport) -> SheetSum:
    """The sums, for the two who decided and while it is open; the look is on record before the figures are read.

    Raises PermissionDenied.
    """
    two = {report.asked_by_id, report.decided_by_id}
    if actor.pk not in two or None in two or not may_decide(actor, report.municipality_id):
        raise PermissionDenied
    now = timezone.now()
    if report.state_at(now) is not RequestState.OPEN:
        raise PermissionDenied
    PersonReportLook.objects.create(report=report, by=actor, at=now)
    record_audit(
        report.municipality, actor, "person_report.looked", f"person:{report.subject_id}", request=report.pk
    )
    return sum_sheets_of_person(report.municipality_id, report.subject_id, report.since, report.until)


def delete_old_person_reports(now: datetime | None = None) -> int:
    """Requests whose time is over, with their looks; logged per town."""
    limit = (now or timezone.now()) - KEPT_FOR
    deleted = 0
    for town in Municipality.objects.all():
        old = PersonReport.objects.filter(municipality=town, asked_at__lt=limit)
        count = old.count()
        if count:
            old.delete()
            record_audit(town, None, "retention.person_reports", count=count)
            deleted += count
    return deleted
