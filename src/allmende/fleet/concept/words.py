# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a plan says, in the reader's words: tables and sentences for page, paper and terminal."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext as _

from allmende.fleet.concept.constraints_cost import ConstraintCost
from allmende.fleet.concept.costs import add_tax
from allmende.fleet.concept.drawings import FloorKey
from allmende.fleet.concept.model import Concept
from allmende.fleet.concept.plans import Plan
from allmende.fleet.concept.sentences import Sentence
from allmende.fleet.figures import count_words, is_german, money_words, percent_words
from allmende.fleet.tables import Cell, Column, Kind, Table

#: Values of sentences that are lengths in metres, written with a point.
_LENGTHS: Final = frozenset({"metres", "near", "second"})


def say(sentence: Sentence) -> str:
    values = dict(sentence.values)
    for key in _LENGTHS & values.keys():
        values[key] = count_words(Decimal(values[key]), decimals=1).removesuffix(",0").removesuffix(".0")
    if isinstance(needs := values.get("needs"), str):
        values["needs"] = ", ".join(ability_words(need) for need in needs.split(", "))
    return gettext(sentence.text) % values


def ability_words(ability: str) -> str:
    return {
        "a3": "A3",
        "colour": _("colour"),
        "finisher": _("finisher"),
        "scan": _("scanning"),
        "fax": _("fax"),
    }.get(ability, ability)


def floor_words(floor: int) -> str:
    if floor == 0:
        return _("ground floor")
    if floor < 0:
        return _("basement %(number)s") % {"number": -floor}
    return _("floor %(number)s") % {"number": floor}


def place_words(concept: Concept, place_id: str) -> str:
    place = concept.place_of[place_id]
    return f"{concept.building_of[place.building].name}, {floor_words(place.floor)}, {place.name}"


def floor_title(concept: Concept, key: FloorKey) -> str:
    return f"{concept.building_of[key.building].name}, {floor_words(key.floor)}"


def metres_words(length: int) -> str:
    return f"{count_words(Decimal(length) / 100)}\u00a0m"


def fate_words(fate: str) -> str:
    return {
        "keep": pgettext("device", "stays"),
        "move": pgettext("device", "moves"),
        "give_back": pgettext("device", "is given back"),
        "new": pgettext("device", "new"),
    }.get(fate, fate)


def sum_up(concept: Concept, plan: Plan) -> list[str]:
    """The plan in sentences: what it costs, what it saves, how far it is proven, how far people walk."""
    lines = [
        _("%(before)s devices today, %(after)s in the plan.")
        % {"before": count_words(len(concept.devices)), "after": count_words(len(plan.devices))},
        _(
            "The plan costs %(year)s a year, %(total)s over %(months)s months (net; %(gross)s with %(tax)s tax)."
        )
        % {
            "year": money_words(plan.a_year(plan.total)),
            "total": money_words(plan.total),
            "months": plan.months,
            "gross": money_words(add_tax(plan.total, concept.parameters.tax_percent)),
            "tax": percent_words(concept.parameters.tax_percent / 100, 0),
        },
    ]
    if concept.devices:
        share = plan.saving / plan.today if plan.today else Decimal(0)
        words = (
            _("Today's devices would cost %(today)s a year: the plan saves %(saving)s a year, %(share)s.")
            if plan.saving >= 0
            else _(
                "Today's devices would cost %(today)s a year: the plan costs %(saving)s a year more, %(share)s."
            )
        )
        lines.append(
            words
            % {
                "today": money_words(plan.a_year(plan.today)),
                "saving": money_words(abs(plan.a_year(plan.saving))),
                "share": percent_words(abs(share)),
            }
        )
    lines.append(proof_words(plan))
    lines.append(
        _("People walk %(mean)s on average, %(longest)s at most.")
        % {"mean": metres_words(plan.mean_walk(concept)), "longest": metres_words(plan.longest_walk)}
    )
    used = sum(group.volume.impressions for group in concept.groups)
    read = sum(device.volume.impressions for device in concept.devices)
    if concept.devices and used != read:
        lines.append(
            _(
                "The devices' readings come to %(read)s impressions a month, the groups' to %(used)s: the comparison is not of the same volume."
            )
            % {"read": count_words(read), "used": count_words(used)}
        )
    return lines


def proof_words(plan: Plan) -> str:
    if plan.status == "optimal" and plan.total == plan.bound:
        return _("It is proven that no cheaper plan keeps all the rules.")
    if plan.status == "optimal":
        return _(
            "It is proven that no plan that keeps all the rules is cheaper by more than %(amount)s a year (%(gap)s)."
        ) % {
            "amount": money_words(plan.a_year(plan.total - plan.bound)),
            "gap": percent_words(plan.gap_percent / 100, 3),
        }
    return _(
        "Time ran out: a cheaper plan may exist, by at most %(gap)s (no plan costs less than %(bound)s)."
    ) % {
        "gap": percent_words(plan.gap_percent / 100, 2),
        "bound": money_words(plan.bound),
    }


def tables_of(concept: Concept, plan: Plan) -> list[Table]:
    return [fates_table(concept, plan), devices_table(concept, plan)]


