# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A case in a file: TOML for people, JSON with the same keys for what the software exports. The format is described in `docs/proof.md`.

Always holds: any bytes give a `Case` or a `CaseFileError`; every figure has a source, or is marked as assumed and says why;
what `write_case` writes is read back as the same case.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from allmende.fleet.proof.case import (
    Case,
    Click,
    Cost,
    CostKind,
    Fleet,
    Membership,
    Origin,
    Per,
    Reading,
    Saving,
    Side,
    Tax,
    Told,
    Volume,
)
from allmende.fleet.proof.case_tables import CaseFileError, Table
from allmende.fleet.proof.figures import Unit, state
from allmende.fleet.proof.figures import gettext_noop as _

FORMAT: Final = 1
LARGEST_FILE: Final = 4 * 1024 * 1024
_TWELVE_MONTHS: Final = {Per.MONTH, Per.QUARTER, Per.YEAR}


class _Pages(StrEnum):
    MONO = "mono"
    COLOUR = "colour"
    ALL = "all"


def read_case(data: bytes, *, is_json: bool = False) -> Case:
    """Raises CaseFileError."""
    if len(data) > LARGEST_FILE:
        raise CaseFileError(_FILE, _("is larger than %(size)d MB"), size=LARGEST_FILE >> 20)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise CaseFileError(_FILE, _("is not UTF-8 text: save it as UTF-8")) from None
    try:
        raw = _read_json(text) if is_json else tomllib.loads(text, parse_float=Decimal)
    except RecursionError:
        raise CaseFileError(_FILE, _("is nested too deeply")) from None
    except (ValueError, ArithmeticError) as error:
        raise CaseFileError(_FILE, _("can't be read: %(error)s"), error=str(error)[:200]) from None
    return _Reader(Table(raw, "")).read()


_FILE: Final = "file"


