# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Members: the public bodies that are, were or will be in the cooperative.

Always holds: an installation serves one cooperative, so its members need no further tenant; whether a body is a member on a day is said
by the list of members alone (`member_list`), never by a field here. Name and address here are today's; the list keeps what they were.
"""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from allmende.cooperative.laender import Land
from allmende.directory.municipalities import Municipality

#: Eight digits for a municipality, five for a district; other bodies have none.
OFFICIAL_KEY = RegexValidator(r"^(\d{5}|\d{8})$", _("The official key has eight digits, a district's five."))


class MemberKind(models.TextChoices):
    MUNICIPALITY = "municipality", _("town or municipality")
    JOINT_MUNICIPALITY = "joint_municipality", _("joint municipality")
    DISTRICT = "district", _("district")
    ASSOCIATION = "association", _("special-purpose association")
    PUBLIC_COMPANY = "public_company", _("company of a municipality")
    PUBLIC_BODY = "public_body", _("other body under public law")
    PRIVATE = "private", _("other (not a public owner)")


class BodyFields(models.Model):
    """What the list and the invoices must know of a body."""

    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(
        _("kind"), max_length=20, choices=MemberKind.choices, default=MemberKind.MUNICIPALITY
    )
    land = models.CharField(_("Land"), max_length=2, choices=Land.choices)
    official_key = models.CharField(
        _("official key (AGS)"), max_length=8, blank=True, validators=[OFFICIAL_KEY]
    )
    street = models.CharField(_("street and number"), max_length=200, blank=True)
    postcode = models.CharField(_("postcode"), max_length=5, blank=True)
    place = models.CharField(_("place"), max_length=100, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    #: The town's own tenant on this platform, where it has one.
    municipality = models.ForeignKey(
        Municipality,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("town on this platform"),
    )

    class Meta:
        abstract = True

    @property
    def address(self) -> str:
        """One line, as the list of members has it."""
        place = f"{self.postcode} {self.place}".strip()
        return ", ".join(part for part in (self.street, place) if part)


#: What an accession hands over to the member that it makes.
BODY_FIELDS = (
    "name",
    "kind",
    "land",
    "official_key",
    "street",
    "postcode",
    "place",
    "email",
    "municipality_id",
)


class Member(BodyFields):
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [
            models.UniqueConstraint(
                fields=["municipality"],
                condition=models.Q(municipality__isnull=False),
                name="member_once_per_municipality",
            ),
        ]

    def __str__(self) -> str:
        return self.name


def member_of_municipality(municipality: Municipality) -> Member | None:
    """The body behind a town of this platform; also when it is no member any more."""
    return Member.objects.filter(municipality=municipality).first()
