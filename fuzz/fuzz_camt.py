# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Fuzz bank statements: any octets give statements whose balances fit, or a fault of the list; never anything else, and soon.

.venv/bin/python fuzz/fuzz_camt.py -max_total_time=60 [folder of findings]
"""

from __future__ import annotations

import sys
import time
from typing import Final

import atheris

with atheris.instrument_imports():
    from allmende.cooperative.bank.camt import UnreadableStatementError, read_statements

SECONDS: Final = 2


def fuzz_one(data: bytes) -> None:
    start = time.process_time()
    try:
        found = read_statements(data)
    except UnreadableStatementError:
        found = []
    for each in found:
        total = sum(movement.amount for movement in each.movements)
        assert each.opening + total == each.closing, "the balances fit"  # noqa: S101
        assert each.iban, "an account is named"  # noqa: S101
        assert len(each.fingerprint) == 64, "it is known again"  # noqa: S101
    assert time.process_time() - start < SECONDS, "it takes too long"  # noqa: S101


def main() -> None:
    atheris.Setup(sys.argv, fuzz_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
