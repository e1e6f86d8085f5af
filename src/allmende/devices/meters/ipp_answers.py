# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a printer says of its meters and supplies by IPP.

Counters: `printer-impressions-completed` and `-col`, `printer-media-sheets-completed` (PWG 5100.7, RFC 3998). Supplies: `printer-supply` and
`-description` (PWG 5100.13 §5.6.29), else CUPS' `marker-…`. Trays and alerts: `printer-input-tray`, `printer-alert` (PWG 5100.9; strings of fields of
RFC 3805). All of it is hostile until proved otherwise: parsing never raises, every text and list is bounded.
"""

from __future__ import annotations

import re
from typing import Final

from allmende import ipp
from allmende.devices.device_client import DeviceClient, DeviceConnections, DeviceError
from allmende.devices.device_description import DeviceDescription, clean_text, read_state_reasons
from allmende.devices.device_probe import PROBE_LIMITS, ProbeError, explain_device_error
from allmende.devices.device_requests import get_printer_attributes
from allmende.devices.device_words import plain_reason
from allmende.devices.meters.answers import (
    INPUTS_KEPT,
    REASONS_KEPT,
    SUPPLIES_KEPT,
    DeviceAnswer,
    InputState,
    SupplyState,
    percent_left,
    supply_kind,
)
from allmende.devices.meters.counts import Counts

REQUESTED: Final = (
    "printer-impressions-completed",
    "printer-impressions-completed-col",
    "printer-media-sheets-completed",
    "printer-supply",
    "printer-supply-description",
    "printer-input-tray",
    "printer-alert",
    "printer-alert-description",
    "printer-state",
    "printer-state-reasons",
    "printer-make-and-model",
    "printer-serial-number",
    "printer-device-id",
    "marker-names",
    "marker-types",
    "marker-colors",
    "marker-levels",
    "marker-high-levels",
)
_FIELDS: Final = 40
_OCTETS: Final = 1_023
#: Members of `printer-impressions-completed-col`, each also with `-two-sided`.
_COLOURS: Final = {"monochrome": "mono", "full-color": "colour", "highlight-color": "colour", "blank": "mono"}
#: Words of PrtAlertCodeTC (RFC 3805 §7) that are worth telling, and the state reason that says the same.
_ALERTS: Final = {
    "jam": "media-jam",
    "coveropen": "door-open",
    "interlockopen": "door-open",
    "inputmediasupplyempty": "media-empty",
    "inputmediasupplylow": "media-low",
    "inputmediatraymissing": "input-tray-missing",
    "outputmediatraymissing": "output-tray-missing",
    "outputmediatrayfull": "output-area-full",
    "markertonerempty": "toner-empty",
    "markerinkempty": "toner-empty",
    "markertoneralmostempty": "toner-low",
    "markerinkalmostempty": "toner-low",
    "markerwastetonerreceptaclealmostfull": "marker-waste-almost-full",
    "markerwastetonerreceptaclefull": "marker-waste-full",
    "markeropclifealmostover": "opc-near-eol",
    "markeropclifeover": "opc-life-over",
    "markertonercartridgemissing": "marker-supply-missing",
}
_ONE_OF_SEVERAL: Final = frozenset({"media-empty", "media-low"})


async def ask_by_ipp(
    uri: str, *, pinned_sha256: str | None, connections: DeviceConnections
) -> tuple[DeviceAnswer, str]:
    """The answer, and the device's state. Raises ProbeError."""
    try:
        client = DeviceClient(uri, pinned_sha256=pinned_sha256, limits=PROBE_LIMITS, connections=connections)
        reply = await client.request(get_printer_attributes(client.uri, REQUESTED))
        if not reply.is_successful:
            # Old devices stumble over attributes that they don't know.
            reply = await client.request(get_printer_attributes(client.uri, (), version=(1, 1)))
    except DeviceError as error:
        raise ProbeError(explain_device_error(error), error) from error
    description = DeviceDescription.read(uri, reply.message)
    return read_answer(reply.message), description.state


def read_answer(message: ipp.Message) -> DeviceAnswer:
    """Pure; never raises for what a device can send."""
    printer = message.group(ipp.GroupTag.PRINTER)
    description = DeviceDescription.read("", message)
    reasons = {plain_reason(reason) for reason in read_state_reasons(printer)}
    for data in _octets(printer, "printer-alert"):
        reasons |= read_alert(data)
    kinds, raw = _read_counts(printer)
    return DeviceAnswer(
        source="ipp",
        counts=Counts.read(kinds),
        serial_number=description.serial_number[:100],
        model=description.make_and_model,
        supplies=_read_supplies(printer) or _read_markers(printer),
        inputs=tuple(
            tray
            for number, data in enumerate(_octets(printer, "printer-input-tray")[:INPUTS_KEPT], 1)
            if (tray := read_tray(data, number)) is not None
        ),
        reasons=frozenset(sorted(reasons)[:REASONS_KEPT]),
        raw=raw,
    )


