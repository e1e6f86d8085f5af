# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The register of resolutions: of the general meeting and of both boards, numbered by body and year without a gap.

Always holds: an entry is never changed or deleted; it names the vote or the circulation that it comes from, and there is one for each.
"""

from __future__ import annotations

from datetime import date

from django.db import models
from django.utils.translation import gettext_lazy as _

from allmende.directory.municipalities import Municipality


class Body(models.TextChoices):
    MEETING = "meeting", _("general meeting")
    BOARD = "board", _("board")
    SUPERVISORY = "supervisory", _("supervisory board")


class Resolution(models.Model):
    body = models.CharField(_("body"), max_length=12, choices=Body.choices)
    year = models.PositiveSmallIntegerField(_("year"))
    number = models.PositiveIntegerField(_("number"))
    decided_on = models.DateField(_("decided"))
    title = models.CharField(_("title"), max_length=300)
    text = models.TextField(_("text"), blank=True)
    result = models.CharField(_("result"), max_length=300)
    voting = models.OneToOneField(
        "cooperative.Voting", on_delete=models.PROTECT, null=True, related_name="resolution"
    )
    circulation = models.OneToOneField(
        "cooperative.Circulation", on_delete=models.PROTECT, null=True, related_name="resolution"
    )

    class Meta:
        ordering = ["-decided_on", "-pk"]
        verbose_name = _("resolution")
        verbose_name_plural = _("register of resolutions")
        constraints = [
            models.UniqueConstraint(fields=["body", "year", "number"], name="resolution_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.get_body_display()} {self.number}/{self.year}"


def register_resolution(
    body: Body, decided_on: date, title: str, text: str, result: str, **source: object
) -> Resolution:
    """Append to the register; call it in the transaction that decides. `source` is `voting=` or `circulation=`."""
    # One writer at a time, so that numbers have no gap: the cooperative's own row is the lock.
    list(Municipality.objects.select_for_update().filter(is_cooperative=True))
    rows = Resolution.objects.filter(body=body, year=decided_on.year)
    last = rows.aggregate(last=models.Max("number"))["last"] or 0
    return Resolution.objects.create(
        body=body,
        year=decided_on.year,
        number=last + 1,
        decided_on=decided_on,
        title=title[:300],
        text=text,
        result=result[:300],
        **source,
    )
