# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What printing stores about a person, and which of it a person is told. Titles are sealed: only the owner's chip shows them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from allmende.directory.personal_data import PersonalTable, register_names, register_table


def register_printing_tables() -> None:
    for table in (
        PersonalTable(
            "printing.Job",
            _("Your jobs, without title and document, which only your chip opens"),
            (
                "id",
                "identity",
                "claimed_name",
                "state",
                "document_format",
                "size",
                "pages",
                "colour_pages",
                "ticket",
                "created_at",
                "expires_at",
                "device__name",
                "released_at",
                "finished_at",
                "impressions_completed",
                "sheets_completed",
                "reason",
            ),
        ),
        PersonalTable(
            "printing.SheetEntry",
            _("Your sheets in the ledger"),
            (
                "day",
                "at",
                "device__name",
                "cost_centre__number",
                "job_number",
                "kind",
                "media",
                "is_duplex",
                "impressions_mono",
                "impressions_colour",
                "sheets",
                "is_estimate",
                "reason",
            ),
        ),
        PersonalTable(
            "printing.QueueAddress",
            _("Your queue addresses"),
            ("label", "created_at", "last_used_at", "revoked_at"),
        ),
        PersonalTable(
            "printing.Visit", _("Your visits at devices"), ("device__name", "created_at", "expires_at")
        ),
        PersonalTable(
            "printing.EventSubscription",
            _("What your computers want to be told about your jobs"),
            ("user_name", "events", "created_at", "ends_at"),
        ),
        PersonalTable(
            "printing.JobEvent",
            _("What you did with jobs"),
            ("at", "change", "state", "job_id", "device__name"),
            key="actor",
        ),
        PersonalTable(
            "printing.DeviceUser",
            _("Devices at which you printed"),
            ("device__name", "last_day"),
        ),
        PersonalTable(
            "printing.ApproverNotice",
            _("How you are told that print jobs wait for your approval"),
            ("language", "wants_mail", "mailed_at"),
        ),
    ):
        register_table(table)
    register_names({"printing.DeliveryStop": _("Wish to stop a print")})
