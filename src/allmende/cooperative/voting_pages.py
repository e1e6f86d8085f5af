# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The office's pages of votes: prepare, open, note what is seen in the room, paper, close, recount."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from allmende.cooperative.ballots import (
    close_secret_voting,
    enter_paper_count,
    hand_out_paper,
    published_ballots,
    recount,
    turnout,
)
from allmende.cooperative.meeting_forms import PaperCountForm, VotingForm
from allmende.cooperative.meeting_pages import kept, tried
from allmende.cooperative.meetings import AgendaItem, ItemKind
from allmende.cooperative.member_change_pages import show_form
from allmende.cooperative.votings import (
    VoterState,
    Voting,
    add_voting,
    close_open_voting,
    note_open_votes,
    open_voting,
    recount_open,
)
from allmende.directory.administration_access import Desk, office_page


@require_http_methods(["GET", "POST"])
@office_page
def prepare_voting(request: HttpRequest, desk: Desk, item_id: int) -> HttpResponse:
    item = get_object_or_404(AgendaItem, pk=item_id)
    first = {
        "candidates": "",
        "question": item.title,
        "method": "secret" if item.kind == ItemKind.ELECTION else "open",
    }
    form = VotingForm(request.POST or None, instance=Voting(item=item), initial=first)

    def keep() -> str:
        add_voting(desk.actor, form.save(commit=False))
        return _("The vote is prepared. Open it when the chair asks for it.")

    if kept(request, form, keep):
        return redirect("voting", form.instance.pk)
    back = reverse("meeting", args=[item.meeting_id])
    return show_form(request, desk, form, title=_("Prepare a vote"), lead=str(item), back=back)


@require_http_methods(["GET", "POST"])
@office_page
def show_voting(request: HttpRequest, desk: Desk, voting_id: int) -> HttpResponse:
    voting = get_object_or_404(Voting.objects.select_related("item__meeting"), pk=voting_id)
    count_form = PaperCountForm(request.POST if "count" in request.POST else None, voting=voting)
    if request.method == "POST":
        if "count" in request.POST:
            if kept(request, count_form, lambda: _count(desk, voting, count_form)):
                return redirect("voting", voting_id)
        else:
            tried(request, lambda: _act(request, desk, voting))
            return redirect("voting", voting_id)
    voters = list(voting.voters.select_related("member", "open_vote"))
    waiting: dict[int, str] = {}
    for row in voters:
        if row.state == VoterState.WAITING:
            waiting.setdefault(row.member_id, row.member.name)
    return desk.show(
        request,
        "cooperative/meetings/voting.html",
        status=422 if count_form.errors else 200,
        voting=voting,
        meeting=voting.item.meeting,
        turnout=turnout(voting),
        open_rows=_open_rows(voting, voters),
        waiting=waiting.items(),
        counts=voting.paper_counts.select_related("counter"),
        count_form=count_form,
        ballots=published_ballots(voting) if voting.is_secret else None,
        ballots_count=voting.ballots.count(),
    )


def _act(request: HttpRequest, desk: Desk, voting: Voting) -> str:
    if "open" in request.POST:
        open_voting(desk.actor, voting)
        return _("The vote is open.")
    if "close" in request.POST:
        (close_secret_voting if voting.is_secret else close_open_voting)(desk.actor, voting)
        return _("The vote is closed: %(result)s") % {"result": voting.result_words}
    if "note" in request.POST:
        members = {row.member_id for row in voting.voters.all()}
        note_open_votes(desk.actor, voting, {pk: request.POST.get(f"member_{pk}", "") for pk in members})
        return _("Saved.")
    if request.POST.get("paper", "").isdecimal():
        hand_out_paper(desk.actor, voting, int(request.POST["paper"]))
        return _("Noted: this vote is given on paper.")
    if "recount" in request.POST and voting.closed_at is not None:
        tally = recount(voting) if voting.is_secret else recount_open(voting)
        same = dict(tally.votes) == voting.tally
        return (
            _("Counted again: the same result.")
            if same
            else _("Counted again: ANOTHER result. Have the database examined.")
        )
    raise Http404


def _count(desk: Desk, voting: Voting, form: PaperCountForm) -> str:
    enter_paper_count(desk.actor, voting, form.cleaned_data)
    return _("Your count is kept. The second counter enters theirs with their own account.")


def _open_rows(voting: Voting, voters: list[Any]) -> list[dict[str, Any]]:
    """One line for each member; all its votes have the same choice."""
    found: dict[int, dict[str, Any]] = {}
    for row in voters:
        choice = getattr(getattr(row, "open_vote", None), "choice", "")
        line = found.setdefault(
            row.member_id, {"member": row.member, "name": row.name, "votes": 0, "choice": choice}
        )
        line["votes"] += 1
        line["words"] = dict(voting.choices).get(choice, "–")
    return list(found.values())
