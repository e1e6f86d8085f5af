# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""docs/conformance.md names operations and tests: the ones that are there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from allmende.ipp import Operation
from allmende.printing.gateway.printer_attributes import OPERATIONS

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = (ROOT / "docs" / "conformance.md").read_text()


def test_the_page_names_every_operation() -> None:
    (named,) = re.findall(r"^Operations: (.*?)^$", PAGE, re.MULTILINE | re.DOTALL)
    words = set(re.findall(r"[A-Z][A-Za-z]+(?:-[A-Z][A-Za-z]+)+", named))
    assert words == {
        "-".join(part.title() for part in Operation(number).name.split("_")) for number in OPERATIONS
    }


def test_the_tests_that_it_names_are_there() -> None:
    table = PAGE.partition("## Known pains")[2]
    file, count = "", 0
    for path, name in re.findall(r"`([\w/]+\.py)?(?:::(\w+))?`", table):
        file = path or file
        text = (ROOT / "tests" / file).read_text()
        assert not name or f"def {name}(" in text, f"{file}::{name}"
        count += 1
    assert count > 15
