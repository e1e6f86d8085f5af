# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

import pytest

from allmende.printing.gateway.print_queues import load_queue
from allmende.printing.gateway.printer_attributes import PrinterAnswers
from allmende.server.announcing import find_announced_queues, make_announcer
from allmende.server.town import found_town


@pytest.mark.django_db
@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_what_only_this_machine_reaches_is_not_announced(host: str) -> None:
    found_town("zerbst", "Zerbst")
    assert make_announcer(host, 8631, "http://localhost:8631") is None


@pytest.mark.django_db
def test_every_town_is_announced_unless_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_announced_queues("http://print.example") == []
    found_town("zerbst", "Zerbst")
    found_town("stendal", "Stendal")
    announced = find_announced_queues("http://print.example")
    assert {queue.path for queue in announced} == {"ipp/print/zerbst", "ipp/print/stendal"}
    assert make_announcer("192.0.2.7", 8631, "http://print.example") is not None
    monkeypatch.setenv("ALLMENDE_ANNOUNCE", "0")
    assert make_announcer("192.0.2.7", 8631, "http://print.example") is None


@pytest.mark.django_db
def test_what_is_announced_is_what_the_queue_tells() -> None:
    found_town("zerbst", "Zerbst")
    view = load_queue("zerbst", None)
    assert view is not None
    told = PrinterAnswers().capabilities(view)
    (announced,) = find_announced_queues("http://print.example")
    record = announced.txt()
    assert {*record["pdl"].split(","), "application/octet-stream"} == set(
        told.strings("document-format-supported") or ()
    )
    assert "image/png" in record["pdl"]
    assert record["URF"].split(",") == list(told.keywords("urf-supported") or ())
