# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from allmende.fleet.prices import ImpressionClass
from allmende.fleet.settlement.arithmetic import Days, Line, LineKind, to_cents
from allmende.fleet.supplier_invoice_check import Difference, KnownDevice, OurLine, Reason, compare_invoice
from allmende.fleet.supplier_invoice_file import ChargedFor, InvoiceRow

Q1 = Days(date(2025, 1, 1), date(2025, 3, 31))
DEVICES = [
    KnownDevice(1, "Rathaus EG", "SN-1", former_serials=("SN-0",)),
    KnownDevice(2, "Rathaus OG", "SN-2", in_contract=False),
    KnownDevice(3, "Bauhof", "SN-3", in_contract=False, was_swapped=True),
]
FORMER = {ChargedFor.MONO: frozenset({Decimal("0.005"), Decimal("0.0042")})}


def ours(quantity: int = 3000, price: str = "0.0042", **fields: object) -> OurLine:
    amount = to_cents(Decimal(price) * quantity)
    line = Line(
        LineKind.CLICKS,
        Q1,
        Decimal(quantity),
        Decimal(price),
        amount,
        Decimal(19),
        1,
        ImpressionClass.MONO,
        quantity,
    )
    return OurLine(line, (1000, 1000 + quantity))


def theirs(  # noqa: PLR0917 - columns of a row
    quantity: str | None = "3000",
    price: str | None = "0.0042",
    amount: str = "12.60",
    serial: str = "sn-1",
    charged_for: ChargedFor = ChargedFor.MONO,
    counters: tuple[int, int] | tuple[None, None] = (None, None),
) -> InvoiceRow:
    return InvoiceRow(
        2,
        serial,
        "",
        "",
        charged_for,
        Decimal(amount),
        Decimal(quantity) if quantity else None,
        Decimal(price) if price else None,
        *counters,
    )


def only(rows: list[InvoiceRow], mine: list[OurLine]) -> Difference:
    (found,) = compare_invoice(rows, mine, DEVICES, former_prices=FORMER)
    return found


def test_likely_reasons() -> None:
    for row, reason in (
        (theirs(), Reason.SAME),
        (theirs(amount="12.61"), Reason.ROUNDING),
        (theirs(amount="21.60"), Reason.OWN_ARITHMETIC),
        (theirs(price="0.005", amount="15.00"), Reason.FORMER_PRICE),
        (theirs(price="0.006", amount="18.00"), Reason.OTHER_PRICE),
        (theirs("3100", amount="13.02", counters=(1000, 4100)), Reason.OTHER_READING),
        (theirs("3100", amount="13.02"), Reason.OTHER_QUANTITY),
        (theirs(amount="12.70", serial="SN-0"), Reason.SWAPPED),
    ):
        found = only([row], [ours()])
        assert (found.reason, found.amount) == (reason, row.amount - Decimal("12.60"))


def test_a_line_that_is_invoiced_twice_is_told() -> None:
    found = only([theirs(), theirs()], [ours()])
    assert (found.reason, found.amount) == (Reason.CHARGED_TWICE, Decimal("12.60"))
    # A rent that is billed month by month repeats itself and is right.
    rent = theirs("1", "50", "50", charged_for=ChargedFor.RENT)
    mine = OurLine(Line(LineKind.RENT, Q1, Decimal(3), Decimal(50), Decimal(150), Decimal(19), 1))
    assert only([rent, rent, rent], [mine]).reason is Reason.SAME
    dearer = theirs("1", "52", "52", charged_for=ChargedFor.RENT)
    assert only([dearer, dearer, dearer], [mine]).reason is Reason.OTHER_PRICE


def test_devices_that_one_side_does_not_have() -> None:
    assert only([], [ours()]).reason is Reason.NOT_INVOICED
    assert only([theirs(serial="XX")], []).reason is Reason.UNKNOWN_DEVICE
    assert only([theirs(serial="SN-2")], []).reason is Reason.NOT_IN_CONTRACT
    assert only([theirs(serial="SN-3")], []).reason is Reason.SWAPPED
    assert only([theirs()], []).reason is Reason.NOT_COUNTED
    assert only([theirs("1", "50", "50", charged_for=ChargedFor.OTHER)], []).reason is Reason.NOT_AGREED


def test_a_pool_is_compared_as_one_sum() -> None:
    pool = Line(
        LineKind.POOL,
        Q1,
        Decimal(6000),
        Decimal("0.0042"),
        Decimal("25.20"),
        Decimal(19),
        None,
        ImpressionClass.MONO,
    )
    found = only([theirs(), theirs(serial="SN-2")], [OurLine(pool)])
    assert (found.reason, found.device_id, found.amount) == (Reason.SAME, None, 0)


rows = st.lists(
    st.builds(
        theirs,
        quantity=st.sampled_from([None, "1", "3000"]),
        price=st.sampled_from([None, "0.0042", "0.1"]),
        amount=st.integers(-10_000, 10_000).map(lambda cents: str(Decimal(cents).scaleb(-2))),
        serial=st.sampled_from(["SN-0", "SN-1", "SN-2", "XX", ""]),
        charged_for=st.sampled_from(ChargedFor),
    ),
    max_size=12,
)


@given(rows, st.lists(st.integers(0, 9999).map(ours), max_size=3))
def test_the_differences_add_up_to_that_of_the_totals(invoice: list[InvoiceRow], mine: list[OurLine]) -> None:
    found = compare_invoice(invoice, mine, DEVICES, former_prices=FORMER)
    total = sum((row.amount for row in invoice), Decimal(0)) - sum(
        (each.line.amount for each in mine), Decimal(0)
    )
    assert sum((each.amount for each in found), Decimal(0)) == total
    assert all(each.amount == 0 for each in found if each.reason is Reason.SAME)
