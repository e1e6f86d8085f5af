# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Forms of the accessions' pages: one for each step, with what that step asks for."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allmende.cooperative.accession_steps import duty_rule
from allmende.cooperative.accessions import Accession, Answer, Duty, StepKind
from allmende.cooperative.day_field import DayField
from allmende.cooperative.member_forms import BodyForm, NoteField
from allmende.cooperative.members import Member
from allmende.cooperative.stored_documents import DocumentField


class AccessionForm(BodyForm):
    target_day = DayField(label=gettext_lazy("Wished for"), required=False)
    member = forms.ModelChoiceField(
        label=gettext_lazy("Known body"),
        queryset=Member.objects.all(),
        required=False,
        empty_label=gettext_lazy("none"),
        help_text=gettext_lazy("A former member that returns, or the successor of merged members."),
    )

    class Meta(BodyForm.Meta):
        model = Accession  # type: ignore[assignment] # the same fields of the same abstract model
        fields = (*BodyForm.Meta.fields, "target_day", "member")  # type: ignore[assignment]


class StepForm(forms.Form):
    """What every step asks for; `facts` is what it asks for beyond that."""

    day = DayField(label=gettext_lazy("Day"))
    document = DocumentField(
        label=gettext_lazy("Document"),
        required=False,
        help_text=gettext_lazy("PDF, JPEG or PNG, up to 3 MB."),
    )
    note = NoteField()

    def __init__(self, *args: Any, accession: Accession, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"day": timezone.localdate()})
        super().__init__(*args, **kwargs)
        self.prepare(accession)
        own = [name for name in self.fields if name not in {"day", "document", "note"}]
        self.order_fields(["day", *own, "document", "note"])

    def prepare(self, accession: Accession) -> None:
        """Fill in what follows from the accession."""

    @property
    def facts(self) -> dict[str, Any]:
        return {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in self.cleaned_data.items()
            if name not in {"day", "document", "note"}
        }


class ResolutionForm(StepForm):
    yes = forms.IntegerField(label=gettext_lazy("Yes"), min_value=0, max_value=10_000, required=False)
    no = forms.IntegerField(label=gettext_lazy("No"), min_value=0, max_value=10_000, required=False)
    abstain = forms.IntegerField(
        label=gettext_lazy("Abstentions"), min_value=0, max_value=10_000, required=False
    )
    representative = forms.CharField(
        label=gettext_lazy("Voting representative"), max_length=200, required=False
    )
    deputy = forms.CharField(label=gettext_lazy("Deputy"), max_length=200, required=False)


class NoticeForm(StepForm):
    duty = forms.ChoiceField(label=gettext_lazy("What the law asks"), choices=Duty.choices)
    authority = forms.CharField(label=gettext_lazy("Authority"), max_length=200, required=False)

    def prepare(self, accession: Accession) -> None:
        rule = duty_rule(accession, timezone.localdate())
        field = self.fields["duty"]
        if rule is None:
            field.help_text = _("No rule is known for this body and Land. Ask the authority, then choose.")
            return
        field.initial = rule.text
        words = _("%(source)s.") % {"source": rule.source}
        field.help_text = words if rule.is_checked else f"{words} {rule.check_note}"


class AnswerForm(StepForm):
    answer = forms.ChoiceField(label=gettext_lazy("Answer"), choices=Answer.choices)


class DeclarationForm(StepForm):
    share_count = forms.IntegerField(
        label=gettext_lazy("Shares subscribed"), min_value=1, max_value=100_000, initial=1
    )
    signed_by = forms.CharField(label=gettext_lazy("Declared by"), max_length=200)

    def prepare(self, accession: Accession) -> None:  # noqa: ARG002 - nothing of it is needed here
        self.fields["document"].required = True


class AdmissionForm(StepForm):
    admitted = forms.TypedChoiceField(
        label=gettext_lazy("Decision"),
        choices=[("yes", gettext_lazy("admitted")), ("no", gettext_lazy("refused"))],
        coerce=lambda value: value == "yes",
    )
    effective_on = DayField(
        label=gettext_lazy("Member from"),
        required=False,
        help_text=gettext_lazy("Empty: from the day of the decision."),
    )
    decided_by = forms.CharField(label=gettext_lazy("Decided by"), max_length=200, required=False)


STEP_FORMS: dict[StepKind, type[StepForm]] = {
    StepKind.RESOLUTION: ResolutionForm,
    StepKind.AUTHORITY_NOTICE: NoticeForm,
    StepKind.AUTHORITY_ANSWER: AnswerForm,
    StepKind.DECLARATION: DeclarationForm,
    StepKind.ADMISSION: AdmissionForm,
}
