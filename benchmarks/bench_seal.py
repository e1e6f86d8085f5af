# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What sealing and opening cost: `python benchmarks/bench_seal.py`.

Medians; one process. Prints microseconds for 10 kB, MB/s (10**6) for 1 GiB in pushes of 1 MiB, milliseconds for Argon2id, and
how far two threads get on two cores (2.0 where the GIL is free all the time).
"""

import os
import statistics
import threading
import time
from collections.abc import Callable

from allmende.seal import ArgonParameters, Identity, Sealer, Unsealer, derive_chip_secrets, seal, unseal_bytes

SALT, PEPPER = bytes(16), bytes(32)
PUSH = 1024 * 1024
GIB = 1024**3


def median_seconds(call: Callable[[], object], times: int) -> float:
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        call()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def two_threads(call: Callable[[], object], times: int) -> float:
    """Work done by two threads in the time that one needs for half of it."""

    def work() -> None:
        for _ in range(times):
            call()

    begun = time.perf_counter()
    work()
    alone = time.perf_counter() - begun
    threads = [threading.Thread(target=work) for _ in range(2)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return 2 * alone / (time.perf_counter() - begun)


def main() -> None:
    identity = Identity.generate()
    small = os.urandom(10_000)
    for count in (1, 2, 5):
        recipients = [identity.recipient] * count
        seconds = median_seconds(lambda to=recipients: seal(to, small), 2000)  # type: ignore[misc]
        print(f"seal 10 kB, {count} recipient(s): {seconds * 1e6:7.1f} µs")
    _, header, body = seal([identity.recipient], small)
    print(
        f"unseal 10 kB:                {median_seconds(lambda: unseal_bytes(identity, header + body), 2000) * 1e6:7.1f} µs"
    )
    print(
        f"seal 10 kB, two threads:     {two_threads(lambda: seal([identity.recipient], small), 3000):7.2f} x"
    )

    push = os.urandom(PUSH)
    sealer = Sealer([identity.recipient])
    begun = time.perf_counter()
    for _ in range(GIB // PUSH):
        sealer.update(push)
    sealer.finish()
    print(f"seal 1 GiB:                  {GIB / (time.perf_counter() - begun) / 1e6:7.0f} MB/s")
    sealer = Sealer([identity.recipient])
    sealed = [sealer.update(push) for _ in range(64)]
    sealed = [sealed[0][len(sealer.header) :], *sealed[1:], sealer.finish()]
    unsealer = Unsealer(sealer.file_key)
    begun = time.perf_counter()
    opened = sum(len(unsealer.update(piece)) for piece in sealed) + len(unsealer.finish())
    print(
        f"unseal {opened // PUSH} MiB:               {opened / (time.perf_counter() - begun) / 1e6:7.0f} MB/s"
    )

    for iterations in (1, 2):
        parameters = ArgonParameters(iterations=iterations)

        def tap(cost: ArgonParameters = parameters) -> None:
            derive_chip_secrets(b"chip", salt=SALT, pepper=PEPPER, parameters=cost)

        print(f"Argon2id 19 MiB, t={iterations}:        {median_seconds(tap, 40) * 1e3:7.1f} ms")
        print(f"  two threads:               {two_threads(tap, 20):7.2f} x")


if __name__ == "__main__":
    main()
