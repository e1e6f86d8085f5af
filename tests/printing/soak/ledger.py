# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What people did and were told, kept outside the service: the truth that it is held against afterwards.

Always holds: what somebody asks for is written down *before* it is asked, what they were told *after* they heard it. So a
crash in between errs on the side that is allowed.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field


@dataclass
class Paper:
    """One document, unlike all others. Times in nanoseconds since 1970."""

    sha256: str
    login: str
    pages: int
    acknowledged: int | None = None
    refused: bool = False
    first_release: int | None = None
    asked_again: int = 0
    cancel_asked: bool = False
    events: list[tuple[int, str]] = field(default_factory=list)


class Ledger:
    """For many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._papers: dict[str, Paper] = {}
        #: Answers that people had to printing and releasing: how much the service does.
        self.answers = 0
        self.kills: list[int] = []

    def papers(self) -> list[Paper]:
        with self._lock:
            return list(self._papers.values())

    def titled(self, title: str) -> Paper:
        """Titles name their document, so that a wrong title is found too."""
        with self._lock:
            return self._papers[title]

    def offered(self, paper: Paper) -> None:
        with self._lock:
            self._papers[paper.sha256[:16]] = paper
            self._note(paper, "offered")

    def acknowledged(self, paper: Paper, job: int) -> None:
        with self._lock:
            paper.acknowledged = job
            self.answers += 1
            self._note(paper, f"acknowledged as job {job}")

    def not_acknowledged(self, paper: Paper, why: str) -> None:
        with self._lock:
            self._note(paper, f"no answer: {why}")

    def was_refused(self, paper: Paper, why: str) -> None:
        with self._lock:
            paper.refused = True
            self._note(paper, f"refused: {why}")

    def asks_for(self, paper: Paper, device: str) -> None:
        with self._lock:
            if paper.first_release is None:
                paper.first_release = time.time_ns()
            self._note(paper, f"release asked at {device}")

    def asks_again(self, paper: Paper) -> None:
        with self._lock:
            paper.asked_again += 1
            self._note(paper, "owner: did not come out, once more")

    def says_it_came_out(self, paper: Paper) -> None:
        with self._lock:
            self._note(paper, "owner: it came out")

    def cancels(self, paper: Paper) -> None:
        with self._lock:
            paper.cancel_asked = True
            self._note(paper, "cancel asked")

    def hears(self, paper: Paper, what: str) -> None:
        with self._lock:
            self.answers += 1
            self._note(paper, what)

    def kill(self) -> None:
        with self._lock:
            self.kills.append(time.time_ns())

    @staticmethod
    def _note(paper: Paper, what: str) -> None:
        paper.events.append((time.time_ns(), what))
