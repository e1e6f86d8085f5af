# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The forms of meetings, votes and boards."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allmende.cooperative.attendance import Attendance, present
from allmende.cooperative.boards import BoardSeat
from allmende.cooperative.circulations import Circulation, CirculationChoice
from allmende.cooperative.day_field import DayField
from allmende.cooperative.meetings import AgendaItem, Meeting, MeetingForm, members_of_meeting
from allmende.cooperative.members import Member
from allmende.cooperative.motions import Motion
from allmende.cooperative.stored_documents import DocumentField
from allmende.cooperative.vote_counting import INVALID
from allmende.cooperative.votings import MOST_CANDIDATES, Voting
from allmende.directory.people import Person
from allmende.directory.roles import RoleName

_FORMATS: Final = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M"]
_SPEAKS: Final = (RoleName.MANAGEMENT, RoleName.FINANCE)


class MomentField(forms.DateTimeField):
    """Day and time, in the cooperative's own time zone."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})
        super().__init__(widget=widget, **kwargs)
        self.input_formats = _FORMATS


class PersonField(forms.ModelChoiceField):  # type: ignore[type-arg]  # no generics at run time
    """People with their town; which ones, the form says."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=Person.objects.none(), required=False, **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.municipality}: {obj}"


class MeetingDetailsForm(forms.ModelForm):  # type: ignore[type-arg]  # no generics at run time
    starts_at = MomentField(label=gettext_lazy("Begins"))
    online_address = forms.URLField(
        label=gettext_lazy("Address for taking part online"), required=False, assume_scheme="https"
    )

    class Meta:
        model = Meeting
        fields = (
            "title",
            "kind",
            "form",
            "starts_at",
            "place",
            "online_address",
            "chair",
            "minute_taker",
            "note",
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        form = data.get("form")
        if form in {MeetingForm.PLACE, MeetingForm.HYBRID} and not data.get("place"):
            self.add_error("place", _("Say where it is held."))
        if form == MeetingForm.HYBRID and not data.get("online_address"):
            self.add_error(
                "online_address",
                _("Members who take part online need the address; it is part of the invitation."),
            )
        return data


class ItemForm(forms.ModelForm):  # type: ignore[type-arg]  # no generics at run time
    class Meta:
        model = AgendaItem
        fields = ("kind", "title", "text")


class DiscussionForm(forms.ModelForm):  # type: ignore[type-arg]  # no generics at run time
    """After the invitation, the announced text stands; the course of the discussion is added."""

    class Meta:
        model = AgendaItem
        fields = ("discussion",)


class ExclusionForm(forms.Form):
    member = forms.ModelChoiceField(label=gettext_lazy("Member"), queryset=Member.objects.none())
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        help_text=gettext_lazy(
            "For example: the resolution is about discharging it, or about a claim against it (§ 43 Abs. 6 GenG)."
        ),
    )

    def __init__(self, *args: Any, meeting: Meeting, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose_members(self.fields["member"], [each.member.pk for each in members_of_meeting(meeting)])


class AttendanceForm(forms.ModelForm):  # type: ignore[type-arg]  # no generics at run time
    name = forms.CharField(
        label=gettext_lazy("Represented by"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Empty: the name of the account."),
    )
    person = PersonField(
        label=gettext_lazy("Account for voting with the own device"),
        help_text=gettext_lazy("Without an account the vote is given on paper, or noted by the office."),
    )

    class Meta:
        model = Attendance
        fields = ("member", "person", "name", "capacity", "has_power_of_attorney", "presence")

    def __init__(self, *args: Any, meeting: Meeting, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        there = set(present(meeting).values_list("member_id", flat=True))
        members = [each.member for each in members_of_meeting(meeting) if each.member.pk not in there]
        _choose_members(self.fields["member"], [member.pk for member in members])
        field = self.fields["person"]
        if isinstance(field, forms.ModelChoiceField):
            towns = [
                pk for each in members_of_meeting(meeting) if (pk := each.member.municipality_id) is not None
            ]
            people = Person.objects.filter(is_active=True, roles__name__in=_SPEAKS, municipality_id__in=towns)
            field.queryset = (
                people.select_related("municipality")
                .distinct()
                .order_by("municipality__name", "display_name")
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not data.get("name"):
            if data.get("person") is None:
                self.add_error("name", _("Who represents the member? Enter the name, or choose the account."))
            else:
                data["name"] = str(data["person"])
        return data


class LetterForm(forms.Form):
    posted_on = DayField(label=gettext_lazy("Posted on"))


class PaperForm(forms.Form):
    file = DocumentField(
        label=gettext_lazy("File"), help_text=gettext_lazy("PDF, JPEG or PNG, at most 3 MB.")
    )


class MotionForm(forms.ModelForm):  # type: ignore[type-arg]  # no generics at run time
    class Meta:
        model = Motion
        fields = ("title", "text")


class VotingForm(forms.ModelForm):  # type: ignore[type-arg]  # no generics at run time
    candidates = forms.CharField(
        label=gettext_lazy("Candidates"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=MOST_CANDIDATES * 100,
        help_text=gettext_lazy(
            "Only for an election between several: one name in each line. Otherwise it is a question of yes or no."
        ),
    )

    class Meta:
        model = Voting
        fields = ("question", "method", "majority_kind", "candidates")

    def clean_candidates(self) -> list[str]:
        return [
            line.strip()[:100] for line in str(self.cleaned_data["candidates"]).splitlines() if line.strip()
        ]


class ChoiceForm(forms.Form):
    """One vote: radio buttons."""

    choice = forms.ChoiceField(label=gettext_lazy("Your vote"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["choice"].choices = choices  # type: ignore[attr-defined]


class PaperCountForm(forms.Form):
    """A number for each choice, and for invalid papers."""

    def __init__(self, *args: Any, voting: Voting, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for key, label in [*voting.choices, (INVALID, _("Invalid"))]:
            self.fields[key] = forms.IntegerField(label=label, min_value=0, max_value=100_000)


class ReceiptForm(forms.Form):
    receipt = forms.CharField(
        label=gettext_lazy("Your receipt"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class SeatForm(forms.ModelForm):  # type: ignore[type-arg]  # no generics at run time
    person = PersonField(
        label=gettext_lazy("Account on this platform"),
        help_text=gettext_lazy("Votes by circulation with this account."),
    )
    first_day = DayField(label=gettext_lazy("In office from"))
    last_day = DayField(
        label=gettext_lazy("In office to"),
        required=False,
        help_text=gettext_lazy("The last day; empty where the appointment has no end."),
    )

    class Meta:
        model = BoardSeat
        fields = (
            "body",
            "name",
            "role",
            "person",
            "member",
            "first_day",
            "last_day",
            "appointed_by",
            "end_reason",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["person"]
        if isinstance(field, forms.ModelChoiceField):
            towns = [*Member.objects.exclude(municipality=None).values_list("municipality_id", flat=True)]
            people = Person.objects.filter(is_active=True, roles__isnull=False)
            field.queryset = (
                (people.filter(municipality_id__in=towns) | people.filter(municipality__is_cooperative=True))
                .select_related("municipality")
                .distinct()
                .order_by("municipality__name", "display_name")
            )


class CirculationForm(forms.ModelForm):  # type: ignore[type-arg]  # no generics at run time
    ends_at = MomentField(label=gettext_lazy("Votes until"))

    class Meta:
        model = Circulation
        fields = ("body", "title", "text", "ends_at")

    def clean_ends_at(self) -> Any:
        moment = self.cleaned_data["ends_at"]
        if moment <= timezone.now():
            raise forms.ValidationError(_("The end of the vote must lie in the future."))
        return moment


class CirculationVoteForm(forms.Form):
    choice = forms.ChoiceField(
        label=gettext_lazy("Vote"), choices=CirculationChoice.choices, widget=forms.RadioSelect
    )
    comment = forms.CharField(
        label=gettext_lazy("Comment"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


def _choose_members(field: forms.Field, keys: list[int]) -> None:
    if isinstance(field, forms.ModelChoiceField):
        field.queryset = Member.objects.filter(pk__in=keys).order_by("name")
