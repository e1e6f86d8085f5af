# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A second member town with a small ledger, and the cooperative as a tenant of its own: so that its office has towns to compare."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

from allmende.devices.models import Device, Site
from allmende.server.demo.demo_fleet import KINDS, Stand, make_models
from allmende.server.demo.demo_ledger import write_ledger
from allmende.server.demo.demo_people import ensure_officials, make_colleagues
from allmende.server.demo.demo_town import COOPERATIVE_NAME, COOPERATIVE_SLUG, NEIGHBOUR_NAME, NEIGHBOUR_SLUG
from allmende.server.town import found_town

if TYPE_CHECKING:
    from allmende.server.demo.demo_calendar import DemoDays

_SHEETS: Final = 164_000
_CENTRES: Final = {"100 Verwaltung": 9, "200 Finanzen": 6, "300 Bauen": 7}
_STANDS: Final = (
    Stand("verwaltung", "Verwaltung", "", "a3", 5, (("100", 1.0),), 0.16, 0.25, 0.02),
    Stand("finanzen", "Finanzen", "", "a4", 3, (("200", 1.0),), 0.0, 0.35),
    Stand("bauen", "Bauen", "", "a4c", 2, (("300", 1.0),), 0.25, 0.2),
)


def make_neighbour(days: DemoDays, seed: random.Random) -> None:
    town = found_town(NEIGHBOUR_SLUG, NEIGHBOUR_NAME)
    site = Site.objects.create(municipality=town, name="Rathaus")
    models = make_models(town)
    devices = {
        stand.slug: Device.objects.create(
            municipality=town,
            slug=stand.slug,
            name=stand.name,
            site=site,
            place="Erdgeschoss",
            device_model=models[stand.kind],
            make_and_model=f"{KINDS[stand.kind].maker} {KINDS[stand.kind].name}",
            serial_number=f"N{seed.randrange(10**6, 10**7)}",
        )
        for stand in _STANDS
    }
    centres = make_colleagues(town, _CENTRES, seed)
    write_ledger(_STANDS, devices, centres, days, sheets_a_year=_SHEETS, seed=seed)


def make_cooperative(password: str) -> None:
    cooperative = found_town(COOPERATIVE_SLUG, COOPERATIVE_NAME, is_cooperative=True)
    ensure_officials(cooperative, password)
