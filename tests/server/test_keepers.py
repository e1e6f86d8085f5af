# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A keeper works again and again, also after a failure, until it is stopped."""

from __future__ import annotations

import logging
import threading

import pytest

from allmende.server import keepers
from allmende.server.keepers import Keeper, keep_once


def test_a_failure_is_logged_and_the_work_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    calls = 0
    done = threading.Event()

    def work() -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise RuntimeError("the printer is on holiday")
        done.set()

    keeper = Keeper("the work", 0.001, work)
    with caplog.at_level(logging.ERROR):
        keeper.start()
        assert done.wait(30)
    keeper.stop()
    assert "the work failed" in caplog.text


def test_a_stopped_keeper_works_no_more() -> None:
    calls: list[int] = []
    keeper = Keeper("the work", 3_600.0, lambda: calls.append(1))
    keeper.start()
    keeper.stop()
    keeper._thread.join(30)
    assert not keeper._thread.is_alive()
    assert calls == []


def test_once_does_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(
        keepers, "_WORKS", tuple((name, 1.0, lambda name=name: done.append(name)) for name in "abc")
    )
    keep_once()
    assert done == ["a", "b", "c"]
