# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a message is made of: groups of attributes, each with one or more tagged values (RFC 8010 §3.1).

Order and duplicates are kept as received. A value's `data` has the Python type of its tag (see `Data`); where
the bytes are of the right length but say nothing that the type can hold (a boolean of 0x02, a leap second),
`data` is the received `bytes`. Accessors therefore check, and give None for what is absent or of another type.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple, TypeAlias

from allmende.ipp.tags import STRING_TAGS, GroupTag, ValueTag


class Range(NamedTuple):
    """rangeOfInteger: both bounds belong to it. Not ordered by the codec: a peer may send lower > upper."""

    lower: int
    upper: int


class Resolution(NamedTuple):
    """resolution: dots across and along the feed, per `units` (3 inch, 4 centimetre)."""

    cross_feed: int
    feed: int
    units: int = 3


class LanguageText(NamedTuple):
    """textWithLanguage and nameWithLanguage."""

    language: str
    text: str


class Extension(NamedTuple):
    """A value under the extension tag 0x7f: the real tag stands in the value's first four octets."""

    tag: int
    octets: bytes


class Value(NamedTuple):
    tag: int
    data: "Data"


class Attribute(NamedTuple):
    name: str
    values: tuple[Value, ...]


class AttributeSet:
    """Attributes in order, and safe access by name; of duplicates the first one counts."""

    __slots__ = ("_index", "attributes")

    def __init__(self, attributes: Iterable[Attribute] = ()) -> None:
        self.attributes = tuple(attributes)
        self._index: dict[str, Attribute] | None = None

    def __contains__(self, name: object) -> bool:
        return name in self._by_name()

    def get(self, name: str) -> Attribute | None:
        return self._by_name().get(name)

    def values(self, name: str) -> tuple[Value, ...]:
        """All values, empty when absent."""
        attribute = self._by_name().get(name)
        return attribute.values if attribute else ()

    def text(self, name: str) -> str | None:
        """Of text or name, with or without language."""
        for tag, data in self.values(name)[:1]:
            if isinstance(data, LanguageText):
                return data.text
            if tag in _TEXT_TAGS and isinstance(data, str):
                return data
        return None

    def keyword(self, name: str) -> str | None:
        """Of keyword, or a name in its place (as `media` may have it)."""
        found = self.keywords(name)
        return found[0] if found else None

    def keywords(self, name: str) -> tuple[str, ...] | None:
        """Those values that are keywords or names; None when there are none."""
        found = tuple(d for t, d in self.values(name) if t in _KEYWORD_TAGS and isinstance(d, str))
        return found or None

    def string(self, name: str) -> str | None:
        """Of any character string: uri, mimeMediaType, charset, keyword, name, …, without language."""
        found = self.strings(name)
        return found[0] if found else None

    def strings(self, name: str) -> tuple[str, ...] | None:
        found = tuple(d for t, d in self.values(name) if t in STRING_TAGS and isinstance(d, str))
        return found or None

    def uri(self, name: str) -> str | None:
        for tag, data in self.values(name)[:1]:
            if tag == ValueTag.URI and isinstance(data, str):
                return data
        return None

    def integer(self, name: str) -> int | None:
        """Of integer or enum."""
        found = self.integers(name)
        return found[0] if found else None

    def integers(self, name: str) -> tuple[int, ...] | None:
        found = tuple(d for t, d in self.values(name) if t in _INTEGER_TAGS and isinstance(d, int))
        return found or None

    def boolean(self, name: str) -> bool | None:
        for _, data in self.values(name)[:1]:
            if isinstance(data, bool):
                return data
        return None

    def ranges(self, name: str) -> tuple[Range, ...] | None:
        """Of rangeOfInteger; an integer counts as the range of itself."""
        found = tuple(
            d if isinstance(d, Range) else Range(d, d)
            for t, d in self.values(name)
            if isinstance(d, Range) or (t in _INTEGER_TAGS and isinstance(d, int))
        )
        return found or None

    def resolutions(self, name: str) -> tuple[Resolution, ...] | None:
        return tuple(d for _, d in self.values(name) if isinstance(d, Resolution)) or None

    def date_time(self, name: str) -> datetime | None:
        for _, data in self.values(name)[:1]:
            if isinstance(data, datetime):
                return data
        return None

    def octets(self, name: str) -> bytes | None:
        for tag, data in self.values(name)[:1]:
            if tag == ValueTag.OCTET_STRING and isinstance(data, bytes):
                return data
        return None

    def collection(self, name: str) -> "Collection | None":
        found = self.collections(name)
        return found[0] if found else None

    def collections(self, name: str) -> "tuple[Collection, ...] | None":
        return tuple(d for _, d in self.values(name) if isinstance(d, Collection)) or None

    def _by_name(self) -> dict[str, Attribute]:
        index = self._index
        if index is None:
            # Reversed, so that the first of two attributes of one name is the one that stays.
            index = self._index = {attribute.name: attribute for attribute in reversed(self.attributes)}
        return index


class Collection(AttributeSet):
    """A collection value: its member attributes."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Collection) and self.attributes == other.attributes

    def __hash__(self) -> int:
        return hash(self.attributes)

    def __repr__(self) -> str:
        return f"Collection({list(self.attributes)!r})"


class Group(AttributeSet):
    """A group of attributes under its delimiter tag."""

    __slots__ = ("tag",)

    def __init__(self, tag: int, attributes: Iterable[Attribute] = ()) -> None:
        super().__init__(attributes)
        self.tag = tag

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Group) and self.tag == other.tag and self.attributes == other.attributes

    def __hash__(self) -> int:
        return hash((self.tag, self.attributes))

    def __repr__(self) -> str:
        return f"Group({self.tag!r}, {list(self.attributes)!r})"


class Message(NamedTuple):
    """A request or a response. `code` is the operation of the one, the status of the other (0..65535)."""

    version: tuple[int, int]
    code: int
    request_id: int
    groups: tuple[Group, ...]

    def group(self, tag: int) -> Group:
        """The first group under this tag; an empty one when there is none."""
        for group in self.groups:
            if group.tag == tag:
                return group
        return Group(tag)

    def groups_of(self, tag: int) -> tuple[Group, ...]:
        return tuple(group for group in self.groups if group.tag == tag)

    @property
    def operation_group(self) -> Group:
        return self.group(GroupTag.OPERATION)


Data: TypeAlias = (
    int | bool | str | bytes | datetime | Range | Resolution | LanguageText | Extension | Collection | None
)
"""int: integer, enum · bool: boolean · str: character strings (octets that are not UTF-8 as surrogates, so that
they are kept) · None: an empty out-of-band value · bytes: octetString, unknown tags, and what does not fit."""

_TEXT_TAGS = frozenset({ValueTag.TEXT, ValueTag.NAME})
_KEYWORD_TAGS = frozenset({ValueTag.KEYWORD, ValueTag.NAME})
_INTEGER_TAGS = frozenset({ValueTag.INTEGER, ValueTag.ENUM})
