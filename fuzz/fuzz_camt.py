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
#: Half of the inputs are the inside of a statement, so that they come past the frame.
_BEFORE: Final = (
    b"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'><BkToCstmrStmt><Stmt><Id>1</Id>"
    b"<Acct><Id><IBAN>DE89370400440532013000</IBAN></Id></Acct>"
)
_BALANCES: Final = b"".join(
    b"<Bal><Tp><CdOrPrtry><Cd>%s</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>0.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>"
    b"<Dt><Dt>2026-01-01</Dt></Dt></Bal>" % kind
    for kind in (b"OPBD", b"CLBD")
)
_AFTER: Final = b"</Stmt></BkToCstmrStmt></Document>"


def fuzz_one(data: bytes) -> None:
    """The first octet chooses: a whole file, the inside of a statement, or the inside of an entry."""
    start = time.process_time()
    kind, inside = data[:1], data[1:]
    if kind > b"\xaa":
        inside = _BEFORE + _BALANCES + b"<Ntry>" + inside + b"</Ntry>" + _AFTER
    elif kind > b"\x55":
        inside = _BEFORE + inside + _AFTER
    try:
        found = read_statements(inside)
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
