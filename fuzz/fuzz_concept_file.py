# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Coverage-guided fuzzing of the concept's input file: `python fuzz/fuzz_concept_file.py -max_total_time=60`.

For any bytes: the file is read, or InputFileError names at least one fault, quickly; what was read is written and reads back the same.
"""

import sys
import time

import atheris

with atheris.instrument_imports():
    from allmende.fleet.concept.file_writer import write_concept
    from allmende.fleet.concept.generator import TOWNS, generate_town
    from allmende.fleet.concept.input_file import read_concept
    from allmende.fleet.concept.input_tables import InputFileError

SECONDS = 2.0
GOOD = write_concept(generate_town(TOWNS["small"], 1)).split("\n\n")


def read(data: bytes) -> None:
    try:
        concept = read_concept(data)
    except InputFileError as error:
        assert error.faults  # noqa: S101, PT017
        assert all(str(fault) for fault in error.faults)  # noqa: S101, PT017
        return
    assert read_concept(write_concept(concept)) == concept  # noqa: S101


def fuzz_one(data: bytes) -> None:
    start = time.process_time()
    read(data)
    if data:
        # One table of a good file replaced: deeper than bytes alone would come.
        tables = list(GOOD)
        tables[data[0] % len(tables)] = data[1:].decode("utf-8", "replace")
        read("\n\n".join(tables).encode())
    assert time.process_time() - start < SECONDS + len(data) * 1e-4, "too slow"  # noqa: S101


def main() -> None:
    atheris.Setup(sys.argv, fuzz_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
