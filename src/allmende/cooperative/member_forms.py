# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Forms of the members' pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allmende.cooperative.contacts import Contact
from allmende.cooperative.day_field import DayField
from allmende.cooperative.laender import LAND_BY_KEY
from allmende.cooperative.member_list import ExitReason
from allmende.cooperative.members import Member, MemberKind
from allmende.cooperative.population import Population
from allmende.cooperative.stored_documents import DocumentField

if TYPE_CHECKING:
    _MemberModelForm = forms.ModelForm[Member]
    _ContactModelForm = forms.ModelForm[Contact]
    _PopulationModelForm = forms.ModelForm[Population]
    _MemberField = forms.ModelChoiceField[Member]
else:  # Django's classes take no parameters at run time
    _MemberModelForm = _ContactModelForm = _PopulationModelForm = forms.ModelForm
    _MemberField = forms.ModelChoiceField

_EXIT_CHOICES = [
    (reason.value, reason.label)
    for reason in (ExitReason.NOTICE, ExitReason.EXTRAORDINARY, ExitReason.EXCLUSION, ExitReason.CREDITOR)
]


class NoteField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", gettext_lazy("Note"))
        kwargs.setdefault("required", False)
        super().__init__(max_length=400, **kwargs)


class _PaperField(DocumentField):
    """On which a row of the list rests; it may follow later."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        kwargs.setdefault("help_text", gettext_lazy("PDF, JPEG or PNG, up to 3 MB."))
        super().__init__(**kwargs)


class BodyForm(_MemberModelForm):
    """What is asked of a body, member or not yet."""

    class Meta:
        model = Member
        fields = (
            "name", "kind", "land", "official_key", "street", "postcode", "place", "email", "municipality",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["official_key"].help_text = _(
            "Eight digits; a district has five. Empty for other bodies."
        )
        town = self.fields["municipality"]
        town.help_text = _("Its figures and invoices are then to be seen there.")
        if isinstance(town, forms.ModelChoiceField):
            town.empty_label = _("none")
            town.queryset = town.queryset.filter(is_cooperative=False) if town.queryset is not None else None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        key, land = data.get("official_key"), data.get("land")
        if key and land and LAND_BY_KEY.get(key[:2]) != land:
            self.add_error(
                "official_key", _("This key is not of that Land: its first two digits name another.")
            )
        if data.get("kind") == MemberKind.MUNICIPALITY and key and len(key) != 8:
            self.add_error("official_key", _("A municipality's key has eight digits."))
        return data


class TakenOverForm(BodyForm):
    effective_on = DayField(label=gettext_lazy("Member since"))
    note = NoteField(initial=gettext_lazy("Taken over from the list kept so far"))


class DetailsForm(BodyForm):
    effective_on = DayField(
        label=gettext_lazy("Name and address hold from"),
        help_text=gettext_lazy(
            "The list keeps what was before. A slip of the pen: enter the day of admission."
        ),
    )


class ContactForm(_ContactModelForm):
    valid_from = DayField(label=gettext_lazy("From"))
    valid_to = DayField(label=gettext_lazy("To"), required=False, help_text=gettext_lazy("The last day."))

    class Meta:
        model = Contact
        fields = ("role", "name", "function", "email", "phone", "signs", "valid_from", "valid_to")


class PopulationForm(_PopulationModelForm):
    class Meta:
        model = Population
        fields = ("year", "inhabitants", "source")


class ExitForm(forms.Form):
    reason = forms.ChoiceField(label=gettext_lazy("Reason"), choices=_EXIT_CHOICES)
    declared_on = DayField(
        label=gettext_lazy("Notice received, or resolution"),
        help_text=gettext_lazy("From this day the period of the statutes runs."),
    )
    document = _PaperField(label=gettext_lazy("Document"))
    note = NoteField()


class CancelForm(forms.Form):
    count = forms.IntegerField(label=gettext_lazy("Shares to give up"), min_value=1, max_value=100_000)
    declared_on = DayField(label=gettext_lazy("Notice received"))
    document = _PaperField(label=gettext_lazy("Notice"))
    note = NoteField()


class _MemberChoice(_MemberField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=Member.objects.all(), **kwargs)


class TransferForm(forms.Form):
    taker = _MemberChoice(label=gettext_lazy("To the member"))
    share_count = forms.IntegerField(
        label=gettext_lazy("Shares"),
        min_value=1,
        max_value=100_000,
        required=False,
        help_text=gettext_lazy("Empty: the whole balance; the membership then ends with that day."),
    )
    effective_on = DayField(label=gettext_lazy("Effective on"))
    document = _PaperField(label=gettext_lazy("Agreement"))
    note = NoteField()


class MergeForm(forms.Form):
    merged = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Members that are dissolved"),
        queryset=Member.objects.none(),
        widget=forms.CheckboxSelectMultiple,
    )
    successor = _MemberChoice(
        label=gettext_lazy("Legal successor"),
        required=False,
        empty_label=gettext_lazy("a new body"),
        help_text=gettext_lazy("A member that takes the others in, or a new body, which you name below."),
    )
    new_name = forms.CharField(label=gettext_lazy("Name of the new body"), max_length=200, required=False)
    effective_on = DayField(label=gettext_lazy("First day of the successor"))
    document = _PaperField(label=gettext_lazy("Law or agreement"))
    note = NoteField()

    def __init__(self, *args: Any, members: list[Member], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["merged"]
        if isinstance(field, forms.ModelMultipleChoiceField):
            field.queryset = Member.objects.filter(pk__in=[member.pk for member in members])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("successor") and not data.get("new_name"):
            self.add_error("new_name", _("Choose the legal successor, or name the new body."))
        if data.get("successor") and data.get("new_name"):
            self.add_error("new_name", _("Either a body that is known, or a new one: empty one of both."))
        return data


class SplitForm(forms.Form):
    names = forms.CharField(
        label=gettext_lazy("Bodies that follow"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
        help_text=gettext_lazy("One name in each line; the first receives the balance."),
    )
    source_remains = forms.BooleanField(
        label=gettext_lazy("The member goes on existing beside them"), required=False
    )
    effective_on = DayField(label=gettext_lazy("First day of the new bodies"))
    document = _PaperField(label=gettext_lazy("Law or agreement"))
    note = NoteField()

    def clean_names(self) -> list[str]:
        names = [line.strip()[:200] for line in str(self.cleaned_data["names"]).splitlines() if line.strip()]
        if len(set(names)) != len(names):
            raise forms.ValidationError(_("A name is there twice."))
        return names


class VotesForm(forms.Form):
    votes = forms.IntegerField(label=gettext_lazy("Number of votes"), min_value=1, max_value=1000)
    valid_from = DayField(label=gettext_lazy("Valid from"))
    valid_to = DayField(
        label=gettext_lazy("Valid to"),
        required=False,
        help_text=gettext_lazy("The last day; empty: until further notice."),
    )
    source = forms.CharField(
        label=gettext_lazy("Source"),
        max_length=300,
        help_text=gettext_lazy("The paragraph of the statutes and what it measures, e.g. § 12 Abs. 3."),
    )


class VotesEndForm(forms.Form):
    last_day = DayField(label=gettext_lazy("Last day"))


class ReasonForm(forms.Form):
    note = NoteField(label=gettext_lazy("Reason"), required=True)
