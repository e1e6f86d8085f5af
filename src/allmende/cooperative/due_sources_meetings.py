# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is due of meetings and boards: the invitation, motions to decide on, the meeting itself, its minutes; terms that end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from allmende.cooperative.boards import ending_seats
from allmende.cooperative.due_dates import DueItem
from allmende.cooperative.meetings import Meeting, MeetingState, last_announcement_day, last_invitation_day
from allmende.cooperative.motions import Motion, MotionState

#: The office's own custom, no limit of law.
_MINUTES: Final = timedelta(days=28)


def due_of_meetings(day: date) -> Iterator[DueItem]:
    from allmende.cooperative.due_sources import page  # noqa: PLC0415 - it registers us

    for meeting in Meeting.objects.filter(minutes__isnull=True):
        href = page("meeting", meeting.pk)
        words = {"title": meeting.title}
        if meeting.state == MeetingState.CLOSED:
            yield DueItem(
                f"meeting:{meeting.pk}:minutes",
                _("Signed minutes of “%(title)s”") % words,
                href,
                meeting.day + _MINUTES,
                basis=_("the office's own custom"),
            )
            continue
        if meeting.state == MeetingState.DRAFT:
            yield DueItem(
                f"meeting:{meeting.pk}:invite",
                _("Invite to “%(title)s”") % words,
                href,
                last_invitation_day(meeting),
                basis="§ 46 Abs. 1 GenG",
            )
        motions = Motion.objects.filter(meeting=meeting, state=MotionState.HANDED_IN).count()
        if motions:
            text = ngettext(
                "Decide on %(count)d motion for “%(title)s”",
                "Decide on %(count)d motions for “%(title)s”",
                motions,
            )
            yield DueItem(
                f"meeting:{meeting.pk}:motions",
                text % {"count": motions, **words},
                href,
                last_announcement_day(meeting),
                basis="§ 46 Abs. 2 GenG",
            )
        if meeting.day >= day:
            yield DueItem(f"meeting:{meeting.pk}:day", _("Meeting: %(title)s") % words, href, meeting.day)
    for seat in ending_seats(day):
        yield DueItem(
            f"seat:{seat.pk}:ends",
            _("The term of %(name)s ends (%(body)s)") % {"name": seat.name, "body": seat.get_body_display()},
            page("boards"),
            seat.last_day,
        )
