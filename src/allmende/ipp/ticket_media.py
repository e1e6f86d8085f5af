# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The paper of a ticket, from media or media-col and back (RFC 8011 §5.2.11, PWG 5100.7 §6.3)."""

from dataclasses import dataclass, field

from allmende.ipp import make
from allmende.ipp.media_sizes import MediaSize, custom_media_name, read_media_name
from allmende.ipp.message import Attribute, AttributeSet, Collection, Range

MARGINS = ("media-bottom-margin", "media-left-margin", "media-right-margin", "media-top-margin")
_MEMBERS = frozenset({"media-size", "media-size-name", "media-source", "media-type", *MARGINS})


class _MalformedError(Exception):
    """A media-col of wrong syntax; does not leave this file."""


@dataclass(slots=True)
class MediaRequest:
    """A ticket's media fields as far as supported, and the attributes that were not, as they came."""

    values: dict[str, object] = field(default_factory=dict)
    refused: list[Attribute] = field(default_factory=list)
    conflict: bool = False


def read_media(job_group: AttributeSet, capabilities: AttributeSet) -> MediaRequest:
    request = MediaRequest()
    media, media_col = job_group.get("media"), job_group.get("media-col")
    if media_col is not None:
        try:
            _read_media_col(request, media_col, capabilities)
        except _MalformedError:
            request.values.clear()
            request.refused.append(media_col)
    if media is not None:
        name = job_group.keyword("media") if len(media.values) == 1 else None
        resolved = _supported_name(name, capabilities) if name else None
        if "media" in request.values and resolved != request.values["media"]:
            request.conflict = True
            request.refused.append(media)
        elif resolved is None:
            request.refused.append(media)
        else:
            request.values["media"] = resolved
    return request


def write_media(
    media: str | None, source: str | None, kind: str | None, margins: tuple[int, ...]
) -> list[Attribute]:
    """`media` alone where a name says all, else `media-col`: never both, as they may conflict."""
    if source is None and kind is None and not margins:
        return [make.keyword("media", media)] if media else []
    members = []
    size = read_media_name(media) if media else None
    if size:
        members.append(make.collection("media-size", size_members(size)))
    elif media:
        members.append(make.keyword("media-size-name", media))
    if len(margins) == len(MARGINS):
        members.extend(make.integer(name, margin) for name, margin in zip(MARGINS, margins, strict=True))
    if source:
        members.append(make.keyword("media-source", source))
    if kind:
        members.append(make.keyword("media-type", kind))
    return [make.collection("media-col", members)] if members else []


def size_members(size: MediaSize) -> list[Attribute]:
    return [make.integer("x-dimension", size.x), make.integer("y-dimension", size.y)]


def _read_media_col(request: MediaRequest, attribute: Attribute, capabilities: AttributeSet) -> None:
    collection = attribute.values[0].data
    if not isinstance(collection, Collection) or len(attribute.values) != 1:
        raise _MalformedError
    complete = all(member.name in _MEMBERS for member in collection.attributes)
    name = _requested_size(collection, capabilities)
    if name is not None:
        resolved = _supported_name(name, capabilities)
        if resolved is None:
            complete = False
        else:
            request.values["media"] = resolved
    for member, key in (("media-source", "media_source"), ("media-type", "media_type")):
        if member in collection:
            value = collection.keyword(member)
            if value is None:
                raise _MalformedError
            if value in (capabilities.keywords(f"{member}-supported") or ()):
                request.values[key] = value
            else:
                complete = False
    if any(margin in collection for margin in MARGINS):
        margins = [collection.integer(margin) for margin in MARGINS]
        for name_, margin in zip(MARGINS, margins, strict=True):
            if margin is None and name_ in collection:
                raise _MalformedError
            supported = capabilities.integers(f"{name_}-supported") or ()
            complete = complete and (margin is None or margin in supported)
        if None not in margins and complete:
            request.values["media_margins"] = tuple(margins)
    if not complete:
        request.refused.append(attribute)


def _requested_size(collection: Collection, capabilities: AttributeSet) -> str | None:
    """The name of the size that a media-col asks for; None when it asks for none."""
    if "media-size" in collection:
        members = collection.collection("media-size")
        x = members.integer("x-dimension") if members else None
        y = members.integer("y-dimension") if members else None
        if x is None or y is None or not (0 < x < 10_000_000 and 0 < y < 10_000_000):
            raise _MalformedError
        size = MediaSize(x, y)
        for name in capabilities.keywords("media-supported") or ():
            named = read_media_name(name)
            if named is not None and named.is_near(size):
                return name
        return custom_media_name(size)
    if "media-size-name" in collection:
        name_asked = collection.keyword("media-size-name")
        if name_asked is None:
            raise _MalformedError
        return name_asked
    return None


def _supported_name(name: str, capabilities: AttributeSet) -> str | None:
    """The printer's own name for the medium; for a custom size within its bounds the name itself."""
    names = capabilities.keywords("media-supported") or ()
    if name in names:
        return name
    size = read_media_name(name)
    if size is None:
        return None
    for other in names:
        named = read_media_name(other)
        if named is not None and named.is_near(size) and not other.startswith("custom_m"):
            return other
    for members in capabilities.collections("media-size-supported") or ():
        x, y = (_bounds(members, side) for side in ("x-dimension", "y-dimension"))
        if x and y and x.lower <= size.x <= x.upper and y.lower <= size.y <= y.upper:
            return name
    return None


def _bounds(members: Collection, side: str) -> Range | None:
    found = members.ranges(side)
    return found[0] if found else None
