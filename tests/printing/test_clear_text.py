# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Nothing of a document, its title or its preview, and no secret, lies anywhere in clear: looked for after every kind of job.

And the other way round: the `age` program opens what lies there with a key that a chip unwraps, and without a chip nothing does.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import http.cookiejar
import re
import secrets
import socket
import struct
import time
import urllib.parse
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from allmende.documents import make_demo_pdf
from allmende.ipp import Operation, make
from allmende.seal import Identity
from allmende.server.demo.demo_town import PEOPLE, DemoFacts
from printing.clear_text_search import ClearTextSearch, forms_of
from printing.soak.logged_devices import LoggedDevice, logged_devices
from seal.age_program import decrypt
from server.print_client import DeviceApi, PrintClient
from server.service_process import ServiceProcess, service_process

pytestmark = pytest.mark.long

TEXT: Final = "Waldmeisterbowle-7391"
TITLE: Final = "Geheimer-Haushaltsplan-4482"
SMALL: Final = make_demo_pdf(TEXT, 1)
LARGE: Final = make_demo_pdf(TEXT, 150)
QUEUE: Final = "/ipp/print/zerbst"
CHIPS: Final = {person.login: person.chip for person in PEOPLE if person.chip}
DEVICE: Final = "rathaus-eg"

_DIRECT_QUEUE: Final = """
import uuid
from allmende.devices.models import Device
from allmende.printing.models import Queue
device = Device.objects.get(slug="rathaus-og")
Queue.objects.create(municipality=device.municipality, kind="direct", device=device, name="Schalter", uuid=uuid.uuid4())
"""
_STATE: Final = """
from allmende.printing.jobs import Job
answer = Job.objects.get(pk=int(sys.argv[1])).state
"""


@dataclass
class House:
    service: ServiceProcess
    facts: DemoFacts
    search: ClearTextSearch
    devices: dict[str, LoggedDevice]

    def client(self, queue: str = QUEUE, user: str = "k.lindner") -> PrintClient:
        return PrintClient(self.service.port, queue, user=user)

    def reader(self, device: str = DEVICE) -> DeviceApi:
        return DeviceApi(self.service.port, device, self.facts.device_tokens[device])

    def state(self, job: int) -> str:
        return str(self.service.django(_STATE, str(job)))

    def wait_for(self, job: int, state: str, visit: str) -> None:
        """By the visit's own list, as a panel does."""
        deadline = time.monotonic() + 60
        while {j["id"]: j["state"] for j in self.reader().jobs(visit)}.get(job) != state:
            assert time.monotonic() < deadline, f"job {job} is not {state}: {self.reader().jobs(visit)}"
            time.sleep(0.05)

    def nothing_in_clear(self) -> None:
        assert self.search.find() == []


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("clear-text")
    with service_process(folder, ALLMENDE_LOG_LEVEL="DEBUG") as service:
        facts = service.set_up_demo()
        # The demo's own note of addresses and tokens; a town that is no demo has no such file.
        (service.home / "demo.json").unlink()
        search = ClearTextSearch(service, {"text": TEXT.encode(), "title": TITLE.encode()})
        search.secrets |= {f"chip of {login}": chip.encode() for login, chip in CHIPS.items()}
        search.secrets |= {f"chip bytes of {login}": bytes.fromhex(chip) for login, chip in CHIPS.items()}
        search.secrets |= {f"token of {name}": token.encode() for name, token in facts.device_tokens.items()}
        search.secrets |= {
            f"address of {login}": path.rpartition("-")[2].encode()
            for login, path in facts.queue_paths.items()
        }
        search.secrets["password"] = facts.password.encode()
        service.django(_DIRECT_QUEUE)
        with logged_devices(folder / "devices", facts.device_ports) as devices:
            service.start()
            yield House(service, facts, search, {device.name: device for device in devices})


