# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The page of a meeting's invitations: the proof of who was invited how and when, and the letters that the office notes as posted."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from allmende.cooperative.invitations import (
    Invitation,
    invitation_proofs,
    note_all_letters,
    note_letter,
    waiting_letters,
)
from allmende.cooperative.legal_rules import UnknownRuleError
from allmende.cooperative.meeting_forms import LetterForm
from allmende.cooperative.meeting_pages import kept
from allmende.cooperative.meetings import Meeting, MeetingRefusedError, last_invitation_day
from allmende.directory.administration_access import Desk, office_page


@require_http_methods(["GET", "POST"])
@office_page
def show_invitations(request: HttpRequest, desk: Desk, meeting_id: int) -> HttpResponse:
    """The proof: who was invited by which way, when, and whether in time."""
    meeting = get_object_or_404(Meeting, pk=meeting_id)
    form = LetterForm(request.POST or None, initial={"posted_on": timezone.localdate()})
    wanted = [int(each) for each in request.POST.getlist("invitation") if each.isdecimal()]
    if request.method == "POST":
        rows = list(Invitation.objects.filter(meeting=meeting, pk__in=wanted))

        def keep() -> str:
            if "all" in request.POST:
                count = note_all_letters(desk.actor, meeting, form.cleaned_data["posted_on"])
                return ngettext("%(count)d letter is noted.", "%(count)d letters are noted.", count) % {
                    "count": count
                }
            if not rows:
                raise MeetingRefusedError(_("Choose at least one member."))
            for row in rows:
                note_letter(desk.actor, row, form.cleaned_data["posted_on"])
            return _("Saved.")

        if kept(request, form, keep):
            return redirect("meeting_invitations", meeting_id)
    try:
        proofs = invitation_proofs(meeting)
    except UnknownRuleError as error:
        messages.error(request, str(error.args[0]))
        return redirect("meeting", meeting_id)
    return desk.show(
        request,
        "cooperative/meetings/invitations.html",
        status=422 if form.errors else 200,
        meeting=meeting,
        proofs=proofs,
        last_day=last_invitation_day(meeting),
        waiting=[proof for proof in proofs if proof.invitation and not proof.is_sent],
        letters=len(waiting_letters(meeting)),
        chosen=wanted,
        form=form,
    )
