# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every fault at every step of the dialogue: what becomes of the job, and what the device was made to do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from allmende.devices.devices import Device
from allmende.ipp import JobState, Operation, make
from allmende.printing.job_spool import job_spool
from allmende.printing.job_states import State
from allmende.printing.jobs import Job, JobDocument, JobEvent
from allmende.printing.visit.release import cancel_jobs, settle_uncertain, stop_jobs
from allmende.spool import SpoolError, SpoolMissingError
from devices.programs import wait_until
from makers import PDF
from printing import scripted_device as device
from printing.delivering import QUICK, delivering, wait_for_state
from printing.scripted_device import DeviceJob, ScriptedPrinter, complete, scripted_printer, work_on
from printing.standing import Standing, stand_and_release

pytestmark = pytest.mark.django_db(transaction=True)

DESCRIBE, CREATE = Operation.GET_PRINTER_ATTRIBUTES, Operation.CREATE_JOB
SEND, ASK, CANCEL = Operation.SEND_DOCUMENT, Operation.GET_JOB_ATTRIBUTES, Operation.CANCEL_JOB
#: Larger than all buffers between here and there: when the device cuts, a part of it has not left yet.
BIG = PDF + bytes(12_000_000)


async def outcome(printer: ScriptedPrinter, *states: State, **job: Any) -> Job:
    """Release one job to this printer and wait for its end."""
    async with delivering():
        standing = await stand_and_release(printer.uri, **job)
        ended = await wait_for_state(
            standing.job_ids[0], *states or (State.HELD, State.UNCERTAIN, State.PRINTED)
        )
    assert ended.holder == ""
    waits = ended.state in {State.HELD, State.UNCERTAIN}
    if job.get("spooled"):
        assert bool(list(job_spool().keys())) == waits
    else:
        assert await JobDocument.objects.filter(job_id=ended.pk).aexists() == waits
    return ended


async def changes_of(job: Job) -> list[str]:
    return [event.change async for event in JobEvent.objects.filter(job=job)]


# -- before a byte of the document left: held again, with a reason -------------------------------------------------


@pytest.mark.parametrize("step", [DESCRIBE, CREATE])
@pytest.mark.parametrize(
    ("deed", "reason"),
    [
        (device.cut, "connection-cut"),
        (device.stay_silent, "device-silent"),
        (device.talk_nonsense, "device-nonsense"),
        (device.refuse(0x0400), "device-refused"),
        (device.refuse(0x0507), "device-busy"),
        (device.refuse_http("503 Busy"), "device-busy"),
        (device.refuse_http("404 Not Found"), "device-refused"),
    ],
)
async def test_a_fault_before_the_document_holds_it(step: Operation, deed: device.Deed, reason: str) -> None:
    async with scripted_printer(misdeeds={step: [deed]}) as printer:
        job = await outcome(printer, State.HELD)
        assert job.reason == reason
        assert SEND not in printer.asked
        assert "begin" not in await changes_of(job)


async def test_an_offline_device_holds_the_job_after_a_while() -> None:
    async with scripted_printer() as printer:
        await printer.close()
        job = await outcome(printer, State.HELD)
        assert job.reason == "device-offline"


async def test_a_device_that_comes_back_in_time_prints() -> None:
    async with scripted_printer(
        misdeeds={DESCRIBE: [device.cut, device.refuse(0x0507), device.answer_truly]}
    ) as printer:
        await outcome(printer, State.PRINTED)
        assert printer.printed == [PDF]


async def test_the_reason_is_told_while_it_is_waited_for() -> None:
    async with scripted_printer(misdeeds={DESCRIBE: [device.refuse(0x0507)]}) as printer:  # noqa: SIM117 - the device outlives the delivery
        async with delivering(replace(QUICK, patience=30)) as delivery:
            standing = await stand_and_release(printer.uri)
            async with asyncio.timeout(5):
                while True:
                    progress = delivery.progress(standing.job_ids[0])
                    if progress is not None and progress.reason == "device-busy":
                        break
                    await asyncio.sleep(0.02)
            printer.misdeeds.clear()
            await wait_for_state(standing.job_ids[0], State.PRINTED)


