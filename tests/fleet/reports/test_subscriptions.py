# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reports by mail: once per period, to who may read them, tried again where the mail server was away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend

from allmende.directory.audit import AuditEntry
from allmende.directory.people import Person
from allmende.directory.roles import Role, RoleName
from allmende.fleet.reports.kinds import ReportKind
from allmende.fleet.reports.report_files import FileKind
from allmende.fleet.reports.subscriptions import (
    TRIES,
    ReportMail,
    ReportSubscription,
    Rhythm,
    send_due_reports,
    subscribe,
    unsubscribe,
)
from fleet.reports.ledger import count_sheets
from makers import make_person, make_town

pytestmark = pytest.mark.django_db
MARCH = datetime(2026, 3, 2, 8, tzinfo=UTC)


class BrokenBackend(EmailBackend):
    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        raise OSError("the mail server is away")


@pytest.fixture
def head() -> Person:
    town = make_town("zerbst")
    person = make_person(town, "chef", email="chef@zerbst.example")
    Role.objects.create(municipality=town, person=person, name=RoleName.MANAGEMENT)
    it = make_person(town, "it", it=True)
    count_sheets(town, date(2026, 2, 10), mono=4321)
    subscribe(it, person, ReportKind.TIME, Rhythm.MONTHLY, file_kind=FileKind.CSV)
    ReportSubscription.objects.update(created_at=datetime(2026, 2, 1, tzinfo=UTC))
    return person


def test_last_months_report_goes_out_once(head: Person) -> None:
    assert [send_due_reports(MARCH), send_due_reports(MARCH + timedelta(days=5))] == [1, 0]
    (message,) = mail.outbox
    assert message.to == ["chef@zerbst.example"]
    name, content, _type = message.attachments[0]
    assert name == "zerbst-zeit-2026-02-01-2026-02-28.csv"
    assert "4321" in str(content)
    assert send_due_reports(datetime(2026, 4, 1, 8, tzinfo=UTC)) == 1


def test_who_was_first_sends(head: Person) -> None:
    """Another process has made the row of the period, and has not finished."""
    row = ReportSubscription.objects.get()
    ReportMail.objects.create(subscription=row, since=date(2026, 2, 1), begun_at=MARCH - timedelta(minutes=5))
    assert send_due_reports(MARCH) == 0
    assert mail.outbox == []
    assert send_due_reports(MARCH + timedelta(hours=2)) == 1, "it was left behind"


def test_a_mail_server_that_is_away_is_tried_three_times(head: Person, settings: object) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.BrokenBackend"  # type: ignore[attr-defined]
    for hour in range(10):
        assert send_due_reports(MARCH + timedelta(hours=2 * hour)) == 0
    assert ReportMail.objects.get().tries == TRIES
    assert ReportMail.objects.get().sent_at is None


def test_without_a_mail_server_nothing_counts_as_sent(head: Person, settings: object) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"  # type: ignore[attr-defined]
    assert send_due_reports(MARCH) == 0
    assert not ReportMail.objects.exists()


def test_who_has_lost_the_role_gets_nothing(head: Person) -> None:
    Role.objects.filter(person=head).delete()
    assert [send_due_reports(MARCH), send_due_reports(MARCH + timedelta(hours=2))] == [0, 0]
    assert mail.outbox == []
    assert AuditEntry.objects.filter(action="report.not_sent").count() == 1


def test_what_was_over_before_anybody_asked_is_not_sent(head: Person) -> None:
    ReportSubscription.objects.update(created_at=MARCH)
    assert send_due_reports(MARCH) == 0


@pytest.mark.parametrize(
    ("rhythm", "since"), [(Rhythm.WEEKLY, date(2026, 4, 6)), (Rhythm.QUARTERLY, date(2026, 1, 1))]
)
def test_weeks_and_quarters(head: Person, rhythm: Rhythm, since: date) -> None:
    ReportSubscription.objects.update(rhythm=rhythm.value)
    assert send_due_reports(datetime(2026, 4, 14, 8, tzinfo=UTC)) == 1
    assert ReportMail.objects.get().since == since


def test_recipients_are_of_the_town_and_may_read_figures(head: Person) -> None:
    it = Person.objects.get(login="it")
    stranger = make_person(make_town("coswig"), "it", it=True)
    nobody = make_person(it.municipality, "anna") if it.municipality else None
    for recipient in (stranger, nobody):
        assert recipient is not None
        with pytest.raises(PermissionDenied):
            subscribe(it, recipient, ReportKind.TOWN, Rhythm.MONTHLY)
    with pytest.raises(PermissionDenied):
        subscribe(head, it, ReportKind.TOWN, Rhythm.MONTHLY)


def test_the_recipient_may_end_it(head: Person) -> None:
    unsubscribe(head, ReportSubscription.objects.get())
    assert not ReportSubscription.objects.exists()
