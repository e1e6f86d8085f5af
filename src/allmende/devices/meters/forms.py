# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The forms about meters: a reading by hand, a file, the plan, SNMP access."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allmende.devices.meters.counts import HIGHEST_COUNT, KINDS, Counts
from allmende.devices.meters.plans import MeterPlan
from allmende.devices.meters.reading_import import FILE_BYTES, fault_of
from allmende.devices.meters.readings import MeterReading
from allmende.devices.meters.snmp_access import SnmpAccess, SnmpVersion

_LOCAL: Final = "%Y-%m-%dT%H:%M"
_SECRET: Final = {"autocomplete": "new-password", "autocapitalize": "none", "spellcheck": "false"}
_PLAIN: Final = {"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}


class ReadingForm(forms.Form):
    at = forms.DateTimeField(
        label=gettext_lazy("When the counter stood so"),
        input_formats=[_LOCAL, "%d.%m.%Y %H:%M", "%d.%m.%Y"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_LOCAL),
    )
    total = forms.IntegerField(label=gettext_lazy("All sides"), min_value=0, max_value=HIGHEST_COUNT)
    mono = forms.IntegerField(
        label=gettext_lazy("Of these black and white"), min_value=0, max_value=HIGHEST_COUNT, required=False
    )
    colour = forms.IntegerField(
        label=gettext_lazy("Of these colour"), min_value=0, max_value=HIGHEST_COUNT, required=False
    )
    a3 = forms.IntegerField(
        label=gettext_lazy("Of these larger than A4"), min_value=0, max_value=HIGHEST_COUNT, required=False
    )
    a3_colour = forms.IntegerField(
        label=gettext_lazy("Of these larger than A4 and in colour"),
        min_value=0,
        max_value=HIGHEST_COUNT,
        required=False,
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=200, required=False)

    def clean_at(self) -> Any:
        at = self.cleaned_data["at"]
        if at > timezone.now() + timedelta(minutes=10):
            raise forms.ValidationError(_("The time lies in the future."))
        return at

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not self.errors and (fault := fault_of({kind: data.get(kind) for kind in KINDS})):
            raise forms.ValidationError(fault)
        return data

    def counts(self) -> Counts:
        return Counts.read({kind: self.cleaned_data.get(kind) for kind in KINDS})

    @staticmethod
    def initial_of(reading: MeterReading) -> dict[str, Any]:
        return {"at": timezone.localtime(reading.at), **reading.counts.as_dict()}


class ReadingsFileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        help_text=gettext_lazy(
            "First line: geraet; zeit; gesamt; sw; farbe; a3; a3_farbe; blatt – geraet, zeit and gesamt are needed. The device by name, short name, inventory number or serial number."
        ),
    )

    def clean_file(self) -> bytes:
        file = self.cleaned_data["file"]
        if file.size > FILE_BYTES:
            raise forms.ValidationError(_("The file is larger than 2 MB."))
        content: bytes = file.read(FILE_BYTES + 1)
        return content


class MeterPlanForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    class Meta:
        model = MeterPlan
        fields = [
            "is_on",
            "reads_at",
            "watch_minutes",
            "low_percent",
            "paper_hours",
            "not_seen_hours",
            "mail_to",
            "mail_language",
        ]
        widgets = {
            "reads_at": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "mail_to": forms.Textarea(attrs={"rows": 3}),
        }


class SnmpAccessForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """Secrets are never shown again; an empty field leaves the stored one."""

    community = forms.CharField(
        label=gettext_lazy("Community"),
        max_length=64,
        required=False,
        widget=forms.PasswordInput(attrs=_SECRET),
        help_text=gettext_lazy("Version 2c. Leave empty to keep the stored one."),
    )
    auth_key = forms.CharField(
        label=gettext_lazy("Key for the signature"),
        min_length=8,
        max_length=64,
        required=False,
        widget=forms.PasswordInput(attrs=_SECRET),
        help_text=gettext_lazy("Version 3, at least 8 characters. Leave empty to keep the stored one."),
    )
    priv_key = forms.CharField(
        label=gettext_lazy("Key for the encryption"),
        min_length=8,
        max_length=64,
        required=False,
        widget=forms.PasswordInput(attrs=_SECRET),
        help_text=gettext_lazy("Version 3, at least 8 characters. Leave empty to keep the stored one."),
    )
    port = forms.IntegerField(label=gettext_lazy("Port"), min_value=1, max_value=65535, initial=161)

    field_order = [
        "version",
        "community",
        "user",
        "auth_protocol",
        "auth_key",
        "priv_protocol",
        "priv_key",
        "context",
        "host",
        "port",
    ]

    class Meta:
        model = SnmpAccess
        fields = ["version", "user", "auth_protocol", "priv_protocol", "context", "host", "port"]
        widgets = {"user": forms.TextInput(attrs=_PLAIN), "host": forms.TextInput(attrs=_PLAIN)}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.device_id is None:
            del self.fields["host"]  # the town's default has no address of its own

    def clean_port(self) -> int:
        port: int = self.cleaned_data["port"]
        if port != 161 and port < 1024:
            raise forms.ValidationError(_("Port 161, or one from 1024."))
        return port

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        version = data.get("version")
        if version == SnmpVersion.V2C:
            self._need("community", data)
        if version == SnmpVersion.V3:
            if not data.get("user"):
                self.add_error("user", _("Version 3 needs a user."))
            self._need("auth_key", data)
            self._need("priv_key", data)
        return data

    def secrets(self) -> dict[str, str]:
        return {name: self.cleaned_data.get(name, "") for name in ("community", "auth_key", "priv_key")}

    def _need(self, name: str, data: dict[str, Any]) -> None:
        if not data.get(name) and not self.instance.has(name) and name not in self.errors:
            self.add_error(name, _("It is needed for this version."))