def test_the_search_finds_what_lies_in_clear(house: House) -> None:
    """The test of the test."""
    for _, form in forms_of(TEXT.encode()):
        traitor = house.service.home / "traitor"
        traitor.write_bytes(secrets.token_bytes(5000) + form + b"...")
        assert house.search.find()
        traitor.unlink()
    embedded = base64.b64encode(b"x" + TEXT.encode() + b"yz")
    assert any(form in embedded for _, form in forms_of(TEXT.encode()))


SENDERS: Final[dict[str, Callable[[House], int]]] = {
    "print-job, small": lambda house: house.client().print_job(SMALL, TITLE),
    "print-job, large": lambda house: house.client().print_job(LARGE, TITLE),
    "create-job and send-document, small": lambda house: house.client().create_and_send(SMALL, TITLE),
    "create-job and send-document, large": lambda house: house.client().create_and_send(LARGE, TITLE),
    "personal address": lambda house: house.client(house.facts.queue_paths["s.aydin"], "irgendwer").print_job(
        SMALL, TITLE
    ),
    "quarantine, small": lambda house: house.client(user="niemand").print_job(SMALL, TITLE),
    "quarantine, large": lambda house: house.client(user="niemand").print_job(LARGE, TITLE),
    "person without a chip": lambda house: house.client(user="p.neumann").print_job(LARGE, TITLE),
}


@pytest.mark.parametrize("kind", SENDERS)
def test_what_waits_is_not_in_clear(house: House, kind: str) -> None:
    job = SENDERS[kind](house)
    assert house.state(job) == ("quarantined" if kind.startswith("quarantine") else "held")
    house.nothing_in_clear()


def test_the_preview_is_not_in_clear(house: House) -> None:
    job = house.client(user="j.wermuth").print_job(make_demo_pdf(TEXT + " Vorschau", 2), TITLE)
    reader = house.reader()
    visit = reader.tap(CHIPS["j.wermuth"])["visit_token"]
    deadline = time.monotonic() + 60
    while not next(one for one in reader.jobs(visit) if one["id"] == job)["has_preview"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    png = reader.call("GET", f"/visits/current/jobs/{job}/preview", visit=visit)
    house.search.secrets["preview"] = image_data(png)[40:72]
    house.search.secrets["visit"] = visit.encode()
    house.nothing_in_clear()


def image_data(png: bytes) -> bytes:
    """The compressed pixels of a PNG (its IDAT chunk), which are the same wherever it is stored."""
    at = 8
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        if png[at + 4 : at + 8] == b"IDAT":
            data = png[at + 8 : at + 8 + length]
            assert zlib.decompressobj().decompress(data)
            return data
        at += length + 12
    raise AssertionError("no picture")


def test_a_web_upload_is_not_in_clear(house: House) -> None:
    browser = urllib.request.build_opener(
        urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()), urllib.request.ProxyHandler({})
    )
    base = f"http://127.0.0.1:{house.service.port}"
    sign_in = {"username": "k.lindner@zerbst", "password": house.facts.password}
    form = urllib.parse.urlencode(sign_in | {"csrfmiddlewaretoken": csrf_token(browser, f"{base}/anmelden/")})
    browser.open(f"{base}/anmelden/", form.encode(), timeout=60).close()
    for document in (SMALL, LARGE * 20):  # the second is more than Django keeps in memory
        fields = {"copies": "1", "sides": "one-sided", "colour": "auto"}
        fields["csrfmiddlewaretoken"] = csrf_token(browser, f"{base}/drucken/")
        body, kind = multipart(fields, f"{TITLE}.pdf", document)
        request = urllib.request.Request(f"{base}/drucken/", body, {"Content-Type": kind, "Referer": base})  # noqa: S310 - our own service
        with browser.open(request, timeout=60) as answer:
            assert answer.url == f"{base}/", answer.read()[:3000]
        house.nothing_in_clear()


def csrf_token(browser: urllib.request.OpenerDirector, url: str) -> str:
    with browser.open(url, timeout=60) as page:
        found = re.search(rb'name="csrfmiddlewaretoken" value="([^"]+)"', page.read())
    assert found is not None
    return found[1].decode()


