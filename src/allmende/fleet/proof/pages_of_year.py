# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The pages of a year: told by a source, or the difference of two counters of every device."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from allmende.fleet.proof.amounts import MONTHS_OF_A_YEAR, UnprovableError, given, span_to_year
from allmende.fleet.proof.case import Per, Side, Volume
from allmende.fleet.proof.figures import Expression, Figure, Sentence, Unit, derive, minus, plus, times
from allmende.fleet.proof.figures import gettext_noop as _

_WORDS: Final = {
    "mono": Sentence(_("Pages in black and white")),
    "colour": Sentence(_("Pages in colour")),
    "all": Sentence(_("Pages")),
}
_ALL: Final = {
    "before": Sentence(_("Pages in a year before")),
    "after": Sentence(_("Pages in a year now")),
}


def year_pages(volume: Volume | None, side: Side) -> dict[str, Figure]:
    """`mono`, `colour` (where the case tells them apart) and `all`, each as pages of a year."""
    if volume is None:
        return {}
    if volume.readings:
        found = _measured(volume, side)
    else:
        found = {
            what: _told(volume, side, what, count)
            for what, count in (("mono", volume.mono), ("colour", volume.colour), ("all", volume.pages))
            if count is not None
        }
    if "all" not in found and found:
        found["all"] = derive(f"volume.{side}.year", Unit.PAGES_YEAR, _ALL[side], plus(*found.values()))
    return found


def _told(volume: Volume, side: Side, what: str, count: int) -> Figure:
    gap = {"name": _WORDS[what]}
    name = f"volume.{side}.{'pages' if what == 'all' else what}"
    expression: Expression
    if volume.per is Per.MONTH:
        unit, label = Unit.PAGES_MONTH, Sentence(_("%(name)s in a month"), gap)
        expression = times(given(name, Decimal(count), unit, label, volume.origin), MONTHS_OF_A_YEAR)
    elif volume.since is not None and volume.until is not None:
        label = Sentence(_("%(name)s in the span"), gap)
        counted = given(name, Decimal(count), Unit.PAGES, label, volume.origin)
        expression = span_to_year(
            counted, volume.since, volume.until, name=name, words=_WORDS[what], origin=volume.origin
        )
    else:
        label = Sentence(_("%(name)s in a year, as told"), gap)
        expression = given(name, Decimal(count), Unit.PAGES_YEAR, label, volume.origin)
    final = f"volume.{side}.year" if what == "all" else f"{name}.year"
    return derive(final, Unit.PAGES_YEAR, _ALL[side] if what == "all" else _in_a_year(what), expression)


def _measured(volume: Volume, side: Side) -> dict[str, Figure]:
    if volume.since is None or volume.until is None:
        raise UnprovableError(f"volume.{side}", _("readings need “from” and “until”"))
    found = {}
    for what in ("mono", "colour"):
        differences = []
        for number, reading in enumerate(volume.readings, 1):
            first, last = (
                (reading.mono_from, reading.mono_to)
                if what == "mono"
                else (reading.colour_from, reading.colour_to)
            )
            name = f"volume.{side}.reading.{number}.{what}"
            gap = {"device": reading.device, "pages": _WORDS[what]}
            end = given(
                f"{name}.to",
                Decimal(last),
                Unit.PAGES,
                Sentence(_("%(device)s, %(pages)s: counter at the end"), gap),
                reading.origin,
            )
            start = given(
                f"{name}.from",
                Decimal(first),
                Unit.PAGES,
                Sentence(_("%(device)s, %(pages)s: counter at the beginning"), gap),
                reading.origin,
            )
            label = Sentence(_("%(device)s, %(pages)s: counted"), gap)
            differences.append(derive(name, Unit.PAGES, label, minus(end, start)))
        counted = derive(
            f"volume.{side}.{what}",
            Unit.PAGES,
            Sentence(_("%(name)s in the span"), {"name": _WORDS[what]}),
            plus(*differences),
        )
        year = span_to_year(
            counted,
            volume.since,
            volume.until,
            name=f"volume.{side}.{what}",
            words=_WORDS[what],
            origin=volume.origin,
        )
        found[what] = derive(f"volume.{side}.{what}.year", Unit.PAGES_YEAR, _in_a_year(what), year)
    return found


def _in_a_year(what: str) -> Sentence:
    return Sentence(_("%(name)s in a year"), {"name": _WORDS[what]})