async def test_a_job_without_a_job_id_is_nonsense() -> None:
    async with scripted_printer(
        misdeeds={CREATE: [device.answer_with(make.integer("job-id", -7))]}
    ) as printer:
        assert (await outcome(printer, State.HELD)).reason == "device-nonsense"


async def test_a_format_that_the_device_does_not_take_is_told() -> None:
    async with scripted_printer(formats=("image/jpeg",)) as printer:
        assert (await outcome(printer, State.HELD)).reason == "format-not-supported"


async def test_a_changed_document_is_noticed_before_the_device_is_asked() -> None:
    async with scripted_printer() as printer, delivering():

        def spoil() -> None:
            sealed = bytearray(JobDocument.objects.get().sealed)
            sealed[-1] ^= 1
            JobDocument.objects.update(sealed=bytes(sealed))

        def work() -> Standing:
            from printing.standing import stand

            standing = stand(printer.uri)
            spoil()
            standing.release()
            return standing

        standing = await sync_to_async(work)()
        job = await wait_for_state(standing.job_ids[0], State.HELD)
        assert job.reason == "unreadable"
        assert CREATE not in printer.asked


@pytest.mark.parametrize(
    ("error", "reason"),
    [(SpoolError("no answer"), "spool-silent"), (SpoolMissingError("gone"), "unreadable")],
)
@pytest.mark.parametrize("is_raw", [False, True], ids=["ipp", "port 9100"])
async def test_a_spool_that_does_not_answer_is_not_the_document_s_fault(
    error: SpoolError, reason: str, is_raw: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> Iterator[bytes]:
        raise error

    monkeypatch.setattr(type(job_spool()), "read", fail)
    async with scripted_printer() as printer, delivering():
        uri = printer.uri.replace("ipp:", "socket:").removesuffix("/ipp/print") if is_raw else printer.uri
        standing = await stand_and_release(uri, spooled=True)
        job = await wait_for_state(standing.job_ids[0], State.HELD)
        assert job.reason == reason
        assert CREATE not in printer.asked


# -- while the document is sent ------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [0x0400, 0x040A, 0x0507, 0x0508])
async def test_a_refusal_of_the_document_holds_it(status: int) -> None:
    async with scripted_printer(misdeeds={SEND: [device.refuse(status)]}) as printer:
        job = await outcome(printer, State.HELD)
        assert job.reason == ("device-busy" if status == 0x0507 else "device-refused")
        assert CANCEL in printer.asked


async def test_a_refusal_with_sheets_is_uncertain() -> None:
    """The device says no, but its own counter says that something came out."""

    async def refuse_after_a_page(
        printer: ScriptedPrinter, peer: device.Peer, message: device.Message
    ) -> bytes | None:
        work_on(JobState.ABORTED, 1, 1)(printer.jobs[-1])
        return await device.refuse(0x0500)(printer, peer, message)

    async with scripted_printer(misdeeds={SEND: [refuse_after_a_page]}) as printer:
        await outcome(printer, State.UNCERTAIN)


BREAKDOWNS = [
    device.refuse(0x0500),
    device.refuse(0x0504),
    device.refuse(0x0505),
    device.refuse_http("500 Internal Server Error"),
    device.refuse_http("503 Service Unavailable"),
    device.refuse_http("504 Gateway Timeout"),
]


def print_and(deed: device.Deed) -> device.Deed:
    """The paper comes out, and yet this is the answer."""

    async def print_first(
        printer: ScriptedPrinter, peer: device.Peer, message: device.Message
    ) -> bytes | None:
        complete(printer.jobs[-1])
        return await deed(printer, peer, message)

    return print_first


@pytest.mark.parametrize("deed", BREAKDOWNS)
async def test_a_breakdown_is_no_word_about_the_job(deed: device.Deed) -> None:
    """Whoever answers so may have printed, and may be too busy to say it at once."""
    async with scripted_printer(
        misdeeds={SEND: [print_and(deed)], ASK: [device.refuse(0x0507), device.answer_truly]}
    ) as printer:
        await outcome(printer, State.PRINTED)
        assert printer.times_asked(SEND) == 1


@pytest.mark.parametrize("deed", BREAKDOWNS)
async def test_a_breakdown_that_can_not_be_asked_about_is_uncertain(deed: device.Deed) -> None:
    only = (Operation.PRINT_JOB, CANCEL, DESCRIBE)
    async with scripted_printer(
        operations=only, misdeeds={Operation.PRINT_JOB: [print_and(deed)]}
    ) as printer:
        await outcome(printer, State.UNCERTAIN)


CUT_TABLE: list[tuple[Callable[[DeviceJob], None], State, str]] = [
    (work_on(JobState.ABORTED, 0, 0), State.HELD, "explicitly nothing"),
    (work_on(JobState.ABORTED, None, None), State.UNCERTAIN, "nothing said"),
    (work_on(JobState.ABORTED, 0, None), State.UNCERTAIN, "half said"),
    (work_on(JobState.ABORTED, -1, -1), State.UNCERTAIN, "said nonsense"),
    (work_on(JobState.ABORTED, 2, 1), State.UNCERTAIN, "pages"),
    (work_on(JobState.COMPLETED, 1, 1), State.UNCERTAIN, "completed with a part of the document"),
    (work_on(JobState.PROCESSING, 0, 0), State.HELD, "waits for the rest: cancelled by us"),
    (work_on(JobState.PROCESSING, 3, 3), State.UNCERTAIN, "had begun: cancelled by us"),
]


@pytest.mark.parametrize(
    ("then", "state"), [(then, state) for then, state, _ in CUT_TABLE], ids=[n for *_, n in CUT_TABLE]
)
async def test_cut_while_sending(then: Callable[[DeviceJob], None], state: State) -> None:
    async with scripted_printer(cut_after=70_000) as printer:
        take = printer._take

        def take_and_then(message: device.Message, document: bytes, *, complete: bool) -> DeviceJob:
            job = take(message, document, complete=complete)
            then(job)
            return job

        printer._take = take_and_then  # type: ignore[method-assign]
        job = await outcome(printer, state, document=BIG, spooled=True)
        assert printer.times_asked(SEND) == 1
        assert job.reason in {"connection-cut", "device-aborted"}


async def test_cut_while_sending_and_gone_is_uncertain() -> None:
    async with scripted_printer(cut_after=1000) as printer:
        take = printer._take

        def take_and_die(message: device.Message, document: bytes, *, complete: bool) -> DeviceJob:
            asyncio.get_running_loop().create_task(printer.close())
            return take(message, document, complete=complete)

        printer._take = take_and_die  # type: ignore[method-assign]
        assert (
            await outcome(printer, State.UNCERTAIN, document=BIG, spooled=True)
        ).reason == "connection-cut"


async def test_the_answer_to_the_whole_document_is_cut() -> None:
    """The device has it all and prints: the job-id is known, and it counts as many pages as the job has."""
    async with scripted_printer(misdeeds={SEND: [device.cut]}) as printer:
        take = printer._take

        def take_and_print(message: device.Message, document: bytes, *, complete: bool) -> DeviceJob:
            job = take(message, document, complete=complete)
            device.complete(job)
            return job

        printer._take = take_and_print  # type: ignore[method-assign]
        await outcome(printer, State.PRINTED, document=BIG, spooled=True)
        assert printer.printed == [BIG]


async def test_a_part_that_the_device_calls_complete_is_uncertain() -> None:
    """All had left this process, nobody heard "ok", and fewer pages came out than the job has."""
    async with scripted_printer(misdeeds={SEND: [device.cut]}) as printer:
        take = printer._take

        def take_and_print(message: device.Message, document: bytes, *, complete: bool) -> DeviceJob:
            job = take(message, document, complete=complete)
            device.complete(job, pages=1)
            return job

        printer._take = take_and_print  # type: ignore[method-assign]
        assert (await outcome(printer, State.UNCERTAIN, pages=2)).reason == "connection-cut"


# -- while the device prints ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "deed", [device.cut, device.stay_silent, device.talk_nonsense, device.refuse(0x0507)]
)
async def test_a_passing_fault_while_following_is_passed_over(deed: device.Deed) -> None:
    async with scripted_printer(misdeeds={ASK: [deed, device.answer_truly]}) as printer:
        await outcome(printer, State.PRINTED)
        assert printer.printed == [PDF]


