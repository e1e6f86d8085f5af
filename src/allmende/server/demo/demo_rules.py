# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The demo town's rules, and what they did since they hold: each large job is decided and counted as at a release.

The jobs are invented and leave nothing else behind; what a rule saved by them is reckoned by `evaluation` and `effects` from the rules and
the contract's prices. Their numbers lie below zero, where no job of the service ever gets one.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Final

from allmende.printing.rules.at_release import at_device
from allmende.printing.rules.conditions import Between, OneOf
from allmende.printing.rules.editing import RuleDetails, add_rule
from allmende.printing.rules.effects import count_release
from allmende.printing.rules.evaluation import Effect, decide
from allmende.printing.rules.facts import Facts
from allmende.printing.rules.print_rules import TownRules
from allmende.server.demo.demo_calendar import DemoDays, add_months, midnight
from allmende.server.demo.demo_fleet import STANDS
from allmende.server.demo.demo_people import town_of

if TYPE_CHECKING:
    from allmende.devices.devices import Device
    from allmende.directory.people import Person

#: Pages of the large jobs, as offices have them: letters, minutes, plans; and how many of them are in colour.
_PAGES: Final = (10, 12, 14, 18, 24, 30, 36, 48)
_COLOUR_PARTS: Final = (0.0, 0.3, 0.6, 1.0)


def add_rules(it: Person, virtual: list[Device], days: DemoDays) -> None:
    since = _valid_from(days)
    wishes = [
        RuleDetails(
            name="Ab 10 Seiten beidseitig",
            effect=Effect.DUPLEX,
            conditions=(Between("pages", 10, None),),
            valid_from=since,
            reason_de="Ab zehn Seiten druckt die Stadt auf beiden Seiten.",
            reason_en="From ten pages on the town prints on both sides.",
        ),
        RuleDetails(
            name="Viel Farbe in Schwarzweiß",
            effect=Effect.MONO,
            conditions=(Between("colour_impressions", 20, None),),
            valid_from=since,
            reason_de="Mehr als zwanzig Farbseiten druckt die Stadt schwarzweiß.",
            reason_en="From twenty pages in colour on the town prints in black and white.",
        ),
    ]
    by_slug = {device.slug: device for device in virtual}
    if len(by_slug) == 2:
        wishes.append(
            RuleDetails(
                name="Große Aufträge in den Kopierraum",
                effect=Effect.ADVISE,
                conditions=(
                    OneOf("devices", frozenset({by_slug["rathaus-eg"].pk})),
                    Between("impressions", 100, None),
                ),
                valid_from=since,
                advised_device_id=by_slug["rathaus-og"].pk,
                reason_de="Im Kopierraum stört ein langer Auftrag niemanden.",
                reason_en="In the copy room a long job is in nobody's way.",
            )
        )
    for wish in wishes:
        add_rule(it, town_of(it), wish)


def count_effects(it: Person, devices: Mapping[str, Device], days: DemoDays, seed: random.Random) -> None:
    """One large job on each working day, at one device after the other, asked for as the driver's defaults are."""
    town = town_of(it)
    rules = TownRules(town.pk).rules
    for number, asked in enumerate(_jobs(devices, days, seed), 1):
        count_release(town.pk, -number, asked, decide(rules, asked), "a4")


def _valid_from(days: DemoDays) -> date:
    return add_months(days.today.replace(day=1), -2)


def _jobs(devices: Mapping[str, Device], days: DemoDays, seed: random.Random) -> Iterator[Facts]:
    since = _valid_from(days)
    for number, day in enumerate(day for day, _busy in days.working_days if day >= since):
        stand = STANDS[number % len(STANDS)]
        pages = seed.choice(_PAGES)
        yield at_device(
            Facts(
                person_id=None,
                cost_centre=stand.centres[0][0],
                document_format="application/pdf",
                pages=pages,
                colour_pages=round(pages * seed.choice(_COLOUR_PARTS)) if stand.colour else 0,
                size=pages * 40_000,
                copies=seed.choice((1, 1, 2)),
                sides="one-sided",
                colour=stand.colour > 0,
                device_id=None,
                site_id=None,
                at=midnight(day).replace(hour=10),
            ),
            devices[stand.slug],
        )
