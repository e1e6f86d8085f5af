# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The pictures that a queue names in `printer-icons` (PWG 5100.13 §5.6.6) are there, in the sizes that clients expect."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from PIL import Image


@pytest.mark.parametrize("side", [128, 512])
def test_the_icon_is_there(side: int) -> None:
    path = finders.find(f"allmende/printer-{side}.png")
    assert path is not None
    with Image.open(Path(str(path))) as icon:
        assert (icon.format, icon.size, icon.mode) == ("PNG", (side, side), "RGBA")
