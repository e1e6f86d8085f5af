# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import translation

from allmende.devices.devices import Device
from allmende.directory.cost_centres import CostCentre
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.directory.roles import RoleName
from allmende.fleet.api import SettlementClosed, subscribe, unsubscribe
from allmende.fleet.contracts import Contract, ContractCharge, ContractDevice, ContractTerm
from allmende.fleet.settlement.arithmetic import Days, quarter_of
from allmende.fleet.settlement.closing import (
    ChangedMeanwhileError,
    NotDueError,
    ReasonMissingError,
    close_settlement,
    due_periods,
)
from allmende.fleet.settlement.drafts import draft_settlement
from allmende.fleet.settlement.settlements import ClosedError, Settlement, SettlementLine
from allmende.fleet.settlement.statement import centres_table, payable_words, state_settlement
from allmende.fleet.settlement.volumes import Problem
from fleet.contract_makers import (
    at,
    make_centre,
    make_contract,
    make_keeper,
    make_term,
    place_device,
    put_in_ledger,
    read_meter,
)
from makers import make_town

pytestmark = pytest.mark.django_db

Q1, Q2 = quarter_of(date(2025, 1, 1)), quarter_of(date(2025, 4, 1))
TODAY = date(2025, 7, 15)


@dataclass
class World:
    town: Municipality
    keeper: Person
    contract: Contract
    device: Device
    other: Device
    centres: tuple[CostCentre, CostCentre]

    def close(self, period: Days, *, reason: str = "", accept_missing: bool = False) -> Settlement:
        digest = draft_settlement(self.contract, period).digest
        return close_settlement(
            self.keeper,
            self.contract,
            period,
            digest,
            today=TODAY,
            reason=reason,
            accept_missing=accept_missing,
        )


@pytest.fixture
def world() -> World:
    """Two devices, read at each quarter's end; what one printed is borne 2:1 by two cost centres, the other's by nobody known."""
    town = make_town()
    contract = make_contract(town)
    make_term(contract)
    device, other = place_device(contract, "eg"), place_device(contract, "og", device_class="A3 colour")
    centres = make_centre(town, "1000"), make_centre(town, "2000")
    for row in (device, other):
        read_meter(row, at(date(2025, 1, 1)), 1000, 100)
        read_meter(row, at(date(2025, 4, 1)), 4000, 400)
        read_meter(row, at(date(2025, 7, 1)), 9000, 500)
    put_in_ledger(device, centres[0], date(2025, 2, 1), mono=200, colour=10)
    put_in_ledger(device, centres[1], date(2025, 2, 1), mono=100, colour=20)
    return World(town, make_keeper(town), contract, device, other, centres)


@pytest.fixture
def heard() -> Iterator[list[SettlementClosed]]:
    events: list[SettlementClosed] = []
    subscribe(events.append)
    yield events
    unsubscribe(events.append)


def test_a_quarter_to_the_cent(world: World) -> None:
    """3 × 30.00 + 3 × 58.50 + 2 × (3000 × 0.0042 + 300 × 0.039), and 19 % on the sum."""
    closed = world.close(Q1)
    assert (closed.net, closed.tax, closed.gross) == (Decimal("314.10"), Decimal("59.68"), Decimal("373.78"))
    amounts = SettlementLine.objects.filter(settlement=closed).values_list("device_name", "kind", "amount")
    assert list(amounts) == [
        ("Eg", "rent", Decimal("90.00")),
        ("Eg", "clicks", Decimal("12.60")),
        ("Eg", "clicks", Decimal("11.70")),
        ("Og", "rent", Decimal("175.50")),
        ("Og", "clicks", Decimal("12.60")),
        ("Og", "clicks", Decimal("11.70")),
    ]


def test_cost_centres_bear_it_all_by_the_ledger_s_shares(world: World) -> None:
    closed = world.close(Q1)
    nets = {row["number"]: Decimal(row["net"]) for row in closed.centres}
    # Rent 210:120, black and white 200:100, colour 10:20; the other device's is on nobody.
    assert nets == {
        "1000": Decimal("57.27") + Decimal("8.40") + Decimal("3.90"),
        "2000": Decimal("32.73") + Decimal("4.20") + Decimal("7.80"),
        "": Decimal("199.80"),
    }
    assert sum(nets.values()) == closed.net
    assert sum(Decimal(row["tax"]) for row in closed.centres) == closed.tax
    for line in SettlementLine.objects.filter(settlement=closed):
        assert sum(Decimal(share["amount"]) for share in line.shares) == line.amount


