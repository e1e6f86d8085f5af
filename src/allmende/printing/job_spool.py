# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The spool that this installation's settings name, opened once per process."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from allmende.spool import Spool, open_spool


@lru_cache(maxsize=4)
def _opened(url: str) -> Spool:
    return open_spool(url)


def job_spool() -> Spool:
    return _opened(settings.ALLMENDE_SPOOL_URL)
