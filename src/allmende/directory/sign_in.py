# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Sign-in by name and password: `login@slug`, or the login alone where only one town knows it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from allmende.directory.people import Person


class TownBackend(ModelBackend):
    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> Person | None:
        """The active person with this name and password; None otherwise, in the same time for every reason."""
        del request
        name = (username or kwargs.get("sign_in_name") or "").strip().casefold()
        if not name or password is None:
            return None
        found = list(Person.objects.filter(sign_in_name=name)[:1]) or list(
            Person.objects.filter(login=name)[:2]
        )
        if len(found) != 1:
            Person().set_password(password)
            return None
        person = found[0]
        if person.check_password(password) and self.user_can_authenticate(person):
            return person
        return None
