# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What has a day, as a calendar that a person of the office subscribes to (RFC 5545).

Always holds: whoever knows the address reads the feed, since calendars can't sign in; so the address holds a secret of 256 bits, of which only the
hash is stored, one for each person, and a new one or none at any time. It ends with the person's role. The feed holds titles and days, and what
it shows nobody can change by it.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import Final

from django.conf import settings
from django.contrib import messages
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_GET, require_http_methods
from icalendar import Alarm, Calendar, Event

from allmende.cooperative.due_dates import Agenda, State, agenda_of
from allmende.cooperative.hash_chain import record_change
from allmende.directory.access import is_cooperative_office
from allmende.directory.administration_access import Desk, office_page
from allmende.directory.people import Person

_MAX_TOKEN: Final = 100
_SHOWN_AFTERWARDS: Final = timedelta(days=60)


class CalendarToken(models.Model):
    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    language = models.CharField(max_length=5, default="de")
    created_at = models.DateTimeField()
    last_read_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.person}"


def issue_token(person: Person, language: str) -> str:
    """A new secret for this person's feed; an earlier one ends. It is told this once."""
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        CalendarToken.objects.update_or_create(
            person=person,
            defaults={
                "token_hash": _hash(token),
                "language": language,
                "created_at": timezone.now(),
                "last_read_at": None,
            },
        )
        record_change(person, "calendar", person.pk, "issued")
    return token


def revoke_token(person: Person) -> bool:
    """Whether there was one."""
    with transaction.atomic():
        count, _rows = CalendarToken.objects.filter(person=person).delete()
        if count:
            record_change(person, "calendar", person.pk, "revoked")
    return count > 0


def find_token(token: str) -> CalendarToken | None:
    """None for an unknown or ended one, and for a person who has left the office."""
    if not token or len(token) > _MAX_TOKEN:
        return None
    row = CalendarToken.objects.select_related("person__municipality").filter(token_hash=_hash(token)).first()
    return row if row is not None and is_cooperative_office(row.person) else None


def write_calendar(agenda: Agenda, name: str, *, stamped_at: datetime) -> bytes:
    """One all-day event for each item with a day, whose UID stays the same as long as the item does."""
    calendar = Calendar()
    calendar.add("prodid", "-//Allmende//Cooperative//DE")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", timedelta(hours=6), parameters={"VALUE": "DURATION"})
    for each in agenda.items:
        item = each.item
        if item.due_on is None or item.due_on < agenda.day - _SHOWN_AFTERWARDS:
            continue
        event = Event()
        event.add("uid", f"{hashlib.sha256(item.key.encode()).hexdigest()[:32]}@{_host()}")
        event.add("dtstamp", stamped_at.astimezone(UTC))
        event.add("dtstart", item.due_on)
        event.add("dtend", item.due_on + timedelta(days=1))
        late = each.state is State.OVERDUE
        event.add("summary", _("Overdue: %(title)s") % {"title": item.title} if late else item.title)
        waits = _("Waits for: %(who)s") % {"who": item.waits_for} if item.waits_for else ""
        event.add("description", "\n".join(part for part in (item.noun, item.basis, waits) if part))
        event.add("url", settings.ALLMENDE_PUBLIC_URL + item.href)
        event.add("transp", "TRANSPARENT")
        if not late:
            alarm = Alarm()
            alarm.add("action", "DISPLAY")
            alarm.add("description", item.title)
            alarm.add("trigger", timedelta(hours=-16))
            event.add_component(alarm)
        calendar.add_component(event)
    return bytes(calendar.to_ical())


@require_GET
def show_feed(_request: HttpRequest, token: str) -> HttpResponse:
    """For calendars: no sign-in, and no cookie."""
    row = find_token(token)
    if row is None:
        raise Http404
    now = timezone.now()
    CalendarToken.objects.filter(pk=row.pk).update(last_read_at=now)
    with override(row.language):
        body = write_calendar(agenda_of(timezone.localdate(now)), _("Cooperative's office"), stamped_at=now)
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Content-Disposition"] = 'inline; filename="genossenschaft.ics"'
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@require_http_methods(["GET", "POST"])
@office_page
def show_calendar_settings(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The address is shown once, in the answer to the button; afterwards only its hash is known."""
    address = ""
    if request.method == "POST":
        if "revoke" in request.POST:
            if revoke_token(desk.actor):
                messages.success(request, _("The calendar's address has ended."))
            return redirect("office_calendar")
        token = issue_token(desk.actor, request.LANGUAGE_CODE)
        address = settings.ALLMENDE_PUBLIC_URL + reverse("office_calendar_feed", args=[token])
    response = desk.show(
        request,
        "cooperative/office/calendar.html",
        row=CalendarToken.objects.filter(person=desk.actor).first(),
        address=address,
    )
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _host() -> str:
    return str(settings.ALLMENDE_PUBLIC_URL).partition("://")[2].partition("/")[0] or "localhost"
