# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The German catalogue: complete, with the same placeholders as the source, and compiled from what is beside it."""

from __future__ import annotations

import ast
import gettext
import re
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "allmende"
CATALOGUE = SOURCE / "server" / "locale" / "de" / "LC_MESSAGES" / "django.po"
_SAYING = {
    "_",
    "gettext",
    "gettext_lazy",
    "gettext_noop",
    "ngettext",
    "ngettext_lazy",
    "pgettext",
    "pgettext_lazy",
}
_FIELD = re.compile(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?) (".*")')
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|</?\w+")


def read_entries() -> list[dict[str, str]]:
    """Each entry's fields; `flags` holds its `#,` line."""
    entries = []
    for block in CATALOGUE.read_text().split("\n\n"):
        entry: dict[str, str] = {"flags": ""}
        field = ""
        for line in block.splitlines():
            if line.startswith("#,"):
                entry["flags"] = line
            elif match := _FIELD.match(line):
                field = match[1]
                entry[field] = ast.literal_eval(match[2])
            elif line.startswith('"'):
                entry[field] += ast.literal_eval(line)
        if entry.get("msgid"):
            entries.append(entry)
    return entries


ENTRIES = read_entries()


def test_catalogue_is_read() -> None:
    assert len(ENTRIES) > 300
    assert any(entry["msgid"] == "Print all" for entry in ENTRIES)


def test_everything_is_translated() -> None:
    missing = [
        entry["msgid"]
        for entry in ENTRIES
        if "fuzzy" in entry["flags"]
        or not all(value for field, value in entry.items() if field.startswith("msgstr"))
    ]
    assert not missing


def test_nothing_that_is_said_was_missed_when_strings_were_collected() -> None:
    """xgettext does not look into f-strings: what stands there alone would stay English for ever, and nobody would be told."""
    known = {entry["msgid"] for entry in ENTRIES}
    missed = []
    for path in sorted(SOURCE.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in _SAYING:
                words = call.args[1 if call.func.id.startswith("pgettext") else 0]
                if isinstance(words, ast.Constant) and words.value not in known:
                    missed.append(f"{path.name}:{call.lineno} {words.value}")
    assert not missed


def test_placeholders_are_kept() -> None:
    wrong = []
    for entry in ENTRIES:
        allowed = {
            *_PLACEHOLDER.findall(entry["msgid"]),
            *_PLACEHOLDER.findall(entry.get("msgid_plural", "")),
        }
        for field, value in entry.items():
            if field.startswith("msgstr") and value and set(_PLACEHOLDER.findall(value)) != allowed:
                wrong.append(entry["msgid"])
    assert not wrong


def test_compiled_catalogue_is_up_to_date() -> None:
    with CATALOGUE.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    stale = []
    for entry in ENTRIES:
        context = entry.get("msgctxt")
        if "msgid_plural" in entry:
            for count, field in ((1, "msgstr[0]"), (2, "msgstr[1]")):
                if compiled.ngettext(entry["msgid"], entry["msgid_plural"], count) != (
                    entry[field] or entry["msgid" if count == 1 else "msgid_plural"]
                ):
                    stale.append(entry["msgid"])
        else:
            found = (
                compiled.pgettext(context, entry["msgid"]) if context else compiled.gettext(entry["msgid"])
            )
            if found != (entry["msgstr"] or entry["msgid"]):
                stale.append(entry["msgid"])
    assert not stale
