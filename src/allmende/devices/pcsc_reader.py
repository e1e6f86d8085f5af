# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A PC/SC card reader: waits for cards, reads their numbers, shows whether the service was content.

Reading uses `FF CA 00 00 00`, the pseudo APDU for a contactless card's UID (PC/SC part 3 §3.2.2.1.3). A card that lies on the
reader when the agent or the daemon starts is no tap; it must leave first. A reader that is unplugged, a daemon that is
restarted: `CardReaderError`, and the caller opens a new one.

Light and sound: `FF 00 40` of ACS' ACR122 family ("ACR122U Application Programming Interface", §6.4). Other
readers have no common command for it, and get none.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final

_READ_UID: Final = [0xFF, 0xCA, 0x00, 0x00, 0x00]
# LED bits (final state, mask, blinking), then: 100 ms on, 100 ms off, times, buzzer while on.
_ACCEPTED: Final = [0xFF, 0x00, 0x40, 0xAE, 0x04, 0x01, 0x01, 0x01, 0x01]
_REFUSED: Final = [0xFF, 0x00, 0x40, 0x5C, 0x04, 0x02, 0x01, 0x03, 0x01]
#: Between the tries to read a card that has just come; seconds.
_PAUSES: Final = (0.02, 0.1, 0.3, 0.5)
#: A call into PC/SC can't be interrupted, so waiting is cut into pieces that let signals through.
_WAIT_MILLISECONDS: Final = 500
_LONGEST_UID: Final = 16


class CardReaderError(Exception):
    """No reader, no daemon, or lost on the way."""


class PcscMissingError(Exception):
    """The library for PC/SC is not installed."""


@dataclass
class CardOnReader:
    """A card that was just put on. `number` is its UID in upper-case hex, None where it could not be read."""

    number: str | None
    _reader: "PcscReader"
    _card: Any
    _protocol: int

    def show(self, *, accepted: bool) -> None:
        """Light and sound, where the reader can; never raises."""
        if self._card is not None and self._reader.has_lights:
            self._reader.transmit(self._card, self._protocol, _ACCEPTED if accepted else _REFUSED)


class PcscReader:
    """One open reader. `wanted` is a part of its name; the first one where it is empty."""

    def __init__(self, scard: ModuleType, context: Any, name: str, *, lights: bool) -> None:
        """Takes the first look: a card that lies there now is no tap. Raises CardReaderError."""
        self.name: Final = name
        self.has_lights: Final = lights
        self._scard = scard
        self._context = context
        self._state = self._wait(scard.SCARD_STATE_UNAWARE, 0)

    def cards(self) -> Iterator[CardOnReader | None]:
        """Each card as it is put on; None about twice a second while nothing happens. Raises CardReaderError."""
        while True:
            before, state = self._state, self._wait(self._state, _WAIT_MILLISECONDS)
            self._state = state
            # The upper half counts insertions and removals: a quick change of cards shows only there.
            is_other = not self._is_present(before) or state >> 16 != before >> 16
            if self._is_present(state) and is_other:
                yield from self._read_card()
            else:
                yield None

    def _read_card(self) -> Iterator[CardOnReader]:
        """A card that has just come may not answer yet, or its daemon may hold it still: it is asked again for a while."""
        for pause in (*_PAUSES, None):
            with self._connect() as (card, protocol):
                number = None if card is None else self._read_number(card, protocol)
                if number is not None or pause is None:
                    yield CardOnReader(number, self, card, protocol)
                    return
            time.sleep(pause)

    def transmit(self, card: Any, protocol: int, command: list[int]) -> bytes | None:
        """The card's answer without its status 90 00; None for another status, or a card that left."""
        result, answer = self._scard.SCardTransmit(card, protocol, command)
        if result != self._scard.SCARD_S_SUCCESS or bytes(answer[-2:]) != b"\x90\x00":
            return None
        return bytes(answer[:-2])

    def _read_number(self, card: Any, protocol: int) -> str | None:
        uid = self.transmit(card, protocol, _READ_UID)
        return uid.hex().upper() if uid and len(uid) <= _LONGEST_UID else None

    def _wait(self, known: int, milliseconds: int) -> int:
        result, states = self._scard.SCardGetStatusChange(self._context, milliseconds, [(self.name, known)])
        if result == self._scard.SCARD_E_TIMEOUT:
            return known
        if result != self._scard.SCARD_S_SUCCESS:
            raise CardReaderError(self._scard.SCardGetErrorMessage(result))
        state = int(states[0][1])
        if state & (self._scard.SCARD_STATE_UNKNOWN | self._scard.SCARD_STATE_UNAVAILABLE):
            raise CardReaderError("the reader is gone")
        return state & ~int(self._scard.SCARD_STATE_CHANGED)

    def _is_present(self, state: int) -> bool:
        return bool(state & self._scard.SCARD_STATE_PRESENT) and not state & self._scard.SCARD_STATE_MUTE

    @contextmanager
    def _connect(self) -> Iterator[tuple[Any, int]]:
        """The card's handle and protocol; the handle is None where the card left too soon."""
        scard = self._scard
        result, card, protocol = scard.SCardConnect(
            self._context,
            self.name,
            scard.SCARD_SHARE_SHARED,
            scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1,
        )
        if result != scard.SCARD_S_SUCCESS:
            yield None, 0
            return
        try:
            yield card, protocol
        finally:
            scard.SCardDisconnect(card, scard.SCARD_LEAVE_CARD)


@contextmanager
def open_reader(wanted: str = "", *, feedback: str = "auto") -> Iterator[PcscReader]:
    """`feedback`: auto (lights where the name tells an ACR122), acr122, none. Raises CardReaderError, PcscMissingError."""
    try:
        from smartcard import scard  # noqa: PLC0415 - an extra of the package
    except ImportError as error:
        raise PcscMissingError("pyscard is not installed; install the extra: allmende[pcsc]") from error
    result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
    if result != scard.SCARD_S_SUCCESS:
        raise CardReaderError(scard.SCardGetErrorMessage(result))
    try:
        result, names = scard.SCardListReaders(context, [])
        if result not in {scard.SCARD_S_SUCCESS, scard.SCARD_E_NO_READERS_AVAILABLE}:
            raise CardReaderError(scard.SCardGetErrorMessage(result))
        name = next((name for name in names or () if wanted.lower() in name.lower()), None)
        if name is None:
            raise CardReaderError("no such card reader" if wanted else "no card reader")
        lights = feedback == "acr122" or (feedback == "auto" and "ACR122" in name)
        yield PcscReader(scard, context, name, lights=lights)
    finally:
        scard.SCardReleaseContext(context)
