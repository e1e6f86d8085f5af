# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A town's own rules, as its IT sets them: whom it trusts, how long it keeps what, how much one person may store."""

from __future__ import annotations

import ipaddress
import re
from typing import Any, Final

from django import forms
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allmende.directory.access import check_town_it
from allmende.directory.audit import record_audit
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person

MEGABYTE: Final = 10**6
MAX_ENTRIES: Final = 50
#: A wider network than these is no house's own: everybody in it could print in anybody's name.
WIDEST_IPV4: Final = 8
WIDEST_IPV6: Final = 32
_DOMAIN: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]{0,98}[a-z0-9_])?")

FIELDS: Final = (
    "trusted_networks",
    "login_domains",
    "accept_before_enrolment",
    "held_hours",
    "quota_jobs",
    "quota_bytes",
    "quota_connections",
    "title_days",
    "least_people",
    "ledger_person_days",
    "shows_cost",
)


class TownRulesForm(forms.Form):
    trusted_networks = forms.CharField(
        label=gettext_lazy("Trusted networks"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "One per line, for example 10.20.0.0/16. A computer in them is believed when it says whose job it sends. "
            "Jobs from elsewhere need a personal queue address, or wait until their owner claims them at a device."
        ),
    )
    login_domains = forms.CharField(
        label=gettext_lazy("Sign-in domains"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocapitalize": "none"}),
        help_text=gettext_lazy(
            r"One per line: TOWN in TOWN\anna and town.example in anna@town.example both mean anna. "
            "Names of other domains stay strangers."
        ),
    )
    accept_before_enrolment = forms.BooleanField(
        label=gettext_lazy("Accept jobs of people who have no chip yet"),
        required=False,
        help_text=gettext_lazy(
            "Such jobs wait under the town's enrolment key, which is weaker than a chip: the server's secrets open it."
        ),
    )
    held_hours = forms.IntegerField(
        label=gettext_lazy("Hours that a job waits for its chip"),
        min_value=1,
        max_value=720,
        help_text=gettext_lazy("Afterwards it is deleted. 24 is common; 72 reaches over a weekend."),
    )
    quota_jobs = forms.IntegerField(
        label=gettext_lazy("Waiting jobs per person"),
        min_value=1,
        max_value=10_000,
        help_text=gettext_lazy("More are refused until some are collected or deleted."),
    )
    quota_megabytes = forms.IntegerField(
        label=gettext_lazy("Waiting megabytes per person"), min_value=1, max_value=1_000_000
    )
    quota_connections = forms.IntegerField(
        label=gettext_lazy("Uploads at the same time per person"), min_value=1, max_value=64
    )
    title_days = forms.IntegerField(
        label=gettext_lazy("Days that sealed titles and taps are kept"),
        min_value=1,
        max_value=3650,
        help_text=gettext_lazy("Page counts for the bill stay, without title."),
    )
    ledger_person_days = forms.IntegerField(
        label=gettext_lazy("Days that the ledger knows whose sheets they are"),
        min_value=1,
        max_value=3650,
        help_text=gettext_lazy(
            "Afterwards an entry has device and cost centre, and no person. A year's quota of a person needs no names: its use is kept as a sum."
        ),
    )
    shows_cost = forms.BooleanField(
        label=gettext_lazy("Show what a job costs before it is printed"),
        required=False,
        help_text=gettext_lazy("At the device and in the portal, by the prices of the contracts."),
    )
    least_people = forms.IntegerField(
        label=gettext_lazy("People behind a figure of a cost centre, device or site, at least"),
        min_value=3,
        max_value=100,
        help_text=gettext_lazy("Reports withhold figures with fewer people behind them."),
    )

    def clean_trusted_networks(self) -> list[str]:
        networks: list[str] = []
        for text in _entries(self.cleaned_data["trusted_networks"]):
            try:
                network = ipaddress.ip_network(text, strict=False)
            except ValueError:
                raise forms.ValidationError(
                    _(
                        "“%(text)s” is no network. Write for example 10.20.0.0/16, or 10.20.1.7 for one computer."
                    )
                    % {"text": text}
                ) from None
            if network.prefixlen < (WIDEST_IPV4 if network.version == 4 else WIDEST_IPV6):
                raise forms.ValidationError(
                    _("“%(text)s” is too wide: it is not your house alone.") % {"text": text}
                )
            if str(network) not in networks:
                networks.append(str(network))
        return networks

    def clean_login_domains(self) -> list[str]:
        domains: list[str] = []
        for text in _entries(self.cleaned_data["login_domains"]):
            domain = text.casefold().removeprefix("@").removesuffix("\\")
            if not _DOMAIN.fullmatch(domain):
                raise forms.ValidationError(_("“%(text)s” is no domain.") % {"text": text})
            if domain not in domains:
                domains.append(domain)
        return domains

    def rules(self) -> dict[str, Any]:
        """Of a valid form: the town's columns."""
        data = dict(self.cleaned_data)
        data["quota_bytes"] = data.pop("quota_megabytes") * MEGABYTE
        return data


def describe_rules(municipality: Municipality) -> dict[str, Any]:
    """The form's initial values."""
    values = {name: getattr(municipality, name) for name in FIELDS}
    values["trusted_networks"] = "\n".join(str(each) for each in municipality.trusted_networks)
    values["login_domains"] = "\n".join(str(each) for each in municipality.login_domains)
    values["quota_megabytes"] = max(1, round(values.pop("quota_bytes") / MEGABYTE))
    return values


def change_rules(actor: Person, municipality: Municipality, rules: dict[str, Any]) -> dict[str, Any]:
    """Set the town's columns; field → [old, new] of what changed. Raises PermissionDenied."""
    check_town_it(actor, municipality.pk)
    with transaction.atomic():
        row = Municipality.objects.select_for_update().get(pk=municipality.pk)
        changed: dict[str, Any] = {}
        for name in FIELDS:
            old = getattr(row, name)
            if name == "quota_bytes" and round(old / MEGABYTE) == round(rules[name] / MEGABYTE):
                continue  # the form shows whole megabytes: saving it must not round what nobody touched
            if old != rules[name]:
                changed[name] = [old, rules[name]]
                setattr(row, name, rules[name])
        if changed:
            row.save(update_fields=list(changed))
            record_audit(row, actor, "settings.changed", **changed)
    return changed


def _entries(text: str) -> list[str]:
    entries = [line.strip() for line in text.replace(",", "\n").splitlines() if line.strip()]
    if len(entries) > MAX_ENTRIES:
        raise forms.ValidationError(_("At most %(count)d entries.") % {"count": MAX_ENTRIES})
    return entries
