# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from allmende.printing.rules.effects import RuleEffect, sum_effects
from allmende.printing.rules.print_rules import PrintRule
from makers import make_town

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 18)


def test_the_sum_of_many_small_savings_is_exact() -> None:
    """A binary sum of a thousand times ten cents is not a hundred euros."""
    town = make_town()
    rule = PrintRule.objects.create(municipality=town, name="Beidseitig", effect="duplex", position=1)
    RuleEffect.objects.bulk_create(
        RuleEffect(
            municipality=town,
            rule=rule,
            job_number=number,
            day=DAY,
            effect="duplex",
            sheets_saved=1,
            euros_saved=Decimal("0.1000"),
        )
        for number in range(1000)
    )
    found = sum_effects(town.pk, DAY)[rule.pk]
    assert (found.jobs, found.sheets, found.euros) == (1000, 1000, Decimal(100))


def test_an_unknown_price_is_not_zero() -> None:
    town = make_town()
    rule = PrintRule.objects.create(municipality=town, name="Beidseitig", effect="duplex", position=1)
    RuleEffect.objects.create(municipality=town, rule=rule, job_number=1, day=DAY, effect="duplex")
    found = sum_effects(town.pk, DAY)[rule.pk]
    assert (found.euros, found.unpriced) == (None, 1)