def test_cost_centres_stand_by_number_whichever_was_there_first(world: World) -> None:
    older = make_centre(world.town, "0500")
    put_in_ledger(world.other, older, date(2025, 2, 1), mono=10)
    late = place_device(world.contract, "ug")
    read_meter(late, at(date(2025, 1, 1)), 0)
    read_meter(late, at(date(2025, 4, 1)), 10)
    shown = [row[0] for row in centres_table(state_settlement(world.close(Q1))).rows]
    assert [str(name).split()[0] for name in shown[:3]] == ["0500", "1000", "2000"]
    assert len(shown) == 4, "what nobody is known to bear stands at the end"


def test_a_difference_below_zero_is_a_credit_and_not_to_pay(world: World) -> None:
    first = world.close(Q1)
    ContractTerm.objects.update(click_mono=Decimal("0.0010"))
    second = world.close(Q1, reason="price")
    with translation.override("en"):
        words = [payable_words(state_settlement(each)) for each in (first, second)]
    assert second.gross < 0
    assert words == ["To pay", "Difference, credited to us"]


def test_every_count_names_its_readings(world: World) -> None:
    closed = world.close(Q1)
    line = SettlementLine.objects.get(settlement=closed, device=world.device, impression_class="mono")
    ids = [end["readings"][0]["id"] for end in (line.evidence["start"], line.evidence["end"])]
    assert ids == list(world.device.meter_readings.order_by("at").values_list("pk", flat=True)[:2])
    counters = [line.evidence[end]["counts"]["mono"] for end in ("start", "end")]
    assert counters[1] - counters[0] == line.counted == 3000


def test_periods_are_closed_in_order_when_they_are_over(world: World) -> None:
    assert due_periods(world.contract, TODAY) == [Q1, Q2]
    world.close(Q1)
    assert due_periods(world.contract, TODAY) == [Q2]
    third = quarter_of(date(2025, 7, 1))
    with pytest.raises(NotDueError):
        world.close(third)
    assert Settlement.objects.count() == 1


def test_an_earlier_open_period_comes_first(world: World) -> None:
    world.close(Q1)
    late = date(2026, 1, 15)
    third = quarter_of(date(2025, 7, 1))
    digest = draft_settlement(world.contract, third).digest
    with pytest.raises(NotDueError):
        close_settlement(world.keeper, world.contract, third, digest, today=late, accept_missing=True)


def test_only_what_was_looked_at_is_closed(world: World) -> None:
    digest = draft_settlement(world.contract, Q1).digest
    put_in_ledger(world.other, world.centres[0], date(2025, 3, 1), mono=1)
    with pytest.raises(ChangedMeanwhileError):
        close_settlement(world.keeper, world.contract, Q1, digest, today=TODAY)
    assert not Settlement.objects.exists()


def test_a_closed_settlement_never_changes(world: World) -> None:
    closed = world.close(Q1)
    line = SettlementLine.objects.filter(settlement=closed)[0]
    for change in (
        closed.save,
        closed.delete,
        line.save,
        line.delete,
        Settlement.objects.all().delete,
        lambda: SettlementLine.objects.filter(pk=line.pk).update(amount=0),
    ):
        with pytest.raises(ClosedError):
            change()


def test_a_correction_takes_back_and_settles_anew(world: World) -> None:
    first = world.close(Q1)
    world.contract.terms.update(rent=Decimal("31.00"))
    with pytest.raises(ReasonMissingError):
        world.close(Q1)
    second = world.close(Q1, reason="Miete laut Nachtrag 1")
    assert (second.version, second.reverses_id) == (2, first.pk)
    assert (second.net, second.tax) == (Decimal("3.00"), Decimal("0.57"))
    both = SettlementLine.objects.filter(settlement=second)
    taken_back = sum(line.amount for line in both if line.is_reversal)
    settled_anew = sum(line.amount for line in both if not line.is_reversal)
    assert (taken_back, settled_anew) == (-first.net, first.net + 3)
    assert sum(Decimal(row["gross"]) for row in second.centres) == second.gross
    assert Settlement.objects.get(pk=first.pk).net == first.net


def test_versions_together_are_the_last_one_also_in_tax(world: World) -> None:
    """Tax is rounded on each version's own sum: the differences still add up to the tax of what holds now."""
    world.close(Q1)
    for rent in ("30.01", "30.02", "30.05"):
        world.contract.terms.update(rent=Decimal(rent))
        world.close(Q1, reason=rent)
    versions = Settlement.objects.filter(first_day=Q1.first_day)
    net, tax = sum(row.net for row in versions), sum(row.tax for row in versions)
    assert net == Decimal("314.10") + 3 * Decimal("0.05")
    assert tax == (net * Decimal("0.19")).quantize(Decimal("0.01"))
    per_centre: dict[str, Decimal] = {}
    for row in versions:
        for centre in row.centres:
            per_centre[centre["number"]] = per_centre.get(centre["number"], Decimal(0)) + Decimal(
                centre["gross"]
            )
    assert sum(per_centre.values()) == net + tax


