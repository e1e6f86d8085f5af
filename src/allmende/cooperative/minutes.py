# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The minutes of a general meeting (§ 47 GenG) as a PDF with its lists: who was there, what was asked, how the votes fell.

Always holds: they are made from the rows alone, so they say what was recorded; secret votes appear as sums, and as the list of receipts' hashes.
The signed copy that is uploaded later is kept beside them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext

from allmende.cooperative.attendance import Attendance
from allmende.cooperative.ballots import Ballot, published_ballots
from allmende.cooperative.invitations import cooperative_name, invitation_proofs
from allmende.cooperative.meetings import Meeting, members_of_meeting
from allmende.cooperative.votings import Voting
from allmende.documents.typesetting import typeset

_TEMPLATE: Final = Path(__file__).parent / "templates" / "cooperative" / "minutes.typ"


def minutes_pdf(meeting: Meeting) -> bytes:
    """In the reader's language, PDF/UA. Raises TypesettingError."""
    return typeset(_TEMPLATE, minutes_data(meeting))


def minutes_data(meeting: Meeting) -> dict[str, Any]:
    """What the template sets: all in words."""
    proofs = invitation_proofs(meeting)
    in_time = sum(proof.is_in_time for proof in proofs)
    attendances = list(meeting.attendances.select_related("member"))
    represented = {row.member_id for row in attendances}
    facts = [
        (gettext("Day"), date_format(meeting.day, "DATE_FORMAT")),
        (gettext("Place"), meeting.place or meeting.online_address or str(meeting.get_form_display())),
        (gettext("Form"), str(meeting.get_form_display())),
        (gettext("Opened"), _time(meeting.opened_at)),
        (gettext("Closed"), _time(meeting.closed_at)),
        (gettext("Chair"), meeting.chair or "–"),
        (gettext("Minute taker"), meeting.minute_taker or "–"),
        (
            gettext("Members represented"),
            gettext("%(there)d of %(all)d")
            % {"there": len(represented), "all": len(members_of_meeting(meeting))},
        ),
        (
            gettext("Invited in time"),
            gettext("%(there)d of %(all)d") % {"there": in_time, "all": len(proofs)},
        ),
    ]
    return {
        "title": gettext("Minutes: %(title)s") % {"title": meeting.title},
        "cooperative": cooperative_name(),
        "language": (get_language() or "de")[:2],
        "facts": facts,
        "agenda": gettext("Agenda and resolutions"),
        "items": [
            {
                "title": item.title,
                "text": _paragraphs(item.text),
                "discussion": _paragraphs(item.discussion),
                "excluded": [
                    gettext("Without a vote: %(member)s (%(reason)s)")
                    % {"member": each.member.name, "reason": each.reason}
                    for each in item.exclusions.select_related("member")
                ],
                "votings": [_voting(each) for each in item.votings.filter(closed_at__isnull=False)],
            }
            for item in meeting.items.order_by("number")
        ],
        "signatures": gettext(
            "Signatures: chair of the meeting, and the members of the board who were present"
        ),
        "lists": [
            {
                "title": gettext("Annex: attendance"),
                "columns": [
                    gettext("Member"),
                    gettext("Represented by"),
                    gettext("Represents"),
                    gettext("Takes part"),
                ],
                "rows": [_attendance(row) for row in attendances],
            },
            {
                "title": gettext("Annex: invitations"),
                "columns": [gettext("Member"), gettext("Way"), gettext("Sent"), gettext("In time")],
                "rows": [
                    [
                        proof.member.name,
                        str(proof.invitation.get_channel_display()) if proof.invitation else "–",
                        date_format(proof.invitation.sent_on, "SHORT_DATE_FORMAT")
                        if proof.invitation and proof.invitation.sent_on
                        else "–",
                        gettext("yes") if proof.is_in_time else gettext("no"),
                    ]
                    for proof in proofs
                ],
            },
            *_receipts(meeting),
        ],
        "made": gettext("Made with Allmende"),
    }


def _voting(voting: Voting) -> dict[str, Any]:
    return {
        "question": voting.question,
        "how": gettext("%(method)s vote; needed: %(share)s of the votes cast (%(source)s)")
        % {
            "method": voting.get_method_display(),
            "share": voting.needed_words,
            "source": voting.needed_source,
        },
        "result": gettext("Result: %(result)s") % {"result": voting.result_words},
    }


def _attendance(row: Attendance) -> list[str]:
    return [row.member.name, row.name, str(row.get_capacity_display()), str(row.get_presence_display())]


def _receipts(meeting: Meeting) -> list[dict[str, Any]]:
    found = []
    for voting in Voting.objects.filter(item__meeting=meeting, closed_at__isnull=False):
        if not Ballot.objects.filter(voting=voting).exists():
            continue
        rows = published_ballots(voting)
        found.append(
            {
                "title": gettext("Annex: ballots of the secret vote “%(question)s”")
                % {"question": voting.question},
                "columns": [gettext("Check value of the receipt"), gettext("Choice")],
                "rows": [[value[:24], choice] for value, choice in rows]
                if rows is not None
                else [[gettext("Withheld: too few ballots."), ""]],
            }
        )
    return found


def _paragraphs(text: str) -> list[str]:
    return [part for part in text.replace("\r", "").split("\n\n") if part.strip()]


def _time(at: Any) -> str:
    return date_format(timezone.localtime(at), "TIME_FORMAT") if at else "–"