class _Reader:
    def __init__(self, table: Table) -> None:
        self._table = table
        self._sources: dict[str, str] = {}

    def read(self) -> Case:
        top = self._table
        if top.count("format") != FORMAT:
            raise CaseFileError("format", _("must be %(format)d"), format=FORMAT)
        self._read_sources()
        name, town = top.text("name"), top.text("town", "")
        tax, notes = top.choice("tax", Tax, Tax.NET), top.texts("notes")
        before, before_clicks = self._side("before")
        after, after_clicks = self._side("after")
        volumes = top.table("volume")
        volume_before = self._volume(volumes, "before")
        volume_after = self._volume(volumes, "after")
        if volumes:
            volumes.finish()
        share = top.table("break_even")
        percent, percent_origin = None, Origin()
        if share:
            percent = share.number("saving_percent", places=4, least=Decimal("0.0001"))
            percent_origin = self._origin(share)
            share.finish()
        case = Case(
            name=name,
            tax=tax,
            town=town,
            notes=notes,
            before=before,
            before_clicks=before_clicks,
            after=after,
            after_clicks=after_clicks,
            volume_before=volume_before,
            volume_after=volume_after,
            saving=self._saving(),
            saving_percent=percent,
            saving_percent_origin=percent_origin,
            fleet=self._fleet(),
            membership=self._membership(),
            told=(*self._told("published", is_own=False), *self._told("check", is_own=True)),
            unpriced=top.texts("unpriced"),
        )
        top.finish()
        return case

    def _read_sources(self) -> None:
        sources = self._table.table("sources")
        if sources:
            self._sources = {name: sources.text(name) for name in sources.names()}

    def _origin(self, table: Table) -> Origin:
        """`source` names one of [sources]; without one the figure must be assumed, and say why."""
        assumed = table.flag("assumed", default=False)
        measured = table.flag("measured", default=False)
        note = table.text("note", "")
        source = table.text("source", "")
        if source and source not in self._sources:
            raise CaseFileError(
                table.at("source"), _("“%(name)s” is not among [sources]: add it there"), name=source[:80]
            )
        if not source and not (assumed and note):
            raise CaseFileError(
                table.at("source"), _("is missing: name one of [sources], or write assumed = true and a note")
            )
        return Origin(self._sources.get(source, ""), note, assumed, measured)

    def _side(self, side: Side) -> tuple[tuple[Cost, ...], tuple[Click, ...]]:
        table = self._table.table(side)
        if table is None:
            return (), ()
        costs = tuple(self._cost(row) for row in table.tables("cost"))
        clicks = tuple(self._click(row) for row in table.tables("click"))
        table.finish()
        return costs, clicks

    def _cost(self, row: Table) -> Cost:
        per = row.choice("per", Per)
        quantity = row.optional_number("quantity", places=6)
        unit_price = row.optional_number("unit_price", places=6)
        if (quantity is None) != (unit_price is None):
            raise CaseFileError(row.key, _("“quantity” and “unit_price” go together"))
        cost = Cost(
            kind=row.choice("kind", CostKind),
            name=row.text("name"),
            amount=row.number("amount", places=2, least=None),
            quantity=quantity,
            unit_price=unit_price,
            per=per,
            origin=self._origin(row),
            months=row.count("months", least=1) if per is Per.TERM else 0,
            since=row.day("from") if per is Per.SPAN else None,
            until=row.day("until") if per is Per.SPAN else None,
            count=row.count("count", 1, least=1),
            tax=row.optional_choice("tax", Tax),
            tax_percent=self._tax_percent(row),
            counted=row.flag("counted", default=True),
        )
        if cost.since and cost.until and cost.until < cost.since:
            raise CaseFileError(row.at("until"), _("must not be before “from”"))
        if quantity is not None and unit_price is not None:
            product = state(quantity * unit_price, Unit.EUR)
            if product != cost.amount:
                raise CaseFileError(
                    row.at("amount"), _("is not quantity × unit_price, which is %(product)s"), product=product
                )
        if not cost.counted and not cost.origin.note:
            raise CaseFileError(row.at("note"), _("is missing: say why the amount is not counted"))
        row.finish()
        return cost

    def _click(self, row: Table) -> Click:
        click = Click(
            pages=_PAGES[row.choice("pages", _Pages)],
            cents=row.number("cents", places=6),
            origin=self._origin(row),
            included=row.count("included", 0),
            minimum=row.count("minimum", 0),
            tax=row.optional_choice("tax", Tax),
            tax_percent=self._tax_percent(row),
        )
        row.finish()
        return click

    def _tax_percent(self, row: Table) -> Decimal | None:
        percent = row.optional_number("tax_percent", places=2)
        if percent is not None and percent > 100:
            raise CaseFileError(row.at("tax_percent"), _("must be at most 100"))
        return percent

    def _volume(self, volumes: Table | None, side: Side) -> Volume | None:
        table = volumes.table(side) if volumes else None
        if table is None:
            return None
        origin = self._origin(table)
        since = until = None
        if table.has("from") or table.has("until"):
            since, until = table.day("from"), table.day("until")
            if until < since:
                raise CaseFileError(table.at("until"), _("must not be before “from”"))
        per = table.choice("per", Per, Per.SPAN if since else Per.YEAR)
        allowed = {Per.SPAN} if since else {Per.MONTH, Per.YEAR}
        if per not in allowed:
            raise CaseFileError(
                table.at("per"), _("must be one of: %(choices)s"), choices=", ".join(sorted(allowed))
            )
        volume = Volume(
            origin=origin,
            per=per,
            pages=table.optional_count("pages"),
            mono=table.optional_count("mono"),
            colour=table.optional_count("colour"),
            since=since,
            until=until,
            readings=tuple(self._reading(row) for row in table.tables("reading")),
        )
        told = volume.mono is not None or volume.colour is not None
        ways = (bool(volume.readings), volume.pages is not None, told)
        if sum(ways) != 1:
            raise CaseFileError(
                table.key,
                _("give either “pages”, or “mono” and “colour”, or [[%(key)s.reading]]"),
                key=table.key,
            )
        if volume.readings and since is None:
            raise CaseFileError(table.at("from"), _("is missing: readings need “from” and “until”"))
        table.finish()
        return volume

    def _reading(self, row: Table) -> Reading:
        reading = Reading(
            device=row.text("device"),
            mono_from=row.count("mono_from"),
            mono_to=row.count("mono_to"),
            colour_from=row.count("colour_from", 0),
            colour_to=row.count("colour_to", 0),
            origin=self._origin(row),
        )
        for what, first, last in (
            ("mono_to", reading.mono_from, reading.mono_to),
            ("colour_to", reading.colour_from, reading.colour_to),
        ):
            if last < first:
                raise CaseFileError(row.at(what), _("the counter goes back: check both readings"))
        row.finish()
        return reading

    def _saving(self) -> Saving | None:
        table = self._table.table("saving")
        if table is None:
            return None
        per = self._plain_per(table)
        saving = Saving(table.number("amount", places=2, least=None), per, self._origin(table))
        table.finish()
        return saving

    def _fleet(self) -> Fleet | None:
        table = self._table.table("fleet")
        if table is None:
            return None
        fleet = Fleet(
            self._origin(table),
            *(
                table.optional_count(name)
                for name in ("devices_before", "devices_after", "models_before", "models_after", "buildings")
            ),
        )
        table.finish()
        return fleet

    def _membership(self) -> Membership | None:
        table = self._table.table("membership")
        if table is None:
            return None
        membership = Membership(
            table.number("contribution", places=2),
            self._plain_per(table),
            self._origin(table),
            table.optional_number("share", places=2),
        )
        table.finish()
        return membership

    def _plain_per(self, table: Table) -> Per:
        per = table.choice("per", Per)
        if per not in _TWELVE_MONTHS:
            raise CaseFileError(
                table.at("per"), _("must be one of: %(choices)s"), choices="month, quarter, year"
            )
        return per

    def _told(self, name: str, *, is_own: bool) -> list[Told]:
        found = []
        for row in self._table.tables(name):
            value = row.number("value", places=6, least=None)
            rounded_to = row.optional_number("rounded_to", places=6)
            if rounded_to is None:
                rounded_to = Decimal(1).scaleb(int(value.as_tuple().exponent))
            source = row.text("source")
            if source not in self._sources:
                raise CaseFileError(
                    row.at("source"), _("“%(name)s” is not among [sources]: add it there"), name=source[:80]
                )
            found.append(
                Told(
                    row.text("figure"), value, rounded_to, self._sources[source], row.text("note", ""), is_own
                )
            )
            row.finish()
        return found


