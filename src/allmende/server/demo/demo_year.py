# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The demo town's year: what it printed, what it paid, what it pays, and what a concept would save.

Always holds: all of it is made in one transaction or none of it; where it is there, nothing is changed; on one day every installation
gets the same figures (a fixed seed). Nothing here is true but the town's name and its membership.
"""

from __future__ import annotations

import random
from datetime import date
from typing import TYPE_CHECKING, Final

from django.db import transaction

from allmende.devices.models import Device
from allmende.directory.roles import RoleName
from allmende.fleet.contracts import Contract
from allmende.printing.ledger.rebuilding import rebuild_totals
from allmende.server.demo.demo_calendar import DemoDays
from allmende.server.demo.demo_contract import (
    NUMBER,
    close_quarters,
    enter_baseline,
    enter_factor,
    import_faulty_invoice,
    make_contract,
)
from allmende.server.demo.demo_fleet import STANDS, make_fleet
from allmende.server.demo.demo_ledger import add_up_by_day, correct_one, set_budgets, write_ledger
from allmende.server.demo.demo_meters import write_readings, write_supplies
from allmende.server.demo.demo_neighbours import make_cooperative, make_neighbour
from allmende.server.demo.demo_people import CENTRES, ensure_officials, make_colleagues
from allmende.server.demo.demo_rules import add_rules, count_effects

if TYPE_CHECKING:
    from allmende.directory.municipalities import Municipality
    from allmende.directory.people import Person

#: The town's council paper of 2014 names 980,000 sheets a year.
SHEETS: Final = 980_000
_SEED: Final = 1_435


def make_year(town: Municipality, it: Person, password: str, today: date) -> bool:
    """Whether there was anything to make."""
    with transaction.atomic():
        if Contract.objects.filter(municipality=town, number=NUMBER).exists():
            return False
        seed, days = random.Random(_SEED), DemoDays(today)  # noqa: S311 - the same data each time
        officials = ensure_officials(town, password)
        finance = officials[RoleName.FINANCE]
        centres = make_colleagues(town, CENTRES, seed)
        devices = make_fleet(it, days, seed)
        entries = write_ledger(STANDS, devices, centres, days, sheets_a_year=SHEETS, seed=seed)
        make_neighbour(days, seed)
        make_cooperative(password)
        # Of all towns at once: the sums can't differ from the entries.
        rebuild_totals()
        write_readings(it, devices, add_up_by_day(entries), days, seed)
        write_supplies(devices, days, seed)
        virtual = list(Device.objects.filter(municipality=town, slug__in=["rathaus-eg", "rathaus-og"]))
        contract = make_contract(finance, devices, virtual, days)
        settlements = close_quarters(finance, contract, days)
        import_faulty_invoice(finance, contract, settlements[-1])
        enter_baseline(finance, days)
        enter_factor(finance, days)
        correct_one(finance, devices["soziales"], centres["5100"])
        set_budgets(finance, centres, days)
        add_rules(it, virtual, days)
        count_effects(it, devices, days, seed)
        town.shows_cost = True
        town.save(update_fields=["shows_cost"])
    return True
