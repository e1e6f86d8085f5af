# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Delivery: released jobs on their way to devices, in one process.

    release (any thread) ──submit──▶ queue of the device ──▶ session ──▶ verdict ──▶ job_changes
    tap     (any thread) ──warm────▶ connection and description at hand

What always holds
- One delivery at a time per device, in the order of release: a queue per device here, a leased turn per device (`delivery/turns`)
  between processes.
- The document's file key lives in the order, in memory, from the release to the end of the delivery. Nothing is written in clear.
- BEGIN is durable before the first byte of the document leaves; the device's job-id is durable with it.
- Who may settle a job: the holder of its release, by conditional updates. A process that was taken for dead changes nothing any more.
- What happens to a job when something goes wrong stands in `delivery/rules`: certain that nothing was printed → held again, with
  a reason; not certain → uncertain, and its owner decides. Nothing prints twice by itself.
- A person's job never waits for a device without an end: each wait has its bound in `DeliveryTimes`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from allmende.devices.device_client import (
    AddressPolicy,
    CertificateChangedError,
    DeviceConnections,
    DeviceCutError,
    DeviceError,
    DeviceLimits,
    DeviceSilentError,
    DeviceUnreachableError,
)
from allmende.devices.device_states import CERTIFICATE_CHANGED, UNREACHABLE, DeviceState, record_state
from allmende.devices.devices import Device
from allmende.documents.conversion import Converter
from allmende.printing.delivery.devices import DevicePrinter, DeviceStatusError, pin_certificate
from allmende.printing.delivery.holders import HEARTBEAT, LivingHolder
from allmende.printing.delivery.host import DeliveryHost, RunSync
from allmende.printing.delivery.port import DeliveryOrder, Progress, set_running_delivery
from allmende.printing.delivery.raw import deliver_raw
from allmende.printing.delivery.records import (
    LoadedDelivery,
    TurnTakenError,
    Verdict,
    load_delivery,
    settle_delivery,
)
from allmende.printing.delivery.recovery import give_back, recover_dead, release_direct, waiting_direct_jobs
from allmende.printing.delivery.rules import REASONS, Happening, Step, happening_of
from allmende.printing.delivery.session import DeliverySession
from allmende.printing.delivery.turns import TURN_LEASE, leave_turn, take_turn
from allmende.printing.delivery.watch import DeliveryTimes
from allmende.printing.job_states import Change
from allmende.printing.jobs import Job
from allmende.seal import FileKey
from allmende.spool import Spool

log = logging.getLogger(__name__)

_TURN_POLL: Final = 0.25
_DIRECT_SCAN: Final = 15.0
#: Seconds that deliveries under way have to end when the service stops.
STOP_GRACE: Final = 10.0
#: Seconds between two times that a device is asked to show itself.
IDENTIFY_PAUSE: Final = 10.0
_SETTLE_TRIES: Final = 30
_MAX_INSPECTIONS: Final = 64

#: What a job that came back for this reason says of its device.
_AWAY: Final = {
    REASONS[Happening.UNREACHABLE]: UNREACHABLE,
    REASONS[Happening.CERTIFICATE]: CERTIFICATE_CHANGED,
}

InspectJob = Callable[[Job, FileKey], Awaitable[None]]


@dataclass(slots=True)
class _Running:
    device_id: int
    session: DeliverySession | None = None
    withdrawn: bool = False
    #: Impressions of the whole job, for whoever waits for it.
    wanted: int | None = None


