# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""`allmende concept`: plan a fleet from a file, or generate a town to plan for. Needs no database.

    allmende concept plan INPUT.toml [--json] [--pdf FILE] [--svg FOLDER] [--time-limit S] [--no-constraints]
    allmende concept compare A.toml B.toml …
    allmende concept generate (biberach|neckargemuend|dippoldiswalde|small) [--seed N] | --rooms N --places N …

Exit status: 0 a plan proven to be the cheapest; 1 the file can't be read or is wrong, or a file can't be written; 2 the command line is
wrong; 3 no plan is possible (what collides is told); 4 the time ran out: the plan that was found is shown with its gap, or there is none.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Final

from allmende.fleet.concept.file_writer import write_concept
from allmende.fleet.concept.generator import TOWNS, Measure, generate_town
from allmende.fleet.concept.input_file import LONGEST_FILE, read_concept
from allmende.fleet.concept.input_tables import InputFileError
from allmende.fleet.concept.model import Concept
from allmende.fleet.concept.results import Result, plan_concept
from allmende.server.command_line import start_django

OPTIMAL: Final = 0
WRONG_FILE: Final = 1
INFEASIBLE: Final = 3
NOT_PROVEN: Final = 4
_STATUS: Final = {
    "optimal": OPTIMAL,
    "time_limit": NOT_PROVEN,
    "unknown": NOT_PROVEN,
    "infeasible": INFEASIBLE,
}


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    plan = actions.add_parser("plan", help="find the cheapest fleet for a concept's file")
    plan.add_argument("input", type=Path, metavar="INPUT", help="the concept: a .toml file")
    plan.add_argument("--json", action="store_true", help="the result as JSON")
    plan.add_argument("--pdf", type=Path, metavar="FILE", help="write the paper for the council")
    plan.add_argument(
        "--svg", type=Path, metavar="FOLDER", help="write each floor's drawing, before and after"
    )
    plan.add_argument("--no-constraints", action="store_true", help="don't price each wish: much faster")
    for with_time in (
        plan,
        compare := actions.add_parser("compare", help="plan several files, side by side"),
    ):
        with_time.add_argument(
            "--time-limit", type=_seconds, default=60.0, metavar="S", help="seconds for the plan (60)"
        )
        with_time.add_argument(
            "--lang", choices=("de", "en"), help="the language; that of the terminal by default"
        )
    compare.add_argument("inputs", type=Path, nargs="+", metavar="INPUT")
    generate = actions.add_parser("generate", help="write the file of a synthetic town")
    generate.add_argument("town", nargs="?", choices=sorted(TOWNS), help="calibrated to a published case")
    generate.add_argument("--seed", type=int, default=1)
    for name, default in (("rooms", 60), ("places", 40), ("devices", 30), ("buildings", 3), ("people", 150)):
        generate.add_argument(f"--{name}", type=int, default=None, help=f"instead of the case's ({default})")
    generate.add_argument("--pages-year", type=int, default=None)


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value <= 86_400:
        raise argparse.ArgumentTypeError("between 0 and 86400 seconds")
    return value


def run(arguments: argparse.Namespace) -> int:
    if arguments.action == "generate":
        return _generate(arguments)
    start_django()
    from django.utils import translation  # noqa: PLC0415 - after start_django

    if arguments.lang:
        translation.activate(arguments.lang)
    if arguments.action == "compare":
        return _compare(arguments)
    concept = _read(arguments.input)
    if concept is None:
        return WRONG_FILE
    result = plan_concept(
        concept,
        seconds=arguments.time_limit,
        with_constraints=not arguments.no_constraints,
        progress=_tell_progress if sys.stderr.isatty() else None,
    )
    try:
        _write_files(arguments, concept, result)
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)  # noqa: T201
        return WRONG_FILE
    if arguments.json:
        print(json.dumps(result.to_json(), ensure_ascii=False, indent=2))  # noqa: T201
    else:
        print("\n".join(_lines(concept, result)))  # noqa: T201
    return _STATUS[result.status]


def _read(path: Path) -> Concept | None:
    from allmende.fleet.concept.words import say  # noqa: PLC0415 - after start_django

    try:
        with path.open("rb") as file:
            return read_concept(file.read(LONGEST_FILE + 1))
    except OSError as error:
        print(f"{path}: {error.strerror}", file=sys.stderr)  # noqa: T201
    except InputFileError as error:
        for fault in error.faults:
            print(f"{path}: {fault.where}: {say(fault.what)}", file=sys.stderr)  # noqa: T201
    return None


