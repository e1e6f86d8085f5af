# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core import mail

from allmende.cooperative.claims import open_claims
from allmende.cooperative.contribution_charging import charge_contributions
from allmende.cooperative.invoices.issued import Invoice, issue_all
from allmende.cooperative.money import MoneyRefusedError
from allmende.cooperative.reminders import add_reminder_stages, due_reminders, send_reminders

from .money_makers import make_paying_member, make_profile, make_scale

pytestmark = pytest.mark.django_db
DAY = date(2026, 1, 2)


def test_each_stage_goes_out_once_and_its_fee_is_a_claim(django_capture_on_commit_callbacks: object) -> None:
    add_reminder_stages()
    make_profile()
    make_scale(date(2026, 1, 1))
    make_paying_member("Zerbst", date(2014, 7, 1))
    charge_contributions(None, DAY)
    issue_all(None, DAY)
    due = Invoice.objects.get().due_day
    assert due_reminders(due + timedelta(days=6)) == []
    first = due + timedelta(days=7)
    assert [each.stage.number for each in due_reminders(first)] == [1]
    with pytest.raises(MoneyRefusedError):
        send_reminders(None, first, expected=2)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        (sent,) = send_reminders(None, first, expected=1)
    assert "300,00" in sent.text.replace(".", ",")
    assert [each.subject.split(":")[0] for each in mail.outbox] == ["Zahlungserinnerung"]
    assert due_reminders(first) == []
    second = due + timedelta(days=21)
    (sent,) = send_reminders(None, second)
    assert (sent.stage, sent.fee_claim.open_amount() if sent.fee_claim else None) == (2, Decimal("5.00"))
    assert sum(amount for _claim, amount in open_claims()) == Decimal("305.00")
    assert [each.stage.number for each in due_reminders(due + timedelta(days=60))] == [3]
