# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who lives in the town that is measured: numbers that its set-up and its measuring share."""

from __future__ import annotations

from typing import Final

SLUG: Final = "bank"
#: `crowd-0` … own jobs and have a key, but no chip: so many that a million jobs keep to the shipped quota of 200 each.
CROWD: Final = 5_000
#: `tap-0` … come to the device, each with a chip.
TAPPERS: Final = 240


def chip_number(tapper: int) -> str:
    """What the reader writes for the chip of `tap-<tapper>`."""
    return f"04{tapper:010X}81"
