# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reports by mail, on schedule, to people of the town who may read figures.

Always holds: one mail per subscription and period, also with several processes: who sends has first made the period's row, which is
unique. A row that was begun and not finished within an hour (a killed process, a mail server that was away) is tried again, three times in
all; a process killed between handing over the mail and noting it can so send twice. Who has lost the role or left gets nothing more.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.mail import EmailMessage
from django.db import IntegrityError, models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from allmende.directory.access import may_keep_contracts, may_read_figures
from allmende.directory.audit import record_audit
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.fleet.reports.kinds import ReportKind, Wish
from allmende.fleet.reports.periods import Period, Preset, period_of
from allmende.fleet.reports.report_files import FileKind, write_file
from allmende.fleet.reports.standard_reports import build_report
from allmende.fleet.reports.words import report_name

log = logging.getLogger(__name__)

TRIES: Final = 3
_RETRY: Final = timedelta(hours=1)
#: More a town hardly needs; a bound for what one person can have sent.
MOST: Final = 100


class Rhythm(models.TextChoices):
    WEEKLY = "weekly", gettext_lazy("every week")
    MONTHLY = "monthly", gettext_lazy("every month")
    QUARTERLY = "quarterly", gettext_lazy("every quarter")


_PERIODS: Final = {
    Rhythm.WEEKLY: Preset.LAST_WEEK,
    Rhythm.MONTHLY: Preset.LAST_MONTH,
    Rhythm.QUARTERLY: Preset.LAST_QUARTER,
}


class ReportSubscription(models.Model):
    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="+")
    recipient = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20)
    rhythm = models.CharField(max_length=20, choices=Rhythm.choices)
    file_kind = models.CharField(max_length=5, default=FileKind.PDF.value)
    language = models.CharField(max_length=5, default="de")
    created_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["recipient", "kind", "rhythm"], name="report_subscribed_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.rhythm} to {self.recipient}"


class ReportMail(models.Model):
    """One report for one period: the claim of who sends it, and that it was sent."""

    subscription = models.ForeignKey(ReportSubscription, on_delete=models.CASCADE, related_name="mails")
    since = models.DateField()
    begun_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=1)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subscription", "since"], name="report_mail_once_per_period")
        ]

    def __str__(self) -> str:
        return f"{self.subscription_id} since {self.since}"


@dataclass(frozen=True, slots=True)
class _Due:
    subscription: ReportSubscription
    mail: ReportMail
    period: Period


def subscribe(
    actor: Person,
    recipient: Person,
    kind: ReportKind,
    rhythm: Rhythm,
    *,
    file_kind: FileKind = FileKind.PDF,
    language: str = "de",
) -> ReportSubscription:
    """The subscription, or the one that was there. Raises PermissionDenied for a recipient who may not read the figures."""
    town = actor.municipality
    if town is None or not may_keep_contracts(actor, town.pk):
        raise PermissionDenied
    if recipient.municipality_id != town.pk or not may_read_figures(recipient, town.pk):
        raise PermissionDenied
    found, is_new = ReportSubscription.objects.get_or_create(
        municipality=town,
        recipient=recipient,
        kind=kind.value,
        rhythm=rhythm.value,
        defaults={"file_kind": file_kind.value, "language": language, "created_by": actor},
    )
    if is_new:
        record_audit(
            town, actor, "report.subscribed", f"person:{recipient.pk}", kind=kind.value, rhythm=rhythm.value
        )
    return found


def unsubscribe(actor: Person, subscription: ReportSubscription) -> None:
    """Raises PermissionDenied; the recipient may always end it."""
    if actor.pk != subscription.recipient_id and not may_keep_contracts(actor, subscription.municipality_id):
        raise PermissionDenied
    record_audit(
        subscription.municipality,
        actor,
        "report.unsubscribed",
        f"person:{subscription.recipient_id}",
        kind=subscription.kind,
        rhythm=subscription.rhythm,
    )
    subscription.delete()


def mail_is_set_up() -> bool:
    """Without a mail server Django throws mails away, and a report must not count as sent then."""
    return not settings.EMAIL_BACKEND.endswith(".dummy.EmailBackend")


def send_due_reports(now: datetime | None = None) -> int:
    """Send what is due; how many mails went out. May be called by several processes at once."""
    if not mail_is_set_up():
        return 0
    now = now or timezone.now()
    today = timezone.localdate(now)
    sent = 0
    for subscription in ReportSubscription.objects.select_related("municipality", "recipient"):
        due = _claim(subscription, now, today)
        if due is not None:
            sent += _send(due)
    return sent


def _claim(subscription: ReportSubscription, now: datetime, today: date) -> _Due | None:
    """The right to send this period's report, for one process; None where there is nothing to send."""
    period = period_of(_PERIODS[Rhythm(subscription.rhythm)], today)
    if period.until < timezone.localdate(subscription.created_at):
        return None  # it was over before anybody wanted it
    mails = ReportMail.objects.filter(subscription=subscription, since=period.since)
    stale = Q(sent_at=None, tries__lt=TRIES, begun_at__lt=now - _RETRY)
    if mails.filter(stale).update(begun_at=now, tries=F("tries") + 1):
        return _Due(subscription, mails.get(), period)
    if mails.exists():
        return None
    try:
        with transaction.atomic():
            mail = ReportMail.objects.create(subscription=subscription, since=period.since, begun_at=now)
    except IntegrityError:  # another process was first, or the subscription has ended
        return None
    return _Due(subscription, mail, period)


def _send(due: _Due) -> int:
    subscription, town = due.subscription, due.subscription.municipality
    person = subscription.recipient
    if not person.email or not may_read_figures(person, town.pk):
        ReportMail.objects.filter(pk=due.mail.pk).update(tries=TRIES)
        record_audit(town, None, "report.not_sent", f"person:{person.pk}", kind=subscription.kind)
        return 0
    try:
        with override(subscription.language):
            _message(due).send()
    except Exception:
        log.exception("report mail %d was not sent", due.mail.pk)
        return 0
    ReportMail.objects.filter(pk=due.mail.pk).update(sent_at=timezone.now())
    return 1


def _message(due: _Due) -> EmailMessage:
    kind, file_kind = ReportKind(due.subscription.kind), FileKind(due.subscription.file_kind)
    town = due.subscription.municipality
    report = build_report(town, Wish(kind, due.period))
    made = write_file(report, town, file_kind)
    subject = _("%(town)s: %(report)s, %(period)s") % {
        "town": town.name,
        "report": report_name(kind),
        "period": report.period.words(),
    }
    body = _(
        "The report is attached. You get it because you, or your town's finance office, asked for it.\n"
        "To end it: %(address)s"
    ) % {"address": f"{settings.ALLMENDE_PUBLIC_URL}/verwaltung/berichte/versand/"}
    message = EmailMessage(
        subject.replace("\n", " "),
        body,
        to=[due.subscription.recipient.email],
        headers={"Auto-Submitted": "auto-generated"},
    )
    message.attach(made.name, made.data, made.content_type.partition(";")[0])
    return message
