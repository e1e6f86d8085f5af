# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What planning a fleet costs: `python benchmarks/bench_concept.py [--seconds 60] [--sizes 60x400 500x400]`.

The same town, solved in the same run by our programme (strong formulation, rounding cuts, coarse to fine) and by the textbook's short one
(one linking row a device, no cuts), both with HiGHS and the same time limit. Prints seconds of wall clock and of processor (of both
threads together), the plan's cost, the proven bound and the gap. `optimal`: the gap is at most 0.01 %. A plan without proof is said to be
one. On a machine that others use the wall clock says little; give it more `--seconds` then, and look at the processor's.
"""

import argparse
import time

from allmende.fleet.concept.generator import Measure, generate_town
from allmende.fleet.concept.model import Concept
from allmende.fleet.concept.optimise import find_plan

SIZES = {
    "60x400": Measure("60 rooms, 400 places", 60, 360, 40, 3, 900_000, 100_000, 150),
    "500x400": Measure("500 rooms, 400 places", 500, 350, 50, 12, 5_000_000, 700_000, 1100),
    "500x400-22": Measure("500 rooms in 22 buildings", 500, 350, 50, 22, 5_000_000, 700_000, 1100),
}


def measure(name: str, concept: Concept, seconds: float, *, is_strong: bool) -> None:
    begun, processor = time.perf_counter(), time.process_time()
    outcome = find_plan(concept, seconds=seconds, is_strong=is_strong)
    wall, used = time.perf_counter() - begun, time.process_time() - processor
    plan = outcome.plan
    how = "ours     " if is_strong else "textbook "
    if plan is None:
        print(f"{name:12} {how} {outcome.status:10} {wall:6.1f} s wall {used:6.1f} s processor   no plan")
        return
    print(
        f"{name:12} {how} {outcome.status:10} {wall:6.1f} s wall {used:6.1f} s processor   "
        f"{plan.total} EUR, bound {plan.bound}, gap {plan.gap_percent} %, {len(plan.devices)} devices"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sizes", nargs="+", choices=sorted(SIZES), default=["60x400", "500x400"])
    parser.add_argument("--ways", nargs="+", choices=["ours", "textbook"], default=["ours", "textbook"])
    arguments = parser.parse_args()
    for name in arguments.sizes:
        concept = generate_town(SIZES[name], arguments.seed)
        print(
            f"{name}: {len(concept.rooms)} rooms, {len(concept.places)} places, {len(concept.devices)} devices of today"
        )
        for way in arguments.ways:
            measure(name, concept, arguments.seconds, is_strong=way == "ours")


if __name__ == "__main__":
    main()
