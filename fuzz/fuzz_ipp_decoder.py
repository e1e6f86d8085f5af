# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Coverage-guided fuzzing of the IPP decoder: `python fuzz/fuzz_ipp_decoder.py -max_total_time=60`.

For any bytes: they decode or raise IppError, whole as in pieces, encode back to themselves, within a time
proportional to their number. Anything else ends the run with the input written to a file.
"""

import sys
import time

import atheris

with atheris.instrument_imports():
    from allmende.ipp import Decoder, IppError, Limits, Message, encode

SECONDS_AT_LEAST = 0.5
SECONDS_PER_OCTET = 0.000_1
LIMITS = Limits(size=4096, attributes=64, values=96, depth=4)


def outcome(data: bytes, step: int) -> tuple[Message | str, bytes]:
    decoder = Decoder(LIMITS)
    try:
        for at in range(0, len(data), step):
            message = decoder.feed(data[at : at + step])
            if message is not None:
                return message, decoder.remainder + data[at + step :]
        decoder.finish()
    except IppError as error:
        return f"{error.status} {error} {error.version} {error.request_id}", b""
    raise AssertionError("finish() raised nothing for a message without end")


def fuzz_one(data: bytes) -> None:
    start = time.process_time()
    whole = outcome(data, max(len(data), 1))
    in_pieces = outcome(data, 1 + len(data) % 7)
    seconds = time.process_time() - start
    assert whole == in_pieces, "the outcome depends on the chunks"  # noqa: S101
    message, document = whole
    if isinstance(message, Message):
        assert encode(message) + document == data, "the round trip lost octets"  # noqa: S101
        for group in message.groups:
            for name, _ in group.attributes:
                group.text(name)
                group.integer(name)
                group.keywords(name)
                group.ranges(name)
                group.collections(name)
    assert seconds < SECONDS_AT_LEAST + SECONDS_PER_OCTET * len(data), f"{seconds} s"  # noqa: S101


def main() -> None:
    atheris.Setup(sys.argv, fuzz_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
