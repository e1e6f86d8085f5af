# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""How many sides and sheets a job makes: by its own document, and by what the device says. Pure: no database, no clock.

A device's word counts, because its meter is billed; where it is silent or can't be true (`_LIMIT`), the document's own count stands in and is
marked as an estimate. Which sides were in colour is the device's word too where it has one (PWG 5100.7 `…-col`), else it
follows from the document's colour pages: exactly for a whole job, in proportion for a part.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from allmende.documents.media_sizes import size_of_media
from allmende.ipp.ticket import Ticket
from allmende.printing.job_tickets import pages_wanted, prints_colour
from allmende.printing.ledger.sheets import MediaClass

#: Hundredths of a millimetre; longer sheets than legal (356 mm) and shorter than A2 go through a device as A3.
_A4_LONGEST: Final = 36_500
_A3_LONGEST: Final = 48_500
#: Of a document whose pages nobody knows, a device is believed so many sides.
_MOST_UNKNOWN: Final = 100_000


@dataclass(frozen=True, slots=True)
class SheetCount:
    """Printed sides and sheets of paper; never negative."""

    mono: int = 0
    colour: int = 0
    sheets: int = 0
    is_estimate: bool = False

    @property
    def impressions(self) -> int:
        return self.mono + self.colour

    @property
    def is_duplex(self) -> bool:
        return self.sheets < self.impressions


@dataclass(frozen=True, slots=True)
class DeviceWord:
    """What a device said of one delivery; None where it said nothing. A zero of a completed job is silence too."""

    impressions: int | None = None
    colour: int | None = None
    sheets: int | None = None


def own_count(pages: int | None, colour_pages: int | None, ticket: Ticket) -> SheetCount:
    """Of the whole job as it was released. Unknown pages count as one; colour that nobody knows counts where it was asked for."""
    one_copy = pages_wanted(pages, ticket) or 1
    sides = math.ceil(one_copy / (ticket.number_up or 1))
    copies = ticket.copies or 1
    two_sided = (ticket.sides or "").startswith("two-sided")
    if not prints_colour(ticket):
        colour = 0
    elif colour_pages is None:
        colour = sides if ticket.print_color_mode == "color" else 0
    else:
        colour = _share(colour_pages, sides, pages or 1)
    sheets = math.ceil(sides / 2) if two_sided else sides
    return SheetCount((sides - colour) * copies, colour * copies, sheets * copies, is_estimate=True)


def count_of_whole(own: SheetCount, device: DeviceWord, *, pages_known: bool) -> SheetCount:
    """Of a job that ended as a whole: the device's word, else our own count."""
    if not device.impressions and device.sheets and device.sheets <= own.impressions:
        # It counts paper only: how many sides were on it is ours.
        return SheetCount(own.mono, own.colour, device.sheets, is_estimate=True)
    return count_of_part(own, device, pages_known=pages_known) or own


def count_of_part(own: SheetCount, device: DeviceWord, *, pages_known: bool) -> SheetCount | None:
    """Of what came out so far by the device's word; None where it says nothing that can be used."""
    impressions, sheets = device.impressions or 0, device.sheets or 0
    most = 2 * own.impressions + 10 if pages_known else _MOST_UNKNOWN
    if max(impressions, sheets) > most or not (impressions or sheets):
        return None
    if not impressions:
        impressions = min(own.impressions, 2 * sheets) if own.is_duplex else sheets
    if device.colour is not None and device.colour <= impressions:
        colour, guessed = device.colour, False
    else:
        colour = _share(own.colour, impressions, own.impressions)
        guessed = 0 < own.colour < own.impressions and impressions != own.impressions
    if not sheets or sheets > impressions:
        sheets = _sheets(own, impressions)
    return SheetCount(impressions - colour, colour, sheets, is_estimate=guessed or not device.impressions)


def rest_of(own: SheetCount, counted: SheetCount) -> SheetCount:
    """What a whole job has beyond what was counted of it already."""
    return SheetCount(
        max(0, own.mono - counted.mono),
        max(0, own.colour - counted.colour),
        max(0, own.sheets - counted.sheets),
        is_estimate=True,
    )


def media_class(name: str) -> MediaClass:
    """By the longer side; what says nothing of itself is A4, as nearly all paper of an office is."""
    if not name:
        return MediaClass.A4
    size = size_of_media(name)
    if size is None:
        return MediaClass.A3 if "a3" in name.lower().split("-") else MediaClass.OTHER
    long_side = size.upright().height
    if 26_000 <= long_side <= _A4_LONGEST:
        return MediaClass.A4
    return MediaClass.A3 if _A4_LONGEST < long_side <= _A3_LONGEST else MediaClass.OTHER


def _sheets(own: SheetCount, impressions: int) -> int:
    if impressions == own.impressions:
        return own.sheets
    return math.ceil(impressions / 2) if own.is_duplex else impressions


def _share(part: int, of: int, whole: int) -> int:
    """`part` of `whole`, in proportion of `of`; whole numbers, halves up, never more than `of`."""
    if whole <= 0:
        return 0
    return min(of, (2 * part * of + whole) // (2 * whole))
