# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Self-describing media names, `iso_a4_210x297mm` and the like (PWG 5101.1 §5)."""

import re
from decimal import Decimal
from typing import NamedTuple

_NAME = re.compile(
    r"([a-z0-9][-a-z0-9.]*)_([a-z0-9][-a-z0-9.]*)_([0-9]{1,6}(?:\.[0-9]{1,6})?)x([0-9]{1,6}(?:\.[0-9]{1,6})?)(mm|in)"
)
_LARGEST = 10_000_000  # 100 metres; a name may claim anything


class MediaSize(NamedTuple):
    """Width and length in hundredths of a millimetre, IPP's unit for media."""

    x: int
    y: int

    def is_near(self, other: "MediaSize", tolerance: int = 50) -> bool:
        """Whether both mean one size: rounding between inch and millimetre is no difference."""
        return abs(self.x - other.x) <= tolerance and abs(self.y - other.y) <= tolerance


def read_media_name(name: str) -> MediaSize | None:
    """The size in a self-describing name; None for names of another kind."""
    match = _NAME.fullmatch(name) if len(name) <= 255 else None
    if match is None:
        return None
    unit = 100 if match[5] == "mm" else 2540
    x, y = (int((Decimal(side) * unit).to_integral_value()) for side in (match[3], match[4]))
    return MediaSize(x, y) if 0 < x <= _LARGEST and 0 < y <= _LARGEST else None


def custom_media_name(size: MediaSize) -> str:
    """A name for a size that has none."""
    dimensions = "x".join(f"{Decimal(side) / 100:f}" for side in size)
    return f"custom_{dimensions}mm_{dimensions}mm"
