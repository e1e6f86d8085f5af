# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Forms of the contracts' pages. Prices are typed with comma or point; an A3 price that is left empty is A4's."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Final, TypeVar

from django import forms
from django.utils.formats import localize_input, sanitize_separators
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allmende.devices.devices import Device
from allmende.directory.municipalities import Municipality
from allmende.fleet.contracts import (
    SERVICES,
    ChargeKind,
    Contract,
    ContractCharge,
    ContractDevice,
    ContractTerm,
    InvoicedBy,
    Settled,
    VolumeChoice,
    VolumePerChoice,
)
from allmende.fleet.supplier_invoice_file import read_number

R = TypeVar("R", Contract, ContractTerm, ContractCharge, ContractDevice)
_PLAIN: Final = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
_MOST_CLASSES: Final = 50
_EARLIEST: Final = date(1990, 1, 1)
_LATEST: Final = date(2100, 1, 1)


class EuroField(forms.DecimalField):
    """Euros, never below zero; `0,0042` and `0.0042`, shown in the reader's language."""

    widget = forms.TextInput

    def __init__(self, *, decimals: int = 6, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_digits=12, decimal_places=decimals, **kwargs)
        self.widget.attrs.update({"inputmode": "decimal", **_PLAIN})

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = sanitize_separators(value.strip())
            if isinstance(value, str) and "," in value:
                value = value.replace(",", ".")
        return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Decimal):
            plain = value.normalize()
            exponent = plain.as_tuple().exponent
            if isinstance(exponent, int) and exponent > -2:
                plain = plain.quantize(Decimal("0.01"))
            return localize_input(plain)
        return value


class DayField(forms.DateField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), **kwargs)
        self.input_formats = ["%Y-%m-%d", "%d.%m.%Y"]

    def validate(self, value: Any) -> None:
        super().validate(value)
        if isinstance(value, date) and not _EARLIEST <= value <= _LATEST:
            raise forms.ValidationError(_("A day between 1990 and 2100, please."))


class ContractForm(forms.Form):
    supplier = forms.CharField(label=gettext_lazy("Supplier"), max_length=200)
    number = forms.CharField(label=gettext_lazy("Contract number"), max_length=80)
    title = forms.CharField(label=gettext_lazy("What it is about"), max_length=200, required=False)
    first_day = DayField(label=gettext_lazy("First day"))
    last_day = DayField(
        label=gettext_lazy("Last day"), required=False, help_text=gettext_lazy("Empty: open end.")
    )
    settled = forms.ChoiceField(label=gettext_lazy("Settled"), choices=Settled.choices)
    invoiced_by = forms.ChoiceField(
        label=gettext_lazy("What is settled is invoiced by"),
        choices=InvoicedBy.choices,
        initial=InvoicedBy.SUPPLIER,
        help_text=gettext_lazy(
            "By the cooperative: a closed settlement is then a charge there, and comes with its next invoice. Only for towns that are members."
        ),
    )
    services = forms.MultipleChoiceField(
        label=gettext_lazy("In the price"),
        choices=SERVICES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("What has no mark the town pays beside the contract."),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def apply(self, row: Contract) -> Contract:
        return _apply(self.cleaned_data, row)


class TermForm(forms.Form):
    first_day = DayField(
        label=gettext_lazy("Valid from"),
        help_text=gettext_lazy("Until the next price list begins, or the contract ends."),
    )
    rent = EuroField(label=gettext_lazy("Rent per device and month, euros net"), initial=Decimal(0))
    rents = forms.CharField(
        label=gettext_lazy("Other rent by class"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4, **_PLAIN}),
        help_text=gettext_lazy("One class in each line, for example: A3 colour = 58.50"),
    )
    click_mono = EuroField(label=gettext_lazy("A4 black and white, euros net per side"), initial=Decimal(0))
    click_colour = EuroField(label=gettext_lazy("A4 colour, euros net per side"), initial=Decimal(0))
    click_mono_a3 = EuroField(
        label=gettext_lazy("A3 black and white, euros net per side"),
        required=False,
        help_text=gettext_lazy("Empty: as A4."),
    )
    click_colour_a3 = EuroField(
        label=gettext_lazy("A3 colour, euros net per side"),
        required=False,
        help_text=gettext_lazy("Empty: as A4."),
    )
    volume_kind = forms.ChoiceField(label=gettext_lazy("Volume"), choices=VolumeChoice.choices)
    volume_mono = forms.IntegerField(
        label=gettext_lazy("Volume black and white, sides"), min_value=0, max_value=10**9, initial=0
    )
    volume_colour = forms.IntegerField(
        label=gettext_lazy("Volume colour, sides"), min_value=0, max_value=10**9, initial=0
    )
    volume_pooled = forms.ChoiceField(
        label=gettext_lazy("The volume is for"),
        choices=[("yes", gettext_lazy("all devices together")), ("no", gettext_lazy("each device"))],
    )
    volume_per = forms.ChoiceField(label=gettext_lazy("It is reckoned for"), choices=VolumePerChoice.choices)
    tax_rate = EuroField(
        label=gettext_lazy("Tax rate, per cent"),
        decimals=2,
        max_value=50,
        required=False,
        help_text=gettext_lazy("Empty: the rate that the law has on the last day of what is settled."),
    )

    @staticmethod
    def initial_of(row: ContractTerm) -> dict[str, Any]:
        values: dict[str, Any] = {
            name: getattr(row, name) for name in TermForm.base_fields if name != "volume_pooled"
        }
        values["rents"] = "\n".join(
            f"{name} = {localize_input(Decimal(rent))}" for name, rent in sorted(row.rents.items())
        )
        values["volume_pooled"] = "yes" if row.volume_pooled else "no"
        return values

    def clean_rents(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for line in str(self.cleaned_data["rents"]).splitlines():
            if not line.strip():
                continue
            name, _equals, text = line.rpartition("=")
            rent = read_number(text)
            name = " ".join(name.split())
            if not name or rent is None or rent < 0 or len(name) > 80:
                raise forms.ValidationError(
                    _("“%(line)s” can't be read: write the class, =, and euros per month.")
                    % {"line": line.strip()[:80]}
                )
            if name in found:
                raise forms.ValidationError(_("“%(name)s” is there twice: remove one line.") % {"name": name})
            found[name] = str(rent)
        if len(found) > _MOST_CLASSES:
            raise forms.ValidationError(
                _("More than %(most)d classes: make fewer.") % {"most": _MOST_CLASSES}
            )
        return found

    def apply(self, row: ContractTerm) -> ContractTerm:
        data = dict(self.cleaned_data)
        for a3, a4 in (("click_mono_a3", "click_mono"), ("click_colour_a3", "click_colour")):
            data[a3] = data[a4] if data[a3] is None else data[a3]
        data["volume_pooled"] = data["volume_pooled"] == "yes"
        return _apply(data, row)


class ChargeForm(forms.Form):
    day = DayField(label=gettext_lazy("Day"))
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=ChargeKind.choices)
    label = forms.CharField(label=gettext_lazy("Label"), max_length=200)
    amount = EuroField(label=gettext_lazy("Amount, euros net"), decimals=2)
    is_credit = forms.BooleanField(label=gettext_lazy("The supplier pays it to the town"), required=False)

    def apply(self, row: ContractCharge) -> ContractCharge:
        return _apply(self.cleaned_data, row)


