# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The board and the supervisory board (§§ 24, 36 GenG): who sits there from when to when, and whose term ends soon.

Always holds: nobody sits in both at once, nor twice in one; a term that ended stays in the list, an early end has its reason.
"""

from __future__ import annotations

from datetime import date

from django.db import models, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from allmende.cooperative.hash_chain import record_change
from allmende.cooperative.legal_rules import rule_on
from allmende.cooperative.meeting_rules import TERM_WARNING
from allmende.cooperative.meetings import MeetingRefusedError
from allmende.cooperative.members import Member
from allmende.cooperative.resolutions import Body
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person


class SeatRole(models.TextChoices):
    CHAIR = "chair", _("chair")
    DEPUTY = "deputy", _("deputy chair")
    SEAT = "seat", _("member")


class BoardSeat(models.Model):
    body = models.CharField(
        _("body"), max_length=12, choices=[each for each in Body.choices if each[0] != Body.MEETING]
    )
    name = models.CharField(_("name"), max_length=200)
    role = models.CharField(_("function"), max_length=10, choices=SeatRole.choices, default=SeatRole.SEAT)
    person = models.ForeignKey(
        Person,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("account on this platform"),
    )
    member = models.ForeignKey(
        Member,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("comes from the member"),
    )
    first_day = models.DateField(_("in office from"))
    #: The last day; empty where the appointment has no end.
    last_day = models.DateField(_("in office to"), null=True, blank=True)
    appointed_by = models.CharField(_("appointed by (resolution, day)"), max_length=200, blank=True)
    end_reason = models.CharField(_("reason of an early end"), max_length=300, blank=True)

    class Meta:
        ordering = ["body", "-last_day", "name"]
        verbose_name = _("seat")
        verbose_name_plural = _("seats")

    def __str__(self) -> str:
        return f"{self.name} ({self.get_body_display()})"

    def holds_on(self, day: date) -> bool:
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)


def seats_on(day: date, body: str | None = None) -> list[BoardSeat]:
    """Who sits there on `day`: chair, deputy, then the rest by name."""
    rows = BoardSeat.objects.filter(first_day__lte=day).filter(
        models.Q(last_day__isnull=True) | models.Q(last_day__gte=day)
    )
    if body is not None:
        rows = rows.filter(body=body)
    rank = {SeatRole.CHAIR: 0, SeatRole.DEPUTY: 1, SeatRole.SEAT: 2}
    return sorted(
        rows.select_related("member", "person"),
        key=lambda seat: (seat.body, rank[SeatRole(seat.role)], seat.name),
    )


def ending_seats(today: date) -> list[BoardSeat]:
    """Terms that end within the period of the rule (or ended today) with no later term of the same person. Raises UnknownRuleError."""
    until = rule_on(TERM_WARNING, today).period.after(today)
    return [
        seat
        for seat in seats_on(today)
        if seat.last_day is not None
        and seat.last_day <= until
        and not BoardSeat.objects.filter(body=seat.body, name=seat.name, first_day__gt=seat.last_day).exists()
    ]


@transaction.atomic
def save_seat(actor: Person, seat: BoardSeat) -> BoardSeat:
    """Raises MeetingRefusedError where the days can't be, or the person sits in the way already."""
    list(Municipality.objects.select_for_update().filter(is_cooperative=True))
    if seat.last_day is not None and seat.last_day < seat.first_day:
        raise MeetingRefusedError(gettext("The last day is before the first."))
    others = BoardSeat.objects.exclude(pk=seat.pk)
    same = models.Q(name__iexact=seat.name)
    if seat.person_id is not None:
        same |= models.Q(person_id=seat.person_id)
    others = others.filter(same).filter(
        models.Q(last_day__isnull=True) | models.Q(last_day__gte=seat.first_day)
    )
    if seat.last_day is not None:
        others = others.filter(first_day__lte=seat.last_day)
    other = others.first()
    if other is not None:
        raise MeetingRefusedError(
            gettext(
                "%(name)s sits in the %(body)s on some of these days already. Nobody is in both, or twice in one."
            )
            % {"name": seat.name, "body": other.get_body_display()}
        )
    is_new = seat.pk is None
    seat.save()
    record_change(
        actor,
        "board_seat",
        seat.pk,
        "added" if is_new else "changed",
        {
            "body": seat.body,
            "role": seat.role,
            "first_day": seat.first_day,
            "last_day": seat.last_day,
            "end_reason": seat.end_reason,
        },
        personal={"name": seat.name},
    )
    return seat
