# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The spool that this installation's settings name, opened once per process, and the reserve that it leaves free."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from allmende.spool import Spool, SpoolFullError, open_spool


@lru_cache(maxsize=4)
def _opened(url: str) -> Spool:
    return open_spool(url)


def job_spool() -> Spool:
    return _opened(settings.ALLMENDE_SPOOL_URL)


def keep_reserve(spool: Spool) -> None:
    """To be called before each piece of a large document. Raises SpoolFullError where what is left must stay free.

    The watch of the disk looks every few seconds; in that time one upload can fill what the database and the old jobs need.
    """
    free = spool.free_bytes()
    if free is not None and free < settings.ALLMENDE_MIN_FREE_BYTES:
        raise SpoolFullError(f"only {free} bytes are free")
