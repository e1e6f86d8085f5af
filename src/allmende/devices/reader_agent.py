# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""`allmende reader`: the agent on a small computer beside a device. It reads chips and tells the service of them.

It runs until it is told to end (SIGTERM, SIGINT), whatever happens to the reader, to the PC/SC daemon or to the service, and
says on stderr what is the matter, once per change. It needs neither Django nor a database. It sends the number as
the reader gives it (upper-case hex of the UID for PC/SC): what the number means is decided in one place, the service,
by the format that belongs to the device token. The number is never written anywhere.
"""

import argparse
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn, TextIO

from allmende.devices.pcsc_reader import CardReaderError, PcscMissingError, open_reader
from allmende.devices.tap_sender import TapSender

#: The same chip again within so many seconds is the same tap: a contactless card flickers at the field's edge.
SAME_TAP_SECONDS: Final = 1.5
_BACKOFF: Final = (0.5, 1.0, 2.0, 5.0)
_LINE_LENGTH: Final = 128


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--server", required=True, help="the service's address, e.g. https://druck.example:8631"
    )
    parser.add_argument("--device", required=True, help="the device's short name")
    parser.add_argument(
        "--token-file", type=Path, required=True, help="a file with the reader's device token"
    )
    parser.add_argument(
        "--certificate-sha256", default="", help="the service's certificate, where it is self-signed"
    )
    parser.add_argument("--reader", default="", help="a part of the reader's name (default: the first one)")
    parser.add_argument(
        "--feedback", choices=("auto", "acr122", "none"), default="auto", help="light and sound of the reader"
    )
    parser.add_argument(
        "--stdin", action="store_true", help="read numbers from standard input instead, one in each line"
    )


def run(arguments: argparse.Namespace) -> int:
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    try:
        token = arguments.token_file.read_text(encoding="utf-8").strip()
        sender = TapSender(
            arguments.server, arguments.device, token, certificate_sha256=arguments.certificate_sha256
        )
    except (OSError, ValueError) as error:
        _tell(str(error))
        return 1
    if not token:
        _tell(f"{arguments.token_file} is empty")
        return 1
    agent = ReaderAgent(sender)
    if arguments.stdin:
        agent.follow_lines(sys.stdin)
        return 0
    try:
        agent.follow_reader(arguments.reader, arguments.feedback)
    except PcscMissingError as error:
        _tell(str(error))
        return 1


class ReaderAgent:
    def __init__(self, sender: TapSender) -> None:
        self._sender = sender
        self._last_number = ""
        self._last_seen = float("-inf")
        self._trouble = ""

    def follow_lines(self, lines: TextIO) -> None:
        """Until the end of input. For readers that type, and for tests."""
        while line := lines.readline(_LINE_LENGTH + 1):
            if not line.endswith("\n") and len(line) > _LINE_LENGTH:
                while (rest := lines.readline(_LINE_LENGTH)) and not rest.endswith("\n"):
                    pass
                _tell("a line is too long for a number")
                continue
            if number := line.strip():
                self._tap(number)

    def follow_reader(self, wanted: str, feedback: str) -> NoReturn:
        """For ever. Raises PcscMissingError."""
        failures = 0
        while True:
            try:
                with open_reader(wanted, feedback=feedback) as reader:
                    self._note_trouble("", f"reading at {reader.name}")
                    failures = 0
                    for card in reader.cards():
                        if card is None:
                            continue
                        if card.number is None:
                            _tell("a card could not be read")
                            card.show(accepted=False)
                        elif (accepted := self._tap(card.number)) is not None:
                            card.show(accepted=accepted)
            except CardReaderError as error:
                self._note_trouble(str(error), "")
                time.sleep(_BACKOFF[min(failures, len(_BACKOFF) - 1)])
                failures += 1

    def _tap(self, number: str) -> bool | None:
        """Whether the service took it; None where it is the last tap still."""
        now = time.monotonic()
        is_same = number == self._last_number and now - self._last_seen < SAME_TAP_SECONDS
        self._last_number, self._last_seen = number, now
        if is_same:
            return None
        outcome = self._sender.send(number)
        self._last_seen = time.monotonic()
        _tell("tap taken" if outcome.is_accepted else f"tap refused: {outcome.code}")
        return outcome.is_accepted

    def _note_trouble(self, trouble: str, otherwise: str) -> None:
        if trouble != self._trouble or otherwise:
            _tell(trouble or otherwise)
        self._trouble = trouble


def _tell(message: str) -> None:
    sys.stderr.write(f"allmende reader: {message}\n")
    sys.stderr.flush()


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)