@pytest.mark.parametrize(
    ("deed", "reason"),
    [
        (device.cut, "connection-cut"),
        (device.talk_nonsense, "device-nonsense"),
        (device.refuse(0x0406), "device-forgot"),
        (device.answer_with(make.integer("job-id", 99), make.enum("job-state", 9)), "device-forgot"),
        (
            device.answer_with(
                make.integer("job-id", 1), make.name("job-name", "other"), make.enum("job-state", 9)
            ),
            "device-forgot",
        ),
        (device.answer_with(make.integer("job-id", 1), make.enum("job-state", 77)), "device-forgot"),
        (device.answer_with(make.integer("job-id", 1), make.text("job-state", "done")), "device-forgot"),
        (device.answer_with(), "device-forgot"),
    ],
)
async def test_a_lasting_fault_while_following_is_uncertain(deed: device.Deed, reason: str) -> None:
    async with scripted_printer(misdeeds={ASK: [deed]}, print_it=work_on()) as printer:
        assert (await outcome(printer, State.UNCERTAIN)).reason == reason
        assert printer.times_asked(SEND) == 1


@pytest.mark.parametrize(
    ("impressions", "sheets", "state"),
    [
        (0, 0, State.HELD),
        (None, None, State.UNCERTAIN),
        (0, None, State.UNCERTAIN),
        (None, 0, State.UNCERTAIN),
        (-5, 0, State.UNCERTAIN),
        (1, 0, State.UNCERTAIN),
    ],
)
@pytest.mark.parametrize("ended", [JobState.ABORTED, JobState.CANCELED])
async def test_the_device_ends_the_job(
    ended: JobState, impressions: int | None, sheets: int | None, state: State
) -> None:
    async with scripted_printer(print_it=work_on(ended, impressions, sheets)) as printer:
        job = await outcome(printer, state)
        assert job.reason == "device-aborted"


