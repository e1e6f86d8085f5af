# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where a password link leads: the person sets a password that nobody else knows. The link works once and for some days."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from allmende.directory.audit import record_audit
from allmende.directory.people import Person


class NewPasswordPage(PasswordResetConfirmView):
    """The token is moved from the address into the session at once, so that it stays in no history or Referer."""

    template_name = "directory/new_password.html"
    success_url = reverse_lazy("sign_in")

    def get_user(self, uidb64: str) -> Any:
        person = super().get_user(uidb64)
        return person if isinstance(person, Person) and person.is_active else None

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        person = form.user
        record_audit(person.municipality, person, "password.set", f"person:{person.pk}")
        messages.success(self.request, _("Your password is set. Please sign in."))
        return response
