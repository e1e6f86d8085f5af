# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The watch on in-house procurement: the limit itself is not enough, a missing year is never a yes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from allmende.cooperative.hash_chain import ChangeEntry
from allmende.cooperative.inhouse import (
    Standing,
    TurnoverYear,
    assess_inhouse,
    enter_turnover,
    judge,
    percent_of,
)
from allmende.cooperative.inhouse_pages import AmountField
from allmende.cooperative.member_list import Draft, EntryKind, append_entries
from allmende.cooperative.members import Member, MemberKind
from allmende.directory.models import Person, Role
from allmende.directory.roles import RoleName
from makers import make_person, make_town

DAY = date(2026, 5, 4)
LIMIT, WARN = Decimal(80), Decimal(85)
euros = st.decimals(0, 10_000_000, places=2)


@pytest.fixture
def office() -> Person:
    town = make_town("coop", is_cooperative=True)
    person = make_person(town, "stein")
    Role.objects.create(municipality=town, person=person, name=RoleName.OFFICE)
    return person


@pytest.mark.parametrize(
    ("percent", "standing"),
    [
        ("80.00", Standing.LOST),
        ("80.01", Standing.NEAR),
        ("84.99", Standing.NEAR),
        ("85", Standing.FULFILLED),
    ],
)
def test_more_than_the_limit_is_asked_for(percent: str, standing: Standing) -> None:
    assert judge(Decimal(percent), LIMIT, WARN, has_private=False, is_complete=True) is standing
    assert judge(Decimal(percent), LIMIT, WARN, has_private=True, is_complete=True) is Standing.LOST
    assert judge(Decimal(percent), LIMIT, WARN, has_private=False, is_complete=False) is Standing.UNKNOWN
    assert judge(None, LIMIT, WARN, has_private=False, is_complete=True) is Standing.UNKNOWN


@given(st.lists(st.tuples(euros, euros), min_size=1, max_size=4))
def test_the_share_is_never_rounded_up(years: list[tuple[Decimal, Decimal]]) -> None:
    rows = [TurnoverYear(total=max(pair), with_members=min(pair)) for pair in years]
    found, total = percent_of(rows), sum(row.total for row in rows)
    if not total:
        assert found is None
    else:
        exact = sum(row.with_members for row in rows) * 100 / total
        assert found is not None
        assert 0 <= found <= exact < found + Decimal("0.0101")


@pytest.mark.django_db
def test_three_years_before_the_order_count(office: Person) -> None:
    for year, share in ((2022, 0), (2023, 70), (2024, 80), (2025, 91)):
        enter_turnover(office, year, Decimal(100), Decimal(share), "accounts")
    found = assess_inhouse(DAY)
    assert (found.first_year, found.last_year, found.percent) == (2023, 2025, Decimal("80.33"))
    assert found.standing is Standing.NEAR
    TurnoverYear.objects.filter(year=2024).delete()
    found = assess_inhouse(DAY)
    assert (found.missing, found.standing) == ((2024,), Standing.UNKNOWN)


@pytest.mark.django_db
def test_one_private_owner_is_enough_and_a_company_is_to_be_looked_at(office: Person) -> None:
    for year in (2023, 2024, 2025):
        enter_turnover(office, year, Decimal(100), Decimal(95), "accounts")
    kinds = (MemberKind.MUNICIPALITY, MemberKind.PUBLIC_COMPANY)
    for kind in kinds:
        body = Member.objects.create(name=kind.value, kind=kind, land="ST")
        append_entries([Draft(body, EntryKind.ADMISSION, date(2020, 1, 1))], actor=office)
    found = assess_inhouse(DAY)
    assert found.standing is Standing.FULFILLED
    assert [each.kind for each in found.doubtful] == [MemberKind.PUBLIC_COMPANY]
    private = Member.objects.create(name="GmbH", kind=MemberKind.PRIVATE, land="ST")
    append_entries([Draft(private, EntryKind.ADMISSION, date(2026, 1, 1))], actor=office)
    assert assess_inhouse(DAY).standing is Standing.LOST
    assert assess_inhouse(date(2025, 12, 31)).private == ()


@pytest.mark.django_db
def test_a_correction_keeps_what_was_there_in_the_chain(office: Person) -> None:
    enter_turnover(office, 2025, Decimal(100), Decimal(95), "accounts")
    enter_turnover(office, 2025, Decimal(100), Decimal(90), "audited accounts")
    before = ChangeEntry.objects.filter(noun="turnover").latest("number").read_values()["before"]
    assert before["with_members"] == "95.00"
    with pytest.raises(ValidationError):
        enter_turnover(office, 2025, Decimal(100), Decimal("100.01"), "accounts")
    assert TurnoverYear.objects.get().with_members == Decimal(90)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("1.000,50", "1000.50"),
        ("1,000.50", "1000.50"),
        ("1000,5", "1000.5"),
        ("12.345.678", "12345678"),
        ("0", "0"),
    ],
)
def test_amounts_as_people_type_them(typed: str, meant: str) -> None:
    assert AmountField().clean(typed) == Decimal(meant)


@pytest.mark.parametrize("typed", ["-1", "1e5", "NaN", "1,2,3", "12.3456", "abc", "", "1" * 13])
def test_amounts_that_are_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        AmountField().clean(typed)


@pytest.mark.django_db
def test_the_page_takes_a_year_and_refuses_nonsense(client: Client, office: Person) -> None:
    client.force_login(office)
    assert client.get("/genossenschaft/inhouse/?jahr=9999").status_code == 200
    fields = {"year": "2020", "total": "1.000,50", "with_members": "900,00", "source": "Jahresabschluss"}
    assert (
        client.post("/genossenschaft/inhouse/", fields, headers={"accept-language": "de"}).status_code == 302
    )
    assert TurnoverYear.objects.get().total == Decimal("1000.50")
    wrong = client.post("/genossenschaft/inhouse/", {**fields, "with_members": "1.000,51"})
    assert wrong.status_code == 422
    assert "1.000,51" in wrong.content.decode()
    assert client.post("/genossenschaft/inhouse/", {**fields, "year": "2999"}).status_code == 422
