# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Tables of an input file, read strictly: every key is asked for once, what is left over is unknown, every fault is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, Final, TypeVar

from allmende.fleet.concept.model import Ability, Centimetres, Point
from allmende.fleet.concept.sentences import Sentence
from allmende.fleet.concept.sentences import mark as _

_MOST_FAULTS: Final = 30
_MOST_METRES: Final = Decimal(100_000)
MOST_MONEY: Final = Decimal(10_000_000)
_MOST_COUNT: Final = 100_000_000

T = TypeVar("T")
REQUIRED: Final = object()


@dataclass(frozen=True, slots=True)
class Fault:
    """`where` as `room[3].floor`, counted from 1 like a reader counts."""

    where: str
    what: Sentence

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class InputFileError(Exception):
    """The file is not a concept; `faults` says what to mend."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(faults)


class Faults(list[Fault]):
    def tell(self, where: str, text: str, **values: str | int) -> None:
        if len(self) < _MOST_FAULTS:
            self.append(Fault(where, Sentence(text, values)))


class Table:
    """One table of the file; every key is asked for once, what is left over is unknown."""

    def __init__(self, where: str, values: Mapping[str, Any], faults: Faults) -> None:
        self.where, self.values, self.faults = where, values, faults
        self.asked: set[str] = set()

    def take(self, key: str, default: Any, accepts: Callable[[Any], T | None], expected: str) -> Any:
        self.asked.add(key)
        if key not in self.values:
            if default is REQUIRED:
                self.faults.tell(f"{self.where}.{key}", _("is missing; add this key"))
                return None
            return default
        value = accepts(self.values[key])
        if value is None:
            self.faults.tell(f"{self.where}.{key}", expected)
            return None if default is REQUIRED else default
        return value

    def text(self, key: str, default: Any = REQUIRED) -> str:
        def accept(value: object) -> str | None:
            return value if isinstance(value, str) and 0 < len(value) <= 120 and value.isprintable() else None

        return (
            self.take(key, default, accept, _("write a text of 1 to 120 characters, in quotation marks"))
            or ""
        )

    def count(self, key: str, default: Any = REQUIRED, least: int = 0, most: int = _MOST_COUNT) -> int:
        def accept(value: object) -> int | None:
            is_whole = isinstance(value, int) and not isinstance(value, bool)
            return value if is_whole and least <= value <= most else None  # type: ignore[operator,return-value]

        taken = self.take(
            key,
            default,
            accept,
            _("write a whole number that is not negative, in the span that the key allows"),
        )
        return least if taken is None else int(taken)

    def number(
        self, key: str, default: Any = REQUIRED, least: Decimal = Decimal(0), most: Decimal = MOST_MONEY
    ) -> Decimal:
        def accept(value: object) -> Decimal | None:
            found = _to_decimal(value)
            return found if found is not None and least <= found <= most else None

        taken = self.take(
            key, default, accept, _("write a number such as 12.50, in the span that the key allows")
        )
        return Decimal(0) if taken is None else Decimal(taken)

    def metres(self, key: str, default: Centimetres | None = None) -> Centimetres:
        taken = self.take(
            key,
            REQUIRED if default is None else default,
            _to_length,
            _("write a length in metres, such as 12.5"),
        )
        return 0 if taken is None else int(taken)

    def flag(self, key: str, default: bool = False) -> bool:
        def accept(value: object) -> bool | None:
            return value if isinstance(value, bool) else None

        return bool(self.take(key, default, accept, _("write true or false, without quotation marks")))

    def words(self, key: str) -> list[str]:
        def accept(value: object) -> list[str] | None:
            is_list = isinstance(value, list) and len(value) <= 200 and all(isinstance(v, str) for v in value)
            return value if is_list else None  # type: ignore[return-value]

        return self.take(key, [], accept, _("write a list of texts in square brackets")) or []

    def abilities(self, key: str) -> frozenset[Ability]:
        found = set()
        for word in self.words(key):
            try:
                found.add(Ability(word))
            except ValueError:
                self.faults.tell(
                    f"{self.where}.{key}",
                    _("“%(word)s” is not known; choose from %(known)s"),
                    word=word[:40],
                    known=", ".join(Ability),
                )
        return frozenset(found)

    def choice(self, key: str, known: Sequence[str], default: str) -> str:
        def accept(value: object) -> str | None:
            return value if isinstance(value, str) and value in known else None

        return str(self.take(key, default, accept, _("choose one of the words that the key allows")))

    def point(self, key_x: str = "x", key_y: str = "y") -> Point | None:
        if key_x not in self.values and key_y not in self.values:
            self.asked |= {key_x, key_y}
            return None

        def accept(value: object) -> Decimal | None:
            found = _to_decimal(value)
            return found if found is not None and abs(found) <= _MOST_METRES else None

        expected = _("write both coordinates in metres, such as 12.5")
        x, y = (self.take(key, REQUIRED, accept, expected) for key in (key_x, key_y))
        return None if x is None or y is None else Point(round(x * 100), round(y * 100))

    def refer(self, key: str, known: Mapping[str, object] | set[str], default: Any = REQUIRED) -> str:
        name = self.text(key, default)
        if name and name not in known:
            self.faults.tell(
                f"{self.where}.{key}",
                _("“%(name)s” stands nowhere in the file; write an id that it has"),
                name=name,
            )
        return name

    def close(self) -> None:
        for key in self.values:
            if key not in self.asked:
                near = get_close_matches(key, sorted(self.asked), 1)
                text = (
                    _("is not known; did you mean “%(near)s”?")
                    if near
                    else _("is not known; remove it. Known are: %(known)s")
                )
                values = {"near": near[0]} if near else {"known": ", ".join(sorted(self.asked))}
                self.faults.tell(f"{self.where}.{key[:40]}", text, **values)


def _to_decimal(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    found = Decimal(value)
    exponent = found.as_tuple().exponent
    return found if found.is_finite() and isinstance(exponent, int) and -12 <= exponent <= 12 else None


def _to_length(value: object) -> Centimetres | None:
    found = _to_decimal(value)
    return round(found * 100) if found is not None and 0 <= found <= _MOST_METRES else None
