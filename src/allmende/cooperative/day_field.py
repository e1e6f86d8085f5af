# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A day in a form: the browser's own picker, or typed as `1.7.2014` or `2014-07-01`; bounded, so that a slip is seen."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _

_EARLIEST: Final = date(1990, 1, 1)
_LATEST: Final = date(2100, 1, 1)


class DayField(forms.DateField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), **kwargs)
        self.input_formats = ["%Y-%m-%d", "%d.%m.%Y"]

    def validate(self, value: Any) -> None:
        super().validate(value)
        if isinstance(value, date) and not _EARLIEST <= value <= _LATEST:
            raise forms.ValidationError(_("A day between 1990 and 2100, please."))