async def test_negative_counts_are_no_counts() -> None:
    async with scripted_printer(print_it=work_on(JobState.COMPLETED, -3, -1)) as printer:
        job = await outcome(printer, State.PRINTED)
        assert (job.impressions_completed, job.sheets_completed) == (0, None)


async def test_processing_for_ever_is_ended() -> None:
    async with scripted_printer(
        print_it=work_on(JobState.PROCESSING, 1, 1), misdeeds={CANCEL: [device.refuse(0x0404)]}
    ) as printer:
        job = await outcome(printer, State.UNCERTAIN)
        assert CANCEL in printer.asked
        assert job.reason == "device-stalled"


async def test_a_jam_that_is_cleared_prints_on() -> None:
    async with (
        scripted_printer(print_it=work_on(JobState.PROCESSING_STOPPED, 1, 1, "media-jam-error")) as printer,
        delivering(replace(QUICK, stopped=30)),
    ):
        standing = await stand_and_release(printer.uri)
        job_id = standing.job_ids[0]
        await wait_for_reason(job_id, "media-jam")
        complete(printer.jobs[0], pages=2)
        job = await wait_for_state(job_id, State.PRINTED)
        assert (job.reason, job.impressions_completed) == ("", 2)


@pytest.mark.parametrize("state", [JobState.PENDING, JobState.PROCESSING_STOPPED])
async def test_a_jam_is_told_that_only_the_machine_tells(state: JobState) -> None:
    jam = make.keyword("printer-state-reasons", "media-low-report", "media-jam-error")
    async with (
        scripted_printer(print_it=work_on(state, 0, 0, "printer-stopped"), extra=(jam,)) as printer,
        delivering(replace(QUICK, stopped=30)),
    ):
        standing = await stand_and_release(printer.uri)
        await wait_for_reason(standing.job_ids[0], "media-jam")
        complete(printer.jobs[0])
        await wait_for_state(standing.job_ids[0], State.PRINTED)


@pytest.mark.parametrize(("pages", "state"), [(0, State.HELD), (1, State.UNCERTAIN)])
async def test_a_jam_that_nobody_clears_frees_the_job(pages: int, state: State) -> None:
    jam = work_on(JobState.PROCESSING_STOPPED, pages, pages, "media-jam")
    async with scripted_printer(print_it=jam) as printer:
        job = await outcome(printer, state)
        assert job.reason == "media-jam"
        assert printer.jobs[0].state == JobState.CANCELED


