# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.spool import SpoolError, is_key, new_key
from allmende.spool.keys import check_key

slugs = st.from_regex(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", fullmatch=True)


@given(slugs)
def test_new_keys(slug: str) -> None:
    key = new_key(slug)
    assert is_key(key)
    assert check_key(key) == key
    town, shard, name = key.split("/")
    assert (town, shard) == (slug, name[:2])
    assert new_key(slug) != key


@pytest.mark.parametrize(
    "slug", ["", "Zerbst", "a/b", "..", ".", "-a", "a-", "ä", "a" * 64, "a b", "a\n", "a\0"]
)
def test_not_a_slug(slug: str) -> None:
    with pytest.raises(SpoolError):
        new_key(slug)


@given(st.one_of(st.text(max_size=60), st.from_regex(r"[a-z.]{1,3}/[0-9a-f.]{2}/[0-9a-f./]{32}")))
def test_a_key_has_no_way_out(text: str) -> None:
    if is_key(text):
        slug, shard, name = text.split("/")
        assert (slug + shard + name).replace("-", "").isalnum()
        assert text.isascii()
        assert name.startswith(shard)
    else:
        with pytest.raises(SpoolError):
            check_key(text)


@pytest.mark.parametrize("end", ["\n", "/", "\0", " ", "é"])
def test_nothing_may_follow(end: str) -> None:
    assert not is_key(new_key("zerbst") + end)
