# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Any single tampering with the chain is found: the table is changed behind the models' back, as an intruder would."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from allmende.cooperative.chain_checking import (
    Anchor,
    AnchorError,
    ChainAnchor,
    anchor_file,
    carry_out_anchor,
    current_anchor,
    kept_anchors,
    read_anchors,
    verify_chain,
)
from allmende.cooperative.hash_chain import (
    ChainError,
    ChainHead,
    ChangeEntry,
    PersonalPart,
    canonical_json,
    erase_personal,
    hash_entry,
    record_change,
)
from allmende.server.command_line import main
from makers import make_person, make_town

pytestmark = pytest.mark.django_db
_TABLE = ChangeEntry._meta.db_table
_COLUMNS = ("at", "noun", "key", "what", "values", "actor_hash", "personal_hash", "hash_before", "hash")


def write_chain(count: int) -> list[ChangeEntry]:
    return [
        record_change(None, "share", each, "paid", {"euros": Decimal(each)}) for each in range(1, count + 1)
    ]


def run_sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_a_chain_that_nobody_touched_is_whole() -> None:
    actor = make_person(make_town("office"), "m.stein")
    first = record_change(
        actor, "member", 7, "admitted", {"on": date(2014, 7, 1)}, personal={"by": "Martin Stein"}
    )
    second = record_change(None, "member", 7, "charged", {"euros": Decimal("100.00")})
    report = verify_chain()
    assert report.is_whole
    assert (report.entries, report.last_hash) == (2, second.hash)
    assert second.hash_before == first.hash
    assert "Stein" not in first.values + first.actor_hash + first.personal_hash
    assert first.personal.read_values() == {"by": "Martin Stein"}


def test_an_empty_chain_is_whole() -> None:
    assert verify_chain().is_whole
    assert current_anchor() is None
    assert carry_out_anchor() is None


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(1, 5), st.sampled_from(_COLUMNS), st.text("0123456789abcdef", min_size=1, max_size=64))
def test_any_changed_field_is_found(number: int, column: str, text: str) -> None:
    with transaction.atomic():
        write_chain(5)
        entry = ChangeEntry.objects.get(number=number)
        new: Any = datetime(2020, 1, 1, tzinfo=UTC) if column == "at" else text
        if getattr(entry, column) != new:
            run_sql(f'UPDATE {_TABLE} SET "{column}" = %s WHERE number = %s', new, number)  # noqa: S608
            found = verify_chain()
            assert not found.is_whole
            assert min(fault.number for fault in found.faults) >= number
        transaction.set_rollback(True)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(1, 6), st.integers(1, 6))
def test_deleting_and_reordering_are_found(one: int, other: int) -> None:
    for tamper in (delete_entry, lambda number: swap_entries(number, other)):
        with transaction.atomic():
            write_chain(6)
            anchor = current_anchor()
            assert anchor is not None
            tamper(one)
            found = verify_chain()
            is_untouched = tamper is not delete_entry and one == other
            assert found.is_whole == is_untouched
            transaction.set_rollback(True)


def delete_entry(number: int) -> None:
    run_sql(f"DELETE FROM {_TABLE} WHERE number = %s", number)  # noqa: S608


def swap_entries(one: int, other: int) -> None:
    for before, after in ((one, 1000), (other, one), (1000, other)):
        run_sql(f"UPDATE {_TABLE} SET number = %s WHERE number = %s", after, before)  # noqa: S608


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(1, 4))
def test_an_inserted_entry_is_found_though_its_own_hash_is_right(after: int) -> None:
    with transaction.atomic():
        write_chain(5)
        for number in range(5, after, -1):
            run_sql(f"UPDATE {_TABLE} SET number = %s WHERE number = %s", number + 1, number)  # noqa: S608
        before = ChangeEntry.objects.get(number=after)
        forged = ChangeEntry(
            number=after + 1,
            at=before.at,
            noun="share",
            key="9",
            what="paid",
            values="{}",
            hash_before=before.hash,
        )
        forged.hash = hash_entry(forged)
        forged.save()
        assert not verify_chain().is_whole
        transaction.set_rollback(True)


def rewrite(entries: list[ChangeEntry]) -> None:
    """What somebody with the whole database and this program's source can do: a chain that is whole by itself."""
    run_sql(f"DELETE FROM {_TABLE}")  # noqa: S608
    ChainHead.objects.all().delete()
    for entry in entries:
        record_change(None, entry.noun, entry.key, entry.what, entry.read_values())


@pytest.mark.parametrize(
    "forge", [lambda all_of_them: all_of_them[:3], lambda all_of_them: all_of_them[::-1]]
)
def test_a_cut_or_rewritten_chain_is_found_by_an_anchor(
    forge: Callable[[list[ChangeEntry]], list[ChangeEntry]],
) -> None:
    entries = write_chain(5)
    anchor = current_anchor()
    assert anchor is not None
    assert verify_chain([anchor]).is_whole
    rewrite(forge(entries))
    assert verify_chain().is_whole
    assert not verify_chain([anchor]).is_whole


