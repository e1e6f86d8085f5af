# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The list of members for register and auditor (§§ 30 to 32 GenG): as CSV, JSON and PDF.

The table of a day says who was a member on it; the rows say how the list came to say so, corrections included. All three forms have the same
columns; days are ISO dates in CSV and JSON.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from allmende.cooperative.member_list import ListedMember, MemberListEntry, members_on
from allmende.documents.csv_text import write_csv_table
from allmende.documents.typesetting import typeset

_TEMPLATE: Final = Path(__file__).parent / "templates" / "cooperative" / "member_list.typ"


def describe_members(listed: Sequence[ListedMember]) -> list[dict[str, Any]]:
    """One dictionary a member, ready for JSON."""
    return [
        {
            "number": each.number,
            "name": each.name,
            "address": each.address,
            "kind": each.member.kind,
            "land": each.member.land,
            "official_key": each.member.official_key,
            "member_since": each.admitted_on.isoformat(),
            "leaves_on": each.leaves_on.isoformat() if each.leaves_on else None,
            "legal_successor": each.is_succession,
            "further_shares": each.further_shares,
        }
        for each in listed
    ]


def describe_entries(*, known_at: datetime | None = None) -> list[dict[str, Any]]:
    """Every row as it was recorded, counter-rows too."""
    rows = MemberListEntry.objects.select_related("counterpart", "reverses")
    if known_at is not None:
        rows = rows.filter(recorded_at__lte=known_at)
    return [
        {
            "row": row.number,
            "recorded": timezone.localtime(row.recorded_at).isoformat(timespec="seconds"),
            "recorded_by": row.recorded_by_name,
            "taken_over": row.is_brought_over,
            "effective": row.effective_on.isoformat(),
            "kind": row.kind,
            "name": row.name,
            "address": row.address,
            "member_number": row.member_number,
            "reason": row.exit_reason,
            "counterpart": row.counterpart.name if row.counterpart else "",
            "shares": row.share_count,
            "reverses_row": row.reverses.number if row.reverses else None,
            "note": row.note,
        }
        for row in rows
    ]


def list_as_json(day: date, *, known_at: datetime | None = None) -> str:
    found = members_on(day, known_at=known_at)
    told = {
        "day": day.isoformat(),
        "known_at": known_at.isoformat() if known_at else None,
        "count": len(found),
        "members": describe_members(found),
        "rows": describe_entries(known_at=known_at),
    }
    return json.dumps(told, ensure_ascii=False, indent=2)


def members_as_csv(day: date, *, known_at: datetime | None = None) -> bytes:
    columns = [_("Number"), _("Name"), _("Address"), _("Member since"), _("Leaves on"), _("Further shares")]
    rows = [
        [str(each.number), each.name, each.address, each.admitted_on.isoformat(),
         each.leaves_on.isoformat() if each.leaves_on else "", str(each.further_shares)]
        for each in members_on(day, known_at=known_at)
    ]  # fmt: skip
    return write_csv_table(columns, rows)


def entries_as_csv() -> bytes:
    entries = describe_entries()
    names = list(entries[0]) if entries else ["row"]
    return write_csv_table(names, ([_cell(entry[name]) for name in names] for entry in entries))


def list_as_pdf(day: date, cooperative: str, *, known_at: datetime | None = None) -> bytes:
    found = members_on(day, known_at=known_at)
    data = {
        "title": _("List of members"),
        "cooperative": cooperative,
        "language": get_language() or "de",
        "lead": _("Members on %(day)s: %(count)d") % {"day": _day(day), "count": len(found)},
        "known": _("As recorded up to %(day)s.") % {"day": _day(timezone.localtime(known_at).date())}
        if known_at
        else "",
        "columns": [
            _("Number"),
            _("Name and address"),
            _("Member since"),
            _("Leaves on"),
            _("Further shares"),
        ],
        "rows": [
            [
                str(each.number),
                f"{each.name}\n{each.address}".strip(),
                _day(each.admitted_on),
                _day(each.leaves_on) if each.leaves_on else "–",
                str(each.further_shares),
            ]
            for each in found
        ],
        "made": _("Made on %(day)s; § 30 GenG") % {"day": _day(timezone.localdate())},
    }
    return typeset(_TEMPLATE, data)


def _day(day: date) -> str:
    return date_format(day, "SHORT_DATE_FORMAT")


def _cell(value: object) -> str:
    return "" if value is None else str(value)
