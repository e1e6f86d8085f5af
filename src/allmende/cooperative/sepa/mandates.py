# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""SEPA mandates: a member's leave to collect by debit.

A member's legal successor is collected from by the predecessor's mandate while it has none of its own.

Always holds: a reference is used once for all time; a member has at most one mandate that is neither revoked nor lapsed; a mandate that was not
used for 36 months lapses (SEPA Core rulebook, section 4.1). The first collection is FRST, those after it RCUR.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Final

from django.db import models, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from allmende.cooperative.billing_profile import check_iban, clean_iban
from allmende.cooperative.claims import open_claims
from allmende.cooperative.continued_memberships import continued_by, successor_of
from allmende.cooperative.hash_chain import record_change
from allmende.cooperative.member_list import memberships_of
from allmende.cooperative.members import Member
from allmende.cooperative.money import MoneyRefusedError
from allmende.cooperative.periods import add_months
from allmende.directory.people import Person

_LAPSES_AFTER: Final = 36
#: The characters that banks must take over (EPC217-08); no blank, so that nothing is lost.
_REFERENCE: Final = re.compile(r"^[A-Za-z0-9+?/:().,'-]{1,35}$")


class Scheme(models.TextChoices):
    CORE = "CORE", _("basic debit (CORE)")
    B2B = "B2B", _("debit between firms (B2B)")


class Mandate(models.Model):
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="mandates")
    reference = models.CharField(_("mandate reference"), max_length=35, unique=True)
    scheme = models.CharField(_("scheme"), max_length=4, choices=Scheme.choices, default=Scheme.CORE)
    holder = models.CharField(_("account holder"), max_length=70)
    iban = models.CharField(_("IBAN"), max_length=34, validators=[check_iban])
    signed_on = models.DateField(_("signed on"))
    revoked_on = models.DateField(_("revoked on"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["member__name", "-signed_on"]
        verbose_name = _("mandate")
        verbose_name_plural = _("mandates")
        constraints = [
            models.UniqueConstraint(
                fields=["member"], condition=models.Q(revoked_on__isnull=True), name="mandate_one_per_member"
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.iban = clean_iban(self.iban)
        super().save(*args, **kwargs)

    def last_used(self) -> date | None:
        last: date | None = self.collections.aggregate(day=models.Max("run__day"))["day"]
        return last

    def lapsed_on(self, day: date) -> bool:
        return day > add_months(self.last_used() or self.signed_on, _LAPSES_AFTER)

    def may_be_used_on(self, day: date) -> bool:
        return (
            self.signed_on <= day
            and (self.revoked_on is None or day < self.revoked_on)
            and not self.lapsed_on(day)
        )


def mandate_for(member: Member, day: date) -> Mandate | None:
    """The one by which may be collected on the day: the member's own, else that of a body whose legal successor it is, else of its own successor.

    Whoever succeeds by law takes over claims and leave to collect alike.
    """
    bodies = [member, *reversed([each.predecessor for each in continued_by(member)])]
    heir = successor_of(member)
    if heir is not None:
        bodies.append(heir)
    for body in bodies:
        rows = Mandate.objects.filter(member=body, revoked_on__isnull=True)
        found = next((each for each in rows if each.may_be_used_on(day)), None)
        if found is not None:
            return found
    return None


def mandates_without_use(today: date) -> list[Mandate]:
    """Of bodies that have left, owe nothing and have no successor: somebody should end them."""
    found = []
    for mandate in Mandate.objects.filter(revoked_on__isnull=True).select_related("member"):
        spans = memberships_of(mandate.member)
        has_left = bool(spans) and all(each.last_day is not None and each.last_day < today for each in spans)
        if has_left and successor_of(mandate.member) is None and not open_claims(member=mandate.member):
            found.append(mandate)
    return found


def record_mandate(actor: Person | None, mandate: Mandate) -> None:
    """Raises MoneyRefusedError, ValidationError (IBAN)."""
    if not _REFERENCE.match(mandate.reference):
        raise MoneyRefusedError(
            gettext(
                "A mandate's reference has up to 35 letters (without umlauts), digits and + ? / - : ( ) . , '"
            )
        )
    with transaction.atomic():
        list(Member.objects.select_for_update().filter(pk=mandate.member_id))
        if Mandate.objects.filter(reference=mandate.reference).exists():
            raise MoneyRefusedError(
                gettext("This reference is used already: each mandate needs one of its own.")
            )
        if Mandate.objects.filter(member=mandate.member_id, revoked_on__isnull=True).exists():
            raise MoneyRefusedError(gettext("The member has a mandate already: revoke that one first."))
        mandate.save()
        record_change(
            actor,
            "mandate",
            mandate.pk,
            "recorded",
            {"member": mandate.member_id, "signed_on": mandate.signed_on},
            personal={"reference": mandate.reference, "iban": mandate.iban, "holder": mandate.holder},
        )


def revoke_mandate(actor: Person | None, mandate: Mandate, day: date) -> None:
    """From the day on nothing is collected. Raises MoneyRefusedError."""
    if mandate.revoked_on is not None:
        raise MoneyRefusedError(gettext("This mandate is revoked already."))
    with transaction.atomic():
        mandate.revoked_on = day
        mandate.save(update_fields=["revoked_on"])
        record_change(actor, "mandate", mandate.pk, "revoked", {"day": day})
