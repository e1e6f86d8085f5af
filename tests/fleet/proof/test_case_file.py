# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reading and writing case files: strict, with errors that name the key; what is written is read back."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.fleet.proof.arithmetic import prove
from allmende.fleet.proof.case import Case
from allmende.fleet.proof.case_file import LARGEST_FILE, read_case, write_case
from allmende.fleet.proof.case_tables import CaseFileError
from fleet.proof.made_cases import CASES, cases

GOOD = """
format = 1
name = "Town"
[sources]
paper = "A paper"
[[before.cost]]
kind = "paper"
name = "Paper"
amount = 1000.50
per = "year"
source = "paper"
[[after.cost]]
kind = "paper"
name = "Paper"
amount = "900.50"
per = "year"
source = "paper"
"""


def test_numbers_are_exact_however_they_are_written() -> None:
    case = read_case(GOOD.encode())
    assert [str(case.before[0].amount), str(case.after[0].amount)] == ["1000.50", "900.50"]


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("format = 1", "format = 2", "format"),
        ("format = 1", "", "format"),
        ('name = "Town"', "name = 3", "name"),
        ('name = "Town"', 'name = "  "', "name"),
        ('name = "Town"', 'name = "Town"\nfoo = 1', "foo"),
        ('name = "Town"', 'name = "Town"\ntax = "netto"', "tax"),
        ('name = "Town"', 'name = "Town"\nnotes = "one"', "notes"),
        ("amount = 1000.50", "amount = 1000.505", "before.cost[1].amount"),
        ("amount = 1000.50", "amount = nan", "before.cost[1].amount"),
        ("amount = 1000.50", "amount = 1e999999999", "before.cost[1].amount"),
        ("amount = 1000.50", "amount = true", "before.cost[1].amount"),
        ("amount = 1000.50", 'amount = "1.000,50"', "before.cost[1].amount"),
        ("amount = 1000.50", "ammount = 1000.50", "before.cost[1].amount"),
        ("amount = 1000.50", "amount = 1000.50\nmonths = 3", "before.cost[1].months"),
        ("amount = 1000.50", "amount = 1000.50\ncount = 0", "before.cost[1].count"),
        ("amount = 1000.50", "amount = 1000.50\ntax_percent = 190", "before.cost[1].tax_percent"),
        ("amount = 1000.50", "amount = 1000.50\ncounted = false", "before.cost[1].note"),
        ("amount = 1000.50", "amount = 1000.50\nquantity = 3", "before.cost[1]"),
        ("amount = 1000.50", "amount = 1000.50\nquantity = 3\nunit_price = 3", "before.cost[1].amount"),
        ('per = "year"', 'per = "week"', "before.cost[1].per"),
        ('per = "year"', 'per = "term"', "before.cost[1].months"),
        ('per = "year"', 'per = "span"\nfrom = 2025-01-01', "before.cost[1].until"),
        ('per = "year"', 'per = "span"\nfrom = 2025-01-02\nuntil = 2025-01-01', "before.cost[1].until"),
        (
            'per = "year"',
            'per = "span"\nfrom = 2025-01-01T00:00:00\nuntil = 2025-02-01',
            "before.cost[1].from",
        ),
        ('kind = "paper"', 'kind = "toner"', "before.cost[1].kind"),
        ('source = "paper"', 'source = "papers"', "before.cost[1].source"),
        ('source = "paper"', "assumed = true", "before.cost[1].source"),
        ("[[before.cost]]", "[before.cost]", "before.cost"),
        ("[sources]", "[volume.after]\nsource = 'paper'\n[sources]", "volume.after"),
        ("[sources]", "[volume.now]\n[sources]", "volume.now"),
        ("[sources]", "[membership]\ncontribution = 1\nper = 'term'\n[sources]", "membership.per"),
        ("[sources]", "[break_even]\nsaving_percent = 0\n[sources]", "break_even.saving_percent"),
        (
            "[sources]",
            "[[published]]\nfigure = 'x'\nvalue = 1\nsource = 'y'\n[sources]",
            "published[1].source",
        ),
    ],
)
def test_an_error_names_the_key(old: str, new: str, key: str) -> None:
    with pytest.raises(CaseFileError) as caught:
        read_case(GOOD.replace(old, new, 1).encode())
    assert caught.value.key == key


def test_a_counter_that_goes_back_is_refused() -> None:
    text = GOOD + (
        "[volume.after]\nfrom = 2025-01-01\nuntil = 2025-12-31\nsource = 'paper'\n"
        "[[volume.after.reading]]\ndevice = 'A'\nmono_from = 10\nmono_to = 9\nsource = 'paper'\n"
    )
    with pytest.raises(CaseFileError, match=r"volume\.after\.reading\[1\]\.mono_to"):
        read_case(text.encode())


@pytest.mark.parametrize(
    "data",
    [b"\xff", b"a = ", b"a = [" + b"[" * 100_000, b"format = 1" * 2, b" " * (LARGEST_FILE + 1)],
    ids=["no text", "no TOML", "deep", "twice", "too large"],
)
def test_what_is_no_case_file_is_refused_as_a_whole(data: bytes) -> None:
    with pytest.raises(CaseFileError, match=r"^file:"):
        read_case(data)


@pytest.mark.parametrize("text", ["[", '{"format": NaN}', '{"format": 1, "format": 1}', "[" * 100_000])
def test_what_is_no_json_is_refused_as_a_whole(text: str) -> None:
    with pytest.raises(CaseFileError, match=r"^file:"):
        read_case(text.encode(), is_json=True)


def test_json_that_is_no_table() -> None:
    with pytest.raises(CaseFileError):
        read_case(b"[1]", is_json=True)


@given(cases())
def test_what_is_written_is_read_back(case: Case) -> None:
    data = write_case(case)
    again = read_case(data, is_json=True)
    assert again == case
    assert write_case(again) == data


@pytest.mark.parametrize("path", sorted(CASES.glob("*.toml")), ids=lambda path: path.stem)
def test_the_published_cases_survive_being_written(path: object) -> None:
    case = read_case(getattr(path, "read_bytes")())  # noqa: B009
    again = read_case(write_case(case), is_json=True)
    assert prove(again).figures == prove(case).figures
    assert prove(again).comparisons == prove(case).comparisons


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda leaf: (
            st.lists(leaf)
            | st.dictionaries(
                st.sampled_from(["format", "name", "before", "cost", "volume", "after", "amount"]), leaf
            )
        ),
    )
)
def test_any_json_is_a_case_or_an_error(value: object) -> None:
    with pytest.raises(CaseFileError):
        read_case(json.dumps(value).encode(), is_json=True)
