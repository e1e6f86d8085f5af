# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What devices and prints cost over the concept's term: EUR, net, exact.

A month has 52/12 weeks. Nothing is rounded here; sums are rounded to the cent where they are shown.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from allmende.fleet.concept.model import Concept, MinimumVolume, Parameters, Running, Volume

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


def price_lack(minimum: MinimumVolume, volume: Volume, months: int, count: int = 1) -> Fraction:
    """What a monthly volume lacks of the minimum of so many devices (or pools), over the term."""
    mono = max(0, count * minimum.mono - volume.counted_mono)
    colour = max(0, count * minimum.colour - volume.counted_colour)
    return months * (mono * Fraction(minimum.click_mono) + colour * Fraction(minimum.click_colour))


def price_today(concept: Concept) -> Fraction:
    """What the devices of today would cost over the same term, at the volumes that were read from them."""
    parameters, minimum = concept.parameters, concept.minimum
    total = sum(
        (
            price_running(device.running, parameters)
            + price_prints(device.volume, device.running, parameters.months)
            for device in concept.devices
        ),
        Fraction(0),
    )
    inside = [device.volume for device in concept.devices if device.is_in_contract]
    if minimum is None or not inside:
        return total
    billed = [sum(inside, Volume())] if minimum.is_pooled else inside
    return total + sum((price_lack(minimum, volume, parameters.months) for volume in billed), Fraction(0))


def to_cents(amount: Fraction) -> Decimal:
    """To the cent, half up (away from zero)."""
    cents = Decimal(math.floor(abs(amount) * 100 + Fraction(1, 2))).scaleb(-2)
    return -cents if amount < 0 else cents


def add_tax(net: Decimal, tax_percent: Decimal) -> Decimal:
    return (net * (100 + tax_percent) / 100).quantize(CENT, rounding=ROUND_HALF_UP)
