# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from allmende.cooperative.accounts import (
    Account,
    BookEntry,
    BookLine,
    Line,
    SourceConflictError,
    UnbalancedError,
    balance_of,
    balances,
    book,
    close_books,
    reverse_booking,
)
from allmende.cooperative.datev import pairs_of
from allmende.cooperative.money import MoneyRefusedError

pytestmark = pytest.mark.django_db
D = Decimal
DAY = date(2026, 3, 31)


def pay(amount: str, key: str, day: date = DAY) -> None:
    book(day, "Zahlung", [Line(Account.BANK, D(amount)), Line(Account.UNCLEAR, -D(amount))], source_key=key)


@pytest.mark.parametrize("amounts", [("1.00", "-1.01"), ("0.00", "0.00"), ("0.005", "-0.005"), ("1.00",)])
def test_what_does_not_balance_is_not_booked(amounts: tuple[str, ...]) -> None:
    with pytest.raises(UnbalancedError):
        book(DAY, "", [Line(Account.BANK, D(each)) for each in amounts], source_key="x")
    assert not BookLine.objects.exists()


def test_the_same_event_is_booked_once_and_another_amount_is_a_fault() -> None:
    pay("10.00", "bank:1")
    pay("10.00", "bank:1")
    assert balance_of(Account.BANK) == D("10.00")
    with pytest.raises(SourceConflictError):
        pay("10.01", "bank:1")


def test_nothing_is_changed_or_deleted_only_reversed_once() -> None:
    pay("10.00", "bank:1")
    line = BookLine.objects.filter(account=Account.BANK).get()
    line.amount = D("1.00")
    for forbidden in (
        line.save,
        line.delete,
        line.entry.save,
        line.entry.delete,
        BookLine.objects.all().delete,
    ):
        with pytest.raises(TypeError):
            forbidden()
    with pytest.raises(TypeError):
        BookLine.objects.update(amount=1)
    with pytest.raises(TypeError):
        BookEntry.objects.update(text="anders")
    with pytest.raises(TypeError):
        BookEntry.objects.all().delete()
    back = reverse_booking(line.entry, DAY + timedelta(days=1), reason="Fehler")
    assert reverse_booking(line.entry, DAY, reason="noch einmal") == back
    assert (balance_of(Account.BANK, on=DAY), balance_of(Account.BANK)) == (D("10.00"), D("0.00"))
    with pytest.raises(MoneyRefusedError):
        reverse_booking(back, DAY, reason="zurück")


def test_closed_days_stay_closed() -> None:
    close_books(None, DAY)
    with pytest.raises(MoneyRefusedError):
        pay("1.00", "late", DAY)
    pay("1.00", "later", DAY + timedelta(days=1))
    with pytest.raises(MoneyRefusedError):
        close_books(None, DAY)


POSTINGS = st.lists(
    st.tuples(
        st.integers(0, 400),
        st.sampled_from(list(Account)),
        st.sampled_from(list(Account)),
        st.decimals("0.01", "9999", places=2),
    ),
    max_size=8,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(POSTINGS, st.randoms(use_true_random=False), st.integers(0, 400))
def test_the_order_of_postings_changes_no_balance(
    postings: list[tuple[int, Account, Account, Decimal]], random: object, after: int
) -> None:
    """Balances of any day follow from days alone, whatever was booked first; together they are always zero."""
    from django.db import transaction

    results = []
    for _round in range(2):
        with transaction.atomic():
            for number, (day, debit, credit, amount) in enumerate(postings):
                key = f"p:{number}:{day}:{debit}:{credit}:{amount}"
                lines = [Line(debit, amount), Line(credit, -amount)]
                book(DAY + timedelta(days=day), "", lines, source_key=key)
            results.append(balances(on=DAY + timedelta(days=after)))
            transaction.set_rollback(True)
        random.shuffle(postings)  # type: ignore[attr-defined]
    assert results[0] == results[1]
    assert sum(results[0].values()) == 0


@given(
    st.lists(
        st.tuples(st.integers(1, 5), st.decimals("-500", "500", places=2).filter(bool)),
        min_size=1,
        max_size=8,
    )
)
def test_datev_pairs_keep_every_account(lines: list[tuple[int, Decimal]]) -> None:
    rest = -sum((amount for _account, amount in lines), D(0))
    whole = [*lines, (9, rest)] if rest else lines
    sums: dict[int, Decimal] = {}
    for pair in pairs_of(whole):
        assert pair.amount > 0
        sums[pair.debit] = sums.get(pair.debit, D(0)) + pair.amount
        sums[pair.credit] = sums.get(pair.credit, D(0)) - pair.amount
    for account in {each for each, _amount in whole}:
        assert sums.get(account, D(0)) == sum((amount for each, amount in whole if each == account), D(0))
