# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Pages of the boards: seats and terms, resolutions by circulation, the register; and the page where a seat's holder votes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from allmende.cooperative.boards import BoardSeat, ending_seats, save_seat, seats_on
from allmende.cooperative.circulations import (
    Circulation,
    CirculationChoice,
    CirculationVote,
    close_circulation,
    open_circulation,
    vote_in_circulation,
)
from allmende.cooperative.legal_rules import UnknownRuleError, rule_on
from allmende.cooperative.meeting_forms import CirculationForm, CirculationVoteForm, SeatForm
from allmende.cooperative.meeting_pages import kept, tried
from allmende.cooperative.meeting_rules import CIRCULATION_PERIOD
from allmende.cooperative.member_change_pages import show_form
from allmende.cooperative.resolutions import Body, Resolution
from allmende.directory.administration_access import Desk, office_page
from allmende.directory.people import Person

_PER_PAGE: Final = 25


@require_GET
@office_page
def show_boards(request: HttpRequest, desk: Desk) -> HttpResponse:
    today = timezone.localdate()
    try:
        ending = ending_seats(today)
    except UnknownRuleError:
        ending = []
    bodies = [(label, seats_on(today, body)) for body, label in Body.choices if body != Body.MEETING]
    current = {seat.pk for _label, seats in bodies for seat in seats}
    return desk.show(
        request,
        "cooperative/meetings/boards.html",
        bodies=bodies,
        ending=ending,
        others=BoardSeat.objects.exclude(pk__in=current).order_by("-first_day")[:100],
        running=Circulation.objects.filter(closed_at=None),
        page=Paginator(Resolution.objects.select_related("voting__item", "circulation"), _PER_PAGE).get_page(
            request.GET.get("page")
        ),
    )


@require_http_methods(["GET", "POST"])
@office_page
def add_seat(request: HttpRequest, desk: Desk) -> HttpResponse:
    return _seat_form(request, desk, None)


@require_http_methods(["GET", "POST"])
@office_page
def edit_seat(request: HttpRequest, desk: Desk, seat_id: int) -> HttpResponse:
    return _seat_form(request, desk, get_object_or_404(BoardSeat, pk=seat_id))


@require_http_methods(["GET", "POST"])
@office_page
def add_circulation(request: HttpRequest, desk: Desk) -> HttpResponse:
    now = timezone.now()
    try:
        days = (
            rule_on(CIRCULATION_PERIOD, timezone.localdate()).period.after(timezone.localdate())
            - timezone.localdate()
        )
    except UnknownRuleError:
        days = timedelta(weeks=1)
    form = CirculationForm(
        request.POST or None, initial={"ends_at": (now + days).replace(second=0, microsecond=0)}
    )

    def keep() -> str:
        open_circulation(desk.actor, form.save(commit=False))
        return _(
            "The vote runs. Each member of the body finds it on the own page; note here what comes by letter."
        )

    if kept(request, form, keep):
        return redirect("circulation", form.instance.pk)
    return show_form(
        request,
        desk,
        form,
        title=_("New resolution by circulation"),
        back=reverse("boards"),
        submit=_("Begin the vote"),
    )


@require_http_methods(["GET", "POST"])
@office_page
def show_circulation(request: HttpRequest, desk: Desk, circulation_id: int) -> HttpResponse:
    circulation = get_object_or_404(Circulation, pk=circulation_id)
    if request.method == "POST":
        tried(request, lambda: _act(request, desk, circulation))
        return redirect("circulation", circulation_id)
    return desk.show(
        request,
        "cooperative/meetings/circulation.html",
        circulation=circulation,
        votes=circulation.votes.select_related("seat"),
        choices=CirculationChoice.choices,
    )


@require_GET
@login_required
def show_my_circulations(request: HttpRequest) -> HttpResponse:
    """Everything that was ever put to a seat of this person."""
    votes = _votes_of(request).select_related("circulation").order_by("-circulation__opened_at")
    page = Paginator(votes, _PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "cooperative/meetings/my_circulations.html", {"page": page})


@require_http_methods(["GET", "POST"])
@login_required
def show_my_circulation(request: HttpRequest, circulation_id: int) -> HttpResponse:
    vote = (
        _votes_of(request).filter(circulation_id=circulation_id).select_related("circulation", "seat").first()
    )
    if vote is None or not isinstance(request.user, Person):
        raise Http404
    actor = request.user
    form = CirculationVoteForm(request.POST or None, initial={"choice": vote.choice, "comment": vote.comment})

    def keep() -> str:
        vote_in_circulation(
            actor, vote.circulation, vote.seat, form.cleaned_data["choice"], form.cleaned_data["comment"]
        )
        return _("Your vote is counted. You can change it until the end.")

    if kept(request, form, keep):
        return redirect("my_circulation", circulation_id)
    context: dict[str, Any] = {"circulation": vote.circulation, "vote": vote, "form": form}
    return render(
        request, "cooperative/meetings/my_circulation.html", context, status=422 if form.errors else 200
    )


def _seat_form(request: HttpRequest, desk: Desk, seat: BoardSeat | None) -> HttpResponse:
    form = SeatForm(request.POST or None, instance=seat)

    def keep() -> str:
        save_seat(desk.actor, form.save(commit=False))
        return _("Saved.")

    if kept(request, form, keep):
        return redirect("boards")
    title = _("Seat of %(name)s") % {"name": seat.name} if seat is not None else _("New seat")
    return show_form(request, desk, form, title=title, back=reverse("boards"))


def _act(request: HttpRequest, desk: Desk, circulation: Circulation) -> str:
    if "close" in request.POST:
        close_circulation(desk.actor, circulation)
        return _("Closed: %(result)s") % {"result": circulation.result_words}
    wanted = request.POST.get("vote", "")
    vote = get_object_or_404(
        circulation.votes.select_related("seat"), pk=int(wanted) if wanted.isdecimal() else 0
    )
    vote_in_circulation(desk.actor, circulation, vote.seat, request.POST.get("choice", ""), is_noted=True)
    return _("Saved.")


def _votes_of(request: HttpRequest) -> Any:
    return CirculationVote.objects.filter(seat__person_id=request.user.pk or 0)