@pytest.mark.parametrize(("pages", "state"), [(0, State.HELD), (1, State.UNCERTAIN)])
async def test_the_owner_goes_on_at_another_device(pages: int, state: State) -> None:
    jam = work_on(JobState.PROCESSING_STOPPED, pages, pages, "media-empty")
    async with scripted_printer(print_it=jam) as jammed, scripted_printer() as other:  # noqa: SIM117 - the device outlives the delivery
        async with delivering(replace(QUICK, stopped=30)):
            standing = await stand_and_release(jammed.uri)
            (job_id,) = standing.job_ids
            await wait_for_reason(job_id, "media-empty")

            await sync_to_async(lambda: stop_jobs(standing.visit, [job_id]))()
            job = await wait_for_state(job_id, State.HELD, State.UNCERTAIN)
            assert job.state == state

            def go_on() -> None:
                if state is State.UNCERTAIN:
                    assert settle_uncertain(standing.visit, job_id, came_out=False).done
                elsewhere = Device.objects.create(
                    municipality=standing.town, slug="og", name="OG", uri=other.uri
                )
                standing.visit = standing.tap(elsewhere)
                standing.release()

            await sync_to_async(go_on)()
            await wait_for_state(job_id, State.PRINTED)
            assert other.printed == [PDF]


async def test_cancelling_a_printing_job_ends_it_at_the_device() -> None:
    async with scripted_printer(print_it=work_on(JobState.PROCESSING, 1, 1)) as printer:  # noqa: SIM117 - the device outlives the delivery
        async with delivering(replace(QUICK, no_progress=30)):
            standing = await stand_and_release(printer.uri)
            (job_id,) = standing.job_ids
            await wait_for_state(job_id, State.DELIVERING)
            await sync_to_async(lambda: cancel_jobs(standing.visit, [job_id]))()
            await wait_for_state(job_id, State.CANCELLED)
            assert printer.jobs[0].state == JobState.CANCELED


async def test_who_wished_it_held_may_still_throw_it_away() -> None:
    """The device takes its time to stop, and the owner changes their mind."""
    async with scripted_printer(  # noqa: SIM117 - the device outlives the delivery
        print_it=work_on(JobState.PROCESSING, 1, 1), misdeeds={CANCEL: [device.refuse(0x0000)]}
    ) as printer:
        async with delivering(replace(QUICK, no_progress=30, ending=30)):
            standing = await stand_and_release(printer.uri)
            (job_id,) = standing.job_ids
            await wait_for_state(job_id, State.DELIVERING)
            await sync_to_async(lambda: stop_jobs(standing.visit, [job_id]))()
            await wait_until(lambda: CANCEL in printer.asked)
            await sync_to_async(lambda: cancel_jobs(standing.visit, [job_id]))()
            asked = printer.times_asked(ASK)
            await wait_until(lambda: printer.times_asked(ASK) >= asked + 3)
            work_on(JobState.CANCELED, 1, 1)(printer.jobs[0])
            await wait_for_state(job_id, State.CANCELLED)


async def test_a_device_that_only_knows_print_job() -> None:
    only = (Operation.PRINT_JOB, ASK, CANCEL, DESCRIBE)
    async with scripted_printer(operations=only) as printer:
        job = await outcome(printer, State.PRINTED)
        assert job.device_job_id == 1
        assert printer.printed == [PDF]
        assert CREATE not in printer.asked


async def test_print_job_that_is_cut_is_uncertain() -> None:
    only = (Operation.PRINT_JOB, ASK, CANCEL, DESCRIBE)
    async with scripted_printer(operations=only, cut_after=10) as printer:
        assert (
            await outcome(printer, State.UNCERTAIN, document=BIG, spooled=True)
        ).reason == "connection-cut"


async def wait_for_reason(job_id: int, reason: str) -> None:
    async with asyncio.timeout(10):
        while not await Job.objects.filter(pk=job_id, state=State.DELIVERING, reason=reason).aexists():  # noqa: ASYNC110 - a row has no event
            await asyncio.sleep(0.02)