def multipart(fields: dict[str, str], name: str, document: bytes) -> tuple[bytes, str]:
    edge = secrets.token_hex(16)
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode()
        for field, value in fields.items()
    ]
    parts += [
        f'--{edge}\r\nContent-Disposition: form-data; name="document"; filename="{name}"\r\n'.encode(),
        b"Content-Type: application/pdf\r\n\r\n" + document + f"\r\n--{edge}--\r\n".encode(),
    ]
    return b"".join(parts), f"multipart/form-data; boundary={edge}"


def test_a_direct_job_is_not_in_clear(house: House) -> None:
    job = house.client("/ipp/direct/zerbst/rathaus-og").print_job(LARGE, TITLE)
    deadline = time.monotonic() + 60
    while house.state(job) != "printed":
        assert time.monotonic() < deadline, house.state(job)
    house.nothing_in_clear()


def test_printed_and_cancelled_jobs_leave_nothing(house: House) -> None:
    client, reader = house.client(), house.reader()
    printed, cancelled = client.print_job(LARGE, TITLE), client.print_job(LARGE, TITLE)
    client.cancel(cancelled)
    visit = reader.tap(CHIPS["k.lindner"])["visit_token"]
    assert all(outcome["done"] for outcome in reader.release(visit, [printed]))
    house.wait_for(printed, "printed", visit)
    assert house.state(cancelled) == "cancelled"
    house.nothing_in_clear()


