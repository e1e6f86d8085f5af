# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The sixteen Länder, by the second half of their ISO 3166-2 code, and by the first two digits of the official key (AGS)."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class Land(models.TextChoices):
    BW = "BW", _("Baden-Württemberg")
    BY = "BY", _("Bavaria")
    BE = "BE", _("Berlin")
    BB = "BB", _("Brandenburg")
    HB = "HB", _("Bremen")
    HH = "HH", _("Hamburg")
    HE = "HE", _("Hesse")
    MV = "MV", _("Mecklenburg-Western Pomerania")
    NI = "NI", _("Lower Saxony")
    NW = "NW", _("North Rhine-Westphalia")
    RP = "RP", _("Rhineland-Palatinate")
    SL = "SL", _("Saarland")
    SN = "SN", _("Saxony")
    ST = "ST", _("Saxony-Anhalt")
    SH = "SH", _("Schleswig-Holstein")
    TH = "TH", _("Thuringia")


#: Destatis, Amtlicher Gemeindeschlüssel: its first two digits name the Land.
LAND_BY_KEY: Final = {
    "01": Land.SH,
    "02": Land.HH,
    "03": Land.NI,
    "04": Land.HB,
    "05": Land.NW,
    "06": Land.HE,
    "07": Land.RP,
    "08": Land.BW,
    "09": Land.BY,
    "10": Land.SL,
    "11": Land.BE,
    "12": Land.BB,
    "13": Land.MV,
    "14": Land.SN,
    "15": Land.ST,
    "16": Land.TH,
}