def _tell_progress(step: str, done: int, count: int) -> None:
    print(f"\r{step} {done}/{count} ", end="\n" if done == count else "", file=sys.stderr, flush=True)  # noqa: T201


def _write_files(arguments: argparse.Namespace, concept: Concept, result: Result) -> None:
    from allmende.fleet.concept import drawings, words  # noqa: PLC0415
    from allmende.fleet.concept.council_paper import write_paper  # noqa: PLC0415

    if result.plan is None:
        return
    if arguments.pdf:
        arguments.pdf.write_bytes(write_paper(concept, result))
    if arguments.svg:
        arguments.svg.mkdir(parents=True, exist_ok=True)
        for number, key in enumerate(drawings.floors_of(concept), start=1):
            title = words.floor_title(concept, key)
            before = drawings.marks_before(concept, result.plan)
            for name, marks, plan in (
                ("before", before, None),
                ("after", drawings.marks_after(result.plan), result.plan),
            ):
                svg = drawings.draw_floor(concept, key, marks, title, words.say, plan=plan, is_paper=True)
                (arguments.svg / f"{number:03d}-{name}.svg").write_text(svg, encoding="utf-8")


def _lines(concept: Concept, result: Result) -> list[str]:
    from django.utils.translation import gettext as _  # noqa: PLC0415

    from allmende.fleet.concept import words  # noqa: PLC0415
    from allmende.fleet.tables import cell_words  # noqa: PLC0415

    lines = [concept.title, "=" * len(concept.title)]
    if result.plan is None:
        if result.status == "unknown":
            return [*lines, _("No plan was found in time. Allow more time with --time-limit.")]
        lines.append(_("No plan is possible. These wishes can't be had together:"))
        for conflict in result.conflicts:
            lines.append(
                ""
                if conflict.is_minimal
                else _("(time ran out: not all of these may be needed for the collision)")
            )
            lines += [f"  - {words.say(wish)}" for wish in conflict.wishes]
        return lines
    lines += words.sum_up(concept, result.plan)
    tables = words.tables_of(concept, result.plan)
    if result.constraints:
        tables.append(words.constraints_table(result.constraints))
    for table in tables:
        lines += ["", table.title]
        lines += [
            "  "
            + " | ".join(
                cell_words(cell, column) or "-" for cell, column in zip(row, table.columns, strict=True)
            )
            for row in table.rows
        ]
    return lines


def _compare(arguments: argparse.Namespace) -> int:
    from allmende.fleet.concept.compare import Planned, compare_plans  # noqa: PLC0415 - after start_django
    from allmende.fleet.tables import cell_words  # noqa: PLC0415

    planned, worst = [], OPTIMAL
    for path in arguments.inputs:
        concept = _read(path)
        if concept is None:
            return WRONG_FILE
        result = plan_concept(concept, seconds=arguments.time_limit, with_constraints=False)
        worst = max(worst, _STATUS[result.status])
        if result.plan is None:
            print("\n".join(_lines(concept, result)))  # noqa: T201
            return _STATUS[result.status]
        planned.append(Planned(path.stem, concept, result.plan))
    table = compare_plans(planned)
    print(" | ".join(column.title for column in table.columns))  # noqa: T201
    for row in table.rows:
        print(" | ".join(cell_words(cell, column) for cell, column in zip(row, table.columns, strict=True)))  # noqa: T201
    return worst


def _generate(arguments: argparse.Namespace) -> int:
    if arguments.town:
        measure = TOWNS[arguments.town]
    else:
        measure = Measure("Musterstadt", 60, 40, 30, 3, 900_000, 120_000, 150, Decimal(30_000))
    asked = {
        name: value
        for name in ("rooms", "places", "devices", "buildings", "people", "pages_year")
        if (value := getattr(arguments, name)) is not None
    }
    if "pages_year" in asked:
        asked["colour_year"] = asked["pages_year"] * measure.colour_year // measure.pages_year
    if asked:
        measure = replace(measure, cost_year=None, **asked)
    try:
        print(write_concept(generate_town(measure, arguments.seed)), end="")  # noqa: T201
    except ValueError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return WRONG_FILE
    return OPTIMAL