class Delivery:
    """Belongs to one event loop; the methods of `DeliveryPort` may be called from any thread and answer at once.

    `run` runs Django code in threads; `inspect` finds the facts of a stored document; `give_way` is called when somebody
    stands at a device, for what may wait.
    """

    def __init__(
        self,
        run: RunSync,
        spool: Spool,
        *,
        inspect: InspectJob | None = None,
        give_way: Callable[[], None] = lambda: None,
        converter: Converter | None = None,
        times: DeliveryTimes = DeliveryTimes(),  # noqa: B008
        policy: AddressPolicy = AddressPolicy(),  # noqa: B008
    ) -> None:
        self.times: Final = times
        self._run = run
        self._spool = spool
        self._inspect = inspect
        self._give_way = give_way
        self._converter = converter or Converter()
        self._connections = DeviceConnections(policy=policy)
        self._limits = DeviceLimits(
            connect=times.connect, silent=times.answer, reply=2 * times.answer, total=4 * times.answer
        )
        self._living = LivingHolder()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._queues: dict[int, deque[DeliveryOrder]] = {}
        self._workers: dict[int, asyncio.Task[None]] = {}
        self._running: dict[int, _Running] = {}
        self._printers: dict[int, DevicePrinter] = {}
        self._warming: set[int] = set()
        self._inspecting: set[int] = set()
        self._identify_from: dict[int, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._direct_turn = asyncio.Lock()
        self._closing = False

    @property
    def process_name(self) -> str:
        return self._living.name

    async def start(self) -> None:
        """Recover what dead processes left, then be there for releases."""
        self._loop = asyncio.get_running_loop()
        await self._run(self._living.start)
        await self._recover()
        set_running_delivery(self)
        self._start(self._keep_house())

    async def stop(self) -> None:
        """What has not begun is held again; what has begun gets some seconds, and is recovered at the next start."""
        set_running_delivery(None)
        self._closing = True
        for job_id in list(self._running):
            self._withdraw(job_id)
        for queue in self._queues.values():
            while queue:
                await self._give_back(queue.popleft())
        workers = [*self._workers.values()]
        if workers:
            await asyncio.wait(workers, timeout=STOP_GRACE)
        left = [task for task in (*workers, *self._tasks) if not task.done()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        self._connections.close()
        await self._converter.aclose()
        await self._run(self._living.stop if not self._running else self._living.abandon)

    # -- the port: any thread -------------------------------------------------------------------------------------

    def new_holder(self) -> str:
        return self._living.new_holder()

    def submit(self, orders: Sequence[DeliveryOrder]) -> None:
        self._call(self._enqueue, list(orders))

    def warm(self, device_id: int) -> None:
        self._give_way()
        self._call(self._begin_warming, device_id)

    def withdraw(self, job_id: int) -> None:
        self._call(self._withdraw, job_id)

    def stop_job(self, job_id: int) -> None:
        self._call(self._look_for_stop, job_id)

    def progress(self, job_id: int) -> Progress | None:
        running = self._running.get(job_id)
        if running is None:
            return None
        progress = running.session.progress if running.session is not None else Progress(Step.TURN)
        return replace(progress, wanted=running.wanted)

    def inspect_later(self, job_id: int, file_key: FileKey) -> None:
        self._call(self._begin_inspecting, job_id, file_key)

    async def deliver_direct(self, job_id: int) -> bool:
        """Release a direct queue's job to its device at once; False where there is nothing to release. On the loop.

        Who comes first is printed first: the database's threads would not keep that by themselves.
        """
        async with self._direct_turn:
            order = await self._run(release_direct, job_id, self.new_holder())
            if order is None:
                return False
            self._enqueue([order])
            return True

    def identify(self, device_id: int) -> None:
        """Have the device show itself to whoever looks for it, in the background; one that can't does not. On the loop.

        Anybody who reaches a direct queue may ask, so each process troubles a device once in `IDENTIFY_PAUSE` at most.
        """
        now = time.monotonic()
        if not self._closing and now >= self._identify_from.get(device_id, now):
            self._identify_from[device_id] = now + IDENTIFY_PAUSE
            self._start(self._identify(device_id))

    def _call(self, function: Callable[..., None], *arguments: Any) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(function, *arguments)

    # -- queues ---------------------------------------------------------------------------------------------------

    def _enqueue(self, orders: list[DeliveryOrder]) -> None:
        for order in orders:
            if self._closing:
                self._start(self._give_back(order))
                continue
            self._queues.setdefault(order.device_id, deque()).append(order)
            if order.device_id not in self._workers:
                self._workers[order.device_id] = asyncio.create_task(self._work(order.device_id))

    async def _work(self, device_id: int) -> None:
        queue = self._queues[device_id]
        renewing = asyncio.create_task(self._renew_turn(device_id))
        try:
            is_away = False
            while queue:
                while queue:
                    is_away = await self._deliver(queue.popleft(), patient=not is_away)
                with contextlib.suppress(Exception):
                    await self._run(leave_turn, device_id, self.process_name)
        finally:
            renewing.cancel()
            del self._workers[device_id], self._queues[device_id]

    async def _deliver(self, order: DeliveryOrder, *, patient: bool) -> bool:
        """Whether the device is away. Who waited for it in vain waited for those behind too: for these it is tried once (not `patient`)."""
        running = self._running[order.job_id] = _Running(order.device_id)
        try:
            loaded = await self._load(running, order)
            if loaded is None:
                return False
            host = self._host(loaded, order, patient=patient)
            if loaded.device.uri.startswith("socket:"):
                verdict = await deliver_raw(host, loaded.device.uri, self._connections.policy)
                await self._settle(loaded.job, verdict, host)
                return False
            return await self._have_dialogue(running, loaded, order, host)
        except Exception:
            log.exception("delivering job %d failed before its dialogue", order.job_id)
            await self._give_back(order)
            return False
        finally:
            if self._running.get(order.job_id) is running:
                del self._running[order.job_id]

    async def _load(self, running: _Running, order: DeliveryOrder) -> LoadedDelivery | None:
        while not running.withdrawn:
            with contextlib.suppress(TurnTakenError):
                loaded: LoadedDelivery | None = await self._run(load_delivery, order, self.process_name)
                return loaded
            await asyncio.sleep(_TURN_POLL)
        return None

    async def _have_dialogue(
        self, running: _Running, loaded: LoadedDelivery, order: DeliveryOrder, host: DeliveryHost
    ) -> bool:
        """Whether the device is away."""
        running.wanted = host.wanted_impressions
        try:
            printer = self._printer(loaded.device)
        except DeviceError as error:
            await self._settle(loaded.job, Verdict(Change.RETURN, REASONS[happening_of(error)]), host)
            return False
        session = running.session = DeliverySession(host, printer, _job_name(order.holder))
        if running.withdrawn:
            session.withdraw()
        try:
            verdict = await session.deliver()
        except Exception:
            log.exception("delivering job %d failed in step %s", order.job_id, session.step)
            begun = session.step in {Step.SEND, Step.FOLLOW}
            verdict = Verdict(Change.LOSE_SIGHT if begun else Change.RETURN, "internal-error")
        await self._settle(loaded.job, verdict, host)
        await self._pin_certificate(printer)
        away = _AWAY.get(verdict.reason) if verdict.change is Change.RETURN else None
        await self._note_state(printer, away)
        if away is None and printer.state is not None and printer.state.is_troubled:
            self._begin_warming(loaded.device.pk, anyway=True)
        return away is UNREACHABLE

    async def _settle(self, job: Job, verdict: Verdict, host: DeliveryHost) -> None:
        """Durable, or tried for half a minute; after that the next start recovers it."""
        for attempt in range(_SETTLE_TRIES):
            try:
                settled = await self._run(settle_delivery, job, verdict, host.stopped_by)
            except Exception:
                log.exception("the end of job %d is not written yet", job.pk)
                await asyncio.sleep(min(1.0, 0.05 * 2**attempt))
                continue
            if settled:
                log.info("job %d: %s %s", job.pk, verdict.change, verdict.reason)
            return

    async def _give_back(self, order: DeliveryOrder) -> None:
        with contextlib.suppress(Exception):
            await self._run(give_back, order)

    async def _renew_turn(self, device_id: int) -> None:
        while True:
            await asyncio.sleep(TURN_LEASE.total_seconds() / 4)
            if any(one.device_id == device_id and one.session for one in self._running.values()):
                with contextlib.suppress(Exception):
                    await self._run(take_turn, device_id, self.process_name)

    def _withdraw(self, job_id: int) -> None:
        for queue in self._queues.values():
            for order in [order for order in queue if order.job_id == job_id]:
                queue.remove(order)
        running = self._running.get(job_id)
        if running is not None:
            running.withdrawn = True
            if running.session is not None:
                running.session.withdraw()

    def _look_for_stop(self, job_id: int) -> None:
        running = self._running.get(job_id)
        if running is not None and running.session is not None:
            running.session.look_for_stop()

    # -- devices --------------------------------------------------------------------------------------------------

    def _printer(self, device: Device) -> DevicePrinter:
        """Raises DeviceUnreachableError for a forbidden address."""
        printer = self._printers.get(device.pk)
        if printer is None or not printer.is_for(device):
            printer = self._printers[device.pk] = DevicePrinter(device, self._connections, self._limits)
        return printer

    def _begin_warming(self, device_id: int, *, anyway: bool = False) -> None:
        """A device at work has its connection already; it is only asked `anyway` for its state."""
        if (
            device_id not in self._warming
            and (anyway or device_id not in self._workers)
            and not self._closing
        ):
            self._warming.add(device_id)
            self._start(self._warm(device_id))

    async def _warm(self, device_id: int) -> None:
        try:
            device = await self._run(_find_device, device_id)
            if device is None or device.uri.startswith("socket:"):
                return
            printer = self._printer(device)
            try:
                await printer.warm()
            except (DeviceUnreachableError, DeviceCutError, DeviceSilentError):
                # Nothing but its state was asked for: to whoever stands there, a device that does not answer that is away.
                await self._note_state(printer, UNREACHABLE)
                raise
            except CertificateChangedError:
                await self._note_state(printer, CERTIFICATE_CHANGED)
                raise
            await self._pin_certificate(printer)
            await self._note_state(printer)
        except (DeviceError, DeviceStatusError) as error:
            log.info("device %d is not ready: %s", device_id, error)
        finally:
            self._warming.discard(device_id)

    async def _identify(self, device_id: int) -> None:
        device = await self._run(_find_device, device_id)
        if device is None or device.uri.startswith("socket:"):
            return
        try:
            printer = self._printer(device)
            await printer.identify()
            await self._pin_certificate(printer)
        except DeviceError as error:
            log.info("device %d does not show itself: %s", device_id, error)

    async def _pin_certificate(self, printer: DevicePrinter) -> None:
        seen = printer.client.certificate_sha256
        if seen and not printer.pinned_sha256:
            await self._run(pin_certificate, printer.device_id, printer.uri, seen)

    async def _note_state(self, printer: DevicePrinter, state: DeviceState | None = None) -> None:
        """What panels and the town's IT see of the device; a delivery never fails of it."""
        news = printer.take_news(state)
        if news is not None:
            with contextlib.suppress(Exception):
                await self._run(record_state, printer.device_id, printer.uri, news)

    def _ask_troubled(self) -> None:
        """Devices that stopped in the middle of a job are asked what they need, and idle ones whether they are well again: nobody puts
        a chip on the reader of a panel that says it can't be reached.
        """
        stuck = {
            one.device_id for one in self._running.values() if one.session and one.session.progress.reason
        }
        for device_id, printer in list(self._printers.items()):
            if device_id in stuck or (device_id not in self._workers and printer.may_be_well_again):
                printer.forget_description()
                self._begin_warming(device_id, anyway=True)

    # -- house ----------------------------------------------------------------------------------------------------

    async def _keep_house(self) -> None:
        """Heartbeat, other processes' deaths, direct queues' waiting jobs."""
        next_scan = 0.0
        loop = asyncio.get_running_loop()
        while True:
            try:
                if loop.time() >= next_scan:
                    next_scan = loop.time() + _DIRECT_SCAN
                    for job_id in await self._run(waiting_direct_jobs):
                        await self.deliver_direct(job_id)
                await asyncio.sleep(HEARTBEAT.total_seconds())
                self._ask_troubled()
                await self._run(self._living.beat)
                await self._recover()
            except Exception:
                log.exception("keeping house failed; it goes on")
                await asyncio.sleep(HEARTBEAT.total_seconds())

    async def _recover(self) -> None:
        adopted: list[Job] = await self._run(recover_dead, self.process_name, self.process_name)
        for job in adopted:
            self._start(self._follow_adopted(job))

    async def _follow_adopted(self, job: Job) -> None:
        device = job.device
        if device is None:
            return
        loaded = LoadedDelivery(job, device, None)
        host = self._host(loaded, None)
        try:
            session = DeliverySession(host, self._printer(device), _job_name(job.holder))
            self._running[job.pk] = _Running(device.pk, session, wanted=host.wanted_impressions)
            verdict = await session.adopt(
                job.device_job_id, body_complete=job.impressions_completed is not None
            )
        except Exception:
            log.exception("following job %d after a restart failed", job.pk)
            verdict = Verdict(Change.LOSE_SIGHT, "service-restarted")
        await self._settle(job, verdict, host)
        self._running.pop(job.pk, None)

    def _begin_inspecting(self, job_id: int, file_key: FileKey) -> None:
        if job_id not in self._inspecting and len(self._inspecting) < _MAX_INSPECTIONS and self._inspect:
            self._inspecting.add(job_id)
            self._start(self._look_into(job_id, file_key))

    async def _look_into(self, job_id: int, file_key: FileKey) -> None:
        try:
            job = await self._run(_find_job, job_id)
            if job is not None and self._inspect is not None:
                await self._inspect(job, file_key)
        except Exception:
            log.exception("looking at job %d failed", job_id)
        finally:
            self._inspecting.discard(job_id)

    def _host(
        self, loaded: LoadedDelivery, order: DeliveryOrder | None, *, patient: bool = True
    ) -> DeliveryHost:
        return DeliveryHost(
            run=self._run,
            spool=self._spool,
            converter=self._converter,
            times=self.times if patient else replace(self.times, patience=0.0),
            loaded=loaded,
            order=order,
        )

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _job_name(holder: str) -> str:
    """What the device is told instead of a title: the number of the release."""
    return f"allmende-{holder.partition('.')[2]}"


def _find_device(device_id: int) -> Device | None:
    return Device.objects.filter(pk=device_id, is_active=True).exclude(uri="").first()


def _find_job(job_id: int) -> Job | None:
    return Job.objects.filter(pk=job_id).first()
