# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.seal import SealError
from allmende.seal.bech32 import decode, encode

prefixes = st.text("abcdefghijklmnopqrstuvwxyz-0123456789", min_size=1, max_size=20)


@given(prefixes, st.binary(max_size=100))
def test_round_trip(prefix: str, data: bytes) -> None:
    text = encode(prefix, data)
    assert decode(text) == (prefix, data)
    assert decode(text.upper()) == (prefix.upper(), data)


@given(st.text(max_size=60))
def test_what_is_read_would_be_written_so(text: str) -> None:
    try:
        prefix, data = decode(text)
    except SealError:
        return
    assert encode(prefix.lower(), data) in (text, text.lower())


# BIP 173, "Test vectors": those whose data part is whole bytes, and the invalid ones.
@pytest.mark.parametrize("text", ["A12UEL5L", "a12uel5l"])
def test_the_standards_valid_examples(text: str) -> None:
    assert decode(text) == (text[0], b"")


@pytest.mark.parametrize(
    "text",
    [
        "\x201nwldj5",
        "\x7f1axkwrx",
        "pzry9x0s0muk",
        "1pzry9x0s0muk",
        "x1b4n0q5v",
        "li1dgmt3",
        "A1G7SGD8",
        "10a06t8",
        "1qzzfhee",
    ],
)
def test_the_standards_invalid_examples(text: str) -> None:
    with pytest.raises(SealError):
        decode(text)


@pytest.mark.parametrize("text", ["a12uEl5l", "A12uel5l"])
def test_mixed_case(text: str) -> None:
    with pytest.raises(SealError):
        decode(text)


def test_padding_must_be_zero_and_short() -> None:
    from allmende.seal.bech32 import _ALPHABET, _expand, _polymod

    def craft(values: list[int]) -> str:
        checksum = _polymod([*_expand("a"), *values, *[0] * 6]) ^ 1
        return "a1" + "".join(
            _ALPHABET[v] for v in [*values, *(checksum >> 5 * (5 - i) & 31 for i in range(6))]
        )

    assert decode(craft([0, 0])) == ("a", b"\0")
    for values in ([0, 1], [0], [0, 0, 0]):
        with pytest.raises(SealError):
            decode(craft(values))
