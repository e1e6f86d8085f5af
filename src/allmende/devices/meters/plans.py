# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""When a town's devices are asked, and who is told of what."""

from __future__ import annotations

from datetime import time

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, validate_email
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from allmende.directory.access import check_town_it
from allmende.directory.audit import record_audit
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person

ADDRESSES = 20


def check_addresses(text: str) -> None:
    """One address a line; raises ValidationError."""
    lines = text.split()
    if len(lines) > ADDRESSES:
        raise ValidationError(_("At most %(count)s addresses.") % {"count": ADDRESSES})
    for line in lines:
        try:
            validate_email(line)
        except ValidationError:
            raise ValidationError(_("%(address)s is no mail address.") % {"address": line}) from None


class MeterPlan(models.Model):
    """One row per town; a town without one has these defaults."""

    municipality = models.OneToOneField(Municipality, on_delete=models.CASCADE, related_name="meter_plan")
    is_on = models.BooleanField(_("read the meters every night"), default=True)
    reads_at = models.TimeField(_("at"), default=time(2, 30))
    #: 0: between the nights nobody asks.
    watch_minutes = models.PositiveSmallIntegerField(
        _("look for alerts every so many minutes"),
        default=60,
        validators=[MaxValueValidator(24 * 60)],
        help_text=_("0: only when the meters are read."),
    )
    low_percent = models.PositiveSmallIntegerField(
        _("a supply is low at, in percent"),
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(90)],
    )
    paper_hours = models.PositiveSmallIntegerField(
        _("tell when a device is without paper for so many hours"), default=4
    )
    not_seen_hours = models.PositiveSmallIntegerField(
        _("tell when a device has not answered for so many hours"), default=24
    )
    mail_to = models.TextField(
        _("mail alerts to"),
        blank=True,
        validators=[check_addresses],
        help_text=_("One address a line. Without one, alerts are shown here only."),
    )
    mail_language = models.CharField(
        _("language of the mails"), max_length=2, choices=settings.LANGUAGES, default="de"
    )

    class Meta:
        verbose_name = _("meter plan")
        verbose_name_plural = _("meter plans")

    def __str__(self) -> str:
        return f"{self.municipality}"

    @property
    def addresses(self) -> list[str]:
        return self.mail_to.split()[:ADDRESSES]


def plan_of(municipality: Municipality) -> MeterPlan:
    """The town's own, or the defaults (not stored)."""
    return MeterPlan.objects.filter(municipality=municipality).first() or MeterPlan(municipality=municipality)


def keep_plan(actor: Person, plan: MeterPlan) -> None:
    """Raises PermissionDenied."""
    check_town_it(actor, plan.municipality_id)
    with transaction.atomic():
        plan.save()
        record_audit(
            plan.municipality, actor, "meter_plan.changed", is_on=plan.is_on, reads_at=str(plan.reads_at)
        )
