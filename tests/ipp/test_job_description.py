# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from allmende.ipp import (
    AttributeSet,
    JobState,
    JobStateReason,
    JobView,
    Ticket,
    describe_job,
    describe_job_state,
    encode_attributes,
)

STARTED = datetime(2026, 11, 22, 8, tzinfo=UTC)
HELD = JobView(
    id=42,
    uri="ipp://localhost/ipp/print/zerbst/42",
    printer_uri="ipp://localhost/ipp/print/zerbst",
    name="Beschlussvorlage",
    user_name="anna",
    state=JobState.PENDING_HELD,
    reasons=(JobStateReason.JOB_HELD_FOR_BUTTON_PRESS,),
    printer_started=STARTED,
    now=STARTED + timedelta(minutes=2),
    created=STARTED + timedelta(minutes=1),
    ticket=Ticket(copies=2, media="iso_a4_210x297mm"),
)


def test_a_held_job() -> None:
    job = AttributeSet(describe_job(HELD))
    assert encode_attributes(job.attributes)
    assert len({a.name for a in job.attributes}) == len(job.attributes)
    assert (job.integer("job-id"), job.uri("job-uri")) == (42, HELD.uri)
    assert job.integer("job-state") == JobState.PENDING_HELD
    assert job.keywords("job-state-reasons") == ("job-held-for-button-press",)
    assert (job.text("job-name"), job.text("job-originating-user-name")) == ("Beschlussvorlage", "anna")
    assert (job.integer("time-at-creation"), job.integer("job-printer-up-time")) == (60, 120)
    assert job.date_time("date-time-at-creation") == HELD.created
    for absent in ("time-at-processing", "date-time-at-completed", "job-impressions"):
        assert job.values(absent)[0].tag == 0x13
    assert (job.integer("copies"), job.keyword("media")) == (2, "iso_a4_210x297mm")
    for name in ("job-more-info", "output-device-assigned", "compression-supplied"):
        assert name not in job


def test_a_completed_job() -> None:
    done = replace(
        HELD,
        state=JobState.COMPLETED,
        processing=STARTED + timedelta(minutes=3),
        completed=STARTED + timedelta(minutes=4),
        impressions=3,
        impressions_completed=3,
        media_sheets_completed=-5,
        k_octets=2**40,
        device="rathaus-eg",
        jobs_ahead=0,
        more_info="http://localhost/42",
        uuid="urn:uuid:01234567-89ab-cdef-0123-456789abcdef",
        document_format="application/pdf",
        document_name="a.pdf",
        compression="gzip",
    )
    job = AttributeSet(describe_job(done))
    assert (job.integer("time-at-processing"), job.integer("time-at-completed")) == (180, 240)
    assert (job.integer("job-impressions"), job.integer("job-impressions-completed")) == (3, 3)
    # A device's count is hostile input: it is bounded to what the attribute may say.
    assert (job.integer("job-media-sheets-completed"), job.integer("job-k-octets")) == (0, 2**31 - 1)
    assert job.text("output-device-assigned") == "rathaus-eg"
    assert job.integer("number-of-intervening-jobs") == 0
    assert job.string("document-format-supplied") == "application/pdf"
    assert job.keyword("compression-supplied") == "gzip"


def test_times_before_the_printer_s_start_are_negative() -> None:
    old = AttributeSet(describe_job(replace(HELD, created=STARTED - timedelta(hours=1))))
    assert old.integer("time-at-creation") == -3600


def test_the_short_form_is_the_start_of_the_long_one() -> None:
    short = describe_job_state(HELD)
    assert describe_job(HELD)[: len(short)] == short
    assert AttributeSet(describe_job_state(replace(HELD, reasons=()))).keywords("job-state-reasons") == (
        "none",
    )


def test_long_names_are_cut_to_what_ipp_allows() -> None:
    job = AttributeSet(describe_job(replace(HELD, name="ü" * 300, message="x" * 2000)))
    assert len((job.text("job-name") or "").encode()) == 254
    assert len(job.text("job-state-message") or "") == 1023
