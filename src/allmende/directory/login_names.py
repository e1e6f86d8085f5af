# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
r"""Login names as computers write them: `DOMAIN\user`, `user@domain` and any case are one person.

A domain that is not the town's own stays part of the name: `anna@elsewhere.example` is not this town's `anna`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from typing import Final

MAX_NAME_LENGTH: Final = 100


def canonical_login(name: str, domains: Collection[str]) -> str:
    """The one form of a name in a town whose `domains` (lower case) these are; at most 100 characters, maybe empty."""
    text = unicodedata.normalize("NFKC", name).strip().casefold()
    before, backslash, after = text.rpartition("\\")
    if backslash and (not before or before in domains):
        text = after
    local, at, domain = text.rpartition("@")
    if at and domain in domains:
        text = local
    return "".join(character for character in text if character.isprintable()).strip()[:MAX_NAME_LENGTH]
