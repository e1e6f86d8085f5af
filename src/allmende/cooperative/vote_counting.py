# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Counting votes and saying what they decided. Pure: no database, no clock, no names.

Always holds: the order in which votes come never matters; abstentions and invalid papers are no votes cast (§ 43 Abs. 2 GenG speaks of votes
cast), so they neither help nor hurt; a tie decides nothing; shares are compared as whole numbers, never as binary fractions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

YES: Final = "yes"
NO: Final = "no"
ABSTAIN: Final = "abstain"
INVALID: Final = "invalid"
#: In a question of yes or no these are the choices; in an election `ABSTAIN` stands beside the names.
YES_OR_NO: Final = (YES, NO, ABSTAIN)
#: Counted, and shown, but no votes cast.
NOT_CAST: Final = frozenset({ABSTAIN, INVALID})


class Outcome(StrEnum):
    ADOPTED = "adopted"
    REJECTED = "rejected"
    #: Of elections: nobody has what is needed, or the first are level.
    RUN_OFF = "run_off"
    #: Nobody cast a vote.
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Majority:
    """What share of the votes cast is needed: more than `share`, or at least `share` where `share_suffices`.

    The simple majority is more than 1/2; three quarters are at least 3/4. `share` lies in [0, 1].
    """

    share: Fraction
    share_suffices: bool

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1 or (self.share == 1 and not self.share_suffices):
            raise ValueError(self.share)

    def is_reached(self, votes: int, cast: int) -> bool:
        """Whether `votes` of `cast` are enough; never with no vote at all."""
        if votes <= 0 or cast <= 0:
            return False
        needed = self.share * cast
        return votes >= needed if self.share_suffices else votes > needed


SIMPLE: Final = Majority(Fraction(1, 2), share_suffices=False)
THREE_QUARTERS: Final = Majority(Fraction(3, 4), share_suffices=True)


def majority_of(share: Fraction) -> Majority:
    """Up to a half, more than it is needed; beyond a half, it is enough to reach it, as the law words both."""
    return Majority(share, share_suffices=share > Fraction(1, 2))


@dataclass(frozen=True, slots=True)
class Tally:
    """How many votes each choice got; every choice that was offered is there, also with 0."""

    votes: Mapping[str, int]

    @property
    def cast(self) -> int:
        return sum(count for choice, count in self.votes.items() if choice not in NOT_CAST)

    @property
    def total(self) -> int:
        """With abstentions and invalid papers."""
        return sum(self.votes.values())

    def __add__(self, other: Tally) -> Tally:
        sums = Counter(self.votes)
        sums.update(other.votes)
        return Tally(dict(sums))


def count_votes(offered: Sequence[str], votes: Iterable[tuple[str, int]]) -> Tally:
    """`votes` are pairs of choice and weight. Raises ValueError for a choice that was not offered, or a weight below one."""
    sums = dict.fromkeys(offered, 0)
    for choice, weight in votes:
        if choice not in sums or weight < 1:
            raise ValueError(choice)
        sums[choice] += weight
    return Tally(sums)


def decide_question(tally: Tally, majority: Majority) -> Outcome:
    """Yes against no: a motion that has not its majority is rejected."""
    if tally.cast == 0:
        return Outcome.NOTHING
    reached = majority.is_reached(tally.votes.get(YES, 0), tally.cast)
    return Outcome.ADOPTED if reached else Outcome.REJECTED


def decide_election(tally: Tally, majority: Majority) -> tuple[Outcome, str]:
    """Who of several candidates is elected, and "" where nobody is.

    With a share of 0 the most votes are enough (relative majority); a tie of the first is always a run-off.
    """
    if tally.cast == 0:
        return Outcome.NOTHING, ""
    names = {choice: count for choice, count in tally.votes.items() if choice not in NOT_CAST}
    most = max(names.values())
    first = [choice for choice, count in names.items() if count == most]
    if len(first) == 1 and majority.is_reached(most, tally.cast):
        return Outcome.ADOPTED, first[0]
    return Outcome.RUN_OFF, ""


def has_quorum(present: int, members: int, percent: Fraction) -> bool:
    """Whether enough members are there. The law asks for no number: 0 percent is reached by one member."""
    return present > 0 and Fraction(present) * 100 >= percent * members
