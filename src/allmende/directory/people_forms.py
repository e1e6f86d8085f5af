# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The forms about people: search, one person, a CSV file."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from allmende.directory.cost_centres import open_cost_centres
from allmende.directory.login_names import canonical_login
from allmende.directory.municipalities import Municipality
from allmende.directory.people_administration import MAX_ALIASES, PersonDetails
from allmende.directory.roles import RoleName

_NAME_INPUT: Final = {"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}


class PeopleSearchForm(forms.Form):
    q = forms.CharField(
        label=gettext_lazy("Name, login, e-mail"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"type": "search"}),
    )


class PersonForm(forms.Form):
    display_name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    login = forms.CharField(
        label=gettext_lazy("Login"),
        max_length=100,
        help_text=gettext_lazy(
            "The name with which the person signs in at the computer, without the domain."
        ),
        widget=forms.TextInput(attrs=_NAME_INPUT),
    )
    email = forms.EmailField(label=gettext_lazy("E-mail"), max_length=254, required=False)
    cost_centre = forms.ChoiceField(
        label=gettext_lazy("Cost centre"),
        required=False,
        help_text=gettext_lazy("Bears what the person prints, unless another is chosen at the device."),
    )
    aliases = forms.CharField(
        label=gettext_lazy("Other names on computers"),
        max_length=2000,
        required=False,
        help_text=gettext_lazy("One per line: print jobs under these names belong to this person too."),
        widget=forms.Textarea(attrs={**_NAME_INPUT, "rows": 3}),
    )
    roles = forms.MultipleChoiceField(
        label=gettext_lazy("Roles"),
        choices=RoleName.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "Town's IT changes everything here; an auditor only looks. Nobody needs a role to print."
        ),
    )
    is_active = forms.BooleanField(
        label=gettext_lazy("Active"),
        required=False,
        initial=True,
        help_text=gettext_lazy("Without this mark the person can neither sign in nor print."),
    )

    def __init__(self, *args: Any, municipality: Municipality, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._domains = [str(domain) for domain in municipality.login_domains]
        own = str(self.initial.get("cost_centre") or "")
        centres = {row.number: str(row) for row in open_cost_centres(municipality.pk, timezone.localdate())}
        # One that was closed stays with the person until somebody chooses another.
        centres = ({own: own} if own else {}) | centres
        self.fields["cost_centre"].choices = [("", _("None")), *sorted(centres.items())]  # type: ignore[attr-defined]

    def clean_login(self) -> str:
        login = canonical_login(self.cleaned_data["login"], self._domains)
        if not login:
            raise forms.ValidationError(_("This is no name that a computer could send."))
        return login

    def clean_aliases(self) -> tuple[str, ...]:
        written = self.cleaned_data["aliases"].replace(",", "\n").splitlines()
        names = {canonical_login(name, self._domains) for name in written} - {""}
        if len(names) > MAX_ALIASES:
            raise forms.ValidationError(
                ngettext("At most %(count)d name.", "At most %(count)d names.", MAX_ALIASES),
                params={"count": MAX_ALIASES},
            )
        return tuple(sorted(names))

    def details(self) -> PersonDetails:
        """Of a valid form. A login that stands among the aliases too is no alias."""
        data = self.cleaned_data
        return PersonDetails(
            login=data["login"],
            display_name=data["display_name"],
            email=data["email"],
            cost_centre=data["cost_centre"],
            aliases=tuple(name for name in data["aliases"] if name != data["login"]),
            is_active=data["is_active"],
            roles=frozenset(RoleName(name) for name in data["roles"]),
        )


class PeopleFileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        help_text=gettext_lazy(
            "From a spreadsheet or the staff system, up to 2 MB. The first line names the columns: login; name; email; "
            "cost_centre; aliases (German names are understood too). Only the login is needed."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,text/csv"}),
    )
    deactivate_missing = forms.BooleanField(
        label=gettext_lazy("Deactivate everybody who is not in the file"),
        required=False,
        help_text=gettext_lazy("People with a role stay active. Only for a file that is complete."),
    )
