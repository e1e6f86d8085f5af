# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A document's key in the spool: `slug/ab/uuid`.

The municipality's slug comes first, so that a town's documents can be found, counted and removed as one; two characters of
the UUID shard its folder. Always holds: a key has no way out of the spool's root (no `..`, no `/` elsewhere, ASCII only).
"""

import re
import uuid

from allmende.spool.base import SpoolError

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{32}", re.ASCII)


def new_key(municipality_slug: str) -> str:
    """A key that was never given out before. The slug has 1 to 63 of `a-z0-9-`, as in a host name."""
    if not _SLUG.fullmatch(municipality_slug):
        raise SpoolError("not a municipality's slug: 1 to 63 of a-z, 0-9 and - are allowed")
    name = uuid.uuid4().hex
    return f"{municipality_slug}/{name[:2]}/{name}"


def is_key(text: str) -> bool:
    parts = text.split("/")
    if len(parts) != 3:
        return False
    slug, shard, name = parts
    return bool(_SLUG.fullmatch(slug)) and bool(_UUID.fullmatch(name)) and shard == name[:2]


def check_key(text: str) -> str:
    """The key itself, or `SpoolError`."""
    if not is_key(text):
        raise SpoolError("not a spool key")
    return text
