# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reminders by stages: who is late, what goes out next, with which fee. Nothing goes out before the office has seen it.

Always holds: of a claim each stage goes out once, in order, and not before its days have passed since the due day and since the stage before;
a claim in a running collection is not reminded; a fee is not reminded by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import models, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from allmende.cooperative.bank.matching import charge_fee
from allmende.cooperative.billing_profile import billing_of, billing_profile
from allmende.cooperative.claims import Claim, ClaimKind, open_claims
from allmende.cooperative.hash_chain import record_change
from allmende.cooperative.money import ZERO, MoneyRefusedError, euros
from allmende.cooperative.sepa.collecting import CollectionItem, ItemState
from allmende.directory.people import Person


class ReminderStage(models.Model):
    """Of the cooperative's choice; numbered from 1 on without a gap."""

    number = models.PositiveSmallIntegerField(_("stage"), unique=True)
    name = models.CharField(_("name"), max_length=60)
    days_late = models.PositiveSmallIntegerField(_("days after the day it was due"))
    fee = models.DecimalField(_("fee"), max_digits=8, decimal_places=2, default=ZERO)
    #: Days until the new date that the letter names.
    days_to_pay = models.PositiveSmallIntegerField(_("days to pay"), default=10)

    class Meta:
        ordering = ["number"]
        verbose_name = _("stage of reminders")
        verbose_name_plural = _("stages of reminders")

    def __str__(self) -> str:
        return self.name


class Reminder(models.Model):
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="reminders")
    stage = models.PositiveSmallIntegerField(_("stage"))
    day = models.DateField(_("day"))
    amount = models.DecimalField(_("open amount"), max_digits=12, decimal_places=2)
    pay_by = models.DateField(_("to be paid by"))
    fee_claim = models.OneToOneField(Claim, on_delete=models.PROTECT, null=True, related_name="+")
    #: Empty where no address is known: the office sends the letter by post.
    sent_to = models.EmailField(blank=True)
    text = models.TextField()

    class Meta:
        ordering = ["-day", "-pk"]
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        constraints = [models.UniqueConstraint(fields=["claim", "stage"], name="reminder_once_a_stage")]

    def __str__(self) -> str:
        return f"{self.claim} {self.stage}"


@dataclass(frozen=True, slots=True)
class DueReminder:
    claim: Claim
    amount: Decimal
    stage: ReminderStage
    days_late: int


_STAGES: Final = (
    (1, "Zahlungserinnerung", 7, ZERO),
    (2, "1. Mahnung", 21, Decimal("5.00")),
    (3, "2. Mahnung", 35, Decimal("10.00")),
)


def add_reminder_stages(**_signal: object) -> None:
    """What an installation begins with; nothing where there is a stage. A receiver of `post_migrate`."""
    if not ReminderStage.objects.exists():
        ReminderStage.objects.bulk_create(
            ReminderStage(number=number, name=name, days_late=days, fee=fee)
            for number, name, days, fee in _STAGES
        )


def due_reminders(day: date) -> list[DueReminder]:
    """The next stage of each claim that is late, the longest first."""
    stages = list(ReminderStage.objects.all())
    pending = set(CollectionItem.objects.filter(state=ItemState.PENDING).values_list("claim_id", flat=True))
    found = []
    for claim, amount in open_claims(on=day):
        late = (day - claim.due_day).days
        if amount <= 0 or late <= 0 or claim.pk in pending or claim.kind == ClaimKind.FEE:
            continue
        last = Reminder.objects.filter(claim=claim).order_by("-stage").first()
        stage = next((each for each in stages if last is None or each.number > last.stage), None)
        if stage is None or late < stage.days_late or (last is not None and day <= last.pay_by):
            continue
        found.append(DueReminder(claim, amount, stage, late))
    return sorted(found, key=lambda each: -each.days_late)


def send_reminders(actor: Person | None, day: date, *, expected: int | None = None) -> list[Reminder]:
    """All that are due: fees are charged, letters go out by mail. Raises MoneyRefusedError, NoProfileError.

    `expected` is the number that was shown before.
    """
    profile = billing_profile()
    with transaction.atomic():
        list(ReminderStage.objects.select_for_update())
        due = due_reminders(day)
        if expected is not None and len(due) != expected:
            raise MoneyRefusedError(
                gettext("Something has changed meanwhile. Please look at the amounts again.")
            )
        made = []
        for each in due:
            member, stage = each.claim.member, each.stage
            fee = None
            if stage.fee:
                words = f"{stage.name} zu {each.claim.reference}"
                fee = charge_fee(member, stage.fee, day, words, f"reminder:{each.claim.pk}:{stage.number}")
            pay_by = day + timedelta(days=stage.days_to_pay)
            text = _letter(
                each, pay_by, profile.name, profile.iban, f"{profile.contact_name}, {profile.contact_phone}"
            )
            reminder = Reminder.objects.create(
                claim=each.claim,
                stage=stage.number,
                day=day,
                amount=each.amount,
                pay_by=pay_by,
                fee_claim=fee,
                sent_to=billing_of(member).invoice_email or member.email,
                text=text,
            )
            record_change(
                actor,
                "reminder",
                reminder.pk,
                "sent",
                {"claim": each.claim.reference, "stage": stage.number, "fee": stage.fee},
            )
            made.append(reminder)
        transaction.on_commit(lambda: _send(made, profile.contact_email))
    return made


def _letter(due: DueReminder, pay_by: date, sender: str, iban: str, contact: str) -> str:
    fee = f"\nHinzu kommt eine Mahngebühr von {euros(due.stage.fee)}." if due.stage.fee else ""
    return (
        f"{due.stage.name}\n\nSehr geehrte Damen und Herren,\n\n"
        f"zu {due.claim.text} ({due.claim.reference}), fällig am {due.claim.due_day:%d.%m.%Y}, sind noch {euros(due.amount)} offen.{fee}\n"
        f"Bitte zahlen Sie bis zum {pay_by:%d.%m.%Y} auf das Konto {iban} mit dem Verwendungszweck {due.claim.reference}.\n"
        "Hat sich diese Nachricht mit Ihrer Zahlung überschnitten, so betrachten Sie sie bitte als gegenstandslos.\n\n"
        f"{sender}\n{contact}\n"
    )


def _send(reminders: list[Reminder], reply_to: str) -> None:
    for each in reminders:
        if each.sent_to:
            EmailMessage(
                subject=f"{each.text.splitlines()[0]}: {each.claim.reference}",
                body=each.text,
                from_email=getattr(settings, "DEFAULT_FROM_EMAIL", None),
                to=[each.sent_to],
                reply_to=[reply_to],
            ).send(fail_silently=False)
