# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""How one job shall be printed this time: copies, sides, colour, pages."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allmende.printing.visit.release import MAX_COPIES, MAX_PAGE, MAX_PAGE_RANGES, TicketChanges, VisitJob

_RANGE: Final = re.compile(r"(\d{1,7})(?:\s*[-–]\s*(\d{1,7}))?")
_SIDES: Final = (
    ("one-sided", gettext_lazy("one-sided")),
    ("two-sided-long-edge", gettext_lazy("two-sided")),
    ("two-sided-short-edge", gettext_lazy("two-sided, short edge")),
)
_COLOURS: Final = (("as-sent", gettext_lazy("as sent")), ("black", gettext_lazy("black and white")))


class JobChangesForm(forms.Form):
    copies = forms.IntegerField(label=gettext_lazy("Copies"), min_value=1, max_value=MAX_COPIES)
    sides = forms.ChoiceField(label=gettext_lazy("Sides"), choices=_SIDES)
    colour = forms.ChoiceField(label=gettext_lazy("Colour"), choices=_COLOURS)
    pages = forms.CharField(
        label=gettext_lazy("Pages"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("For example 1-3, 7. Empty: all."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, job: VisitJob, can_duplex: bool | None, **kwargs: Any) -> None:
        """`can_duplex`: as the device says of itself; None where it isn't known, and everything is offered."""
        initial = {
            "copies": job.copies,
            "sides": job.sides,
            # What will come out if nothing is touched, not what was sent: rules may have changed it.
            "colour": "as-sent" if job.colour else "black",
        }
        super().__init__(*args, **kwargs)
        self.initial = initial
        self._job = job
        if can_duplex is False:
            self.fields["sides"].choices = _SIDES[:1]  # type: ignore[attr-defined]
        if not job.colour:
            # Its client asked for black, a rule says so, or the device has nothing else.
            self.fields["colour"].choices = _COLOURS[1:]  # type: ignore[attr-defined]

    def clean_pages(self) -> tuple[tuple[int, int], ...] | None:
        """Ascending, without overlaps; None for all."""
        text = self.cleaned_data["pages"].strip()
        if not text:
            return None
        ranges: list[tuple[int, int]] = []
        for part in re.split(r"[,;]\s*", text):
            match = _RANGE.fullmatch(part.strip())
            if match is None:
                raise forms.ValidationError(_("Please write pages like 1-3, 7."))
            first = int(match[1])
            last = int(match[2]) if match[2] else first
            if not 1 <= first <= last <= MAX_PAGE:
                raise forms.ValidationError(_("Please write pages like 1-3, 7."))
            ranges.append((first, last))
        ranges.sort()
        if len(ranges) > MAX_PAGE_RANGES or any(
            later[0] <= earlier[1] for earlier, later in pairwise(ranges)
        ):
            raise forms.ValidationError(_("Please name every page once."))
        if self._job.pages is not None and ranges[0][0] > self._job.pages:
            raise forms.ValidationError(_("The document does not have these pages."))
        return tuple(ranges)

    def changes(self) -> TicketChanges:
        """What differs from what the client sent."""
        data = self.cleaned_data
        return TicketChanges(
            copies=data["copies"] if data["copies"] != self._job.copies else None,
            sides=data["sides"] if data["sides"] != self._job.sent_sides else None,
            colour=False if data["colour"] == "black" and self._job.sent_colour else None,
            page_ranges=data["pages"],
        )
