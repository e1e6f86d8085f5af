# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The language of the terminal: English where the environment says so, else German. Also for commands that load no Django."""

from __future__ import annotations

import gettext
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

#: The catalogue of all rooms.
LOCALE_PATH: Final = Path(__file__).parent / "locale"


def terminal_language() -> str:
    """`de` or `en`, after POSIX' order of precedence."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "en" if locale.lower().startswith("en") else "de"


@cache
def terminal_gettext() -> Callable[[str], str]:
    """Translates the program's English sentences for the terminal; those that nobody translated stay as they are."""
    return gettext.translation("django", LOCALE_PATH, [terminal_language()], fallback=True).gettext
