# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The table of a ticket's fields: attribute, syntax, sensible bounds, and how support is told.

All but media, which has its own file because two attributes and five members speak of one thing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from allmende.ipp import make
from allmende.ipp.message import Attribute, AttributeSet, Range, Resolution
from allmende.ipp.tags import ValueTag


@dataclass(frozen=True, slots=True)
class Field:
    """`read` gives the value, or None for a wrong syntax or a number out of any sense; `supports` asks a printer's attributes.

    `takes_part`: a 1setOf of which single values may be supported and others not.
    """

    name: str
    attribute: str
    read: Callable[[AttributeSet, str], object]
    write: Callable[..., Attribute]
    supports: Callable[[AttributeSet, str, object], bool]
    takes_part: bool = False


def is_supported(field: Field, value: object, capabilities: AttributeSet) -> bool:
    return field.supports(capabilities, field.attribute, value)


def write_field(field: Field, value: object) -> Attribute:
    if isinstance(value, tuple) and not isinstance(value, Resolution):
        return field.write(field.attribute, *value)
    return field.write(field.attribute, value)


def _keyword(attributes: AttributeSet, name: str) -> str | None:
    values = attributes.values(name)
    return attributes.keyword(name) if len(values) == 1 else None


def _name(attributes: AttributeSet, name: str) -> str | None:
    """Only what people could read: octets that are no UTF-8 could be neither stored nor shown."""
    values = attributes.values(name)
    text = attributes.text(name) if len(values) == 1 else None
    return text if text is None or text.isprintable() else None


def _number(low: int, high: int, tag: ValueTag = ValueTag.INTEGER) -> Callable[[AttributeSet, str], object]:
    def read(attributes: AttributeSet, name: str) -> int | None:
        values = attributes.values(name)
        if len(values) != 1 or values[0].tag != tag:
            return None
        (_, data) = values[0]
        return data if isinstance(data, int) and low <= data <= high else None

    return read


def _enums(attributes: AttributeSet, name: str) -> tuple[int, ...] | None:
    values = attributes.values(name)
    found = tuple(data for tag, data in values if tag == ValueTag.ENUM and isinstance(data, int) and data > 0)
    return found if len(found) == len(values) and len(found) <= 100 else None


def _ranges(attributes: AttributeSet, name: str) -> tuple[Range, ...] | None:
    values = attributes.values(name)
    found = tuple(data for _, data in values if isinstance(data, Range))
    if len(found) != len(values) or len(found) > 1000:
        return None
    last = 0
    for lower, upper in found:
        # RFC 8011 §5.2.7: ascending, and no page twice.
        if not last < lower <= upper:
            return None
        last = upper
    return found


def _resolution(attributes: AttributeSet, name: str) -> Resolution | None:
    found = attributes.resolutions(name)
    if found is None or len(attributes.values(name)) != 1:
        return None
    (value,) = found
    return value if value.cross_feed > 0 and value.feed > 0 and value.units in (3, 4) else None


def _in_keywords(capabilities: AttributeSet, name: str, value: object) -> bool:
    return value in (capabilities.keywords(f"{name}-supported") or ())


def _in_ranges(capabilities: AttributeSet, name: str, value: object) -> bool:
    if not isinstance(value, int):
        return False
    supported = capabilities.ranges(f"{name}-supported") or ()
    return any(lower <= value <= upper for lower, upper in supported)


def _in_enums(capabilities: AttributeSet, name: str, value: object) -> bool:
    supported = capabilities.integers(f"{name}-supported") or ()
    return all(item in supported for item in (value if isinstance(value, tuple) else (value,)))


def _in_resolutions(capabilities: AttributeSet, name: str, value: object) -> bool:
    return value in (capabilities.resolutions(f"{name}-supported") or ())


def _is_named(capabilities: AttributeSet, name: str, _value: object) -> bool:
    """For attributes whose -supported tells a number of levels or a type, not a list of values."""
    return f"{name}-supported" in capabilities


def _is_true(capabilities: AttributeSet, name: str, _value: object) -> bool:
    return capabilities.boolean(f"{name}-supported") is True


def _keyword_field(attribute: str) -> Field:
    return Field(attribute.replace("-", "_"), attribute, _keyword, make.keyword, _in_keywords)


_FIELDS: Final = (
    Field("copies", "copies", _number(1, 2**31 - 1), make.integer, _in_ranges),
    _keyword_field("sides"),
    _keyword_field("print-color-mode"),
    Field("page_ranges", "page-ranges", _ranges, make.range_of_integer, _is_true),
    Field("orientation", "orientation-requested", _number(3, 7, ValueTag.ENUM), make.enum, _in_enums),
    Field("print_quality", "print-quality", _number(3, 5, ValueTag.ENUM), make.enum, _in_enums),
    Field("resolution", "printer-resolution", _resolution, make.resolution, _in_resolutions),
    _keyword_field("print-scaling"),
    Field("number_up", "number-up", _number(1, 1000), make.integer, _in_ranges),
    Field("finishings", "finishings", _enums, make.enum, _in_enums, takes_part=True),
    _keyword_field("output-bin"),
    _keyword_field("multiple-document-handling"),
    _keyword_field("page-delivery"),
    _keyword_field("print-content-optimize"),
    _keyword_field("print-rendering-intent"),
    _keyword_field("job-hold-until"),
    Field("job_priority", "job-priority", _number(1, 100), make.integer, _is_named),
    _keyword_field("job-sheets"),
    Field("job_account_id", "job-account-id", _name, make.name, _is_true),
    Field("job_accounting_user_id", "job-accounting-user-id", _name, make.name, _is_true),
    _keyword_field("job-release-action"),
)
TICKET_FIELDS: Final = {field.attribute: field for field in _FIELDS}
