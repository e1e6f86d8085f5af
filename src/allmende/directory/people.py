# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""People: who prints, who signs in, and the name by which each is found.

A person belongs to one municipality (operators of the platform to none) and has one canonical login there. A sign-in name is
`login@slug`, unique over all towns. The person's public key (`recipient`) exists as soon as a chip was enrolled; the
private half exists only wrapped, once per chip (see `chips`).
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils.translation import gettext_lazy as _

from allmende.directory.municipalities import Municipality


class PersonManager(BaseUserManager["Person"]):
    def create_person(
        self, *, municipality: Municipality | None, login: str, password: str | None = None, **fields: Any
    ) -> Person:
        """A person with the canonical `login`; without a password, sign-in by password is impossible."""
        sign_in_name = f"{login}@{municipality.slug}" if municipality else login
        person = self.model(municipality=municipality, login=login, sign_in_name=sign_in_name, **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def create_superuser(self, sign_in_name: str, password: str | None = None) -> Person:
        return self.create_person(
            municipality=None, login=sign_in_name, password=password, is_staff=True, is_superuser=True
        )


class Person(AbstractBaseUser, PermissionsMixin):
    municipality = models.ForeignKey(
        Municipality, on_delete=models.PROTECT, null=True, blank=True, related_name="people"
    )
    login = models.CharField(_("login"), max_length=100)
    sign_in_name = models.CharField(_("sign-in name"), max_length=160, unique=True)
    display_name = models.CharField(_("name"), max_length=200)
    email = models.EmailField(_("e-mail"), blank=True)
    #: Who bears what this person prints, where nothing else is chosen at the device.
    cost_centre = models.ForeignKey(
        "directory.CostCentre",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="people",
        verbose_name=_("cost centre"),
    )
    recipient = models.CharField(max_length=80, blank=True, editable=False)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("may use the raw administration"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "sign_in_name"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[PersonManager] = PersonManager()

    class Meta:
        ordering = ["display_name"]
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.UniqueConstraint(fields=["municipality", "login"], name="person_login_per_municipality"),
        ]

    def __str__(self) -> str:
        return self.display_name or self.login


class PersonAlias(models.Model):
    """Another name under which a person's computer prints; canonical form, unique in the town."""

    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="aliases")
    name = models.CharField(_("name on the computer"), max_length=100)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["municipality", "name"], name="alias_per_municipality"),
        ]

    def __str__(self) -> str:
        return self.name


class Delegation(models.Model):
    """`delegate` may collect what `owner` prints from now on: documents are sealed to both."""

    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE)
    owner = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="delegations_given")
    delegate = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="delegations_received")
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "delegate"],
                condition=models.Q(ended_at__isnull=True),
                name="one_open_delegation",
            ),
            models.CheckConstraint(
                condition=~models.Q(owner=models.F("delegate")), name="no_delegation_to_oneself"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.owner} → {self.delegate}"
