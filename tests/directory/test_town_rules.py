# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A town's rules: what the form takes, and what a change leaves behind."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from hypothesis import given
from hypothesis import strategies as st

from allmende.directory.audit import AuditEntry
from allmende.directory.town_rules import TownRulesForm, change_rules, describe_rules
from makers import make_person, make_town

GOOD: dict[str, Any] = {
    "trusted_networks": "10.20.0.0/16\n10.1.2.3, fd00::/48",
    "login_domains": "ZERBST\n@zerbst.example",
    "accept_before_enrolment": "on",
    "held_hours": "48",
    "quota_jobs": "200",
    "quota_megabytes": "4295",
    "quota_connections": "8",
    "title_days": "30",
    "ledger_person_days": "90",
    "least_people": "5",
}


def test_networks_and_domains_are_canonical() -> None:
    form = TownRulesForm(GOOD)
    assert form.is_valid()
    rules = form.rules()
    assert rules["trusted_networks"] == ["10.20.0.0/16", "10.1.2.3/32", "fd00::/48"]
    assert rules["login_domains"] == ["zerbst", "zerbst.example"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("trusted_networks", "0.0.0.0/0"),
        ("trusted_networks", "::/0"),
        ("trusted_networks", "10.20.0.0/33"),
        ("trusted_networks", "house"),
        ("trusted_networks", "\n".join(f"10.0.{n}.0/24" for n in range(51))),
        ("login_domains", "a b"),
        ("held_hours", "0"),
        ("held_hours", "721"),
        ("quota_jobs", "0"),
        ("quota_megabytes", "-1"),
        ("title_days", ""),
        ("least_people", "2"),
    ],
)
def test_senseless_rules_are_refused(field: str, value: str) -> None:
    form = TownRulesForm({**GOOD, field: value})
    assert not form.is_valid()
    assert list(form.errors) == [field]


@given(st.text(max_size=80))
def test_any_text_is_a_network_or_an_error(text: str) -> None:
    form = TownRulesForm({**GOOD, "trusted_networks": text})
    form.is_valid()
    assert "trusted_networks" in form.errors or all(
        "/" in each for each in form.cleaned_data["trusted_networks"]
    )


@pytest.mark.django_db
def test_a_change_is_audited_with_old_and_new_and_touches_nothing_else() -> None:
    town = make_town(held_hours=24, quota_bytes=4 * 1024**3)
    it = make_person(town, "it", it=True)
    form = TownRulesForm({**describe_rules(town), "accept_before_enrolment": "on", "held_hours": "48"})
    assert form.is_valid()
    assert change_rules(it, town, form.rules()) == {"held_hours": [24, 48]}
    town.refresh_from_db()
    assert town.held_hours == 48
    assert town.quota_bytes == 4 * 1024**3
    assert AuditEntry.objects.get(action="settings.changed").detail == {"held_hours": [24, 48]}
    assert change_rules(it, town, form.rules()) == {}


@pytest.mark.django_db
def test_another_towns_it_may_not() -> None:
    town, it = make_town(), make_person(make_town("coswig"), "it", it=True)
    form = TownRulesForm(GOOD)
    assert form.is_valid()
    with pytest.raises(PermissionDenied):
        change_rules(it, town, form.rules())