def read_fields(data: bytes) -> dict[str, str]:
    """`name=value;` pairs, names in lower case; what is no pair is left out."""
    text = data[:_OCTETS].decode("utf-8", "replace")
    fields: dict[str, str] = {}
    for field in text.split(";")[:_FIELDS]:
        name, equals, value = field.strip().partition("=")
        if equals and name:
            fields.setdefault(clean_text(name, 40).lower(), clean_text(value, 100))
    return fields


def read_supply(data: bytes, description: str, number: int) -> SupplyState | None:
    """One value of `printer-supply`; `number` from 1 is its place. None for one that says nothing."""
    fields = read_fields(data)
    if not fields:
        return None
    index = fields.get("index", "")
    return SupplyState(
        key=index[:40] if index.isdecimal() and index.isascii() else str(number),
        kind=supply_kind(fields.get("type", "")),
        colour=fields.get("colorantname", "")[:40].lower(),
        name=clean_text(description, 100) or fields.get("type", ""),
        level=percent_left(
            _whole(fields.get("level")),
            _whole(fields.get("maxcapacity")),
            is_percent=fields.get("unit") == "percent",
        ),
    )


def read_tray(data: bytes, number: int) -> InputState | None:
    """One value of `printer-input-tray`."""
    fields = read_fields(data)
    if not fields:
        return None
    return InputState(
        fields.get("name", "")[:60] or str(number),
        percent_left(_whole(fields.get("level")), _whole(fields.get("maxcapacity"))),
    )


def read_alert(data: bytes) -> set[str]:
    """One value of `printer-alert`, as state reasons; an empty tray counts where it is critical."""
    fields = read_fields(data)
    reason = _ALERTS.get(fields.get("code", "").lower())
    if reason is None or (reason in _ONE_OF_SEVERAL and fields.get("severity") != "critical"):
        return set()
    return {reason}


def _read_counts(printer: ipp.AttributeSet) -> tuple[dict[str, int | None], dict[str, int | str]]:
    kinds: dict[str, int | None] = {
        "total": printer.integer("printer-impressions-completed"),
        "sheets": printer.integer("printer-media-sheets-completed"),
    }
    raw: dict[str, int | str] = {}
    for name in ("printer-impressions-completed", "printer-media-sheets-completed"):
        if (told := printer.integer(name)) is not None:
            raw[name] = told
    by_colour = printer.collection("printer-impressions-completed-col")
    if by_colour is not None:
        for member, kind in _COLOURS.items():
            for name in (member, f"{member}-two-sided"):
                told = by_colour.integer(name)
                if told is not None and told >= 0:
                    raw[f"printer-impressions-completed-col/{name}"] = told
                    kinds[kind] = (kinds.get(kind) or 0) + told
    total, parts = kinds["total"], (kinds.get("mono") or 0) + (kinds.get("colour") or 0)
    if total is not None and parts > total * 1.01 + 10:
        raw["left out"] = "mono and colour are more than the total"
        kinds = {"total": total, "sheets": kinds["sheets"]}
    return kinds, raw


def _read_supplies(printer: ipp.AttributeSet) -> tuple[SupplyState, ...]:
    names = [data for _, data in printer.values("printer-supply-description") if isinstance(data, str)]
    found: dict[str, SupplyState] = {}
    for number, data in enumerate(_octets(printer, "printer-supply")[:SUPPLIES_KEPT], 1):
        supply = read_supply(data, names[number - 1] if number <= len(names) else "", number)
        if supply is not None:
            found.setdefault(supply.key, supply)
    return tuple(found.values())


def _read_markers(printer: ipp.AttributeSet) -> tuple[SupplyState, ...]:
    names = [data for _, data in printer.values("marker-names") if isinstance(data, str)]
    kinds = printer.keywords("marker-types") or ()
    colours = [data for _, data in printer.values("marker-colors") if isinstance(data, str)]
    levels = printer.integers("marker-levels") or ()
    highest = printer.integers("marker-high-levels") or ()
    return tuple(
        SupplyState(
            key=str(place + 1),
            kind=supply_kind(kinds[place]) if place < len(kinds) else "other",
            colour=clean_text(colours[place], 40).lower() if place < len(colours) else "",
            name=clean_text(name, 100),
            level=percent_left(
                levels[place] if place < len(levels) else None,
                highest[place] if place < len(highest) else None,
                is_percent=True,
            ),
        )
        for place, name in enumerate(names[:SUPPLIES_KEPT])
    )


def _octets(printer: ipp.AttributeSet, name: str) -> list[bytes]:
    """Octet strings; some devices send them as text."""
    return [
        data if isinstance(data, bytes) else data.encode("utf-8", "replace")
        for _, data in printer.values(name)[: 2 * SUPPLIES_KEPT]
        if isinstance(data, bytes | str)
    ]


def _whole(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"-?[0-9]{1,9}", text, re.ASCII) else None
