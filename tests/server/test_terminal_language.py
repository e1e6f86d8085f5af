# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""German for terminals unless they ask for English, in POSIX' order."""

from __future__ import annotations

import gettext
import re
from pathlib import Path

import pytest

from allmende.server.demo import demo_client
from allmende.server.terminal_language import LOCALE_PATH, terminal_language


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({}, "de"),
        ({"LANG": "C.UTF-8"}, "de"),
        ({"LANG": "de_DE.UTF-8"}, "de"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "de_DE.UTF-8"}, "de"),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "en_US.UTF-8", "LC_MESSAGES": "de_DE.UTF-8"}, "en"),
    ],
)
def test_the_environment_says_which(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], language: str
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert terminal_language() == language


def test_every_sentence_of_the_demo_s_commands_is_there_in_german() -> None:
    """These are looked up without Django, so no other test would miss them."""
    german = gettext.translation("django", LOCALE_PATH, ["de"])
    sentences = re.findall(r'\b_\("((?:[^"\\]|\\.)*)"\)', Path(demo_client.__file__).read_text())
    assert len(sentences) > 10
    missing = [sentence for sentence in sentences if german.gettext(sentence) == sentence]
    assert missing == []
