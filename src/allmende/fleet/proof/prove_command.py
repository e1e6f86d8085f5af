# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""`allmende prove CASE …`: the proofs of case files on the terminal or as JSON (of several: a list). Needs no database, no settings and no Django.

Exit status: 0 the arithmetic holds; 1 the file is wrong; 2 the command line is wrong; 3 the arithmetic holds, but a figure that the file
cites as published contradicts it. Of several files: 1 before 3 before 0; one that is wrong keeps no other from being proved.
"""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from allmende.fleet.proof.amounts import UnprovableError
from allmende.fleet.proof.arithmetic import Comparison, Proof, prove
from allmende.fleet.proof.case_file import LARGEST_FILE, read_case
from allmende.fleet.proof.case_tables import CaseFileError
from allmende.fleet.proof.figures import Figure, Kind, Sentence
from allmende.fleet.proof.figures import gettext_noop as _
from allmende.fleet.proof.proof_json import proof_as_json
from allmende.fleet.proof.wording import KINDS, STANDINGS, Speaker

PROVED: Final = 0
WRONG_FILE: Final = 1
CONTRADICTED: Final = 3
_WIDTH: Final = 100


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "cases",
        type=Path,
        nargs="+",
        metavar="CASE",
        help="a case: a .toml file, or .json as exported; or several",
    )
    parser.add_argument("--json", action="store_true", help="the proof as JSON")
    parser.add_argument("--lang", choices=("de", "en"), help="the language; that of the terminal by default")


def run_in(arguments: argparse.Namespace, speaker: Speaker) -> int:
    """The exit status; writes to standard output, errors to standard error."""
    paths: list[Path] = arguments.cases
    proofs = [proof for path in paths if (proof := _proof_of(path, speaker)) is not None]
    if arguments.json:
        found = [proof_as_json(proof, speaker) for proof in proofs]
        if found:
            print(json.dumps(found if len(paths) > 1 else found[0], ensure_ascii=False, indent=2))  # noqa: T201
    elif proofs:
        print("\n\n\n".join("\n".join(_lines(proof, speaker)) for proof in proofs))  # noqa: T201
    if len(proofs) < len(paths):
        return WRONG_FILE
    return CONTRADICTED if any(proof.contradictions for proof in proofs) else PROVED


def _proof_of(path: Path, speaker: Speaker) -> Proof | None:
    """None where the file is wrong: why stands on standard error."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
        return prove(read_case(data, is_json=path.suffix.lower() == ".json"))
    except OSError as error:
        print(f"{path}: {error.strerror}", file=sys.stderr)  # noqa: T201
    except (CaseFileError, UnprovableError) as error:
        print(f"{path}: {error.key}: {speaker.say(error.problem)}", file=sys.stderr)  # noqa: T201
    return None


def _lines(proof: Proof, speaker: Speaker) -> Iterator[str]:
    say = speaker.say
    yield proof.case.name
    yield "=" * len(proof.case.name)
    yield say(STANDINGS[proof.standing])
    yield (
        say(_("All amounts are net, without value added tax."))
        if proof.case.tax == "net"
        else say(_("All amounts are gross, with value added tax."))
    )
    yield ""
    for figure in proof.figures:
        yield from _figure_lines(figure, speaker)
    if proof.case.unpriced:
        yield from _heading(say(_("Without a price")))
        for sentence in proof.case.unpriced:
            yield from _wrap(sentence)
    uncounted = [cost for cost in (*proof.case.before, *proof.case.after) if not cost.counted]
    if uncounted:
        yield from _heading(say(_("Not counted")))
        for cost in uncounted:
            yield from _wrap(f"{cost.name}: {speaker.euros(cost.amount)}. {cost.origin.note}")
    if proof.assumptions:
        yield from _heading(say(_("Assumed")))
        for figure in proof.assumptions:
            note = f" {figure.note}" if figure.note else ""
            yield from _wrap(f"{say(figure.label)}: {speaker.figure(figure)}.{note}")
    if proof.comparisons:
        yield from _heading(say(_("What the sources tell, checked")))
        for each in proof.comparisons:
            yield from _wrap(comparison_words(each, speaker))
    if proof.case.notes:
        yield from _heading(say(_("Notes")))
        for note in proof.case.notes:
            yield from _wrap(note)


def comparison_words(each: Comparison, speaker: Speaker) -> str:
    """Whether a told figure agrees with the computed one, in a sentence."""
    text = (
        _("Agrees: %(label)s, told %(told)s, computed %(computed)s (%(source)s).")
        if each.agrees
        else _("CONTRADICTS: %(label)s, told %(told)s, but the figures give %(computed)s (%(source)s).")
    )
    gaps = {
        "label": speaker.say(each.figure.label),
        "told": speaker.value(each.told.value, each.figure.unit),
        "computed": speaker.figure(each.figure),
        "source": each.told.source,
    }
    words = speaker.say(Sentence(text, gaps))
    return f"{words} {each.told.note}" if each.told.note else words


def _figure_lines(figure: Figure, speaker: Speaker) -> Iterator[str]:
    yield f"{speaker.say(figure.label)}: {speaker.figure(figure)}   [{figure.name}]"
    if figure.expression is not None:
        if calculation := speaker.calculation(figure):
            yield from _wrap(f"= {calculation}", "    ")
        yield from _wrap(f"= {speaker.formula(figure)}", "    ")
    if figure.kind is not Kind.DERIVED:
        origin = ": ".join(filter(None, (speaker.say(KINDS[figure.kind]), figure.source)))
        yield from _wrap(f"({origin})", "    ")
        if figure.note:
            yield from _wrap(figure.note, "    ")


def _heading(text: str) -> Iterator[str]:
    yield ""
    yield text
    yield "-" * len(text)


def _wrap(text: str, indent: str = "- ") -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=indent, subsequent_indent=" " * len(indent), break_on_hyphens=False
    )
