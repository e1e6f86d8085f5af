# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What devices and prints cost over the concept's term: EUR, net, exact.

A month has 52/12 weeks. Nothing is rounded here; sums are rounded to the cent where they are shown.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from allmende.fleet.concept.model import Concept, Parameters, Running, Volume

CENT = Decimal("0.01")


def price_running(running: Running, parameters: Parameters) -> Fraction:
    """Rent and energy of one device over the term."""
    energy = Fraction(running.energy_kwh_week) * Fraction(52, 12) * Fraction(parameters.energy_price)
    return parameters.months * (Fraction(running.rent) + energy)


def price_prints(volume: Volume, running: Running, months: int) -> Fraction:
    """The clicks of a monthly volume over the term."""
    factor = Fraction(running.a3_factor)
    mono = Fraction(running.click_mono) * (volume.mono + factor * volume.a3_mono)
    colour = Fraction(running.click_colour) * (volume.colour + factor * volume.a3_colour)
    return months * (mono + colour)


def price_today(concept: Concept) -> Fraction:
    """What the devices of today would cost over the same term, at the volumes that were read from them."""
    parameters = concept.parameters
    return sum(
        (
            price_running(device.running, parameters)
            + price_prints(device.volume, device.running, parameters.months)
            for device in concept.devices
        ),
        Fraction(0),
    )


def to_cents(amount: Fraction) -> Decimal:
    """To the cent, half up (away from zero)."""
    cents = Decimal(math.floor(abs(amount) * 100 + Fraction(1, 2))).scaleb(-2)
    return -cents if amount < 0 else cents


def add_tax(net: Decimal, tax_percent: Decimal) -> Decimal:
    return (net * (100 + tax_percent) / 100).quantize(CENT, rounding=ROUND_HALF_UP)