_PAGES: Final[dict[_Pages, Any]] = {each: each.value for each in _Pages}


def write_case(case: Case) -> bytes:
    """JSON with the keys of the case file, stable: what `read_case(..., is_json=True)` reads back."""
    return _Writer().write(case)


class _Writer:
    def __init__(self) -> None:
        self._sources: dict[str, str] = {}

    def write(self, case: Case) -> bytes:
        body: dict[str, Any] = {
            "format": FORMAT,
            "name": case.name,
            "town": case.town,
            "tax": case.tax.value,
            "notes": list(case.notes),
            "sources": self._sources,
        }
        if case.unpriced:
            body["unpriced"] = list(case.unpriced)
        for side, costs, clicks in (
            ("before", case.before, case.before_clicks),
            ("after", case.after, case.after_clicks),
        ):
            if costs or clicks:
                body[side] = {
                    "cost": [self._cost(cost) for cost in costs],
                    "click": [self._click(click) for click in clicks],
                }
        volumes = {"before": case.volume_before, "after": case.volume_after}
        if any(volumes.values()):
            body["volume"] = {side: self._volume(volume) for side, volume in volumes.items() if volume}
        if case.saving:
            body["saving"] = {
                "amount": _text(case.saving.amount),
                "per": case.saving.per.value,
                **self._origin(case.saving.origin),
            }
        if case.saving_percent is not None:
            body["break_even"] = {
                "saving_percent": _text(case.saving_percent),
                **self._origin(case.saving_percent_origin),
            }
        if case.fleet:
            counts = {
                name: getattr(case.fleet, name)
                for name in ("devices_before", "devices_after", "models_before", "models_after", "buildings")
            }
            body["fleet"] = {**_present(counts), **self._origin(case.fleet.origin)}
        if case.membership:
            share = case.membership.share
            body["membership"] = {
                "contribution": _text(case.membership.contribution),
                "per": case.membership.per.value,
                **_present({"share": None if share is None else _text(share)}),
                **self._origin(case.membership.origin),
            }
        for name, is_own in (("published", False), ("check", True)):
            rows = [self._told(told) for told in case.told if told.is_own is is_own]
            if rows:
                body[name] = rows
        return (json.dumps(body, ensure_ascii=False, indent=2) + "\n").encode()

    def _source(self, text: str) -> str:
        for name, known in self._sources.items():
            if known == text:
                return name
        name = f"s{len(self._sources) + 1}"
        self._sources[name] = text
        return name

    def _origin(self, origin: Origin) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if origin.source:
            found["source"] = self._source(origin.source)
        if origin.note:
            found["note"] = origin.note
        if origin.assumed:
            found["assumed"] = True
        if origin.measured:
            found["measured"] = True
        return found

    def _cost(self, cost: Cost) -> dict[str, Any]:
        found = {
            "kind": cost.kind.value,
            "name": cost.name,
            "amount": _text(cost.amount),
            "per": cost.per.value,
            "months": cost.months or None,
            "from": cost.since and cost.since.isoformat(),
            "until": cost.until and cost.until.isoformat(),
            "count": None if cost.count == 1 else cost.count,
            "counted": None if cost.counted else False,
            "quantity": None if cost.quantity is None else _text(cost.quantity),
            "unit_price": None if cost.unit_price is None else _text(cost.unit_price),
            **_taxes(cost),
        }
        return {**_present(found), **self._origin(cost.origin)}

    def _click(self, click: Click) -> dict[str, Any]:
        found = {
            "pages": click.pages,
            "cents": _text(click.cents),
            "included": click.included or None,
            "minimum": click.minimum or None,
            **_taxes(click),
        }
        return {**_present(found), **self._origin(click.origin)}

    def _volume(self, volume: Volume) -> dict[str, Any]:
        found = {
            "pages": volume.pages,
            "mono": volume.mono,
            "colour": volume.colour,
            "per": volume.per.value,
            "from": volume.since and volume.since.isoformat(),
            "until": volume.until and volume.until.isoformat(),
            "reading": [
                {
                    "device": reading.device,
                    "mono_from": reading.mono_from,
                    "mono_to": reading.mono_to,
                    "colour_from": reading.colour_from,
                    "colour_to": reading.colour_to,
                    **self._origin(reading.origin),
                }
                for reading in volume.readings
            ]
            or None,
        }
        return {**_present(found), **self._origin(volume.origin)}

    def _told(self, told: Told) -> dict[str, Any]:
        found = {
            "figure": told.figure,
            "value": _text(told.value),
            "rounded_to": _text(told.rounded_to),
            "source": self._source(told.source),
            "note": told.note or None,
        }
        return _present(found)


def _taxes(row: Cost | Click) -> dict[str, Any]:
    return {
        "tax": row.tax and row.tax.value,
        "tax_percent": None if row.tax_percent is None else _text(row.tax_percent),
    }


def _present(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _text(value: Decimal) -> str:
    return format(value, "f")


def _read_json(text: str) -> Any:
    def refuse(constant: str) -> Any:
        raise ValueError(constant)

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError(_("a key is there twice"))
        return found

    hook: Callable[[list[tuple[str, Any]]], Any] = once
    return json.loads(text, parse_float=Decimal, parse_constant=refuse, object_pairs_hook=hook)
