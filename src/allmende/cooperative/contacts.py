# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who speaks for a member: contacts by role, with their days, and who may sign."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from allmende.cooperative.members import Member


class ContactRole(models.TextChoices):
    HEAD = "head", _("head of the administration")
    VOTING = "voting", _("voting representative")
    DEPUTY = "deputy", _("deputy of the voting representative")
    IT = "it", _("IT")
    FINANCE = "finance", _("finance")
    PROCUREMENT = "procurement", _("procurement")
    OTHER = "other", _("other")


class SigningRight(models.TextChoices):
    NONE = "none", _("does not sign")
    ALONE = "alone", _("signs alone")
    JOINTLY = "jointly", _("signs together with another")


class Contact(models.Model):
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="contacts")
    role = models.CharField(_("role"), max_length=20, choices=ContactRole.choices)
    name = models.CharField(_("name"), max_length=200)
    function = models.CharField(_("office held"), max_length=200, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("telephone"), max_length=60, blank=True)
    signs = models.CharField(
        _("signing right"), max_length=10, choices=SigningRight.choices, default=SigningRight.NONE
    )
    valid_from = models.DateField(_("from"))
    #: The last day.
    valid_to = models.DateField(_("to"), null=True, blank=True)

    class Meta:
        ordering = ["role", "name"]
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        first: date | None = self.valid_from
        if first is not None and self.valid_to is not None and self.valid_to < first:
            raise ValidationError({"valid_to": gettext("The last day is before the first.")})


def contacts_on(member: Member, day: date, *role: ContactRole) -> list[Contact]:
    """Those valid on `day`, of these roles (of all without any), ordered by role and name."""
    found = member.contacts.filter(valid_from__lte=day).filter(
        models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=day)
    )
    return list(found.filter(role__in=role) if role else found)


def signatories_on(member: Member, day: date) -> list[Contact]:
    return [each for each in contacts_on(member, day) if each.signs != SigningRight.NONE]
