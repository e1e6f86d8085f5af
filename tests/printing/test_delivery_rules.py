# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from allmende.ipp import JobState
from allmende.printing.delivery.reports import JobReport
from allmende.printing.delivery.rules import (
    FAULTS,
    REASONS,
    Body,
    Course,
    Ending,
    Happening,
    Step,
    course_after,
    ending_of,
)

COUNTS = st.none() | st.integers(0, 9)


def test_every_happening_has_a_course_and_a_reason_in_every_step() -> None:
    assert set(FAULTS) == set(Step) - {Step.TURN}
    for step, happening in itertools.product(FAULTS, Happening):
        assert happening in FAULTS[step]
        assert REASONS[happening]


def test_no_byte_on_its_way_means_held_and_a_byte_never_means_try_again() -> None:
    for happening in Happening:
        assert course_after(Step.SEND, happening, bytes_sent=False) is Course.RETURN
        for step in (Step.SEND, Step.FOLLOW):
            assert course_after(step, happening, bytes_sent=True) in {Course.ASK, Course.CHECK}
        for step in (Step.CONNECT, Step.CREATE):
            assert course_after(step, happening, bytes_sent=False) in {Course.WAIT, Course.RETURN}


@given(
    st.sampled_from([JobState.CANCELED, JobState.ABORTED, JobState.COMPLETED]),
    COUNTS,
    COUNTS,
    st.sampled_from(Body),
    COUNTS,
)
def test_an_ending_is_only_as_certain_as_what_was_said(
    state: JobState, impressions: int | None, sheets: int | None, body: Body, expected: int | None
) -> None:
    ending = ending_of(JobReport(state, impressions, sheets), body, expected)
    if ending is Ending.RETURN:
        assert state != JobState.COMPLETED
        assert (impressions, sheets) == (0, 0)
    if ending is Ending.FINISH:
        assert state == JobState.COMPLETED
        assert body is Body.WHOLE or (
            body is Body.PERHAPS and expected and impressions and impressions >= expected
        )