def test_a_reading_that_arrives_later_neither_loses_nor_repeats_a_side(world: World) -> None:
    """The first quarter ends at a reading two days early; the next one begins with it, and both add up to the counter."""
    device = place_device(world.contract, "keller")
    read_meter(device, at(date(2025, 1, 1)), 0)
    read_meter(device, at(date(2025, 3, 30)), 700)
    world.close(Q1)
    read_meter(device, at(date(2025, 3, 31)), 740)
    read_meter(device, at(date(2025, 7, 1)), 1000)
    world.close(Q2)
    lines = SettlementLine.objects.filter(device=device, impression_class="mono").order_by("first_day")
    assert [line.counted for line in lines] == [700, 300]
    assert lines[1].evidence["is_carried"]
    assert lines[1].evidence["start"]["counts"]["mono"] == 700


def test_an_end_that_was_interpolated_is_where_the_next_begins(world: World) -> None:
    device = place_device(world.contract, "keller")
    read_meter(device, at(date(2025, 1, 1)), 0)
    read_meter(device, at(date(2025, 3, 22)), 800)
    read_meter(device, at(date(2025, 4, 11)), 1000)
    problems = draft_settlement(world.contract, Q1).problems
    assert [(each.device_id, each.problem) for each in problems] == [(device.pk, Problem.INTERPOLATED)]
    world.close(Q1)
    read_meter(device, at(date(2025, 4, 1)), 990)
    read_meter(device, at(date(2025, 7, 1)), 2000)
    world.close(Q2)
    lines = SettlementLine.objects.filter(device=device, impression_class="mono").order_by("first_day")
    assert [(line.counted, line.is_estimate) for line in lines] == [
        (899, True),
        (1101, False),
    ]  # the clocks went forward on 30 March


def test_a_device_without_readings_is_listed_and_must_be_accepted(world: World) -> None:
    device = place_device(world.contract, "archiv")
    draft = draft_settlement(world.contract, Q1)
    assert [(each.device_name, each.problem) for each in draft.problems] == [("Archiv", Problem.NO_READING)]
    with pytest.raises(ReasonMissingError):
        world.close(Q1)
    closed = world.close(Q1, accept_missing=True)
    assert [line.kind for line in SettlementLine.objects.filter(settlement=closed, device=device)] == ["rent"]
    assert closed.problems[0]["problem"] == "no_reading"


def test_a_device_that_comes_in_mid_quarter_pays_for_its_days(world: World) -> None:
    ContractDevice.objects.filter(device=world.other).update(first_day=date(2025, 3, 17))
    line = SettlementLine.objects.get(settlement=world.close(Q1), device=world.other, kind="rent")
    # 15 of March's 31 days.
    assert (line.amount, line.quantity) == (Decimal("28.31"), Decimal("0.483871"))


def test_one_off_and_credit_are_borne_by_all(world: World) -> None:
    for label, amount, is_credit in (("Aufstellung", "100.00", False), ("Rücknahme", "40.01", True)):
        ContractCharge.objects.create(
            municipality=world.town,
            contract=world.contract,
            day=date(2025, 2, 1),
            label=label,
            amount=Decimal(amount),
            is_credit=is_credit,
        )
    closed = world.close(Q1)
    assert closed.net == Decimal("314.10") + Decimal("59.99")
    shares = SettlementLine.objects.get(settlement=closed, label="Rücknahme").shares
    assert sorted(Decimal(share["amount"]) for share in shares) == [Decimal("-25.46"), Decimal("-14.55")]


def test_others_are_told_when_a_settlement_is_closed(world: World, heard: list[SettlementClosed]) -> None:
    closed = world.close(Q1)
    assert heard == [
        SettlementClosed(
            world.town.pk,
            closed.pk,
            world.contract.pk,
            "Muster Bürotechnik",
            "RV-7",
            Q1.first_day,
            Q1.last_day,
            1,
            Decimal("314.10"),
            Decimal("59.68"),
            Decimal("373.78"),
            by_cooperative=False,
        )
    ]


def test_who_only_reads_does_not_close(world: World) -> None:
    digest = draft_settlement(world.contract, Q1).digest
    for role in (RoleName.MANAGEMENT, RoleName.AUDITOR):
        with pytest.raises(PermissionDenied):
            close_settlement(make_keeper(world.town, role), world.contract, Q1, digest, today=TODAY)
    stranger = make_keeper(make_town("coswig"))
    with pytest.raises(PermissionDenied):
        close_settlement(stranger, world.contract, Q1, digest, today=TODAY)


def test_a_monthly_contract_settles_months(world: World) -> None:
    world.contract.settled = "monthly"
    world.contract.save()
    assert due_periods(world.contract, date(2025, 3, 10)) == [
        Days(date(2025, 1, 1), date(2025, 1, 31)),
        Days(date(2025, 2, 1), date(2025, 2, 28)),
    ]
