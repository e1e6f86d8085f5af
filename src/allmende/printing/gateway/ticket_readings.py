# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Job tickets read from requests. Clients ask for the same few things all day, so what was read is kept."""

from __future__ import annotations

import json
from typing import Final, NamedTuple

from allmende.ipp import Attribute, AttributeSet, Group
from allmende.ipp.ticket import TicketReading, read_ticket

_MAX_KEPT: Final = 1_000
#: A request with more than this is read each time, so that nobody fills our memory with oddities.
_MAX_ATTRIBUTES: Final = 40


class KeptReading(NamedTuple):
    """`text` is the ticket as it is stored."""

    reading: TicketReading
    text: str


class TicketReadings:
    """Belongs to one event loop."""

    def __init__(self) -> None:
        self._kept: dict[tuple[tuple[Attribute, ...], bool, bool, tuple[str, ...]], KeptReading] = {}

    def read(
        self,
        job_group: Group,
        capabilities: AttributeSet,
        *,
        direct: bool,
        fidelity: bool,
        mandatory: tuple[str, ...],
    ) -> KeptReading:
        """`direct` names the kind of queue, and so its capabilities."""
        key = (job_group.attributes, direct, fidelity, mandatory)
        found = self._kept.get(key)
        if found is None:
            reading = read_ticket(job_group, capabilities, fidelity=fidelity, mandatory=mandatory)
            text = json.dumps(reading.ticket.to_json(), separators=(",", ":"), ensure_ascii=False)
            found = KeptReading(reading, text)
            if len(job_group.attributes) <= _MAX_ATTRIBUTES and len(mandatory) <= _MAX_ATTRIBUTES:
                if len(self._kept) >= _MAX_KEPT:
                    self._kept.clear()
                self._kept[key] = found
        return found
