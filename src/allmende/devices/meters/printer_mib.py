# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What an SNMP agent says of a printer: RFC 3805 (Printer MIB), RFC 2790 (Host Resources), RFC 3418, and makers' own counters.

`ask_by_snmp` asks; `read_answer` is pure: objects in, `DeviceAnswer` out; it never raises for what an agent can send.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from allmende.devices.device_addresses import AddressPolicy
from allmende.devices.device_description import clean_text
from allmende.devices.meters.answers import (
    INPUTS_KEPT,
    REASONS_KEPT,
    SUPPLIES_KEPT,
    SUPPLY_TYPES,
    DeviceAnswer,
    InputState,
    SupplyState,
    percent_left,
)
from allmende.devices.meters.counts import Counts
from allmende.devices.meters.snmp_credentials import SnmpCredentials
from allmende.devices.meters.snmp_session import SnmpError, Value, open_snmp
from allmende.devices.meters.vendors import number, vendor_of

SYS_DESCR: Final = "1.3.6.1.2.1.1.1.0"
SYS_OBJECT_ID: Final = "1.3.6.1.2.1.1.2.0"
HR_PRINTER: Final = "1.3.6.1.2.1.25.3.5.1"
HR_DEVICE_DESCR: Final = "1.3.6.1.2.1.25.3.2.1.3"
PRT: Final = "1.3.6.1.2.1.43"
PRT_NAME, PRT_SERIAL = f"{PRT}.5.1.1.16", f"{PRT}.5.1.1.17"
PRT_INPUT, PRT_MARKER = f"{PRT}.8.2.1", f"{PRT}.10.2.1"
PRT_SUPPLIES, PRT_COLORANT, PRT_ALERT = f"{PRT}.11.1.1", f"{PRT}.12.1.1", f"{PRT}.18.1.1"
TABLES: Final = (
    PRT_SERIAL,
    PRT_NAME,
    PRT_MARKER,
    PRT_SUPPLIES,
    PRT_COLORANT,
    PRT_INPUT,
    PRT_ALERT,
    HR_PRINTER,
    HR_DEVICE_DESCR,
)

_UNIT_IMPRESSIONS, _UNIT_SHEETS = 7, 8
_UNIT_PERCENT: Final = 19
#: hrPrinterDetectedErrorState, bit by bit from the first (RFC 2790).
_ERROR_BITS: Final = (
    "media-low",
    "media-empty",
    "toner-low",
    "toner-empty",
    "door-open",
    "media-jam",
    "offline",
    "service-needed",
    "input-tray-missing",
    "output-tray-missing",
    "marker-supply-missing",
    "output-area-almost-full",
    "output-area-full",
    "",  # inputTrayEmpty: one of several trays, no fault
    "maintenance-due",
)
#: PrtAlertCodeTC (RFC 3805 §7) of what is worth telling.
_ALERT_CODES: Final = {
    3: "door-open",
    8: "media-jam",
    802: "input-tray-missing",
    808: "media-empty",
    807: "media-low",
    902: "output-tray-missing",
    903: "output-area-almost-full",
    904: "output-area-full",
    1001: "fuser-under-temp",
    1002: "fuser-over-temp",
    1101: "toner-empty",
    1102: "toner-empty",
    1104: "toner-low",
    1105: "toner-low",
    1107: "marker-waste-almost-full",
    1109: "marker-waste-full",
    1111: "opc-near-eol",
    1112: "opc-life-over",
    1113: "developer-low",
    1114: "developer-empty",
    1115: "marker-supply-missing",
}
_CRITICAL: Final = 3
#: What is a fault only when it stops the whole device, not one of its trays.
_ONE_OF_SEVERAL: Final = frozenset({"media-empty", "media-low"})


async def ask_by_snmp(
    host: str, port: int, credentials: SnmpCredentials, *, policy: AddressPolicy
) -> DeviceAnswer:
    """Raises SnmpError."""
    async with open_snmp(host, port, credentials, policy=policy) as session:
        values = await session.get([SYS_DESCR, SYS_OBJECT_ID])
        for table in TABLES:
            values |= await session.walk(table)
        vendor = vendor_of(str(values.get(SYS_OBJECT_ID, "")))
        if vendor is not None:
            try:
                if vendor.objects:
                    values |= await session.get(vendor.objects)
                for table in vendor.tables:
                    values |= await session.walk(table)
            except SnmpError:
                pass  # the standard's counts are worth having without the maker's
    return read_answer(values)


def read_answer(values: Mapping[str, Value]) -> DeviceAnswer:
    """Pure; `values` by object identifier."""
    counts, raw = _read_counts(values)
    return DeviceAnswer(
        source="snmp",
        counts=counts,
        serial_number=_first_text(values, PRT_SERIAL, 100),
        model=_first_text(values, HR_DEVICE_DESCR) or _first_text(values, PRT_NAME),
        supplies=_read_supplies(values),
        inputs=_read_inputs(values),
        reasons=frozenset(sorted(_read_errors(values) | _read_alerts(values))[:REASONS_KEPT]),
        raw=raw,
    )


