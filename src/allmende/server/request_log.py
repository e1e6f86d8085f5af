# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Addresses in the log, without what opens something: Django names the path of each request that it refuses.

Paths can hold a personal queue's key, a calendar's or a new password's token, or a chip's number that somebody sent to the wrong place.
So only what looks like a word or a short number is written down of them. Query strings are never logged.
"""

from __future__ import annotations

import logging
import re
from typing import Final

from django.http import HttpRequest

#: No key, token or chip number of ours is that short and that plain.
_PLAIN: Final = re.compile(r"[a-z_.-]{0,20}|[0-9]{1,6}|v[0-9]")


class PathMask(logging.Filter):
    """For a handler; all records pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        if isinstance(request, HttpRequest) and isinstance(record.args, tuple):
            # As Django's `log_response` writes it.
            path = request.path.encode("unicode_escape").decode("ascii")
            record.args = tuple(
                mask_path(request.path) if argument in {request.path, path} else argument
                for argument in record.args
            )
        return True


def mask_path(path: str) -> str:
    return "/".join(segment if _PLAIN.fullmatch(segment) else "…" for segment in path.split("/"))
