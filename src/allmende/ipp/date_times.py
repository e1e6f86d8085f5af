# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""IPP's dateTime, eleven octets of RFC 2579 DateAndTime, to and from aware `datetime`."""

import struct
from datetime import UTC, datetime, timedelta, timezone

_LAYOUT = struct.Struct(">HBBBBBBcBB")


def read_date_time(octets: bytes) -> datetime | bytes:
    """The time, or the octets themselves where `datetime` could not give the same octets back.

    Those are: a leap second, years beyond 9999 or 0, months of 13, an offset of "-00:00" and the like.
    """
    year, month, day, hour, minute, second, tenths, direction, off_hours, off_minutes = _LAYOUT.unpack(octets)
    if direction not in b"+-" or off_minutes > 59 or tenths > 9:
        return octets
    offset = off_hours * 60 + off_minutes
    if direction == b"-":
        if not offset:
            return octets
        offset = -offset
    try:
        zone = timezone(timedelta(minutes=offset)) if offset else UTC
        return datetime(year, month, day, hour, minute, second, tenths * 100_000, zone)
    except ValueError:
        return octets


def write_date_time(time: datetime) -> bytes:
    """Eleven octets; fractions below a tenth of a second and offsets below a minute are cut off.

    Raises ValueError for a naive time.
    """
    offset = time.utcoffset()
    if offset is None:
        raise ValueError("a dateTime needs a zone")
    minutes = int(offset.total_seconds()) // 60
    direction = b"-" if minutes < 0 else b"+"
    hours, minutes = divmod(abs(minutes), 60)
    return _LAYOUT.pack(
        time.year,
        time.month,
        time.day,
        time.hour,
        time.minute,
        time.second,
        time.microsecond // 100_000,
        direction,
        hours,
        minutes,
    )
