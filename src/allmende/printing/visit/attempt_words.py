# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What somebody at a device is told when too much was tried: for how long, and what to do meanwhile."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from allmende.directory.attempts import (
    CLAIM_LIMIT,
    CODE_LIMIT,
    UNKNOWN_CHIP_LIMIT,
    Limit,
    TooManyAttemptsError,
)

#: Why, and what to do meanwhile.
_WORDS: Final[dict[Limit, tuple[str | Promise, str | Promise]]] = {
    UNKNOWN_CHIP_LIMIT: (
        _("Too many unknown chips were put on this reader, so it is closed for a while."),
        _("Your jobs are safe: use another device, or ask your town's IT to open this one again."),
    ),
    CODE_LIMIT: (
        _("Too many wrong codes were typed at this device, so no chip can be enrolled here for a while."),
        _("Or use another device, or ask your town's IT to open this one again."),
    ),
    CLAIM_LIMIT: (
        _("Too many wrong numbers or names were typed at this device."),
        _("Or use another device, or ask your town's IT to open this one again."),
    ),
}


def too_many_words(error: TooManyAttemptsError) -> str:
    minutes = error.retry_after // 60 + 1
    wait = ngettext("Please wait %(minutes)d minute.", "Please wait %(minutes)d minutes.", minutes)
    reason, way_out = _WORDS.get(error.limit, (_("Too many failed attempts."), ""))
    return f"{reason} {wait % {'minutes': minutes}} {way_out}".strip()
