# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Addresses of meetings, votes and boards: the office's, and a member's own."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from allmende.cooperative import (
    board_pages,
    invitation_pages,
    meeting_pages,
    member_meeting_pages,
    voting_pages,
)

_MEETINGS = "genossenschaft/versammlungen/"
_BOARDS = "genossenschaft/gremien/"
_MINE = "mitgliedschaft/versammlungen/"

urlpatterns: list[URLPattern | URLResolver] = [
    path(_MEETINGS, meeting_pages.show_meetings, name="meetings"),
    path(_MEETINGS + "neu/", meeting_pages.add_meeting, name="add_meeting"),
    path(_MEETINGS + "<int:meeting_id>/", meeting_pages.show_meeting, name="meeting"),
    path(_MEETINGS + "<int:meeting_id>/bearbeiten/", meeting_pages.edit_meeting, name="edit_meeting"),
    path(_MEETINGS + "<int:meeting_id>/schritt/<slug:step>/", meeting_pages.take_step, name="meeting_step"),
    path(
        _MEETINGS + "<int:meeting_id>/einladungen/",
        invitation_pages.show_invitations,
        name="meeting_invitations",
    ),
    path(
        _MEETINGS + "<int:meeting_id>/anwesenheit/", meeting_pages.show_attendance, name="meeting_attendance"
    ),
    path(_MEETINGS + "<int:meeting_id>/unterlagen/neu/", meeting_pages.add_paper, name="add_meeting_paper"),
    path(_MEETINGS + "<int:meeting_id>/punkte/neu/", meeting_pages.add_item, name="add_agenda_item"),
    path(
        _MEETINGS + "<int:meeting_id>/datei/<str:name>",
        meeting_pages.download_meeting_file,
        name="meeting_file",
    ),
    path(_MEETINGS + "punkte/<int:item_id>/", meeting_pages.edit_item, name="edit_agenda_item"),
    path(_MEETINGS + "punkte/<int:item_id>/ordnen/", meeting_pages.change_agenda, name="change_agenda"),
    path(
        _MEETINGS + "punkte/<int:item_id>/ausschluss/", meeting_pages.add_exclusion, name="add_item_exclusion"
    ),
    path(_MEETINGS + "punkte/<int:item_id>/abstimmung/", voting_pages.prepare_voting, name="prepare_voting"),
    path(_MEETINGS + "abstimmungen/<int:voting_id>/", voting_pages.show_voting, name="voting"),
    path(
        _MEETINGS + "anwesenheit/<int:attendance_id>/gegangen/",
        meeting_pages.end_attendance,
        name="end_attendance",
    ),
    path(_MEETINGS + "antraege/<int:motion_id>/", meeting_pages.decide_motion, name="decide_motion"),
    path(_BOARDS, board_pages.show_boards, name="boards"),
    path(_BOARDS + "sitze/neu/", board_pages.add_seat, name="add_seat"),
    path(_BOARDS + "sitze/<int:seat_id>/", board_pages.edit_seat, name="edit_seat"),
    path(_BOARDS + "umlauf/neu/", board_pages.add_circulation, name="add_circulation"),
    path(_BOARDS + "umlauf/<int:circulation_id>/", board_pages.show_circulation, name="circulation"),
    path(_MINE, member_meeting_pages.show_my_meetings, name="my_meetings"),
    path(_MINE + "<int:meeting_id>/", member_meeting_pages.show_my_meeting, name="my_meeting"),
    path(
        _MINE + "<int:meeting_id>/datei/<str:name>",
        member_meeting_pages.download_my_file,
        name="my_meeting_file",
    ),
    path(_MINE + "<int:meeting_id>/antrag/", member_meeting_pages.add_motion, name="add_motion"),
    path(_MINE + "<int:meeting_id>/teilnehmen/", member_meeting_pages.join_online, name="join_meeting"),
    path(
        _MINE + "unterlagen/<int:paper_id>/", member_meeting_pages.download_my_paper, name="my_meeting_paper"
    ),
    path(_MINE + "abstimmungen/<int:voting_id>/", member_meeting_pages.show_my_voting, name="my_voting"),
    path("mitgliedschaft/umlauf/", board_pages.show_my_circulations, name="my_circulations"),
    path(
        "mitgliedschaft/umlauf/<int:circulation_id>/", board_pages.show_my_circulation, name="my_circulation"
    ),
]
