# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What reports store about a person, and who asked for a report on them."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allmende.directory.people import Person
from allmende.directory.personal_data import (
    Lookup,
    PersonalTable,
    register_lookups,
    register_names,
    register_table,
)
from allmende.fleet.figures import day_words
from allmende.fleet.person_reports import PersonReport


def register_fleet_tables() -> None:
    register_table(
        PersonalTable(
            "fleet.PersonReport",
            gettext_lazy("Reports on you that were asked for"),
            (
                "since",
                "until",
                "reason",
                "asked_by__display_name",
                "asked_at",
                "decided_by__display_name",
                "decided_at",
                "is_granted",
            ),
            key="subject",
        )
    )
    register_table(
        PersonalTable(
            "fleet.ReportSubscription",
            gettext_lazy("Reports that you get by mail"),
            ("kind", "rhythm", "file_kind", "language", "created_at"),
            key="recipient",
        )
    )
    register_names(
        {
            "fleet.EnvironmentFactor": gettext_lazy("Environment factor"),
            "fleet.PersonReport": gettext_lazy("Report on a person"),
            "fleet.PersonReportLook": gettext_lazy("Look at a report on a person"),
            "fleet.ReportSubscription": gettext_lazy("Report by mail"),
        }
    )
    register_lookups(_lookups)


def _lookups(person: Person) -> list[Lookup]:
    rows = (
        PersonReport.objects.filter(subject=person)
        .select_related("asked_by", "decided_by")
        .prefetch_related("looks__by")
    )
    return [
        Lookup(
            asked_at=row.asked_at,
            asked_by=str(row.asked_by or "–"),
            decided_by=_decision(row),
            reason=row.reason,
            what=_("Number of your sheets, %(since)s to %(until)s")
            % {"since": day_words(row.since), "until": day_words(row.until)},
            looks=tuple((look.at, str(look.by or "–")) for look in row.looks.all()),
        )
        for row in rows
    ]


def _decision(row: PersonReport) -> str:
    if row.is_granted is None:
        return _("not decided")
    name = str(row.decided_by or "–")
    words = _("consented: %(name)s") if row.is_granted else _("refused: %(name)s")
    return words % {"name": name}