def begin_upload(house: House) -> socket.socket:
    """Half of a large document, as its client sends it; the other half does not come."""
    head = house.client().message(
        Operation.PRINT_JOB, make.name("job-name", TITLE), make.mime("document-format", "application/pdf")
    )
    body = head + LARGE * 20
    connection = socket.create_connection(("127.0.0.1", house.service.port), timeout=60)
    request = f"POST {QUEUE} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/ipp\r\n"
    connection.sendall(f"{request}Content-Length: {len(body)}\r\n\r\n".encode() + body[: len(body) // 2])
    wait_for_spool_to_grow(house)
    return connection


def wait_for_spool_to_grow(house: House) -> None:
    deadline = time.monotonic() + 60
    newest = time.time() - 10
    while True:
        with contextlib.suppress(FileNotFoundError):
            if any(
                path.stat().st_size > 500_000 and path.stat().st_mtime > newest
                for path in (house.service.home / "spool").rglob("*")
                if path.is_file()
            ):
                return
        assert time.monotonic() < deadline, "nothing of the upload reaches the spool"
        time.sleep(0.02)


def test_an_upload_that_breaks_off_leaves_nothing(house: House) -> None:
    begin_upload(house).close()
    house.nothing_in_clear()


def test_a_crash_in_mid_upload_leaves_nothing_in_clear(house: House) -> None:
    connection = begin_upload(house)
    house.service.kill()
    house.nothing_in_clear()
    connection.close()
    house.service.start()
    house.nothing_in_clear()


def test_a_crash_in_mid_delivery_leaves_nothing_in_clear(house: House) -> None:
    job = house.client(user="s.aydin").print_job(LARGE, TITLE)
    house.devices[DEVICE].set_fault("slow", seconds_per_page=30)
    reader = house.reader()
    visit = reader.tap(CHIPS["s.aydin"])["visit_token"]
    reader.release(visit, [job])
    house.wait_for(job, "delivering", visit)
    house.service.kill()
    house.nothing_in_clear()
    house.service.start()
    house.nothing_in_clear()
    house.devices[DEVICE].set_fault("none")


_SEALED: Final = """
import base64
from allmende.printing.jobs import Job, JobDocument
from allmende.directory.chip_openings import open_with_chip
from allmende.directory.models import Municipality
from allmende.printing.job_spool import job_spool
small, large = map(int, sys.argv[2:])
opened = open_with_chip(Municipality.objects.get(slug="zerbst"), bytes.fromhex(sys.argv[1]))
sealed = b"".join(job_spool().read(Job.objects.get(pk=large).spool_key))
answer = {
    "identity": opened.identity.to_text(),
    "small": base64.b64encode(bytes(JobDocument.objects.get(job_id=small).sealed)).decode(),
    "large": base64.b64encode(sealed).decode(),
}
"""


def test_the_age_program_opens_what_a_chip_opens(house: House, tmp_path: Path) -> None:
    client = house.client()
    small, large = client.print_job(SMALL, TITLE), client.print_job(LARGE, TITLE)
    found: dict[str, str] = house.service.django(_SEALED, CHIPS["k.lindner"], str(small), str(large))
    identity = Identity.from_text(found["identity"])
    assert decrypt(identity, base64.b64decode(found["small"]), tmp_path) == SMALL
    assert decrypt(identity, base64.b64decode(found["large"]), tmp_path) == LARGE
    house.search.secrets["a person's key"] = found["identity"].encode()
    house.nothing_in_clear()


#: All that a thief of disk, database and pepper has, tried on everything: each 32-byte value and each key made of one.
_THIEF: Final = """
from itertools import product
from django.apps import apps
from django.conf import settings
from allmende.directory.keys import enrolment_identity, wrap_context
from allmende.directory.models import Chip, Municipality
from allmende.printing.jobs import Job
from allmende.printing.models import Visit
from allmende.seal import (SealError, key_from_token, read_header, unseal_file_key,
                           unwrap_identity)
from pathlib import Path
town = Municipality.objects.get(slug="zerbst")
values = {settings.ALLMENDE_PEPPER, settings.SECRET_KEY.encode(), bytes.fromhex(settings.SECRET_KEY), bytes(town.salt)}
for model in apps.get_models():
    for row in model.objects.all().values_list():
        for value in row:
            if isinstance(value, str) and value:
                values.add(value.encode())
            if isinstance(value, (bytes, memoryview)):
                values.add(bytes(value))
values |= {path.read_bytes() for path in Path(settings.HOME).rglob("*") if path.is_file() and path.stat().st_size < 5000}
purposes = ["visit", "panel", "chip", f"enrolment/{town.pk}", "wrap", "lookup"]
keys = {value for value in values if len(value) == 32} | {key_from_token(v, p) for v, p in product(values, purposes) if len(v) >= 16}
wrapped = [(bytes(chip.wrapped_identity), "chip", chip.person_id) for chip in Chip.objects.all()]
wrapped += [(bytes(visit.wrapped_identity), "visit", visit.person_id) for visit in Visit.objects.all()]
opened = []
for (sealed, opener, person), key in product(wrapped, keys):
    try:
        unwrap_identity(sealed, key, wrap_context(opener, town.pk, person))
        opened.append(f"{opener} of {person}")
    except SealError:
        pass
thief = enrolment_identity(town)
documents = {"person": 0, "enrolment": 0}
tried = {"person": 0, "enrolment": 0}
for job in Job.objects.exclude(header=b""):
    tried[job.sealed_to] += 1
    try:
        unseal_file_key(read_header(bytes(job.header)), thief)
        documents[job.sealed_to] += 1
    except SealError:
        pass
answer = {"wrapped": len(wrapped), "keys": len(keys), "opened": opened, "tried": tried, "documents": documents}
"""


def test_without_a_chip_nothing_opens_that_is_sealed_to_one(house: House) -> None:
    """What is sealed to the town's enrolment key does open with the pepper, which shows that the thief knows how."""
    house.client().print_job(SMALL, TITLE)
    house.client(user="p.neumann").print_job(SMALL, TITLE)
    house.reader().tap(CHIPS["k.lindner"])
    found: dict[str, Any] = house.service.django(_THIEF)
    assert found["opened"] == []
    assert found["wrapped"] > len(CHIPS)
    assert found["keys"] > 500
    assert found["documents"]["person"] == 0
    assert found["documents"]["enrolment"] == found["tried"]["enrolment"] > 0
    assert found["tried"]["person"] > 0
