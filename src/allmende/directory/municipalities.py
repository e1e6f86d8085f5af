# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Municipalities: the tenants.

Every row of every room belongs to one municipality, and every query names it. What is set here are the town's own rules:
whom it trusts, how long it keeps what, how much one person may store.
"""

from __future__ import annotations

import secrets

from django.db import models
from django.utils.translation import gettext_lazy as _


def new_salt() -> bytes:
    return secrets.token_bytes(16)


class Municipality(models.Model):
    slug = models.SlugField(_("short name"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=200)
    #: The cooperative itself is a tenant too, the only one whose office sees figures of all members, summed up.
    is_cooperative = models.BooleanField(_("the cooperative itself"), default=False)
    official_key = models.CharField(_("official municipality key (AGS)"), max_length=8, blank=True)

    #: Argon2id's salt and cost for all chips of this town (see `allmende.seal.openers`).
    salt = models.BinaryField(default=new_salt, editable=False)
    argon_memory_kib = models.PositiveIntegerField(default=19456)
    argon_iterations = models.PositiveSmallIntegerField(default=2)

    #: Documents of persons without a chip, and of quarantine, are sealed to this key (`age1…`); its private half is
    #: stored wrapped under the pepper: weaker than a chip, so such jobs are marked (`Job.sealed_to`).
    enrolment_recipient = models.CharField(max_length=80, blank=True, editable=False)
    enrolment_identity_wrapped = models.BinaryField(default=b"", editable=False)
    accept_before_enrolment = models.BooleanField(
        _("accept jobs of persons who have no chip yet"),
        default=True,
        help_text=_("Such jobs wait under the town's enrolment key until the first chip is enrolled."),
    )

    #: CIDR strings, e.g. `10.20.0.0/16`: from there a claimed name is believed.
    trusted_networks = models.JSONField(_("trusted networks"), default=list, blank=True)
    #: Domains that mean this town in `DOMAIN\\user` and `user@domain`, lower case.
    login_domains = models.JSONField(_("sign-in domains"), default=list, blank=True)

    held_hours = models.PositiveIntegerField(_("hours that a held job is kept"), default=24)
    quota_jobs = models.PositiveIntegerField(_("held jobs per person"), default=200)
    quota_bytes = models.BigIntegerField(_("held bytes per person"), default=4 * 1024**3)
    quota_connections = models.PositiveIntegerField(_("uploads at the same time per person"), default=8)
    title_days = models.PositiveIntegerField(_("days that job titles and taps are kept"), default=30)
    #: Afterwards the ledger of sheets still knows device and cost centre, and no person.
    ledger_person_days = models.PositiveIntegerField(_("days that the ledger knows whose sheets"), default=90)
    #: Figures of fewer people are withheld in reports: they would speak of a person.
    least_people = models.PositiveSmallIntegerField(
        _("people behind a cost centre's figure, at least"), default=5
    )
    shows_cost = models.BooleanField(_("show what a job costs before it is printed"), default=False)

    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("municipality")
        verbose_name_plural = _("municipalities")
        constraints = [
            # The cooperative's office sees all members: there can't be a second one on the same installation.
            models.UniqueConstraint(
                fields=["is_cooperative"], condition=models.Q(is_cooperative=True), name="one_cooperative"
            ),
        ]

    def __str__(self) -> str:
        return self.name
