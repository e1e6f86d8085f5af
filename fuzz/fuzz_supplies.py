# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Coverage-guided fuzzing of what devices say of supplies, trays and alerts: `python fuzz/fuzz_supplies.py -max_total_time=60`.

For any octets: a bounded value or None, in time proportional to their number. The same octets also stand for an SNMP agent's answers.
"""

import os
import sys
import time
from pathlib import Path

import atheris

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "allmende.server.settings")
os.environ.setdefault("ALLMENDE_HOME", str(Path(os.environ.get("TMPDIR", "/tmp")) / "allmende-fuzz"))  # noqa: S108

import django

django.setup()

with atheris.instrument_imports(include=["allmende.devices.meters"]):
    from allmende.devices.meters import ipp_answers, printer_mib

SECONDS_AT_LEAST = 0.2
SECONDS_PER_OCTET = 0.000_1
COLUMNS = (
    f"{printer_mib.PRT_SUPPLIES}.5.1.",
    f"{printer_mib.PRT_SUPPLIES}.6.1.",
    f"{printer_mib.PRT_SUPPLIES}.8.1.",
    f"{printer_mib.PRT_SUPPLIES}.9.1.",
    f"{printer_mib.PRT_ALERT}.7.1.",
    f"{printer_mib.PRT_INPUT}.10.1.",
    f"{printer_mib.PRT_MARKER}.4.1.",
    f"{printer_mib.HR_PRINTER}.2.",
)


def check_level(level: int | None) -> None:
    assert level is None or 0 <= level <= 100, level  # noqa: S101


def fuzz_one(data: bytes) -> None:
    start = time.process_time()
    supply = ipp_answers.read_supply(data, data.decode("latin-1"), 1)
    if supply is not None:
        check_level(supply.level)
        assert len(supply.key) <= 40 and len(supply.name) <= 100, supply  # noqa: PT018, S101
    tray = ipp_answers.read_tray(data, 1)
    if tray is not None:
        check_level(tray.level)
    assert len(ipp_answers.read_alert(data)) <= 1  # noqa: S101
    values: dict[str, int | bytes | str] = {}
    for place in range(0, min(len(data), 4_000), 6):
        piece = data[place : place + 6]
        oid = f"{COLUMNS[piece[0] % len(COLUMNS)]}{place}"
        values[oid] = int.from_bytes(piece[2:], signed=True) if piece[-1] % 2 else piece
    answer = printer_mib.read_answer(values)
    for each in (*answer.supplies, *answer.inputs):
        check_level(each.level)
    assert all(count >= 0 for count in answer.counts.as_dict().values())  # noqa: S101
    seconds = time.process_time() - start
    assert seconds < SECONDS_AT_LEAST + SECONDS_PER_OCTET * len(data), f"{seconds} s"  # noqa: S101


def main() -> None:
    atheris.Setup(sys.argv, fuzz_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
