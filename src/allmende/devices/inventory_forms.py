# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The forms of the inventory: search, places, models, moves, swaps, labels, faults."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allmende.devices.device_labels import SHEETS
from allmende.devices.device_models import DeviceModel
from allmende.devices.device_relocation import Location, settle_location
from allmende.devices.devices import Device
from allmende.devices.fault_reports import MAX_ANSWER, MAX_TEXT, FaultKind
from allmende.devices.places import Room
from allmende.devices.sites import Site
from allmende.directory.municipalities import Municipality

if TYPE_CHECKING:
    # Generic for the checker alone.
    _RoomChoiceField = forms.ModelChoiceField[Room]
    _DeviceModelForm = forms.ModelForm[DeviceModel]
else:
    _RoomChoiceField = forms.ModelChoiceField
    _DeviceModelForm = forms.ModelForm

_STATES: Final[list[tuple[str, str | Promise]]] = [
    ("", gettext_lazy("all")),
    ("in-use", gettext_lazy("in use")),
    ("trouble", gettext_lazy("in use, with trouble")),
    ("no-address", gettext_lazy("in the inventory only")),
    ("out", gettext_lazy("not in use")),
]


class DayField(forms.DateField):
    """A day, with the browser's own calendar."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        super().__init__(widget=widget, input_formats=["%Y-%m-%d", "%d.%m.%Y"], **kwargs)


class RoomField(_RoomChoiceField):
    def label_from_instance(self, obj: Room) -> str:
        return f"{obj.floor.site} · {obj.floor} · {obj}"


def rooms_of(municipality: Municipality) -> QuerySet[Room]:
    return (
        Room.objects.filter(municipality=municipality)
        .select_related("floor__site")
        .order_by("floor__site__name", "floor__level", "name")
    )


def set_choices(form: forms.Form, **querysets: QuerySet[Any]) -> None:
    for name, queryset in querysets.items():
        field = form.fields[name]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = queryset


class DeviceSearchForm(forms.Form):
    q = forms.CharField(
        label=gettext_lazy("Name, number, place"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    site = forms.ModelChoiceField(
        label=gettext_lazy("Site"),
        queryset=Site.objects.none(),
        required=False,
        empty_label=gettext_lazy("all"),
    )
    state = forms.ChoiceField(label=gettext_lazy("State"), choices=_STATES, required=False)
    model = forms.ModelChoiceField(
        label=gettext_lazy("Model"),
        queryset=DeviceModel.objects.none(),
        required=False,
        empty_label=gettext_lazy("all"),
    )

    def __init__(self, *args: Any, municipality: Municipality, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(
            self,
            site=Site.objects.filter(municipality=municipality),
            model=DeviceModel.objects.filter(municipality=municipality),
        )

    def search(self, devices: QuerySet[Device]) -> QuerySet[Device]:
        """What is asked for; a question that is none is not asked."""
        self.is_valid()
        asked = self.cleaned_data
        if words := asked.get("q"):
            devices = devices.filter(
                Q(name__icontains=words)
                | Q(slug__icontains=words)
                | Q(inventory_number__icontains=words)
                | Q(serial_number__icontains=words)
                | Q(make_and_model__icontains=words)
                | Q(place__icontains=words)
            )
        if asked.get("site"):
            devices = devices.filter(site=asked["site"])
        if asked.get("model"):
            devices = devices.filter(device_model=asked["model"])
        match asked.get("state"):
            case "in-use":
                devices = devices.filter(is_active=True)
            case "trouble":
                troubled = Q(state__in=("stopped", "unreachable")) | Q(
                    fault_reports__closed_at__isnull=True
                ) & Q(fault_reports__isnull=False)
                devices = devices.filter(troubled, is_active=True).distinct()
            case "no-address":
                devices = devices.filter(uri="", is_active=True)
            case "out":
                devices = devices.filter(is_active=False)
        return devices


class InventoryFileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        help_text=gettext_lazy("At most 2 MB. Comma or semicolon, as your spreadsheet writes it."),
    )


class FloorForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=50)
    level = forms.IntegerField(
        label=gettext_lazy("Level of the floor"),
        min_value=-20,
        max_value=200,
        help_text=gettext_lazy("0 is the ground floor, 1 the floor above it, -1 the cellar."),
    )


class RoomForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=60, help_text=gettext_lazy("For example: 104, corridor north")
    )
    people_count = forms.IntegerField(
        label=gettext_lazy("People who work here"), min_value=0, max_value=1000, initial=0
    )
    x = forms.DecimalField(
        label=gettext_lazy("x in metres"),
        max_digits=7,
        decimal_places=2,
        required=False,
        help_text=gettext_lazy(
            "From the left edge of the plan; the same edge on all floors. Only the print-and-copy concept needs it."
        ),
    )
    y = forms.DecimalField(
        label=gettext_lazy("y in metres"),
        max_digits=7,
        decimal_places=2,
        required=False,
        help_text=gettext_lazy("From the upper edge of the plan."),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if (data.get("x") is None) != (data.get("y") is None) and not self.errors:
            missing = "x" if data.get("x") is None else "y"
            self.add_error(missing, _("Fill in both, or leave both empty."))
        return data


class DeviceModelForm(_DeviceModelForm):
    class Meta:
        model = DeviceModel
        fields = (
            "maker",
            "name",
            "is_colour",
            "has_a3",
            "has_duplex",
            "has_finisher",
            "pages_per_minute",
            "duty_cycle",
            "kwh_per_week",
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        twins = DeviceModel.objects.filter(
            municipality_id=self.instance.municipality_id, maker=data.get("maker"), name=data.get("name")
        ).exclude(pk=self.instance.pk)
        if twins.exists():
            self.add_error("name", _("This model is in the catalogue already."))
        return data


class _HappenedForm(forms.Form):
    """What a move, a swap and a removal have in common."""

    day = DayField(label=gettext_lazy("Day"))
    counter = forms.IntegerField(
        label=gettext_lazy("Counter of the device"),
        min_value=0,
        max_value=2_000_000_000,
        required=False,
        help_text=gettext_lazy("All pages that its display shows, if you have read it."),
    )
    remark = forms.CharField(label=gettext_lazy("Remark"), max_length=200, required=False)

    def clean_day(self) -> Any:
        if self.cleaned_data["day"] > timezone.localdate():
            raise forms.ValidationError(_("This day has not come yet."))
        return self.cleaned_data["day"]


class RemovalForm(_HappenedForm):
    pass


class MoveForm(_HappenedForm):
    room = RoomField(
        label=gettext_lazy("Room"), queryset=Room.objects.none(), required=False, empty_label="–"
    )
    site = forms.ModelChoiceField(
        label=gettext_lazy("Or site"), queryset=Site.objects.none(), required=False, empty_label="–"
    )
    place = forms.CharField(
        label=gettext_lazy("and place in words"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("Only where the room is not in the list."),
    )
    field_order = ("day", "room", "site", "place", "counter", "remark")

    def __init__(self, *args: Any, municipality: Municipality, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._municipality = municipality
        set_choices(self, room=rooms_of(municipality), site=Site.objects.filter(municipality=municipality))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not (data.get("room") or data.get("site") or data.get("place")) and not self.errors:
            self.add_error("room", _("Where to? Choose a room, or a site and a place."))
        return data

    def location(self) -> Location:
        """Of a valid form."""
        data = self.cleaned_data
        return settle_location(
            self._municipality.pk,
            data["site"].pk if data["site"] else None,
            data["room"].pk if data["room"] else None,
            data["place"],
        )


class SwapForm(_HappenedForm):
    coming = forms.ModelChoiceField(
        label=gettext_lazy("Device that takes its place"),
        queryset=Device.objects.none(),
        empty_label="–",
        help_text=gettext_lazy("It must be in the inventory already; add it first if it is new."),
    )
    coming_counter = forms.IntegerField(
        label=gettext_lazy("Counter of the device that comes"),
        min_value=0,
        max_value=2_000_000_000,
        required=False,
    )
    tokens_stay = forms.BooleanField(
        label=gettext_lazy("Panels and readers stay here and serve the device that comes"),
        required=False,
        initial=True,
        help_text=gettext_lazy(
            "Readers go on at once. A panel must be opened once under the address of the device that comes; its token stays valid."
        ),
    )
    field_order = ("coming", "day", "counter", "coming_counter", "tokens_stay", "remark")

    def __init__(self, *args: Any, leaving: Device, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["counter"].label = gettext_lazy("Counter of the device that leaves")
        others = Device.objects.filter(municipality_id=leaving.municipality_id).exclude(pk=leaving.pk)
        set_choices(self, coming=others)


class LabelsForm(forms.Form):
    sheet = forms.ChoiceField(
        label=gettext_lazy("Label sheet"), choices=[(name, each.label) for name, each in SHEETS.items()]
    )
    skip = forms.IntegerField(
        label=gettext_lazy("Labels that are used already"),
        min_value=0,
        max_value=23,
        initial=0,
        required=False,
        help_text=gettext_lazy("So many places of the first sheet stay empty."),
    )


class FaultForm(forms.Form):
    kind = forms.ChoiceField(
        label=gettext_lazy("What is wrong?"),
        choices=FaultKind.choices,
        widget=forms.RadioSelect,
    )
    text = forms.CharField(
        label=gettext_lazy("In your words"),
        max_length=MAX_TEXT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("For example: streaks on the left. Please no names and nothing confidential."),
    )


class CloseFaultForm(forms.Form):
    answer = forms.CharField(label=gettext_lazy("What was done"), max_length=MAX_ANSWER, required=False)