class _ClassForm(forms.Form):
    device_class = forms.ChoiceField(label=gettext_lazy("Class"), required=False)

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        classes = sorted({str(name) for row in contract.terms.all() for name in row.rents})
        field = self.fields["device_class"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", _("general rent")), *((name, name) for name in classes)]


class DevicesForm(_ClassForm):
    """Several devices at once."""

    devices = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Devices"), queryset=Device.objects.none(), widget=forms.CheckboxSelectMultiple
    )
    first_day = DayField(label=gettext_lazy("First day in the contract"))
    last_day = DayField(label=gettext_lazy("Last day in the contract"), required=False)

    field_order = ["devices", "device_class", "first_day", "last_day"]

    def __init__(self, *args: Any, contract: Contract, municipality: Municipality, **kwargs: Any) -> None:
        super().__init__(*args, contract=contract, **kwargs)
        inside = ContractDevice.objects.filter(municipality=municipality, last_day__isnull=True)
        field = self.fields["devices"]
        if isinstance(field, forms.ModelMultipleChoiceField):
            field.queryset = Device.objects.filter(municipality=municipality).exclude(
                pk__in=inside.values("device")
            )


class ContractDeviceForm(_ClassForm):
    supplier_number = forms.CharField(
        label=gettext_lazy("Supplier's number"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("How invoices call the device, where that is not its serial number."),
    )
    first_day = DayField(label=gettext_lazy("First day in the contract"))
    last_day = DayField(label=gettext_lazy("Last day in the contract"), required=False)

    def apply(self, row: ContractDevice) -> ContractDevice:
        return _apply(self.cleaned_data, row)


class CloseForm(forms.Form):
    """`digest` is of the draft that was shown."""

    digest = forms.CharField(widget=forms.HiddenInput, max_length=64)
    reason = forms.CharField(
        label=gettext_lazy("Why it is corrected"), max_length=300, required=False, widget=forms.HiddenInput
    )
    accept_missing = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, is_correction: bool, is_missing: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_correction:
            self.fields["reason"].widget = forms.TextInput()
            self.fields["reason"].required = True
        if is_missing:
            field = self.fields["accept_missing"]
            field.widget = forms.CheckboxInput()
            field.label = _("Close it without the impressions of the devices that have no readings")
            field.required = True


class InvoiceForm(forms.Form):
    number = forms.CharField(label=gettext_lazy("Invoice number"), max_length=80)
    period = forms.ChoiceField(label=gettext_lazy("Settled period"))
    file = forms.FileField(label=gettext_lazy("CSV file"))

    def __init__(
        self, *args: Any, periods: list[tuple[str, str]], with_file: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["period"]
        if isinstance(field, forms.ChoiceField):
            field.choices = periods
        if not with_file:
            del self.fields["file"]


def _apply(data: dict[str, Any], row: R) -> R:
    for name, value in data.items():
        setattr(row, name, value)
    return row
