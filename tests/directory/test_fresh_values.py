# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Answers that are kept for some seconds: asked for together, renewed together, and never older than promised."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest
import uvloop

from allmende.directory.fresh_values import BATCH, FreshValues


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Database:
    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.batches: list[list[str]] = []
        self.version = 0
        self.let_go = asyncio.Event()
        self.let_go.set()

    async def load(self, keys: Sequence[str]) -> Mapping[str, str]:
        self.batches.append(sorted(keys))
        self.asked.set()
        version = self.version
        await self.let_go.wait()
        if "broken" in keys:
            raise ValueError("broken")
        return {key: f"{key}-{version}" for key in keys}


async def test_what_is_asked_for_in_one_round_is_one_batch() -> None:
    database = Database()
    values = FreshValues(database.load)
    assert await asyncio.gather(*(values.get(key) for key in "abca")) == ["a-0", "b-0", "c-0", "a-0"]
    assert database.batches == [["a", "b", "c"]]
    assert values.known("b") == ("b-0",)
    assert values.known("d") is None


async def test_a_question_under_way_is_not_asked_again() -> None:
    database = Database()
    database.let_go.clear()
    values = FreshValues(database.load)
    first = asyncio.ensure_future(values.get("a"))
    await database.asked.wait()
    second = asyncio.ensure_future(values.get("a"))
    await asyncio.sleep(0)
    database.let_go.set()
    assert await asyncio.gather(first, second) == ["a-0", "a-0"]
    assert database.batches == [["a"]]


async def test_what_is_asked_for_all_the_time_is_renewed_before_it_ends() -> None:
    clock = Clock()
    database = Database()
    values = FreshValues(database.load, seconds=0.05, clock=clock)
    await asyncio.gather(values.get("a"), values.get("b"))
    database.version = 1
    database.asked.clear()
    clock.now += 0.04
    assert (values.known("a"), values.known("b")) == (("a-0",), ("b-0",))
    await database.asked.wait()
    assert await values.get("a") == "a-1"
    assert database.batches == [["a", "b"], ["a", "b"]]


async def test_nothing_older_than_promised_is_given_out() -> None:
    clock = Clock()
    database = Database()
    values = FreshValues(database.load, seconds=5, clock=clock)
    await values.get("a")
    clock.now += 5.1
    database.version = 1
    assert values.known("a") is None
    assert await values.get("a") == "a-1"


async def test_somebody_who_waits_does_not_wait_for_a_renewal() -> None:
    clock = Clock()
    database = Database()
    values = FreshValues(database.load, seconds=1000, clock=clock)
    await values.get("a")
    clock.now += 999
    assert values.known("a") == ("a-0",)  # its renewal has 200 seconds of time
    async with asyncio.timeout(5):
        assert await values.get("b") == "b-0"


def test_uvloop_serves_as_well() -> None:
    database = Database()

    async def ask() -> list[str]:
        values = FreshValues(database.load)
        first = asyncio.ensure_future(values.get("a"))
        await asyncio.sleep(0)  # its batch is agreed on, and has not begun
        return [await values.get("b"), await first]

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(ask()) == ["b-0", "a-0"]


async def test_an_error_goes_to_those_who_asked_and_is_not_kept() -> None:
    database = Database()
    values = FreshValues(database.load)
    answers = await asyncio.gather(values.get("broken"), values.get("broken"), return_exceptions=True)
    assert [type(answer) for answer in answers] == [ValueError, ValueError]
    with pytest.raises(ValueError, match="broken"):
        await values.get("broken")
    assert await values.get("a") == "a-0"


async def test_one_who_goes_away_takes_the_answer_from_nobody() -> None:
    database = Database()
    database.let_go.clear()
    values = FreshValues(database.load)
    first, second = asyncio.ensure_future(values.get("a")), asyncio.ensure_future(values.get("a"))
    await database.asked.wait()
    first.cancel()
    database.let_go.set()
    assert await second == "a-0"


async def test_batches_and_memory_are_bounded() -> None:
    database = Database()
    values = FreshValues(database.load, limit=BATCH)
    await asyncio.gather(*(values.get(str(number)) for number in range(BATCH + 1)))
    assert [len(batch) for batch in database.batches] == [BATCH, 1]
    assert sum(values.known(str(number)) is not None for number in range(BATCH + 1)) <= BATCH
