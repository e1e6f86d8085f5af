# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""How a job shall be printed: the Job Template attributes as one value (RFC 8011 §5.2; PWG 5100.1, 5100.3,
5100.7, 5100.11, 5100.13, 5100.16).

A `Ticket` holds what was asked for and understood; None, or an empty tuple, is "not asked for". It is read from
a client's request, kept as JSON beside the job, told in the job's description, and sent to a device after
`fit_ticket` has taken away what that device can't do. What is supported is always judged from a printer's own
`…-supported` attributes: ours for clients, the device's for devices.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import NamedTuple

from allmende.ipp.codes import Status
from allmende.ipp.message import Attribute, AttributeSet, Range, Resolution
from allmende.ipp.ticket_fields import TICKET_FIELDS, is_supported, write_field
from allmende.ipp.ticket_media import read_media, write_media

Json = bool | int | str | list[int] | list[list[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """Wishes for one job. Enums (finishings, orientation, print_quality) are IPP's numbers.

    `media` is a name, self-describing (PWG 5101.1) unless a printer has names of its own; `media_margins` are
    bottom, left, right, top in hundredths of a millimetre (all 0: borderless); `page_ranges` ascend.
    """

    copies: int | None = None
    sides: str | None = None
    print_color_mode: str | None = None
    media: str | None = None
    media_source: str | None = None
    media_type: str | None = None
    media_margins: tuple[int, ...] = ()
    page_ranges: tuple[Range, ...] = ()
    orientation: int | None = None
    print_quality: int | None = None
    resolution: Resolution | None = None
    print_scaling: str | None = None
    number_up: int | None = None
    finishings: tuple[int, ...] = ()
    output_bin: str | None = None
    multiple_document_handling: str | None = None
    page_delivery: str | None = None
    print_content_optimize: str | None = None
    print_rendering_intent: str | None = None
    job_hold_until: str | None = None
    job_priority: int | None = None
    job_sheets: str | None = None
    job_account_id: str | None = None
    job_accounting_user_id: str | None = None
    job_release_action: str | None = None

    def to_json(self) -> dict[str, Json]:
        """What was asked for, in JSON's types. Keys are the fields' names and stay what they are."""
        result: dict[str, Json] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None or value == ():
                continue
            if field.name == "page_ranges":
                result[field.name] = [list(item) for item in value]
            else:
                result[field.name] = list(value) if isinstance(value, tuple) else value
        return result

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> "Ticket":
        """The inverse of `to_json`; unknown keys are ignored. Raises ValueError for values of wrong types."""
        values: dict[str, object] = {}
        for field in fields(cls):
            if field.name in data:
                values[field.name] = _from_json(field.name, data[field.name])
        return cls(**values)  # type: ignore[arg-type]


class TicketReading(NamedTuple):
    """A ticket, what of the request it does not hold (as the client sent it), and the status to answer."""

    ticket: Ticket
    unsupported: tuple[Attribute, ...]
    status: Status

    @property
    def is_acceptable(self) -> bool:
        return self.status.is_successful


def read_ticket(
    job_group: AttributeSet,
    capabilities: AttributeSet,
    *,
    fidelity: bool,
    mandatory: Iterable[str] = (),
) -> TicketReading:
    """Read a client's Job Template attributes, as far as `capabilities` (the printer's attributes) allow.

    With `fidelity` (ipp-attribute-fidelity) everything must be supported, else what `mandatory`
    (job-mandatory-attributes, PWG 5100.7) names; if it is not, the status is an error and no job may be made.
    media and media-col that mean different sizes conflict: an error with fidelity, else media-col counts.
    A value of a wrong syntax, or out of any sense, counts as unsupported (RFC 8011 §4.1.7).
    """
    values: dict[str, object] = {}
    refused: list[Attribute] = []
    for attribute in job_group.attributes:
        name = attribute.name
        field = TICKET_FIELDS.get(name)
        if name in ("media", "media-col"):
            continue
        if field is None:
            refused.append(attribute)
            continue
        value = field.read(job_group, name)
        if value is None:
            refused.append(attribute)
        elif isinstance(value, tuple) and field.takes_part:
            kept = tuple(item for item in value if is_supported(field, (item,), capabilities))
            if len(kept) != len(value):
                refused.append(attribute)
            if kept:
                values[field.name] = kept
        elif is_supported(field, value, capabilities):
            values[field.name] = value
        else:
            refused.append(attribute)
    media = read_media(job_group, capabilities)
    values.update(media.values)
    refused.extend(media.refused)

    names = {attribute.name for attribute in refused}
    if media.conflict and fidelity:
        status = Status.CLIENT_ERROR_CONFLICTING_ATTRIBUTES
    elif names and (fidelity or not names.isdisjoint(mandatory)):
        status = Status.CLIENT_ERROR_ATTRIBUTES_OR_VALUES_NOT_SUPPORTED
    elif media.conflict:
        status = Status.SUCCESSFUL_OK_CONFLICTING_ATTRIBUTES
    elif names:
        status = Status.SUCCESSFUL_OK_IGNORED_OR_SUBSTITUTED_ATTRIBUTES
    else:
        status = Status.SUCCESSFUL_OK
    return TicketReading(Ticket(**values), tuple(refused), status)  # type: ignore[arg-type]


def ticket_attributes(ticket: Ticket) -> list[Attribute]:
    """As Job Template attributes: to describe a job, and for the request to a device."""
    attributes = []
    for field in TICKET_FIELDS.values():
        value = getattr(ticket, field.name)
        if value is not None and value != ():
            attributes.append(write_field(field, value))
    attributes.extend(write_media(ticket.media, ticket.media_source, ticket.media_type, ticket.media_margins))
    return attributes


# What concerns our queue and not the device at its end: hold, order, banner, accounts.
_OURS_ALONE = {
    "job_hold_until": None,
    "job_priority": None,
    "job_sheets": None,
    "job_account_id": None,
    "job_accounting_user_id": None,
    "job_release_action": None,
}
# What comes nearest where a device can't do what was asked.
_NEAREST: dict[str, dict[object, tuple[str, ...]]] = {
    "print_color_mode": {
        "auto-monochrome": ("monochrome", "process-monochrome"),
        "monochrome": ("process-monochrome", "auto-monochrome"),
        "process-monochrome": ("monochrome", "auto-monochrome"),
        "bi-level": ("process-bi-level", "monochrome"),
        "color": ("auto",),
    },
    "sides": {
        "two-sided-short-edge": ("one-sided",),
        "two-sided-long-edge": ("one-sided",),
    },
    "print_scaling": {"auto-fit": ("auto", "fit"), "fit": ("auto-fit", "auto"), "auto": ("auto-fit",)},
}


def fit_ticket(ticket: Ticket, device: AttributeSet) -> Ticket:
    """What of `ticket` the device with these attributes can do; the nearest, or nothing, for the rest.

    The caller must do by itself what is lost and matters: compare `copies`, `page_ranges` and `number_up` of
    both tickets. Attributes that concern our queue alone (hold, priority, accounts) are always dropped.
    """
    changes: dict[str, object] = dict(_OURS_ALONE)
    for field in TICKET_FIELDS.values():
        name = field.name
        value = getattr(ticket, name)
        if value is None or value == () or name in _OURS_ALONE:
            continue
        if isinstance(value, tuple) and field.takes_part:
            changes[name] = tuple(item for item in value if is_supported(field, (item,), device))
        elif not is_supported(field, value, device):
            nearest = _NEAREST.get(name, {}).get(value, ())
            changes[name] = next(
                (other for other in nearest if is_supported(field, other, device)),
                () if isinstance(value, tuple) and not isinstance(value, Resolution) else None,
            )
    asked = AttributeSet(
        write_media(ticket.media, ticket.media_source, ticket.media_type, ticket.media_margins)
    )
    media = read_media(asked, device)
    for name, nothing in (
        ("media", None),
        ("media_source", None),
        ("media_type", None),
        ("media_margins", ()),
    ):
        changes[name] = media.values.get(name, nothing)
    return replace(ticket, **changes)  # type: ignore[arg-type]


def _from_json(name: str, value: object) -> object:
    if name == "page_ranges":
        if isinstance(value, list) and all(_is_integers(item, 2) for item in value):
            return tuple(Range(*item) for item in value)
    elif name == "resolution":
        if _is_integers(value, 3):
            return Resolution(*value)  # type: ignore[misc]
    elif name in _TUPLES:
        if _is_integers(value):
            return tuple(value)  # type: ignore[arg-type]
    elif name in _NUMBERS:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    elif isinstance(value, str):
        return value
    raise ValueError(f"{name} has a wrong type")


def _is_integers(value: object, count: int | None = None) -> bool:
    if not isinstance(value, list) or (count is not None and len(value) != count):
        return False
    return all(isinstance(item, int) and not isinstance(item, bool) for item in value)


_TUPLES = frozenset({"media_margins", "finishings"})
_NUMBERS = frozenset({"copies", "orientation", "print_quality", "number_up", "job_priority"})
