# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Fuzz the case file: any octets give a case or an error that names a key, a case is proved or refused, and what is written is read back.

.venv/bin/python fuzz/fuzz_case_file.py -max_total_time=60 [folder of findings]
"""

from __future__ import annotations

import sys
import time
from typing import Final

import atheris

with atheris.instrument_imports():
    from allmende.fleet.proof.amounts import UnprovableError
    from allmende.fleet.proof.arithmetic import prove
    from allmende.fleet.proof.case_file import read_case, write_case
    from allmende.fleet.proof.case_tables import CaseFileError
    from allmende.fleet.proof.proof_json import proof_as_json
    from allmende.fleet.proof.wording import Speaker

SECONDS: Final = 2
_SPEAKER: Final = Speaker(str, is_german=True)


def fuzz_one(data: bytes) -> None:
    """The first octet chooses between TOML and JSON."""
    start = time.process_time()
    try:
        case = read_case(data[1:], is_json=data[:1] > b"\x7f")
    except CaseFileError as error:
        assert error.key, "an error names a key"  # noqa: S101, PT017
        return
    assert read_case(write_case(case), is_json=True) == case, "what is written is read back"  # noqa: S101
    try:
        proof_as_json(prove(case), _SPEAKER)
    except UnprovableError as error:
        assert error.key, "an error names a key"  # noqa: S101, PT017
    assert time.process_time() - start < SECONDS, "it takes too long"  # noqa: S101


def main() -> None:
    atheris.Setup(sys.argv, fuzz_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
