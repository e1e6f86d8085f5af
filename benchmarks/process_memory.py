# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a server's processes use, from Linux' /proc. Sizes in bytes, processor time in seconds."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def resident_bytes(process_ids: Iterable[int]) -> int:
    """Resident memory of all the processes; pages that they share count for each."""
    return sum(_status_bytes(process_id, "VmRSS") for process_id in process_ids)


def peak_bytes(process_ids: Iterable[int]) -> int:
    """The most that each process has had resident since `forget_peak`, summed: an upper bound."""
    return sum(_status_bytes(process_id, "VmHWM") for process_id in process_ids)


def forget_peak(process_ids: Iterable[int]) -> None:
    for process_id in process_ids:
        # proc(5): 5 resets the peak to what is resident now.
        with contextlib.suppress(OSError):
            Path(f"/proc/{process_id}/clear_refs").write_text("5")


def processor_seconds(process_ids: Iterable[int]) -> float:
    """User and system time so far, without children that are not named."""
    total = 0
    for process_id in process_ids:
        # The program's name may hold spaces and brackets: count the fields from behind it.
        fields = _read(process_id, "stat").rpartition(")")[2].split()
        if fields:
            total += int(fields[11]) + int(fields[12])
    return total / _TICKS


def with_descendants(process_id: int) -> list[int]:
    """The process and all that it started, directly or not, and that still run."""
    found = [process_id]
    for parent in found:
        for tasks in Path(f"/proc/{parent}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                found += map(int, tasks.read_text().split())
    return found


def _status_bytes(process_id: int, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB", _read(process_id, "status"), re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def _read(process_id: int, name: str) -> str:
    """Empty where the process has ended meanwhile, as workers may."""
    try:
        return Path(f"/proc/{process_id}/{name}").read_text()
    except OSError:
        return ""