def test_an_anchor_still_holds_when_the_chain_has_grown() -> None:
    write_chain(2)
    anchor = current_anchor()
    write_chain(3)
    assert anchor is not None
    assert verify_chain(read_anchors(str(anchor))).is_whole


def test_a_cut_end_without_the_head_is_found_without_an_anchor() -> None:
    write_chain(3)
    delete_entry(3)
    assert not verify_chain().is_whole


def test_personal_parts_can_be_erased_but_not_lost_or_changed() -> None:
    actor = make_person(make_town("office"), "m.stein")
    entries = [
        record_change(actor, "contact", each, "added", personal={"name": f"Person {each}"})
        for each in (1, 2, 3)
    ]
    assert erase_personal(None, [entries[0].number], "retention") == 1
    assert verify_chain().is_whole
    assert not PersonalPart.objects.filter(entry=entries[0]).exists()
    with transaction.atomic():
        PersonalPart.objects.filter(entry=entries[1]).update(values='{"name":"Somebody else"}')
        assert [fault.number for fault in verify_chain().faults] == [2]
        transaction.set_rollback(True)
    with transaction.atomic():
        PersonalPart.objects.filter(entry=entries[1]).update(actor_id=actor.pk + 1)
        assert [fault.number for fault in verify_chain().faults] == [2]
        transaction.set_rollback(True)
    PersonalPart.objects.filter(entry=entries[2]).delete()
    assert [fault.number for fault in verify_chain().faults] == [3]


def test_entries_are_neither_changed_nor_deleted_through_the_models() -> None:
    (entry,) = write_chain(1)
    with pytest.raises(ChainError):
        entry.save()
    with pytest.raises(ChainError):
        entry.delete()
    with pytest.raises(ChainError):
        ChangeEntry.objects.update(noun="other")
    with pytest.raises(ChainError):
        ChangeEntry.objects.all().delete()


def test_a_change_that_is_undone_leaves_no_entry() -> None:
    write_chain(1)
    with transaction.atomic():
        record_change(None, "member", 1, "admitted")
        transaction.set_rollback(True)
    assert verify_chain().entries == 1


@pytest.mark.parametrize(
    "value",
    [0.1, float("nan"), Decimal("NaN"), datetime.min, b"bytes", {1: "key"}, "\ud800", object()],  # noqa: DTZ901
)
def test_what_has_no_one_text_is_refused(value: Any) -> None:
    with pytest.raises(ChainError):
        record_change(None, "share", 1, "paid", {"value": value})
    assert not ChangeEntry.objects.exists()


_plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(_plain)
def test_canonical_json_reads_back_and_is_the_same_twice(value: Any) -> None:
    text = canonical_json(value)
    assert json.loads(text) == value
    assert canonical_json(json.loads(text)) == text


def test_canonical_json_of_the_values_that_money_and_time_have() -> None:
    values = {
        "b": Decimal("1E+2"),
        "a": date(2026, 1, 2),
        "c": UUID(int=1),
        "d": datetime(2026, 1, 2, 3, tzinfo=UTC),
    }
    assert canonical_json(values) == (
        '{"a":"2026-01-02","b":"100","c":"00000000-0000-0000-0000-000000000001","d":"2026-01-02T03:00:00.000000Z"}'
    )


def test_anchors_are_carried_out_once_and_read_again() -> None:
    write_chain(2)
    made = carry_out_anchor(datetime(2026, 5, 4, 6, tzinfo=UTC))
    assert made is not None
    assert carry_out_anchor() is None
    assert kept_anchors() == [Anchor(2, made.hash, datetime(2026, 5, 4, 6, tzinfo=UTC))]
    write_chain(1)
    assert carry_out_anchor() is not None
    assert ChainAnchor.objects.count() == len(kept_anchors()) == 2


@pytest.mark.parametrize("text", ["1:abc", "hash", "1 " + "0" * 64, "-1:" + "0" * 64])
def test_a_broken_anchor_is_refused(text: str) -> None:
    with pytest.raises(AnchorError):
        read_anchors(text)


def test_the_command_tells_whether_the_chain_is_whole(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    write_chain(3)
    anchor = current_anchor()
    assert main(["cooperative", "verify", "--anchor", str(anchor)]) == 0
    assert anchor is not None
    assert anchor.hash in capsys.readouterr().out
    run_sql(f"UPDATE {_TABLE} SET what = 'repaid' WHERE number = 2")  # noqa: S608
    assert main(["cooperative", "verify", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert not found["is_whole"]
    assert [fault["number"] for fault in found["faults"]] == [2]
    assert main(["cooperative", "verify", "--anchors", str(tmp_path / "none")]) == 2
    anchor_file().write_text("nonsense\n")
    assert main(["cooperative", "verify"]) == 2


@pytest.mark.django_db(transaction=True)
def test_entries_of_several_threads_follow_one_another() -> None:
    record_change(None, "share", 0, "paid")

    def append() -> None:
        try:
            for each in range(5):
                record_change(None, "share", each, "paid")
        finally:
            connection.close()

    threads = [threading.Thread(target=append) for _each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report = verify_chain()
    assert report.is_whole
    assert report.entries == 21
