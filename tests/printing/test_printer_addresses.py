# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

from typing import Any

import pytest

from allmende.printing.printer_addresses import printer_addresses


@pytest.mark.parametrize(
    ("public", "ipp", "ipps", "web", "server"),
    [
        (
            "http://localhost:8631",
            "ipp://localhost:8631/ipp/print/z",
            "ipps://localhost:8631/ipp/print/z",
            "http://localhost:8631/ipp/print/z",
            "localhost:8631",
        ),
        (
            "https://druck.example",
            "",
            "ipps://druck.example:443/ipp/print/z",
            "https://druck.example/ipp/print/z",
            "druck.example:443",
        ),
        (
            "http://druck.example:631",
            "ipp://druck.example/ipp/print/z",
            "ipps://druck.example/ipp/print/z",
            "http://druck.example:631/ipp/print/z",
            "druck.example:631",
        ),
        (
            "http://[2001:db8::1]:8631",
            "ipp://[2001:db8::1]:8631/ipp/print/z",
            "ipps://[2001:db8::1]:8631/ipp/print/z",
            "http://[2001:db8::1]:8631/ipp/print/z",
            "[2001:db8::1]:8631",
        ),
    ],
)
def test_addresses(  # noqa: PLR0917
    settings: Any, public: str, ipp: str, ipps: str, web: str, server: str
) -> None:
    settings.ALLMENDE_PUBLIC_URL = public
    addresses = printer_addresses("/ipp/print/z")
    assert (addresses.ipp, addresses.ipps, addresses.web) == (ipp, ipps, web)
    assert (addresses.server, addresses.queue) == (server, "ipp/print/z")
    assert addresses.best == (ipp or ipps)
