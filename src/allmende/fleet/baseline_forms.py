# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The forms of the baseline: its head, and a row, which a line of a CSV file goes through too."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allmende.fleet.baselines import HeadValues, KindChoice, PerChoice, RowValues, TaxChoice
from allmende.fleet.figures import is_german
from allmende.fleet.proof.case import Per

#: Rows that one page can take; more come as CSV.
MOST_FORM_ROWS: Final = 50
_THOUSANDS: Final = re.compile(r"\d{1,3}([.,' \u00a0\u202f]\d{3})+", re.ASCII)
_PLAIN: Final = re.compile(r"\d{1,13}([.,]\d{1,4})?", re.ASCII)
_DAY: Final = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
_DAYS: Final = ("%Y-%m-%d", "%d.%m.%Y", "%d.%m.%y")


def read_amount(text: str) -> Decimal | None:
    """A number as people write it, `1.234,56` or `1,234.56` or `1234.56 €`; three digits after one mark are thousands. None: no number."""
    text = text.strip().removesuffix("€").removeprefix("€").removesuffix("EUR").strip()
    sign = -1 if text[:1] in {"-", "\u2212"} else 1
    text = text.lstrip("+-\u2212").strip()
    whole, mark, fraction = text, "", ""
    last = max(text.rfind(","), text.rfind("."))
    if last >= 0 and not (_THOUSANDS.fullmatch(text) and len({*text} & {",", "."}) == 1):
        whole, mark, fraction = text[:last], ".", text[last + 1 :]
    if _THOUSANDS.fullmatch(whole):
        whole = re.sub(r"\D", "", whole)
    written = f"{whole}{mark}{fraction}"
    return sign * Decimal(written) if _PLAIN.fullmatch(written) else None


def write_amount(value: Decimal | None) -> str:
    """As it is typed into a field: `1234,50`, in English `1234.50`."""
    if value is None:
        return ""
    text = format(value, "f")
    return text.replace(".", ",") if is_german() else text


class AmountField(forms.CharField):
    """Euros or per cent; the value is Decimal or None."""

    def __init__(self, *, least: Decimal | None = Decimal(0), **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 30)
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal"}))
        super().__init__(**kwargs)
        self._least = least

    def prepare_value(self, value: Any) -> Any:
        return write_amount(value) if isinstance(value, Decimal) else value

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        amount = read_amount(text)
        if amount is None:
            raise ValidationError(_("This is no number. Write it as 1234.56, for example."))
        if amount != amount.quantize(Decimal("0.01")):
            raise ValidationError(_("At most two decimals, please."))
        if self._least is not None and amount < self._least:
            raise ValidationError(_("At least %(least)s, please.") % {"least": self._least})
        if abs(amount) >= Decimal(10) ** 10:
            raise ValidationError(_("This number is too large."))
        return amount


class RowForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("Kind of cost"), choices=KindChoice.choices)
    name = forms.CharField(label=gettext_lazy("What it was"), max_length=200)
    amount = AmountField(label=gettext_lazy("Amount in euros"), least=None)
    tax = forms.ChoiceField(label=gettext_lazy("The amount is"), choices=TaxChoice.choices, initial="gross")
    tax_percent = AmountField(label=gettext_lazy("Tax rate in per cent"), initial=Decimal(19))
    per = forms.ChoiceField(label=gettext_lazy("Paid"), choices=PerChoice.choices)
    months = forms.IntegerField(
        label=gettext_lazy("Number of months"), min_value=1, max_value=600, required=False
    )
    first_day = forms.DateField(label=gettext_lazy("From"), required=False, widget=_DAY, input_formats=_DAYS)
    last_day = forms.DateField(
        label=gettext_lazy("To, the last day"), required=False, widget=_DAY, input_formats=_DAYS
    )
    document = forms.CharField(
        label=gettext_lazy("Document"),
        max_length=300,
        help_text=gettext_lazy("The bill, contract or account it is from, so that others find it."),
    )
    document_day = forms.DateField(
        label=gettext_lazy("Date of the document"), required=False, widget=_DAY, input_formats=_DAYS
    )
    is_replaced = forms.BooleanField(
        label=gettext_lazy("The contract takes its place"),
        required=False,
        initial=True,
        help_text=gettext_lazy("Without this mark it goes on, and stands on both sides of the comparison."),
    )
    amount_now = AmountField(
        label=gettext_lazy("If it goes on: what it costs now"),
        required=False,
        least=None,
        help_text=gettext_lazy("For the same time. Empty: assumed to cost what it cost before."),
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=500, required=False)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        per = data.get("per")
        if per == Per.TERM and not data.get("months") and "months" not in self.errors:
            self.add_error("months", _("For how many months was it paid?"))
        if per == Per.SPAN:
            for name in ("first_day", "last_day"):
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, _("Which days was it paid for?"))
            first, last = data.get("first_day"), data.get("last_day")
            if first and last and last < first:
                self.add_error("last_day", _("The last day lies before the first."))
        percent = data.get("tax_percent")
        if percent is not None and percent > 100:
            self.add_error("tax_percent", _("At most 100 per cent, please."))
        return data

    def has_changed(self) -> bool:
        """Whether anything was typed: what can be chosen always has a value."""
        names = ("name", "amount", "document", "note", "amount_now")
        return any(str(self.data.get(self.add_prefix(name), "")).strip() for name in names)

    def values(self) -> RowValues:
        """Of a valid form; what the kind of payment does not need is dropped."""
        data = self.cleaned_data
        per = data["per"]
        return RowValues(
            kind=data["kind"],
            name=data["name"],
            amount=data["amount"],
            per=per,
            document=data["document"],
            months=data["months"] if per == Per.TERM else None,
            first_day=data["first_day"] if per == Per.SPAN else None,
            last_day=data["last_day"] if per == Per.SPAN else None,
            tax=data["tax"],
            tax_percent=data["tax_percent"],
            document_day=data["document_day"],
            note=data["note"],
            is_replaced=data["is_replaced"],
            amount_now=None if data["is_replaced"] else data["amount_now"],
        )


