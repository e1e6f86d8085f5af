# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""`allmende cooperative members --on DATE [--known-at DATE] [--json]`: who was a member on a day, by the list of members."""

from __future__ import annotations

import argparse
import sys
from datetime import date, datetime, time, timedelta


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--on", type=day_of, metavar="DATE", help="the day, as 2014-07-01 (default: today)")
    parser.add_argument(
        "--known-at",
        type=day_of,
        metavar="DATE",
        help="count only what the list said at the end of this day",
    )
    parser.add_argument("--json", action="store_true", help="with all rows of the list, as JSON")


def day_of(text: str) -> date:
    """Raises ArgumentTypeError, which says what to write instead."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no day of the calendar; write year-month-day, as 2014-07-01"
        ) from error


def run(arguments: argparse.Namespace) -> int:
    import django  # noqa: PLC0415 - only commands that need it pay for it

    django.setup()
    from django.utils import timezone  # noqa: PLC0415
    from django.utils.formats import date_format  # noqa: PLC0415
    from django.utils.translation import gettext as _  # noqa: PLC0415

    from allmende.cooperative.member_list import members_on  # noqa: PLC0415
    from allmende.cooperative.member_list_export import list_as_json  # noqa: PLC0415

    day = arguments.on or timezone.localdate()
    known_at = end_of(arguments.known_at) if arguments.known_at else None
    if arguments.json:
        sys.stdout.write(list_as_json(day, known_at=known_at) + "\n")
        return 0
    found = members_on(day, known_at=known_at)
    for each in found:
        since = date_format(each.admitted_on, "SHORT_DATE_FORMAT")
        leaves = ""
        if each.leaves_on is not None:
            leaves = _("until %(day)s") % {"day": date_format(each.leaves_on, "SHORT_DATE_FORMAT")}
        sys.stdout.write(f"{each.number:>5}  {each.name:<40}  {since}  {leaves}".rstrip() + "\n")
    text = _("Members on %(day)s: %(count)d")
    sys.stdout.write(text % {"day": date_format(day, "SHORT_DATE_FORMAT"), "count": len(found)} + "\n")
    return 0


def end_of(day: date) -> datetime:
    """The last moment of a day, in the cooperative's time zone."""
    from django.utils import timezone  # noqa: PLC0415

    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min)) - timedelta(
        microseconds=1
    )
