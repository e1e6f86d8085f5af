# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

import pytest

from allmende.server.announcing import make_announcer
from allmende.server.town import found_town


@pytest.mark.django_db
@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_what_only_this_machine_reaches_is_not_announced(host: str) -> None:
    found_town("zerbst", "Zerbst")
    assert make_announcer(host, 8631, "http://localhost:8631") is None


@pytest.mark.django_db
def test_every_town_is_announced_unless_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    assert make_announcer("192.0.2.7", 8631, "http://print.example") is None
    found_town("zerbst", "Zerbst")
    found_town("stendal", "Stendal")
    announcer = make_announcer("192.0.2.7", 8631, "http://print.example")
    assert announcer is not None
    assert {queue.path for queue in announcer._queues} == {"ipp/print/zerbst", "ipp/print/stendal"}
    monkeypatch.setenv("ALLMENDE_ANNOUNCE", "0")
    assert make_announcer("192.0.2.7", 8631, "http://print.example") is None
