# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A proof as JSON, for programs: stable keys, described in `docs/proof.md`. Figures are strings, so no reader rounds them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from allmende.fleet.proof.arithmetic import Comparison, Proof
from allmende.fleet.proof.figures import Figure
from allmende.fleet.proof.wording import STANDINGS, Speaker

FORMAT: Final = 1


def proof_as_json(proof: Proof, speaker: Speaker) -> dict[str, Any]:
    """Words in the speaker's language; keys, names and values do not depend on it."""
    return {
        "format": FORMAT,
        "name": proof.case.name,
        "town": proof.case.town,
        "tax": proof.case.tax.value,
        "standing": proof.standing.value,
        "standing_words": speaker.say(STANDINGS[proof.standing]),
        "contradicts": bool(proof.contradictions),
        "figures": {figure.name: _figure(figure, speaker) for figure in proof.figures},
        "assumptions": [figure.name for figure in proof.assumptions],
        "published": [_comparison(each) for each in proof.comparisons if not each.told.is_own],
        "checks": [_comparison(each) for each in proof.comparisons if each.told.is_own],
        "not_counted": [
            {
                "side": side,
                "name": cost.name,
                "amount": str(cost.amount),
                "unit": "EUR",
                "note": cost.origin.note,
            }
            for side, costs in (("before", proof.case.before), ("after", proof.case.after))
            for cost in costs
            if not cost.counted
        ],
        "unpriced": list(proof.case.unpriced),
        "notes": list(proof.case.notes),
    }


def _figure(figure: Figure, speaker: Speaker) -> dict[str, Any]:
    found: dict[str, Any] = {
        "value": _text(figure.value),
        "unit": figure.unit.value,
        "kind": figure.kind.value,
        "words": speaker.say(figure.label),
    }
    if figure.expression is not None:
        found["formula"] = speaker.formula(figure)
        found["calculation"] = speaker.calculation(figure)
        found["inputs"] = [each.name for each in figure.inputs]
    if figure.source:
        found["source"] = figure.source
    if figure.note:
        found["note"] = figure.note
    return found


def _comparison(each: Comparison) -> dict[str, Any]:
    return {
        "figure": each.told.figure,
        "told": _text(each.told.value),
        "computed": _text(each.figure.value),
        "difference": _text(each.difference),
        "unit": each.figure.unit.value,
        "agrees": each.agrees,
        "source": each.told.source,
        "note": each.told.note,
    }


def _text(value: Decimal) -> str:
    return format(value, "f")
