# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a device says of itself, out of its answer to Get-Printer-Attributes.

The answer is hostile until proved otherwise: every text is cut and freed of control characters, every list and number
bounded, what has a wrong type is left out. No IO here.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from allmende import ipp
from allmende.ipp import AttributeSet, PrinterState

TEXT_LENGTH: Final = 200
LIST_LENGTH: Final = 100
_STATES: Final[dict[int, str]] = {
    PrinterState.IDLE: "idle",
    PrinterState.PROCESSING: "processing",
    PrinterState.STOPPED: "stopped",
}
_KEYWORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+/-]{0,126}", re.ASCII)
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


@dataclass(frozen=True, slots=True)
class Supply:
    """`level` in percent; None where the device does not know. `color` is its own word, "" where it gives none."""

    name: str
    kind: str
    color: str
    level: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceDescription:
    """`state`: idle, processing, stopped, unknown. `speed`: pages per minute, None unknown. `uuid`: "urn:uuid:…" or "".

    `attributes` is the device's answer as it came (application/ipp), for what is not told here. `certificate_sha256` is that of
    the connection that the answer came over, "" without TLS.
    """

    uri: str
    name: str
    make_and_model: str
    location: str
    serial_number: str
    uuid: str
    formats: tuple[str, ...]
    is_color: bool
    is_duplex: bool
    media: tuple[str, ...]
    media_ready: tuple[str, ...]
    finishings: tuple[int, ...]
    speed: int | None
    color_speed: int | None
    supplies: tuple[Supply, ...]
    state: str
    state_reasons: tuple[str, ...]
    is_accepting_jobs: bool
    certificate_sha256: str
    attributes: bytes

    @property
    def takes_documents(self) -> bool:
        """Whether it takes any format that this service can give it."""
        return not {"application/pdf", "image/pwg-raster", "image/urf"}.isdisjoint(self.formats)

    @classmethod
    def read(cls, uri: str, message: ipp.Message, *, certificate_sha256: str = "") -> Self:
        """Never raises for what a device can send; absent or senseless facts are empty, False or None."""
        printer = message.group(ipp.GroupTag.PRINTER)
        return cls(
            uri=uri,
            name=_text(printer, "printer-info") or _text(printer, "printer-name"),
            make_and_model=_text(printer, "printer-make-and-model"),
            location=_text(printer, "printer-location"),
            serial_number=_serial_number(printer),
            uuid=clean_text(printer.uri("printer-uuid") or ""),
            formats=_keywords(printer.strings("document-format-supported")),
            is_color=printer.boolean("color-supported") is True,
            is_duplex=any(s.startswith("two-sided") for s in _keywords(printer.keywords("sides-supported"))),
            media=_keywords(printer.keywords("media-supported")),
            media_ready=_keywords(printer.keywords("media-ready")),
            finishings=tuple(n for n in (printer.integers("finishings-supported") or ()) if 3 <= n <= 10_000)[
                :LIST_LENGTH
            ],
            speed=_count(printer.integer("pages-per-minute")),
            color_speed=_count(printer.integer("pages-per-minute-color")),
            supplies=_supplies(printer),
            state=read_state(printer),
            state_reasons=read_state_reasons(printer),
            is_accepting_jobs=printer.boolean("printer-is-accepting-jobs") is not False,
            certificate_sha256=certificate_sha256,
            attributes=ipp.encode(message),
        )


def read_state(printer: AttributeSet) -> str:
    """idle, processing, stopped, or unknown."""
    return _STATES.get(printer.integer("printer-state") or 0, "unknown")


def read_state_reasons(printer: AttributeSet) -> tuple[str, ...]:
    return tuple(r for r in _keywords(printer.keywords("printer-state-reasons")) if r != "none")


def clean_text(text: str, length: int = TEXT_LENGTH) -> str:
    """Fit for a page and a log line: no control characters, no turning of the writing's direction, cut."""
    return _UNPRINTABLE.sub(" ", text[: length * 4]).strip()[:length]


def _text(attributes: AttributeSet, name: str) -> str:
    return clean_text(attributes.text(name) or "")


def _keywords(values: Iterable[str] | None) -> tuple[str, ...]:
    found = dict.fromkeys(value for value in values or () if _KEYWORD.fullmatch(value))
    return tuple(found)[:LIST_LENGTH]


def _count(number: int | None) -> int | None:
    return number if number is not None and 0 < number <= 10_000 else None


def _serial_number(attributes: AttributeSet) -> str:
    """`printer-serial-number` (PWG 5100.11), else the field of the IEEE 1284 device id."""
    if found := _text(attributes, "printer-serial-number"):
        return found
    fields = dict(
        field.strip().partition(":")[::2] for field in (attributes.text("printer-device-id") or "").split(";")
    )
    return clean_text(fields.get("SN") or fields.get("SERN") or fields.get("SERIALNUMBER") or "", 100)


def _supplies(attributes: AttributeSet) -> tuple[Supply, ...]:
    return _printer_supplies(attributes) or _markers(attributes)


def _printer_supplies(attributes: AttributeSet) -> tuple[Supply, ...]:
    """PWG 5100.13 §5.6.29: octet strings of `name=value;`, each with a text beside it."""
    names = [text for _, text in attributes.values("printer-supply-description") if isinstance(text, str)]
    found = []
    for index, (_, data) in enumerate(attributes.values("printer-supply")[:LIST_LENGTH]):
        if not isinstance(data, bytes):
            continue
        text = data[:1023].decode("utf-8", "replace")
        fields = dict(field.strip().partition("=")[::2] for field in text.split(";"))
        level, highest = _number(fields.get("level")), _number(fields.get("maxcapacity"))
        found.append(
            Supply(
                name=clean_text(names[index] if index < len(names) else fields.get("type", "")),
                kind=clean_text(fields.get("type", ""), 60),
                color=clean_text(fields.get("colorantname", ""), 60),
                level=_percent(level, highest),
            )
        )
    return tuple(found)


def _markers(attributes: AttributeSet) -> tuple[Supply, ...]:
    """CUPS' older attributes, which many devices have."""
    names = [data for _, data in attributes.values("marker-names") if isinstance(data, str)]
    kinds = attributes.keywords("marker-types") or ()
    colors = [data for _, data in attributes.values("marker-colors") if isinstance(data, str)]
    levels = attributes.integers("marker-levels") or ()
    highest = attributes.integers("marker-high-levels") or ()
    return tuple(
        Supply(
            name=clean_text(name),
            kind=clean_text(kinds[index], 60) if index < len(kinds) else "",
            color=clean_text(colors[index], 60) if index < len(colors) else "",
            level=_percent(
                levels[index] if index < len(levels) else None,
                highest[index] if index < len(highest) and highest[index] > 0 else 100,
            ),
        )
        for index, name in enumerate(names[:LIST_LENGTH])
    )


def _number(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"-?[0-9]{1,9}", text, re.ASCII) else None


def _percent(level: int | None, highest: int | None) -> int | None:
    # RFC 3805: negative levels mean "unknown" and the like.
    if level is None or level < 0 or not highest or highest < 0:
        return None
    return min(level * 100 // highest, 100)
