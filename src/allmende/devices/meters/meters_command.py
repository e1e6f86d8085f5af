# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""`allmende meters read`: ask all devices of one town, or of all, now. Exit status 1 where a device did not answer."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    read = actions.add_parser("read", help="read the meters of all devices now")
    read.add_argument("--town", help="the town's short name (default: every town)")
    read.add_argument("--json", action="store_true", help="the result as JSON")


def run(arguments: argparse.Namespace) -> int:
    import django  # noqa: PLC0415 - only commands that need it pay for it

    django.setup()
    from allmende.devices.devices import Device  # noqa: PLC0415
    from allmende.devices.meters.readings import MeterReading  # noqa: PLC0415
    from allmende.devices.meters.rounds import MeterRound, ask_for_round, run_round  # noqa: PLC0415
    from allmende.directory.municipalities import Municipality  # noqa: PLC0415

    towns = Municipality.objects.all()
    if arguments.town:
        towns = towns.filter(slug=arguments.town)
        if not towns:
            print(f"There is no town {arguments.town!r}.", file=sys.stderr)  # noqa: T201
            return 2
    found: list[dict[str, Any]] = []
    for town in towns:
        waiting = ask_for_round(None, town)
        if not run_round(waiting.pk):
            print(f"{town.slug}: a round is running already.", file=sys.stderr)  # noqa: T201
            continue
        done = MeterRound.objects.get(pk=waiting.pk)
        reasons = {
            problem["device"]: "; ".join(f"{how}: {why}" for how, why in problem.items() if how != "device")
            for problem in done.problems
        }
        for device in Device.objects.filter(municipality=town, is_active=True):
            reading = MeterReading.objects.filter(device=device, recorded_at__gte=done.begun_at).last()
            found.append(
                {
                    "town": town.slug,
                    "device": device.slug,
                    "source": reading.source if reading else None,
                    "counts": reading.counts.as_dict() if reading else {},
                    "plausible": reading.is_plausible if reading else None,
                    "reason": reading.reason if reading else "",
                    "problem": reasons.get(device.pk, ""),
                }
            )
    if arguments.json:
        print(json.dumps(found, indent=2, ensure_ascii=False))  # noqa: T201
    else:
        for row in found:
            told = ", ".join(f"{kind} {count}" for kind, count in row["counts"].items()) or "no reading"
            doubt = f"  DOUBTFUL ({row['reason']})" if row["plausible"] is False else ""
            line = f"{row['town']}/{row['device']}: {told}{doubt}  {row['problem']}".rstrip()
            print(line)  # noqa: T201
    return 1 if any(row["problem"] and not row["counts"] for row in found) else 0
