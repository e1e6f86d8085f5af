# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Mails of the office's day: what comes due and what is overdue, each once to each person; and the chain's anchor, every week.

Always holds: an item is told twice at most, `AHEAD` before its day and once when the day has passed; to whom takes care of it, or to the whole
office where nobody does. The row that says so is made before the mail goes, and is unique, so several processes send one mail; what did not go
is tried again after an hour, three times in all. A process killed between handing a mail over and noting it can so send twice.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Final

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, models, transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from allmende.cooperative.chain_checking import ChainAnchor, carry_out_anchor
from allmende.cooperative.due_dates import CaredItem, State, agenda_of, office_people
from allmende.directory.people import Person

log = logging.getLogger(__name__)

AHEAD: Final = timedelta(days=7)
ANCHOR_RHYTHM: Final = timedelta(days=7)
_RETRY: Final = timedelta(hours=1)
_TRIES: Final = 3
_MOST_ITEMS: Final = 100
_AHEAD, _OVERDUE = "ahead", "overdue"


class DueReminder(models.Model):
    """The claim of who sends it, and that it was sent."""

    key = models.CharField(max_length=120)
    #: A new day for the same thing is told anew.
    due_on = models.DateField()
    stage = models.CharField(max_length=10)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    begun_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=1)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "due_on", "stage", "person"], name="due_reminder_once"),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.stage}"


def mail_is_set_up() -> bool:
    """Without a mail server Django throws mails away, and none must count as sent then."""
    return not settings.EMAIL_BACKEND.endswith(".dummy.EmailBackend")


def send_due_reminders(now: datetime | None = None) -> int:
    """One mail to each person with all that is new; how many went out. May be called by several processes at once."""
    if not mail_is_set_up():
        return 0
    now = now or timezone.now()
    today = timezone.localdate(now)
    people = [person for person in office_people() if person.email]
    if not people:
        return 0
    with override(settings.LANGUAGE_CODE):
        told = [each for each in agenda_of(today).items if _stage(each, today)]
        return sum(_remind(person, _of_person(told, person, people), today, now) for person in people)


def mail_anchor(now: datetime | None = None) -> int:
    """Carry the chain's end out: every day to the file, every week by mail; how many mails went out."""
    now = now or timezone.now()
    last = ChainAnchor.objects.first()
    if last is None or timezone.localdate(last.at) < timezone.localdate(now):
        carry_out_anchor(now)
    if not mail_is_set_up():
        return 0
    anchor = ChainAnchor.objects.first()
    if anchor is None or anchor.mailed_at is not None:
        return 0
    if ChainAnchor.objects.filter(mailed_at__gt=now - ANCHOR_RHYTHM).exists():
        return 0
    addresses = [person.email for person in office_people() if person.email]
    # Noted first, so that of several processes one sends.
    if not addresses or not ChainAnchor.objects.filter(pk=anchor.pk, mailed_at=None).update(mailed_at=now):
        return 0
    with override(settings.LANGUAGE_CODE):
        subject = _("Anchor of the chain of changes: entry %(number)d") % {"number": anchor.number}
        body = _(
            "This line shows later that no entry up to number %(number)d was changed or cut off. Keep this mail, and give it to the auditor.\n\n"
            "%(anchor)s\n\nTo compare: %(address)s"
        ) % {
            "number": anchor.number,
            "anchor": f"{anchor.number}:{anchor.hash}",
            "address": settings.ALLMENDE_PUBLIC_URL + reverse("chain_of_changes"),
        }
        sent = sum(_send(address, subject, body) for address in addresses)
    if not sent:
        ChainAnchor.objects.filter(pk=anchor.pk).update(mailed_at=None)
    return sent


def _stage(each: CaredItem, today: date) -> str:
    if each.state is State.OVERDUE:
        return _OVERDUE
    return _AHEAD if each.item.due_on is not None and each.item.due_on <= today + AHEAD else ""


def _of_person(items: Iterable[CaredItem], person: Person, people: Sequence[Person]) -> list[CaredItem]:
    """Theirs, and those of nobody (or of somebody whom no mail reaches)."""
    reached = {each.pk for each in people}
    return [
        each
        for each in items
        if each.person is None or each.person.pk not in reached or each.person == person
    ]


def _remind(person: Person, items: Sequence[CaredItem], today: date, now: datetime) -> int:
    mine = (each for each in items if _claim(person, each, _stage(each, today), now))
    claimed = list(islice(mine, _MOST_ITEMS))  # what is left over goes with the next mail
    if not claimed:
        return 0
    late = sum(each.state is State.OVERDUE for each in claimed)
    subject = ngettext("%(count)d thing is due", "%(count)d things are due", len(claimed)) % {
        "count": len(claimed)
    }
    if late:
        subject += " · " + ngettext("%(count)d is overdue", "%(count)d are overdue", late) % {"count": late}
    lines = [f"- {_line(each)}\n  {settings.ALLMENDE_PUBLIC_URL}{each.item.href}" for each in claimed]
    end = _("All of it: %(address)s") % {"address": settings.ALLMENDE_PUBLIC_URL + reverse("office_day")}
    if not _send(person.email, subject, "\n".join([*lines, "", end])):
        return 0
    for each in claimed:
        _rows(person, each, _stage(each, today)).update(sent_at=now)
    return 1


def _line(each: CaredItem) -> str:
    words = (
        f"{date_format(each.item.due_on, 'SHORT_DATE_FORMAT')}: {each.item.title}"
        if each.item.due_on
        else each.item.title
    )
    if each.state is State.OVERDUE:
        words += " (" + _("overdue") + ")"
    if each.item.waits_for:
        words += " (" + _("waits for: %(who)s") % {"who": each.item.waits_for} + ")"
    return words


def _day(each: CaredItem) -> date:
    """Only what has a day is told (`_stage`)."""
    return each.item.due_on or date.max


def _rows(person: Person, each: CaredItem, stage: str) -> models.QuerySet[DueReminder]:
    return DueReminder.objects.filter(key=each.item.key, due_on=_day(each), stage=stage, person=person)


def _claim(person: Person, each: CaredItem, stage: str, now: datetime) -> bool:
    """Whether this process is the one that tells it."""
    rows = _rows(person, each, stage)
    stale = Q(sent_at=None, tries__lt=_TRIES, begun_at__lt=now - _RETRY)
    if rows.filter(stale).update(begun_at=now, tries=F("tries") + 1):
        return True
    if rows.exists():
        return False
    try:
        with transaction.atomic():
            DueReminder.objects.create(
                key=each.item.key, due_on=_day(each), stage=stage, person=person, begun_at=now
            )
    except IntegrityError:  # another process was first
        return False
    return True


def _send(address: str, subject: str, body: str) -> int:
    message = EmailMessage(
        subject.replace("\n", " "), body, to=[address], headers={"Auto-Submitted": "auto-generated"}
    )
    try:
        return int(message.send())
    except Exception:
        log.exception("a mail of the cooperative's office was not sent")
        return 0
