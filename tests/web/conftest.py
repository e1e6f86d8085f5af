# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A town with waiting jobs behind a live server, and a real Chromium before it."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from django.utils import timezone
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, sync_playwright

from allmende.devices.devices import Device
from allmende.directory.delegations import delegate_to
from allmende.directory.models import Municipality, Person
from allmende.printing.delivery.port import DeliveryOrder, Progress, set_running_delivery
from allmende.printing.job_states import State
from allmende.printing.jobs import Job
from allmende.printing.models import QueueAddress
from allmende.seal import FileKey, Recipient
from makers import make_chip, make_device, make_job, make_person, make_token, make_town

ANNA_CHIP = "04a1b2c3"
BERND_CHIP = "04b1b2c3"
CARLA_CHIP = "04c1b2c3"
CARLA_PIN = "4711"
PASSWORD = "ein langes Passwort"
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("chromium is not installed")
        pytest.skip("chromium is not installed")
    # Playwright's synchronous API keeps a loop running in this thread, which Django takes for an asynchronous context.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=list(_FLAGS))
        yield chromium
        chromium.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
    else:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


@dataclass
class RecordingDelivery:
    """Takes released jobs and keeps them; devices are the delivery's own tests' matter."""

    orders: list[DeliveryOrder] = field(default_factory=list)
    withdrawn: list[int] = field(default_factory=list)
    stopped: list[int] = field(default_factory=list)
    _holders: int = 0

    def new_holder(self) -> str:
        self._holders += 1
        return f"test-{self._holders}"

    def submit(self, orders: Sequence[DeliveryOrder]) -> None:
        self.orders.extend(orders)

    def warm(self, device_id: int) -> None:
        pass

    def withdraw(self, job_id: int) -> None:
        self.withdrawn.append(job_id)

    def stop_job(self, job_id: int) -> None:
        self.stopped.append(job_id)

    def progress(self, job_id: int) -> Progress | None:
        return None

    def inspect_later(self, job_id: int, file_key: FileKey) -> None:
        pass


@pytest.fixture
def delivery() -> Iterator[RecordingDelivery]:
    recording = RecordingDelivery()
    set_running_delivery(recording)
    yield recording
    set_running_delivery(None)


@dataclass
class Scene:
    """Anna has two held jobs, one that is uncertain, one that waits at another device, one in quarantine under her name, and may
    collect Bernd's one job."""

    town: Municipality
    anna: Person
    bernd: Person
    device: Device
    panel_token: str
    held: list[Job]
    uncertain: Job
    elsewhere: Job
    jammed: Job
    quarantined: Job
    delegated: Job
    address: QueueAddress

    @property
    def panel(self) -> str:
        return f"/panel/{self.device.slug}"


@pytest.fixture
def scene(transactional_db: None, delivery: RecordingDelivery) -> Scene:
    town = make_town(name="Stadt Zerbst/Anhalt")
    anna = make_person(town, "anna", display_name="Anna Ahorn", password=PASSWORD, it=True)
    bernd = make_person(town, "bernd", display_name="Bernd Birke", password=PASSWORD)
    carla = make_person(town, "carla", display_name="Carla Linde")
    make_chip(anna, ANNA_CHIP)
    make_chip(bernd, BERND_CHIP)
    make_chip(carla, CARLA_CHIP, pin=CARLA_PIN)
    device = make_device(town)
    other = make_device(town, "rathaus-og")
    Device.objects.filter(pk=device.pk).update(state="idle", state_reasons=["toner-low-report"])
    _, token = make_token(device)
    delegate_to(bernd, anna)
    both = [Recipient.from_text(bernd.recipient), Recipient.from_text(anna.recipient)]
    preview = page_image()
    duplex: dict[str, object] = {"sides": "two-sided-long-edge", "copies": 2}
    a4 = "iso_a4_210x297mm"
    first = make_job(town, anna, title="Haushaltsplan", pages=12, preview=preview, ticket=duplex, media=a4)
    second = make_job(town, anna, title="Einladung", pages=None, colour_pages=None)
    now = timezone.now()
    return Scene(
        town=town,
        anna=anna,
        bernd=bernd,
        device=device,
        panel_token=token,
        held=[first.job, second.job],
        uncertain=make_job(
            town,
            anna,
            title="Wahlhelfer",
            state=State.UNCERTAIN,
            device=other,
            pages=4,
            impressions_completed=2,
        ).job,
        elsewhere=make_job(
            town,
            anna,
            title="Satzung",
            state=State.RELEASED,
            device=other,
            holder="x",
            released_at=now,
            pages=9,
        ).job,
        jammed=make_job(
            town,
            anna,
            title="Stellungnahme",
            state=State.DELIVERING,
            device=device,
            holder="y",
            pages=30,
            impressions_completed=11,
            reason="media-jam",
        ).job,
        quarantined=make_job(town, None, state=State.QUARANTINED, claimed_name="anna", pages=3).job,
        delegated=make_job(town, bernd, title="Protokoll", recipients=both, pages=7, colour_pages=3).job,
        address=QueueAddress.objects.create(municipality=town, person=anna, label="Notebook"),
    )


def page_image() -> bytes:
    """A drawn first page, as PNG."""
    image = Image.new("RGB", (283, 400), "white")
    draw = ImageDraw.Draw(image)
    for line in range(12):
        draw.rectangle((30, 60 + 24 * line, 250 - 13 * (line % 4), 66 + 24 * line), fill="#555555")
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
