# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reading tables of a case file strictly: every key is known, every value is of its kind and within bounds, or the error names it."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final, TypeVar

from allmende.fleet.proof.figures import Sentence
from allmende.fleet.proof.figures import gettext_noop as _

MOST_ROWS: Final = 5000
LONGEST_TEXT: Final = 2000
LARGEST_AMOUNT: Final = Decimal("1e12")
LARGEST_COUNT: Final = 10**12
_NUMBER: Final = re.compile(r"[+-]?\d{1,15}(\.\d{1,10})?", re.ASCII)

E = TypeVar("E", bound=StrEnum)


class CaseFileError(ValueError):
    """The file is wrong: where (`key`, as `before.cost[2].amount`), and what to do."""

    def __init__(self, key: str, problem: str, /, **gaps: Any) -> None:
        super().__init__(f"{key}: {problem % gaps}")
        self.key = key
        self.problem = Sentence(problem, gaps)


class Table:
    """A table of the file at `key`. Each key is asked for once; `finish` refuses what nobody asked for."""

    def __init__(self, data: Any, key: str) -> None:
        if not isinstance(data, dict):
            raise CaseFileError(key or "file", _("must be a table with keys and values"))
        self._data: dict[str, Any] = data
        self._asked: list[str] = []
        self.key = key

    def at(self, name: str) -> str:
        return f"{self.key}.{name}" if self.key else name

    def has(self, name: str) -> bool:
        return name in self._data

    def finish(self) -> None:
        for name in self._data:
            if name not in self._asked:
                raise CaseFileError(
                    self.at(str(name)[:80]),
                    _("unknown key; known here: %(known)s"),
                    known=", ".join(sorted(self._asked)),
                )

    def text(self, name: str, default: str | None = None) -> str:
        value = self._take(name, default)
        if not isinstance(value, str) or len(value) > LONGEST_TEXT:
            raise CaseFileError(
                self.at(name), _("must be text of at most %(longest)d characters"), longest=LONGEST_TEXT
            )
        if default is None and not value.strip():
            raise CaseFileError(self.at(name), _("must not be empty"))
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        values = self._take(name, [])
        if not isinstance(values, list) or len(values) > 100:
            raise CaseFileError(self.at(name), _("must be a list of texts"))
        for value in values:
            if not isinstance(value, str) or len(value) > LONGEST_TEXT:
                raise CaseFileError(self.at(name), _("must be a list of texts"))
        return tuple(values)

    def flag(self, name: str, *, default: bool) -> bool:
        value = self._take(name, default)
        if not isinstance(value, bool):
            raise CaseFileError(self.at(name), _("must be true or false"))
        return value

    def count(self, name: str, default: int | None = None, *, least: int = 0) -> int:
        value = self._take(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= LARGEST_COUNT:
            raise CaseFileError(self.at(name), _("must be a whole number, at least %(least)d"), least=least)
        return value

    def optional_count(self, name: str) -> int | None:
        if not self.has(name):
            self._asked.append(name)
            return None
        return self.count(name)

    def number(self, name: str, *, places: int, least: Decimal | None = Decimal(0)) -> Decimal:
        """A decimal number, written as a number or as text (`46557.30` or `"46557.30"`)."""
        value = self._take(name, None)
        number = read_number(value)
        if number is None:
            raise CaseFileError(self.at(name), _("must be a number such as 1234.56"))
        if -int(number.as_tuple().exponent) > places:
            raise CaseFileError(self.at(name), _("has more than %(places)d decimals"), places=places)
        if least is not None and number < least:
            raise CaseFileError(self.at(name), _("must be at least %(least)s"), least=least)
        return number

    def optional_number(self, name: str, *, places: int) -> Decimal | None:
        if not self.has(name):
            self._asked.append(name)
            return None
        return self.number(name, places=places)

    def choice(self, name: str, choices: type[E], default: E | None = None) -> E:
        value = self._take(name, default)
        try:
            return choices(value)
        except ValueError:
            raise CaseFileError(
                self.at(name), _("must be one of: %(choices)s"), choices=", ".join(choices)
            ) from None

    def optional_choice(self, name: str, choices: type[E]) -> E | None:
        if not self.has(name):
            self._asked.append(name)
            return None
        return self.choice(name, choices)

    def day(self, name: str) -> date:
        value = self._take(name, None)
        if isinstance(value, str):
            try:
                value = date.fromisoformat(value)
            except ValueError:
                value = None
        if not isinstance(value, date) or isinstance(value, datetime) or not 1950 <= value.year <= 2200:
            raise CaseFileError(self.at(name), _("must be a date such as 2025-01-31"))
        return value

    def table(self, name: str) -> Table | None:
        if not self.has(name):
            self._asked.append(name)
            return None
        return Table(self._take(name, None), self.at(name))

    def tables(self, name: str) -> list[Table]:
        rows = self._take(name, [])
        if not isinstance(rows, list):
            raise CaseFileError(
                self.at(name), _("must be a list of tables: write [[%(name)s]]"), name=self.at(name)
            )
        if len(rows) > MOST_ROWS:
            raise CaseFileError(self.at(name), _("has more than %(most)d rows"), most=MOST_ROWS)
        return [Table(row, f"{self.at(name)}[{number}]") for number, row in enumerate(rows, 1)]

    def names(self) -> list[str]:
        """Of a table whose keys are free."""
        names = [str(name) for name in self._data]
        if len(names) > MOST_ROWS:
            raise CaseFileError(self.key, _("has more than %(most)d rows"), most=MOST_ROWS)
        return names

    def _take(self, name: str, default: Any) -> Any:
        self._asked.append(name)
        value = self._data.get(name, default)
        if value is None:
            raise CaseFileError(self.at(name), _("is missing"))
        return value


def read_number(value: Any) -> Decimal | None:
    """A decimal number of at most 15 digits and 10 decimals, or None."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    if isinstance(value, int) and abs(value) > LARGEST_AMOUNT:
        return None
    text = str(value) if not isinstance(value, Decimal) else _plain(value)
    if not _NUMBER.fullmatch(text):
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:  # pragma: no cover - the pattern is stricter
        return None
    return number if abs(number) <= LARGEST_AMOUNT else None


def _plain(value: Decimal) -> str:
    """Without an exponent; an absurd one never becomes a long text."""
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or not -20 <= exponent <= 20:
        return ""
    return format(value, "f")