def _read_counts(values: Mapping[str, Value]) -> tuple[Counts, dict[str, int | str]]:
    """Of several markers (a device with two engines, or one per colour) the highest count is that of the sides."""
    raw: dict[str, int | str] = {}
    kinds: dict[str, int | None] = {}
    for index in _rows(values, f"{PRT_MARKER}.4"):
        count = number(values, f"{PRT_MARKER}.4.{index}")
        if count is None:
            continue
        raw[f"prtMarkerLifeCount.{index}"] = count
        unit = number(values, f"{PRT_MARKER}.3.{index}")
        kind = "sheets" if unit == _UNIT_SHEETS else "total"
        if unit in {None, 1, 2, _UNIT_IMPRESSIONS, _UNIT_SHEETS}:
            kinds[kind] = max(count, kinds.get(kind) or 0)
    object_id = str(values.get(SYS_OBJECT_ID, ""))
    raw["sysObjectID"] = object_id
    vendor = vendor_of(object_id)
    if vendor is not None:
        told = {kind: count for kind, count in vendor.read_counts(values).items() if count is not None}
        raw |= {f"{vendor.name}: {kind}": count for kind, count in told.items()}
        kinds |= told
    if kinds.get("total") is None and kinds.get("mono") is None and kinds.get("sheets") is not None:
        # An agent that counts sheets alone: its sheets are no sides, and no total is better than a wrong one.
        return Counts.read(kinds), raw
    parts = (kinds.get("mono") or 0) + (kinds.get("colour") or 0)
    total = kinds.get("total")
    if total is not None and parts > total * 1.01 + 10:
        raw["left out"] = "mono and colour are more than the total"
        kinds = {"total": total, "sheets": kinds.get("sheets")}
    return Counts.read(kinds), raw


def _read_supplies(values: Mapping[str, Value]) -> tuple[SupplyState, ...]:
    found = []
    for index in _rows(values, f"{PRT_SUPPLIES}.9")[:SUPPLIES_KEPT]:
        kind = number(values, f"{PRT_SUPPLIES}.5.{index}") or 1
        colorant = number(values, f"{PRT_SUPPLIES}.3.{index}")
        device = index.partition(".")[0]
        colour = _text(values, f"{PRT_COLORANT}.4.{device}.{colorant}", 40) if colorant else ""
        level = values.get(f"{PRT_SUPPLIES}.9.{index}")
        highest = values.get(f"{PRT_SUPPLIES}.8.{index}")
        found.append(
            SupplyState(
                key=index[:40],
                kind=SUPPLY_TYPES[kind - 1][1] if 1 <= kind <= len(SUPPLY_TYPES) else "other",
                colour=colour.lower(),
                name=_text(values, f"{PRT_SUPPLIES}.6.{index}", 100),
                level=percent_left(
                    level if isinstance(level, int) else None,
                    highest if isinstance(highest, int) else None,
                    is_percent=number(values, f"{PRT_SUPPLIES}.7.{index}") == _UNIT_PERCENT,
                ),
            )
        )
    return tuple(found)


def _read_inputs(values: Mapping[str, Value]) -> tuple[InputState, ...]:
    found = []
    for index in _rows(values, f"{PRT_INPUT}.10")[:INPUTS_KEPT]:
        level = values.get(f"{PRT_INPUT}.10.{index}")
        highest = values.get(f"{PRT_INPUT}.9.{index}")
        name = _text(values, f"{PRT_INPUT}.13.{index}", 60) or _text(values, f"{PRT_INPUT}.18.{index}", 60)
        found.append(
            InputState(
                name or index,
                percent_left(
                    level if isinstance(level, int) else None, highest if isinstance(highest, int) else None
                ),
            )
        )
    return tuple(found)


def _read_errors(values: Mapping[str, Value]) -> set[str]:
    found = set()
    for index in _rows(values, f"{HR_PRINTER}.2"):
        bits = values.get(f"{HR_PRINTER}.2.{index}")
        if not isinstance(bits, bytes):
            continue
        for place, reason in enumerate(_ERROR_BITS):
            octet = bits[place // 8] if place // 8 < len(bits) else 0
            if reason and octet & (0x80 >> place % 8):
                found.add(reason)
    return found


def _read_alerts(values: Mapping[str, Value]) -> set[str]:
    """Alerts of the table; an empty tray among several counts only where the agent calls it critical."""
    found = set()
    for index in _rows(values, f"{PRT_ALERT}.7"):
        reason = _ALERT_CODES.get(number(values, f"{PRT_ALERT}.7.{index}") or 0)
        if reason is None:
            continue
        if reason in _ONE_OF_SEVERAL and number(values, f"{PRT_ALERT}.2.{index}") != _CRITICAL:
            continue
        found.add(reason)
    return found


def _rows(values: Mapping[str, Value], column: str) -> list[str]:
    start = f"{column}."
    return [oid.removeprefix(start) for oid in values if oid.startswith(start)]


def _text(values: Mapping[str, Value], oid: str, length: int = 200) -> str:
    value = values.get(oid)
    if not isinstance(value, bytes):
        return ""
    # Agents send UTF-8 or Latin-1 and don't say which; a name with a wrong letter is better than none.
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = value.decode("latin-1")
    return clean_text(text, length)


def _first_text(values: Mapping[str, Value], column: str, length: int = 200) -> str:
    return next(
        (text for index in _rows(values, column) if (text := _text(values, f"{column}.{index}", length))), ""
    )