def fates_table(concept: Concept, plan: Plan) -> Table:
    """Device by device, what happens to it."""
    rows: list[tuple[Cell, ...]] = []
    for fate in plan.fates:
        device = concept.device_of[fate.device]
        to = place_words(concept, fate.place) if fate.fate == "move" else ""
        rows.append(
            (device.id, device.name, place_words(concept, device.place), fate_words(fate.fate), to, fate.cost)
        )
    return Table(
        _("What happens to today's devices"),
        (
            Column(_("Device")),
            Column(_("Model")),
            Column(_("Where today")),
            Column(_("What happens")),
            Column(_("Where to")),
            Column(_("Cost once"), Kind.MONEY),
        ),
        tuple(rows),
    )


def devices_table(concept: Concept, plan: Plan) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for device in plan.devices:
        below = [
            word
            for is_below, word in (
                (device.is_below_goal_users, _("few people")),
                (device.is_below_goal_duty, _("low load")),
            )
            if is_below
        ]
        rows.append(
            (
                device.id,
                device.name,
                place_words(concept, device.place),
                fate_words(device.mode),
                device.users,
                device.impressions,
                Decimal(device.load) / device.duty_cycle,
                plan.a_year(device.cost_device + device.cost_prints),
                ", ".join(below),
            )
        )
    return Table(
        _("Devices of the plan"),
        (
            Column(_("Device")),
            Column(_("Model")),
            Column(_("Where")),
            Column(_("What happens")),
            Column(_("People"), Kind.COUNT),
            Column(_("Impressions a month"), Kind.COUNT),
            Column(_("Load"), Kind.PERCENT),
            Column(_("Cost a year"), Kind.MONEY),
            Column(_("Below the goal")),
        ),
        tuple(rows),
    )


def walks_table(concept: Concept, plan: Plan) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for walk in plan.walks:
        group = concept.group_of[walk.group]
        room = concept.room_of[group.room]
        where = f"{concept.building_of[room.building].name}, {floor_words(room.floor)}, {room.name}"
        rows.append(
            (
                where,
                group.people,
                ability_words(walk.kind),
                walk.device,
                Decimal(walk.length) / 100,
                walk.second or "",
                None if walk.second_length is None else Decimal(walk.second_length) / 100,
            )
        )
    return Table(
        _("Who walks where"),
        (
            Column(_("Room")),
            Column(_("People"), Kind.COUNT),
            Column(_("For")),
            Column(_("Device")),
            Column(_("Walk in metres"), Kind.COUNT, decimals=1),
            Column(_("If it fails")),
            Column(_("Walk in metres then"), Kind.COUNT, decimals=1),
        ),
        tuple(rows),
    )


def constraint_words(cost: ConstraintCost) -> str:
    if cost.status == "infeasible":
        return _("can't be had")
    if cost.a_year is None:
        return _("not found in time")
    if cost.a_year > 0:
        words = _("costs %(amount)s a year") % {"amount": money_words(cost.a_year)}
    elif cost.a_year < 0:
        words = _("saves %(amount)s a year") % {"amount": money_words(-cost.a_year)}
    else:
        words = _("costs nothing")
    if cost.is_proven and cost.give_or_take:
        values = {"what": words, "amount": money_words(cost.give_or_take)}
        return _("%(what)s, give or take %(amount)s") % values
    return words if cost.is_proven else _("%(what)s (not proven)") % {"what": words}


def constraints_table(costs: Sequence[ConstraintCost]) -> Table:
    rows: list[tuple[Cell, ...]] = [(say(cost.what), constraint_words(cost), cost.devices) for cost in costs]
    return Table(
        _("What each wish costs"),
        (Column(_("Change")), Column(_("Effect")), Column(_("Devices then"), Kind.COUNT)),
        tuple(rows),
    )


def costs_table(plan: Plan) -> Table:
    """What the plan's cost is made of, over the term."""
    rows: list[tuple[Cell, ...]] = [
        (_("Devices: rent, energy, one-off"), sum((each.cost_device for each in plan.devices), Decimal(0))),
        (_("Prints: clicks"), sum((each.cost_prints for each in plan.devices), Decimal(0))),
        (_("Once: moving and giving back"), sum((fate.cost for fate in plan.fates), Decimal(0))),
    ]
    if plan.lack:
        rows.insert(2, (_("Minimum volume: what the fleet lacks"), plan.lack))
    # Each row is rounded by itself; the last is the plan's price, rounded once.
    rows.append((_("In all"), plan.total))
    title = _("Over %(months)s months, net") % {"months": plan.months}
    return Table(_("What it is made of"), (Column(_("Cost")), Column(title, Kind.MONEY)), tuple(rows))


__all__ = [
    "constraint_words",
    "constraints_table",
    "costs_table",
    "devices_table",
    "fate_words",
    "fates_table",
    "floor_title",
    "floor_words",
    "is_german",
    "metres_words",
    "place_words",
    "proof_words",
    "say",
    "sum_up",
    "tables_of",
    "walks_table",
]
