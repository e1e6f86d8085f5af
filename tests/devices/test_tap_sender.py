# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A tap that gets no answer is given up after its seconds: the reader is free for the next person."""

from __future__ import annotations

import socket
import threading

import pytest

from allmende.devices.tap_sender import TapSender
from devices.tap_server import TapServer


@pytest.fixture
def silent_port() -> int:
    """Takes every connection and says nothing."""
    listener = socket.create_server(("127.0.0.1", 0))
    taken: list[socket.socket] = []

    def take() -> None:
        while True:
            try:
                taken.append(listener.accept()[0])
            except OSError:
                return

    threading.Thread(target=take, daemon=True).start()
    return int(listener.getsockname()[1])


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_silence_blocks_no_reader(silent_port: int, scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("allmende.devices.tap_sender.SECONDS", 0.3)
    sender = TapSender(f"{scheme}://127.0.0.1:{silent_port}", "rathaus-eg", "token")
    for _ in range(2):
        outcome = sender.send("04A39F1C2B6E80")
        assert (outcome.is_accepted, outcome.code) == (False, "unreachable")


def test_a_tap_that_was_perhaps_heard_is_not_sent_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("allmende.devices.tap_sender.SECONDS", 1.0)
    with TapServer() as server:
        monkeypatch.setattr(
            server._server.RequestHandlerClass, "send_response", lambda *_: (_ for _ in ()).throw(OSError)
        )
        sender = TapSender(f"http://127.0.0.1:{server.port}", "rathaus-eg", "token")
        assert sender.send("04A39F1C2B6E80").code == "unreachable"
        assert server.chips == ["04A39F1C2B6E80"]
