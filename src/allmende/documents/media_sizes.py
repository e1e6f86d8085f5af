# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Paper sizes and their self-describing names.

Names and sizes: PWG 5101.1-2013 "PWG Media Standardized Names 2.0". All lengths are hundredths of a
millimetre, as in IPP's `media-size`. A size is turned upright before it is named: paper has no landscape.
"""

from dataclasses import dataclass
from typing import Final

HUNDREDTHS_PER_POINT: Final = 2540 / 72

#: How far a page may be from a standard size and still bear its name (2 mm: producers round, some trim).
TOLERANCE: Final = 200

_NAMES: Final = (
    "iso_a4_210x297mm",
    "iso_a3_297x420mm",
    "iso_a5_148x210mm",
    "iso_a6_105x148mm",
    "iso_a7_74x105mm",
    "iso_a2_420x594mm",
    "iso_a1_594x841mm",
    "iso_a0_841x1189mm",
    "iso_b4_250x353mm",
    "iso_b5_176x250mm",
    "iso_b6_125x176mm",
    "iso_c4_229x324mm",
    "iso_c5_162x229mm",
    "iso_c6_114x162mm",
    "iso_dl_110x220mm",
    "iso_c6c5_114x229mm",
    "iso_sra3_320x450mm",
    "iso_ra3_305x430mm",
    "jis_b4_257x364mm",
    "jis_b5_182x257mm",
    "na_letter_8.5x11in",
    "na_legal_8.5x14in",
    "na_ledger_11x17in",
    "na_executive_7.25x10.5in",
    "na_invoice_5.5x8.5in",
    "na_foolscap_8.5x13in",
    "na_number-10_4.125x9.5in",
    "na_index-4x6_4x6in",
    "na_5x7_5x7in",
    "om_small-photo_100x150mm",
    "jpn_hagaki_100x148mm",
)


@dataclass(frozen=True, slots=True)
class MediaSize:
    """A sheet's width and height in hundredths of a millimetre."""

    width: int
    height: int

    def upright(self) -> "MediaSize":
        return self if self.width <= self.height else MediaSize(self.height, self.width)

    def pixels(self, dpi: int) -> tuple[int, int]:
        """Width and height in pixels at `dpi`."""
        return max(1, round(self.width * dpi / 2540)), max(1, round(self.height * dpi / 2540))

    def points(self) -> tuple[float, float]:
        return self.width / HUNDREDTHS_PER_POINT, self.height / HUNDREDTHS_PER_POINT


def size_from_points(width: float, height: float) -> MediaSize:
    return MediaSize(round(width * HUNDREDTHS_PER_POINT), round(height * HUNDREDTHS_PER_POINT))


def size_of_media(name: str) -> MediaSize | None:
    """Read the size out of a self-describing name; None when `name` is not one.

    >>> size_of_media("na_letter_8.5x11in")
    MediaSize(width=21590, height=27940)
    """
    dimensions = name.rpartition("_")[2]
    unit = {"mm": 100.0, "in": 2540.0}.get(dimensions[-2:])
    width, times, height = dimensions[:-2].partition("x")
    if unit is None or not times:
        return None
    try:
        size = MediaSize(round(float(width) * unit), round(float(height) * unit))
    except (ValueError, OverflowError):
        return None
    return size if 0 < size.width <= 1_000_000 and 0 < size.height <= 1_000_000 else None


def _with_size(name: str) -> tuple[str, MediaSize]:
    size = size_of_media(name)
    assert size is not None, name  # noqa: S101 -- the table above is our own
    return name, size


STANDARD_MEDIA: Final[dict[str, MediaSize]] = dict(_with_size(name) for name in _NAMES)


def media_name(size: MediaSize) -> str:
    """Name the nearest standard size within `TOLERANCE`, else a custom name.

    >>> media_name(MediaSize(29700, 21000))
    'iso_a4_210x297mm'
    >>> media_name(MediaSize(20000, 20050))
    'custom_200x200.5mm_200x200.5mm'
    """
    upright = size.upright()
    best, distance = "", TOLERANCE + 1
    for name, standard in STANDARD_MEDIA.items():
        off = max(abs(standard.width - upright.width), abs(standard.height - upright.height))
        if off < distance:
            best, distance = name, off
    if best:
        return best
    dimensions = f"{_millimetres(upright.width)}x{_millimetres(upright.height)}mm"
    return f"custom_{dimensions}_{dimensions}"


def _millimetres(hundredths: int) -> str:
    return f"{hundredths / 100:.2f}".rstrip("0").rstrip(".")
