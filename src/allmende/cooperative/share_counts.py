# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""How many shares a member holds on a day: the accounts of shares say it, once they have set themselves here as the source."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from allmende.cooperative.member_list import members_on
from allmende.cooperative.members import Member

#: (member's id, day) → shares held at the end of that day, the first included.
ShareSource = Callable[[int, date], int]

_source: list[ShareSource] = []


def set_share_source(source: ShareSource | None) -> None:
    _source[:] = [source] if source is not None else []


def shares_held(member: Member, day: date) -> int:
    """Without a source: what the list of members says, one and the further ones."""
    if _source:
        return _source[0](member.pk, day)
    listed = next((each for each in members_on(day) if each.member.pk == member.pk), None)
    return 0 if listed is None else 1 + listed.further_shares
