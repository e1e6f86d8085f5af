# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Labels for devices: name, place, numbers, and a QR code that leads to the device's page for everybody.

The code's address ends in 80 random bits (`Device.label_code`): whoever has not seen the label can't find the page. QR codes as in
ISO/IEC 18004 with error correction M (15 %), because labels get scratched.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import segno
from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from allmende.devices.devices import Device
from allmende.documents.typesetting import typeset

_TEMPLATE: Final = Path(__file__).parent / "templates" / "devices" / "labels.typ"


@dataclass(frozen=True, slots=True)
class LabelSheet:
    """An A4 sheet of equal labels; lengths in millimetres, from edge to edge of the paper."""

    label: str | Promise
    columns: int
    rows: int
    width: float
    height: float
    left: float
    top: float
    #: Between one column and the next.
    gap: float = 0.0


SHEETS: Final = {
    "a4-14": LabelSheet(
        gettext_lazy("14 per sheet, 99.1 × 38.1 mm (L7163)"), 2, 7, 99.1, 38.1, 4.65, 15.15, 2.5
    ),
    "a4-24": LabelSheet(gettext_lazy("24 per sheet, 70 × 37 mm (3474)"), 3, 8, 70.0, 37.0, 0.0, 0.5),
    "a4-8": LabelSheet(
        gettext_lazy("8 per sheet, 99.1 × 67.7 mm (L7165)"), 2, 4, 99.1, 67.7, 4.65, 13.1, 2.5
    ),
}


def label_address(device: Device) -> str:
    """What the QR code says."""
    path = reverse("labelled_device", args=[device.label_code])
    return f"{settings.ALLMENDE_PUBLIC_URL}{path}"


def draw_qr(text: str) -> str:
    """The code as SVG, with the quiet zone of four modules that readers need."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        out, kind="svg", xmldecl=False, border=4, light="#fff", omitsize=True
    )
    return out.getvalue().decode()


def make_labels(devices: Iterable[Device], sheet: LabelSheet, *, skip: int = 0) -> bytes:
    """A PDF of label sheets; the first `skip` places stay empty. Devices come with their town and site."""
    labels: list[dict[str, Any] | None] = [None] * skip
    for device in devices:
        site = device.site.name if device.site else ""
        labels.append(
            {
                "qr": draw_qr(label_address(device)),
                "name": device.name,
                "where": ", ".join(filter(None, (site, device.place))),
                "numbers": " · ".join(filter(None, (device.inventory_number, device.serial_number))),
                "town": device.municipality.name,
                "alt": _("Code of %(device)s") % {"device": device},
            }
        )
    data = {
        "title": _("Labels of devices"),
        "language": (get_language() or "de")[:2],
        "help": _("Scan: how to print here, report a fault"),
        "columns": sheet.columns,
        "rows": sheet.rows,
        "width": sheet.width,
        "height": sheet.height,
        "left": sheet.left,
        "top": sheet.top,
        "gap": sheet.gap,
        "labels": labels,
    }
    return typeset(_TEMPLATE, data)
