# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The forms about devices, sites and tokens."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allmende.devices.device_addresses import parse_device_uri
from allmende.devices.device_administration import DeviceDetails
from allmende.devices.device_errors import DeviceUnreachableError
from allmende.devices.device_models import DeviceModel
from allmende.devices.device_settings import address_policy
from allmende.devices.device_tokens import TokenKind
from allmende.devices.devices import DeviceKind
from allmende.devices.inventory_forms import DayField, RoomField, rooms_of, set_choices
from allmende.devices.places import Room
from allmende.devices.sites import Site
from allmende.directory.municipalities import Municipality
from allmende.seal import ChipNumberError, ChipNumberFault, NumberFormat, NumberKind, read_chip_number

_PLAIN: Final = {"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}


class AddressForm(forms.Form):
    address = forms.CharField(
        label=gettext_lazy("Address of the device"),
        max_length=300,
        help_text=gettext_lazy(
            "Its name or IP address in the network, for example 10.20.4.17; or a whole address such as ipps://printer-1.example/ipp/print."
        ),
        widget=forms.TextInput(attrs=_PLAIN),
    )


class DeviceForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=120, help_text=gettext_lazy("What people read at the panel.")
    )
    slug = forms.SlugField(
        label=gettext_lazy("Short name"),
        max_length=60,
        help_text=gettext_lazy("For addresses: small letters, digits and hyphens, for example rathaus-eg."),
        widget=forms.TextInput(attrs=_PLAIN),
    )
    site = forms.ModelChoiceField(
        label=gettext_lazy("Site"), queryset=Site.objects.none(), required=False, empty_label="–"
    )
    room = RoomField(
        label=gettext_lazy("Room"),
        queryset=Room.objects.none(),
        required=False,
        empty_label="–",
        help_text=gettext_lazy("With a room, site, floor and room are the room's."),
    )
    place = forms.CharField(label=gettext_lazy("Or floor and room in words"), max_length=120, required=False)
    uri = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=300,
        required=False,
        help_text=gettext_lazy(
            "ipps://, ipp://, or as a last resort socket://…:9100, which can't tell when a page is out. Empty: the device is in the inventory only, and nobody can print to it by chip."
        ),
        widget=forms.TextInput(attrs=_PLAIN),
    )
    release_on_tap = forms.BooleanField(
        label=gettext_lazy("A tap prints everything at once"),
        required=False,
        help_text=gettext_lazy("For a reader without a panel: nobody can choose or look first."),
    )
    is_active = forms.BooleanField(
        label=gettext_lazy("In use"),
        required=False,
        initial=True,
        help_text=gettext_lazy(
            "Without this mark its panels and readers open nothing; waiting jobs come out elsewhere."
        ),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=DeviceKind.choices, required=False, initial="multifunction"
    )
    device_model = forms.ModelChoiceField(
        label=gettext_lazy("Model in the catalogue"),
        queryset=DeviceModel.objects.none(),
        required=False,
        empty_label="–",
    )
    inventory_number = forms.CharField(label=gettext_lazy("Inventory number"), max_length=60, required=False)
    serial_number = forms.CharField(
        label=gettext_lazy("Serial number"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("What the device itself tells replaces what is written here."),
    )
    acquired_on = DayField(label=gettext_lazy("Bought or leased on"), required=False)
    lease_ends_on = DayField(label=gettext_lazy("Lease ends on"), required=False)
    remark = forms.CharField(label=gettext_lazy("Remark"), max_length=200, required=False)
    certificate_sha256 = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, municipality: Municipality, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(
            self,
            site=Site.objects.filter(municipality=municipality),
            room=rooms_of(municipality),
            device_model=DeviceModel.objects.filter(municipality=municipality),
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        site, room = data.get("site"), data.get("room")
        if site and room and room.floor.site_id != site.pk:
            self.add_error("room", _("This room is in another site. Choose one there, or none."))
        return data

    def clean_slug(self) -> str:
        return str(self.cleaned_data["slug"]).lower()

    def clean_uri(self) -> str:
        if not self.cleaned_data["uri"]:
            return ""
        try:
            return str(parse_device_uri(self.cleaned_data["uri"], address_policy()))
        except DeviceUnreachableError as error:
            raise forms.ValidationError(
                _("This is no address for a device (%(reason)s).") % {"reason": error}
            ) from None

    def details(self) -> DeviceDetails:
        """Of a valid form."""
        data = self.cleaned_data
        return DeviceDetails(
            name=data["name"],
            slug=data["slug"],
            uri=data["uri"],
            site_id=data["site"].pk if data["site"] else None,
            place=data["place"],
            release_on_tap=data["release_on_tap"],
            is_active=data["is_active"],
            room_id=data["room"].pk if data["room"] else None,
            kind=data["kind"] or DeviceKind.MULTIFUNCTION.value,
            device_model_id=data["device_model"].pk if data["device_model"] else None,
            inventory_number=data["inventory_number"],
            serial_number=data["serial_number"],
            acquired_on=data["acquired_on"],
            lease_ends_on=data["lease_ends_on"],
            remark=data["remark"],
        )


class SiteForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    address = forms.CharField(label=gettext_lazy("Address"), max_length=200, required=False)


_KINDS: Final[list[tuple[str, str | Promise]]] = [
    (NumberKind.HEX.value, gettext_lazy("hexadecimal, as 04A2B3C4")),
    (NumberKind.DECIMAL.value, gettext_lazy("decimal, as 0077801412")),
    (NumberKind.WIEGAND26.value, gettext_lazy("Wiegand 26, as 123,45678")),
]
_FAULTS: Final[dict[ChipNumberFault, str | Promise]] = {
    ChipNumberFault.EMPTY: gettext_lazy("Nothing is left of it after prefix and suffix."),
    ChipNumberFault.TOO_LONG: gettext_lazy("Too long for a chip's number."),
    ChipNumberFault.PREFIX_MISSING: gettext_lazy("It does not begin with the prefix."),
    ChipNumberFault.SUFFIX_MISSING: gettext_lazy("It does not end with the suffix."),
    ChipNumberFault.NOT_HEX: gettext_lazy("It is not hexadecimal."),
    ChipNumberFault.NOT_DECIMAL: gettext_lazy("It is not decimal."),
    ChipNumberFault.NOT_WIEGAND: gettext_lazy("It is not Wiegand 26."),
    ChipNumberFault.OUT_OF_RANGE: gettext_lazy("Its parts are too large for Wiegand 26."),
    ChipNumberFault.WRONG_LENGTH: gettext_lazy("Its length does not fit: set or clear the number of bytes."),
    ChipNumberFault.ALL_ZERO: gettext_lazy("It is all zeros: the reader failed to read."),
}


class TokenForm(forms.Form):
    """Try-out: `sample` is read with the format and never stored, logged or shown again."""

    kind = forms.ChoiceField(
        label=gettext_lazy("For"),
        choices=TokenKind.choices,
        widget=forms.RadioSelect,
        initial=TokenKind.PANEL.value,
    )
    label = forms.CharField(
        label=gettext_lazy("Label"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("For example: tablet, reader on the left"),
    )
    number_kind = forms.ChoiceField(
        label=gettext_lazy("How the reader writes a chip's number"), choices=_KINDS
    )
    reversed = forms.BooleanField(
        label=gettext_lazy("Last byte first"),
        required=False,
        help_text=gettext_lazy("Two readers show the same chip as 04A2B3C4 and C4B3A204: mark one of them."),
    )
    strip_prefix = forms.CharField(
        label=gettext_lazy("Prefix to drop"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs=_PLAIN),
    )
    strip_suffix = forms.CharField(
        label=gettext_lazy("Suffix to drop"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs=_PLAIN),
    )
    byte_length = forms.IntegerField(
        label=gettext_lazy("Bytes of the number"),
        min_value=3,
        max_value=16,
        required=False,
        help_text=gettext_lazy("Only where the reader drops leading zeros: 4 or 7 for most chips."),
    )
    keep_last = forms.IntegerField(
        label=gettext_lazy("Use only the last bytes"),
        min_value=3,
        max_value=16,
        required=False,
        help_text=gettext_lazy(
            "3, where Wiegand readers stand beside full ones. It must be the same at all readers of the town."
        ),
    )
    sample = forms.CharField(
        label=gettext_lazy("Try it out"),
        max_length=128,
        required=False,
        help_text=gettext_lazy(
            "Click here and put a chip on the reader, then press “Try out”. The number is not stored."
        ),
        widget=forms.TextInput(attrs=_PLAIN),
    )

    def number_format(self) -> NumberFormat:
        """Of a valid form."""
        data = self.cleaned_data
        return NumberFormat(
            kind=NumberKind(data["number_kind"]),
            reversed=data["reversed"],
            strip_prefix=data["strip_prefix"],
            strip_suffix=data["strip_suffix"],
            byte_length=data["byte_length"],
            keep_last=data["keep_last"],
        )

    def try_sample(self) -> int | None:
        """How many bytes the sample has in its canonical form; None, with an error at the field, where it can't be read."""
        try:
            return len(read_chip_number(self.cleaned_data["sample"], self.number_format()))
        except ChipNumberError as error:
            self.add_error("sample", str(_FAULTS[error.fault]))
            return None
