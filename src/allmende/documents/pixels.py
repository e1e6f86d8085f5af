# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Pixels as colour: is there any, and how do they become a small PNG.

Used in worker processes only (Pillow on hostile input).
"""

import io
from typing import Final

from PIL import Image, ImageChops

#: Channels that differ by no more than this (of 255) are grey: JPEG and colour management leave a tint.
TOLERANCE: Final = 12


def is_coloured(image: Image.Image) -> bool:
    """Whether any pixel of an RGB image is more than a tint away from grey."""
    if image.mode != "RGB":
        return False
    pixels = image.tobytes()
    if pixels[0::3] == pixels[1::3] == pixels[2::3]:  # the common case, in a tenth of the time
        return False
    red, green, blue = image.split()
    return _apart(red, green) or _apart(green, blue) or _apart(red, blue)


def _apart(one: Image.Image, other: Image.Image) -> bool:
    return int(ImageChops.difference(one, other).getextrema()[1]) > TOLERANCE  # type: ignore[arg-type]


def are_coloured(pixels: bytes) -> bool:
    """As `is_coloured`, for a line or block of RGB bytes."""
    return is_coloured(Image.frombytes("RGB", (len(pixels) // 3, 1), pixels))


def png_of(image: Image.Image) -> bytes:
    """A small PNG: grey where the image is grey."""
    if image.mode == "RGB" and not is_coloured(image):
        image = image.convert("L")
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=3)
    return out.getvalue()


def scaled_to_height(image: Image.Image, height: int) -> Image.Image:
    """Shrink to `height` pixels, or to four times as wide at most; never enlarge."""
    factor = min(1.0, height / image.height, 4 * height / image.width)
    if factor > 0.9:
        return image
    size = max(1, round(image.width * factor)), max(1, round(image.height * factor))
    return image.resize(size, Image.Resampling.BOX, reducing_gap=2.0)
