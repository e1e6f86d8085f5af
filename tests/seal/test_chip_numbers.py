# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.seal import ChipNumberError, ChipNumberFault, NumberFormat, NumberKind, read_chip_number

HEX, DECIMAL, WIEGAND = NumberKind.HEX, NumberKind.DECIMAL, NumberKind.WIEGAND26
uids = st.sampled_from([4, 7, 10]).flatmap(lambda n: st.binary(min_size=n, max_size=n)).filter(any)


@given(
    uids,
    st.sampled_from(["", ":", "-", " ", "."]),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["", "\n", " \r\n"]),
)
def test_every_reader_sees_the_same_chip(
    uid: bytes, separator: str, upper: bool, drop_zeros: bool, end: str
) -> None:
    size = len(uid)
    as_hex = uid.hex(separator) if separator else uid.hex()
    backwards = uid[::-1].hex()
    decimal, decimal_backwards = str(int.from_bytes(uid, "big")), str(int.from_bytes(uid, "little"))
    if upper:
        as_hex = as_hex.upper()
    if drop_zeros:
        backwards = backwards.lstrip("0")
    else:
        decimal = decimal.zfill(25)
    sent = [
        (as_hex, NumberFormat(HEX)),
        ("0x" + uid.hex(), NumberFormat(HEX)),
        (backwards, NumberFormat(HEX, reversed=True, byte_length=size)),
        (decimal, NumberFormat(DECIMAL, byte_length=size)),
        (decimal_backwards, NumberFormat(DECIMAL, reversed=True, byte_length=size)),
        (f";{as_hex}?", NumberFormat(HEX, strip_prefix=";", strip_suffix="?")),
        (f"uid={decimal}#", NumberFormat(DECIMAL, strip_prefix="UID=", strip_suffix="#", byte_length=size)),
    ]
    assert {read_chip_number(raw + end, number_format) for raw, number_format in sent} == {uid}


@given(st.binary(min_size=3, max_size=3).filter(any), st.sampled_from([",", ":", "-", "/", " "]))
def test_wiegand_sees_the_last_three_bytes(last: bytes, separator: str) -> None:
    facility, number = last[0], int.from_bytes(last[1:], "big")
    full = NumberFormat(HEX, keep_last=3)
    for raw in (
        f"{facility}{separator}{number}",
        f"{facility:03}{separator}{number:05}",
        f"{facility:03}{number:05}",
        f"{facility:05}{number:05}",
    ):
        assert (
            read_chip_number(raw, NumberFormat(WIEGAND))
            == last
            == read_chip_number("04aa" + last.hex(), full)
        )


@given(st.text(max_size=140), st.sampled_from(NumberKind), st.booleans(), st.sampled_from([None, 4, 7]))
def test_any_text_gives_bytes_or_the_one_error(
    raw: str, kind: NumberKind, reverse: bool, size: int | None
) -> None:
    try:
        number = read_chip_number(raw, NumberFormat(kind, reversed=reverse, byte_length=size))
    except ChipNumberError as error:
        # The fault's own words are all that is said.
        assert str(error) == f"chip number: {error.fault.value}"  # noqa: PT017 - most texts are not an error
    else:
        assert 3 <= len(number) <= 16
        assert any(number)


@pytest.mark.parametrize(
    ("raw", "number_format", "fault"),
    [
        ("", NumberFormat(), ChipNumberFault.EMPTY),
        (" \n", NumberFormat(), ChipNumberFault.EMPTY),
        (";?", NumberFormat(strip_prefix=";", strip_suffix="?"), ChipNumberFault.EMPTY),
        ("4" * 129, NumberFormat(), ChipNumberFault.TOO_LONG),
        ("04a2b3c4", NumberFormat(strip_prefix=";"), ChipNumberFault.PREFIX_MISSING),
        (";04a2b3c4", NumberFormat(strip_prefix=";", strip_suffix="?"), ChipNumberFault.SUFFIX_MISSING),
        ("04a2b3cg", NumberFormat(), ChipNumberFault.NOT_HEX),
        ("٠٤٠٤٠٤٠٤", NumberFormat(), ChipNumberFault.NOT_HEX),
        ("--", NumberFormat(), ChipNumberFault.NOT_HEX),
        ("04a2b3c4", NumberFormat(DECIMAL), ChipNumberFault.NOT_DECIMAL),
        ("٤٢٤٢٤٢", NumberFormat(DECIMAL), ChipNumberFault.NOT_DECIMAL),
        ("-42424242x", NumberFormat(DECIMAL), ChipNumberFault.NOT_DECIMAL),
        ("123;45678", NumberFormat(WIEGAND), ChipNumberFault.NOT_WIEGAND),
        ("256,00001", NumberFormat(WIEGAND), ChipNumberFault.OUT_OF_RANGE),
        ("001,65536", NumberFormat(WIEGAND), ChipNumberFault.OUT_OF_RANGE),
        ("04a2b3c", NumberFormat(), ChipNumberFault.WRONG_LENGTH),
        ("04a2", NumberFormat(), ChipNumberFault.WRONG_LENGTH),
        ("04" * 17, NumberFormat(), ChipNumberFault.WRONG_LENGTH),
        ("04a2b3c4", NumberFormat(byte_length=3), ChipNumberFault.WRONG_LENGTH),
        ("04a2b3c4", NumberFormat(keep_last=7), ChipNumberFault.WRONG_LENGTH),
        ("4294967296", NumberFormat(DECIMAL), ChipNumberFault.WRONG_LENGTH),
        ("00000000", NumberFormat(), ChipNumberFault.ALL_ZERO),
        ("0", NumberFormat(DECIMAL), ChipNumberFault.ALL_ZERO),
        ("000,00000", NumberFormat(WIEGAND), ChipNumberFault.ALL_ZERO),
        ("04000000", NumberFormat(keep_last=3), ChipNumberFault.ALL_ZERO),
    ],
)
def test_what_cannot_be_read_says_why(raw: str, number_format: NumberFormat, fault: ChipNumberFault) -> None:
    with pytest.raises(ChipNumberError) as caught:
        read_chip_number(raw, number_format)
    assert caught.value.fault is fault


@pytest.mark.parametrize("length", [0, 2, 17])
def test_a_format_is_bounded(length: int) -> None:
    with pytest.raises(ValueError, match="3 to 16"):
        NumberFormat(byte_length=length)
    with pytest.raises(ValueError, match="3 to 16"):
        NumberFormat(keep_last=length)
