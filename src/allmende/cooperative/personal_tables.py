# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the cooperative's office stores about a person (Art. 15 GDPR)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from allmende.directory.personal_data import PersonalTable, register_names, register_table


def register_cooperative_tables() -> None:
    register_table(
        PersonalTable(
            "cooperative.SupportRequest",
            _("Your requests to the cooperative's office"),
            ("topic", "title", "priority", "state", "is_confidential", "asked_at"),
            key="asked_by",
        )
    )
    register_table(
        PersonalTable(
            "cooperative.RequestMessage",
            _("What you wrote in requests"),
            ("request__title", "at", "text", "is_internal"),
            key="author",
        )
    )
    register_table(
        PersonalTable("cooperative.DueCare", _("What you take care of in the office"), ("key",), key="person")
    )
    register_table(
        PersonalTable(
            "cooperative.DueReminder",
            _("Reminders that you got by mail"),
            ("key", "due_on", "stage", "sent_at"),
            key="person",
        )
    )
    register_table(
        PersonalTable(
            "cooperative.CalendarToken",
            _("The address of your calendar"),
            ("created_at", "last_read_at"),
            key="person",
        )
    )
    register_table(
        PersonalTable(
            "cooperative.Attendance",
            _("General meetings in which you represented a member"),
            ("meeting__title", "member__name", "capacity", "came_at", "left_at"),
            key="person",
        )
    )
    register_table(
        PersonalTable(
            "cooperative.VoterRow",
            _("Votes in which you had a vote"),
            ("voting__question", "member__name", "state"),
            key="person",
        )
    )
    register_table(
        PersonalTable(
            "cooperative.BoardSeat",
            _("Your seats in the boards"),
            ("body", "role", "first_day", "last_day"),
            key="person",
        )
    )
    register_names({"cooperative.PaperCount": _("Count of paper ballots")})
