# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The plan: what stands where afterwards, who walks how far, what happens to each device of today, and what it all costs.

Always holds: the costs were computed anew, exactly, from the plan itself; the solver's own figure is not shown. `bound` is what no
plan can be cheaper than, as far as it was proven. As JSON: amounts are decimal strings in EUR, net, over the whole term.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import ROUND_HALF_UP, ROUND_UP, Decimal
from typing import Any, Literal

from allmende.fleet.concept.model import Concept

PlanStatus = Literal["optimal", "time_limit"]


@dataclass(frozen=True, slots=True)
class PlannedDevice:
    """`mode`: new, keep or move; `kind`: the catalogue's type, or the device of today. Costs over the term, without what is paid once for leaving."""

    id: str
    mode: str
    kind: str
    name: str
    place: str
    users: int
    load: int
    duty_cycle: int
    impressions: int
    cost_device: Decimal
    cost_prints: Decimal
    is_below_goal_users: bool
    is_below_goal_duty: bool


@dataclass(frozen=True, slots=True)
class Walk:
    """`kind` is empty for everyday printing, else the need that is met at another device. Lengths in centimetres."""

    group: str
    kind: str
    device: str
    length: int
    second: str | None = None
    second_length: int | None = None


@dataclass(frozen=True, slots=True)
class DeviceFate:
    """What happens to a device of today: keep, move (to `place`) or give_back; `cost` is paid once."""

    device: str
    fate: str
    place: str
    cost: Decimal


def is_near(total: Decimal, bound: Decimal, share: float) -> bool:
    return total - bound <= Decimal(str(share)) * abs(total)


@dataclass(frozen=True, slots=True)
class Plan:
    status: PlanStatus
    months: int
    total: Decimal
    bound: Decimal
    today: Decimal
    devices: tuple[PlannedDevice, ...]
    walks: tuple[Walk, ...]
    fates: tuple[DeviceFate, ...]
    seconds: float = 0.0
    #: What the whole fleet lacks of a pooled minimum volume costs, over the term; a device's own minimum is in its prints.
    lack: Decimal = Decimal(0)

    def is_near(self, share: float) -> bool:
        """Whether no plan can be cheaper by more than this share of the cost."""
        return is_near(self.total, self.bound, share)

    @property
    def saving(self) -> Decimal:
        """Over the term; negative where the plan costs more than today."""
        return self.today - self.total

    @property
    def gap_percent(self) -> Decimal:
        """How much cheaper a plan could still be, at most; 0 says: not by a cent."""
        if not self.total:
            return Decimal(0)
        share = max(Decimal(0), (self.total - self.bound) * 100 / self.total)
        return share.quantize(Decimal("0.0001"), rounding=ROUND_UP)

    def a_year(self, amount: Decimal) -> Decimal:
        return (amount * 12 / self.months).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)

    @property
    def longest_walk(self) -> int:
        return max((walk.length for walk in self.walks if not walk.kind), default=0)

    def mean_walk(self, concept: Concept) -> int:
        """Centimetres, over people."""
        people = sum(concept.group_of[walk.group].people for walk in self.walks if not walk.kind)
        total = sum(concept.group_of[walk.group].people * walk.length for walk in self.walks if not walk.kind)
        return round(total / people) if people else 0

    def to_json(self) -> dict[str, Any]:
        def plain(values: Mapping[str, Any]) -> dict[str, Any]:
            return {key: str(value) if isinstance(value, Decimal) else value for key, value in values.items()}

        return {
            "status": self.status,
            "months": self.months,
            "total": str(self.total),
            "bound": str(self.bound),
            "today": str(self.today),
            "saving": str(self.saving),
            "saving_a_year": str(self.a_year(self.saving)),
            "gap_percent": str(self.gap_percent),
            "seconds": round(self.seconds, 2),
            "lack": str(self.lack),
            "devices": [plain(asdict(each)) for each in self.devices],
            "walks": [plain(asdict(each)) for each in self.walks],
            "fates": [plain(asdict(each)) for each in self.fates],
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Plan:
        def device(each: Mapping[str, Any]) -> PlannedDevice:
            money = {key: Decimal(each[key]) for key in ("cost_device", "cost_prints")}
            return PlannedDevice(**{**each, **money})

        return Plan(
            data["status"],
            data["months"],
            Decimal(data["total"]),
            Decimal(data["bound"]),
            Decimal(data["today"]),
            tuple(device(each) for each in data["devices"]),
            tuple(Walk(**each) for each in data["walks"]),
            tuple(DeviceFate(**{**each, "cost": Decimal(each["cost"])}) for each in data["fates"]),
            data["seconds"],
            Decimal(data.get("lack", 0)),
        )
