# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Coverage-guided fuzzing of sealed documents: `python fuzz/fuzz_age_header.py -max_total_time=60`.

For any bytes: the header parses, asks for more or raises SealError, whole as in pieces; what parses is written back as it was; and
what follows opens or raises SealError. Anything else ends the run with the input written to a file.
"""

import contextlib
import sys
import time

import atheris

with atheris.instrument_imports():
    from allmende.seal import (
        FileKey,
        Header,
        Identity,
        SealError,
        Unsealer,
        read_header,
        unseal_file_key,
    )

SECONDS_AT_LEAST = 0.5
SECONDS_PER_OCTET = 0.000_1
IDENTITY = Identity(b"\x42" * 32)
FILE_KEY = FileKey(b"\x42" * 16)
_VERSION = b"age-encryption.org/v1\n"


def parse(data: bytes, step: int) -> Header | str | None:
    try:
        for end in range(step, len(data) + step, step):
            header = read_header(data[:end])
            if header is not None:
                return header
    except SealError:
        return "error"
    return None


def open_payload(data: bytes, file_key: FileKey, step: int) -> bytes | str:
    unsealer = Unsealer(file_key)
    opened = bytearray()
    try:
        for at in range(0, len(data), step):
            opened += unsealer.update(data[at : at + step])
        opened += unsealer.finish()
    except SealError:
        return "error"
    return bytes(opened)


def fuzz_one(data: bytes) -> None:
    start = time.process_time()
    step = 1 + len(data) % 61
    # Half of the inputs skip the line that the fuzzer would have to guess first.
    candidate = _VERSION + data[1:] if data[:1] < b"\x80" else data[1:]
    whole = parse(candidate, max(len(candidate), 1))
    assert whole == parse(candidate, step), "the outcome depends on the pieces"  # noqa: S101
    payload = candidate
    if isinstance(whole, Header):
        assert candidate.startswith(whole.to_bytes()), "a header that is not canonical"  # noqa: S101
        payload = candidate[whole.length :]
        with contextlib.suppress(SealError):
            unseal_file_key(whole, IDENTITY)
    whole_payload = open_payload(payload, FILE_KEY, max(len(payload), 1))
    assert whole_payload == open_payload(payload, FILE_KEY, step), "the payload depends on the pieces"  # noqa: S101
    seconds = time.process_time() - start
    limit = max(SECONDS_AT_LEAST, SECONDS_PER_OCTET * len(data))
    assert seconds < limit, f"{len(data)} octets took {seconds:.2f} s"  # noqa: S101


def main() -> None:
    atheris.Setup(sys.argv, fuzz_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