class HeadForm(forms.Form):
    compares = forms.ChoiceField(
        label=gettext_lazy("Amounts are compared"),
        choices=TaxChoice.choices,
        initial="gross",
        help_text=gettext_lazy("A town that can't deduct input tax pays gross."),
    )
    pages_mono = forms.IntegerField(
        label=gettext_lazy("Pages of a year in black and white"),
        min_value=0,
        max_value=10**11,
        required=False,
    )
    pages_colour = forms.IntegerField(
        label=gettext_lazy("Pages of a year in colour"), min_value=0, max_value=10**11, required=False
    )
    devices = forms.IntegerField(
        label=gettext_lazy("Number of devices"), min_value=0, max_value=10**6, required=False
    )
    document = forms.CharField(
        label=gettext_lazy("Where these numbers are from"), max_length=300, required=False
    )
    contribution = AmountField(
        label=gettext_lazy("Contribution to the cooperative, euros a month"), required=False
    )
    share = AmountField(
        label=gettext_lazy("Share in the cooperative in euros, paid back on exit"), required=False
    )
    membership_document = forms.CharField(
        label=gettext_lazy("Where contribution and share are from"), max_length=300, required=False
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        counted = [data.get(name) for name in ("pages_mono", "pages_colour", "devices")]
        if any(value is not None for value in counted) and not data.get("document"):
            self.add_error("document", _("Please name the document, or say who estimated it."))
        if data.get("pages_colour") is not None and data.get("pages_mono") is None:
            self.add_error("pages_mono", _("Without these, the pages in colour say nothing."))
        paid = [data.get(name) for name in ("contribution", "share")]
        if any(value is not None for value in paid) and not data.get("membership_document"):
            self.add_error("membership_document", _("Please name the document."))
        return data

    def values(self) -> HeadValues:
        return HeadValues(**self.cleaned_data)


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Why is this version made?"),
        max_length=300,
        help_text=gettext_lazy("For example: the energy bill came in. Earlier versions stay."),
    )


class BaselineTextForm(forms.Form):
    """A file, or its lines in the text field; what came from the file stands in the field from then on."""

    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv"}),
    )
    lines = forms.CharField(
        label=gettext_lazy("Lines"),
        required=False,
        max_length=300_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false", "wrap": "off"}),
        help_text=gettext_lazy("They can be corrected here. The first line names the columns."),
    )
    mode = forms.ChoiceField(
        label=gettext_lazy("These lines"),
        choices=[
            ("replace", gettext_lazy("take the place of all rows")),
            ("add", gettext_lazy("are added to the rows")),
        ],
        initial="replace",
        widget=forms.RadioSelect,
    )


RowFormSet = forms.formset_factory(
    RowForm, extra=0, can_delete=True, max_num=MOST_FORM_ROWS, absolute_max=MOST_FORM_ROWS
)
