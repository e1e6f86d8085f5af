# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Mails to those who approve: that something waits, never whose or what. Titles, names and documents are not in them.

Always holds: a mail tells of all that waits for its reader, and the next one goes after `PAUSE` at the earliest and only if there is a new
question; however many processes run, one of them sends, because it first moved the row. A mail that can't be sent is tried again
after the pause; a process killed in the middle loses one mail, and the app shows what waits. A mail speaks the language in which its
reader used the page of approvals last, until then the service's.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext_lazy, ngettext, override
from django.utils.translation import gettext as _

from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.printing.job_states import State
from allmende.printing.rules.approvals import Answer, ApprovalRequest, open_requests
from allmende.printing.rules.print_rules import rules_of_town

log = logging.getLogger(__name__)

PAUSE: Final = timedelta(hours=1)


class ApproverNotice(models.Model):
    """Of one person who approves: how they are told, and how far they have been."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="+")
    language = models.CharField(max_length=10)
    wants_mail = models.BooleanField(default=True)
    #: When a mail went out last, and up to which question it told.
    mailed_at = models.DateTimeField(null=True)
    told_until = models.DateTimeField(null=True)

    class Meta:
        verbose_name = gettext_lazy("mail to an approver")

    def __str__(self) -> str:
        return f"mails to {self.person_id}"


def notice_of(person: Person) -> ApproverNotice:
    """The person's row, made where there is none."""
    row, _is_new = ApproverNotice.objects.get_or_create(
        person=person, defaults={"language": settings.LANGUAGE_CODE}
    )
    return row


def read_in_this_language(person: Person) -> ApproverNotice:
    """The person reads the page now: mails follow its language."""
    row = notice_of(person)
    language = get_language() or settings.LANGUAGE_CODE
    if row.language != language:
        ApproverNotice.objects.filter(pk=row.pk).update(language=language)
        row.language = language
    return row


def choose_mail(person: Person, *, wanted: bool) -> None:
    ApproverNotice.objects.filter(pk=notice_of(person).pk).update(wants_mail=wanted)


def mail_is_set_up() -> bool:
    """Without a mail server Django throws mails away, and nobody counts as told then."""
    return not settings.EMAIL_BACKEND.endswith(".dummy.EmailBackend")


def tell_approvers(now: datetime | None = None) -> int:
    """Send what is due, in all towns; how many mails went out."""
    if not mail_is_set_up():
        return 0
    now = now or timezone.now()
    return sum(_tell(person, now) for person in _approvers_asked(now))


def _approvers_asked(now: datetime) -> Iterator[Person]:
    """Who could be told of an open question: one query while nothing waits."""
    waiting = ApprovalRequest.objects.filter(
        answer=Answer.ASKED, expires_at__gt=now, job__state=State.HELD.value
    )
    towns = Municipality.objects.filter(pk__in=waiting.values("municipality_id"))
    for town in towns:
        numbers = {number for people in rules_of_town(town).approvers.values() for number in people}
        yield from (
            Person.objects.filter(pk__in=numbers, municipality=town, is_active=True)
            .exclude(email="")
            .select_related("municipality")
            .order_by("pk")
        )


def _tell(person: Person, now: datetime) -> bool:
    waiting = open_requests(person, now)
    notice = notice_of(person) if waiting else None
    if notice is None or not notice.wants_mail:
        return False
    newest = max(row.asked_at for row in waiting)
    is_news = notice.told_until is None or newest > notice.told_until
    if not is_news or not _claim(notice, newest, now):
        return False
    try:
        with override(notice.language):
            _message(person, waiting).send()
    except Exception:
        log.exception("a mail to an approver was not sent")
        ApproverNotice.objects.filter(pk=notice.pk).update(told_until=notice.told_until)
        return False
    return True


def _claim(notice: ApproverNotice, newest: datetime, now: datetime) -> bool:
    """The right to send, for one process."""
    due = Q(mailed_at=None) | Q(mailed_at__lte=now - PAUSE)
    rows = ApproverNotice.objects.filter(due, pk=notice.pk, told_until=notice.told_until)
    return bool(rows.update(mailed_at=now, told_until=newest))


def _message(person: Person, waiting: list[ApprovalRequest]) -> EmailMessage:
    count = len(waiting)
    subject = ngettext(
        "%(count)d print job waits for your approval", "%(count)d print jobs wait for your approval", count
    ) % {"count": count}
    first = min(row.expires_at for row in waiting)
    body = _(
        "%(subject)s in %(town)s.\n"
        "The first question ends on %(when)s.\n\n"
        "To answer: %(address)s\n\n"
        "You get at most one such mail an hour. On that page you can do without them."
    ) % {
        "subject": subject,
        "town": person.municipality,
        "when": date_format(timezone.localtime(first), "SHORT_DATETIME_FORMAT"),
        "address": settings.ALLMENDE_PUBLIC_URL + reverse("approvals"),
    }
    return EmailMessage(subject, body, to=[person.email], headers={"Auto-Submitted": "auto-generated"})
