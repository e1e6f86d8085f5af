# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Signing in, signing out, changing the password.

Guessing is bounded twice: per name and client address (so that nobody can lock a colleague out from elsewhere), and per client
address over all names. What is counted is a keyed hash, not the name that was typed: people type passwords there.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from typing import Any, Final

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from allmende.directory.attempts import (
    Limit,
    TooManyAttemptsError,
    check_attempts,
    forget_attempts,
    spend_attempt,
)
from allmende.directory.audit import record_audit
from allmende.directory.people import Person

NAME_LIMIT: Final = Limit("sign-in", 6, timedelta(minutes=15))
#: A town hall often shares one address: wide enough for its people's typing errors, too narrow for a list of passwords.
ADDRESS_LIMIT: Final = Limit("sign-in-address", 60, timedelta(minutes=15))


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": _("This name and password do not belong together. Please check both."),
        "inactive": _("This name and password do not belong together. Please check both."),
    }

    username = forms.CharField(
        label=_("Sign-in name"),
        max_length=160,
        help_text=_("The name that you use at your computer, or name@town."),
        widget=forms.TextInput(
            attrs={"autofocus": True, "autocomplete": "username", "autocapitalize": "none"}
        ),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=4096,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def clean(self) -> dict[str, Any]:
        name = str(self.cleaned_data.get("username", ""))
        address = self.request.META.get("REMOTE_ADDR", "") if self.request else ""
        name_target = _target("name", name.strip().lower(), address)
        address_target = _target("address", address)
        try:
            check_attempts(ADDRESS_LIMIT, address_target)
            spend_attempt(NAME_LIMIT, name_target)
        except TooManyAttemptsError as error:
            minutes = error.retry_after // 60 + 1
            raise forms.ValidationError(
                ngettext(
                    "Too many failed attempts. Please wait %(minutes)d minute and try again.",
                    "Too many failed attempts. Please wait %(minutes)d minutes and try again.",
                    minutes,
                ),
                params={"minutes": minutes},
                code="too_many",
            ) from None
        try:
            cleaned = super().clean()
        except forms.ValidationError:
            # Never beyond the limit: the check above has refused by then.
            spend_attempt(ADDRESS_LIMIT, address_target)
            raise
        forget_attempts(NAME_LIMIT, name_target)
        return cleaned


class SignInPage(LoginView):
    authentication_form = SignInForm
    template_name = "directory/sign_in.html"
    redirect_authenticated_user = True


class SignOutPage(LogoutView):
    """Only by POST: no foreign page can sign anybody out."""


class ChangePasswordPage(PasswordChangeView):
    template_name = "directory/change_password.html"
    success_url = reverse_lazy("change_password")

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        person = self.request.user
        if isinstance(person, Person):
            record_audit(person.municipality, person, "password.changed", f"person:{person.pk}")
        messages.success(self.request, _("Your password has been changed."))
        return response


def _target(*parts: str) -> int:
    """63 bits of a keyed hash: the row number under which attempts are counted."""
    message = "|".join(("sign-in", *parts)).encode()
    digest = hmac.digest(settings.SECRET_KEY.encode(), message, hashlib.sha256)
    return int.from_bytes(digest[:8]) >> 1
