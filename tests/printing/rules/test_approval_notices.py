# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Mails to approvers: one for all that waits, not one per job; in their language; with nothing of whose and what."""

from __future__ import annotations

from datetime import datetime, timedelta
from smtplib import SMTPException
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone

from allmende.directory.people import Person
from allmende.printing.job_states import State
from allmende.printing.jobs import Job
from allmende.printing.rules.approval_notices import PAUSE, ApproverNotice, tell_approvers
from allmende.printing.rules.approvals import Answer, ApprovalRequest, answer_request, open_requests
from allmende.printing.rules.editing import RuleDetails, add_rule
from allmende.printing.rules.evaluation import Effect
from allmende.printing.rules.print_rules import PrintRule
from allmende.printing.rules.words import approval_words
from makers import make_job, make_person, make_town

pytestmark = pytest.mark.django_db

NOW = timezone.now()


@pytest.fixture(autouse=True)
def mail_server(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.ALLMENDE_PUBLIC_URL = "https://druck.example"


@pytest.fixture
def head() -> Person:
    town = make_town()
    person = make_person(town, "chefin", display_name="Carla Chefin", email="chefin@example.org")
    it = make_person(town, "it", it=True)
    add_rule(it, town, RuleDetails(name="Viel", effect=Effect.APPROVE, approver_id=person.pk))
    make_person(town, "anna", display_name="Anna Ahorn")
    return person


def ask(asked_at: datetime = NOW, **fields: Any) -> ApprovalRequest:
    """A job of Anna's that waits."""
    anna = Person.objects.get(login="anna")
    assert anna.municipality is not None
    job = make_job(anna.municipality, anna, title="Kündigung Meier").job
    Job.objects.filter(pk=job.pk).update(reason="awaits-approval")
    values = {
        "asked_at": asked_at,
        "expires_at": asked_at + timedelta(days=1),
        "impressions": 20,
        "owner": anna,
        **fields,
    }
    return ApprovalRequest.objects.create(
        municipality=anna.municipality, job=job, rule=PrintRule.objects.get(), **values
    )


def test_one_mail_tells_of_all_that_waits_and_of_nothing_else(head: Person) -> None:
    for _ in range(3):
        ask()
    assert tell_approvers(NOW) == 1
    (message,) = mail.outbox
    assert message.to == [head.email]
    assert message.subject == "3 Druckaufträge warten auf Ihre Genehmigung"
    text = message.subject + str(message.body)
    assert "https://druck.example/genehmigungen/" in text
    for secret in ("Kündigung", "Meier", "Anna", "Ahorn"):
        assert secret not in text


def test_the_next_one_waits_and_needs_a_new_question(head: Person) -> None:
    ask()
    assert tell_approvers(NOW) == 1
    later = NOW + PAUSE
    assert tell_approvers(later) == 0
    ask(NOW + timedelta(minutes=5))
    ask(NOW + timedelta(minutes=6))
    assert tell_approvers(later - timedelta(seconds=1)) == 0
    assert tell_approvers(later) == 1
    assert mail.outbox[1].subject.startswith("3 ")
    assert tell_approvers(later + PAUSE) == 0


def test_nothing_is_said_of_what_is_answered_over_or_printed(head: Person) -> None:
    ask(answer=Answer.APPROVED)
    ask(expires_at=NOW)
    Job.objects.filter(pk=ask().job_id).update(state=State.CANCELLED.value)
    assert tell_approvers(NOW) == 0


def test_own_jobs_other_towns_and_people_without_an_address_get_no_mail(head: Person) -> None:
    ask(owner=head)
    make_person(make_town("coswig"), "it", it=True, email="it@coswig.example")
    assert tell_approvers(NOW) == 0
    ask()
    Person.objects.filter(pk=head.pk).update(email="")
    assert tell_approvers(NOW) == 0


def test_it_speaks_the_language_of_the_page_and_can_be_switched_off(head: Person) -> None:
    client = Client(headers={"accept-language": "en"})
    client.force_login(head)
    ask()
    page = client.get("/genehmigungen/").content.decode()
    assert "Approvals (1)" in page
    assert "chefin@example.org" in page
    assert tell_approvers(NOW) == 1
    assert mail.outbox[0].subject == "1 print job waits for your approval"

    client.post("/genehmigungen/mail/", {"mail": "no"})
    ask(NOW + PAUSE)
    assert tell_approvers(NOW + PAUSE) == 0
    client.post("/genehmigungen/mail/", {"mail": "yes"})
    assert tell_approvers(NOW + PAUSE) == 1


def test_without_a_mail_server_nobody_counts_as_told(head: Person, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    ask()
    assert tell_approvers(NOW) == 0
    assert not ApproverNotice.objects.exists()


def test_a_mail_that_was_not_sent_is_tried_again_after_the_pause(
    head: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_message: EmailMessage, **_options: Any) -> int:
        raise SMTPException

    ask()
    with monkeypatch.context() as patched:
        patched.setattr(EmailMessage, "send", fail)
        assert tell_approvers(NOW) == 0
    assert tell_approvers(NOW + timedelta(minutes=1)) == 0
    assert tell_approvers(NOW + PAUSE) == 1


def test_a_second_process_that_saw_the_same_sends_nothing(head: Person) -> None:
    ask()
    tell_approvers(NOW)
    # As the other process would find it that read the row before.
    ApproverNotice.objects.update(told_until=None)
    assert tell_approvers(NOW) == 0


def test_the_owner_reads_the_outcome_in_the_portal(head: Person) -> None:
    anna = Person.objects.get(login="anna")
    client = Client(headers={"accept-language": "en"})
    client.force_login(anna)
    ask(timezone.now())
    (request,) = open_requests(head)
    assert "Waits for approval by Carla Chefin" in client.get("/").content.decode()
    answer_request(head, request, approve=True, note="Bitte heute")
    page = client.get("/").content.decode()
    assert "Approved by Carla Chefin: you can print it until" in page
    assert "The answer: Bitte heute." in page
    ApprovalRequest.objects.update(expires_at=timezone.now())
    assert "The approval has ended" in client.get("/").content.decode()
    ApprovalRequest.objects.update(answer=Answer.DECLINED)
    job = Job.objects.get()
    job.reason = "approval-declined"
    assert "Bitte heute." in approval_words(job)
    ApprovalRequest.objects.update(answer=Answer.ASKED)
    job.reason = "awaits-approval"
    assert approval_words(job).startswith(("Nobody answered", "Niemand hat"))
