# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The log after everything that people do with keys, tokens, chips and passwords, and after all that they do wrong with them."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from allmende.documents import make_demo_pdf
from allmende.ipp import Operation, make
from allmende.server.demo.demo_town import PEOPLE
from allmende.server.request_log import mask_path
from printing.clear_text_search import forms_of
from server.print_client import DeviceApi, PrintClient, RefusedError
from server.service_process import ServiceProcess, service_process

DEVICE = "rathaus-eg"
CHIP = next(person.chip for person in PEOPLE if person.login == "k.lindner")
UNKNOWN_CHIP = "04C0FFEE123456"
PASSWORD = "Rhabarberkuchen mit Sahne"
_BREAK = """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("ALTER TABLE " + sys.argv[1] + " RENAME TO " + sys.argv[1] + "_away")
"""


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/verwaltung/geraete/17/", "/verwaltung/geraete/17/"),
        ("/panel/rathaus-eg/neues", "/panel/rathaus-eg/neues"),
        ("/IPP/print/zerbst/k1-mfzwizltonsxg5dsnfxgoabc", "/…/print/zerbst/…"),
        ("/passwort/neu/MTI/c0ffee-0123456789abcdef/", "/passwort/neu/…/…/"),
        ("/taps/04A39F1C2B6E80", "/taps/…"),
        ("/api/v1/taps/1234567", "/api/v1/taps/…"),
        ("/a\nb", "/…"),
    ],
)
def test_what_is_shown_of_a_path(path: str, shown: str) -> None:
    assert mask_path(path) == shown


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ServiceProcess]:
    with service_process(tmp_path, ALLMENDE_LOG_LEVEL="DEBUG") as service:
        service.set_up_demo()
        service.start()
        yield service


def send(service: ServiceProcess, method: str, path: str, body: bytes | None = None, **headers: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
    try:
        connection.request(
            method, path, body, {name.replace("_", "-"): value for name, value in headers.items()}
        )
        return connection.getresponse().status
    finally:
        connection.close()


def test_the_log_holds_no_secret(service: ServiceProcess) -> None:
    facts = service.demo_facts()
    queue, token = facts.queue_paths["k.lindner"], facts.device_tokens[DEVICE]
    key, panel_token = queue.rpartition("/")[2], facts.panel_tokens[DEVICE]
    secrets = {
        "queue key": key.rpartition("-")[2],
        "device token": token,
        "panel token": panel_token,
        "chip": CHIP,
        "unknown chip": UNKNOWN_CHIP,
        "password": facts.password,
        "wrong password": PASSWORD,
        "title": "Stachelbeertorte",
    }
    bearer = {"Authorization": f"Bearer {token}", "Content_Type": "application/json"}
    ipp = {"Content_Type": "application/ipp"}

    # As it should be.
    client = PrintClient(service.port, queue)
    client.print_job(make_demo_pdf("Stachelbeertorte"), "Stachelbeertorte")
    client.close()
    tap = DeviceApi(service.port, DEVICE, token).tap(CHIP)
    secrets["visit token"] = tap["visit_token"]
    assert send(service, "GET", f"/panel/{DEVICE}?token={panel_token}") in {200, 302, 303}
    # Wrong places for keys and tokens.
    for path in (
        *(
            queue,
            f"{queue}/x",
            queue.upper(),
            f"/IPP{queue[4:]}",
            f"/print/{key}",
            f"/ipp//{key}",
            f"/?key={key}",
        ),
        *(f"/panel/{DEVICE}/{panel_token}", f"/panel/{panel_token}?token={panel_token}x"),
        *(f"/api/v1/devices/{DEVICE}/taps/{CHIP}", f"/api/v1/devices/{CHIP}/taps?chip={CHIP}"),
        *(f"/api/v1/visits/{tap['visit_token']}/jobs", f"/passwort/neu/MTI/{token}/"),
        *(f"/genossenschaft/kalender/{token}.ics", f"/verwaltung/{PASSWORD.replace(' ', '%20')}"),
    ):
        for method in ("GET", "POST", "DELETE"):
            send(service, method, path, **bearer)
            send(service, method, path, b"\x02\x00nonsense", **ipp)
    # Right places, wrong contents.
    taps = f"/api/v1/devices/{DEVICE}/taps"
    for body in (
        json.dumps({"chip": UNKNOWN_CHIP}),
        json.dumps({"chip": f"{UNKNOWN_CHIP}-zz"}),
        json.dumps({"chip": [CHIP], "pin": PASSWORD}),
        f'{{"chip": "{CHIP}',
        json.dumps({"chip": CHIP, "release": CHIP}),
    ):
        assert send(service, "POST", taps, body.encode(), **bearer) >= 400
    assert send(service, "POST", taps, b"{}", Authorization=f"Bearer {token}x") == 401
    basic = base64.b64encode(f"k.lindner:{PASSWORD}".encode()).decode()
    secrets["Authorization header"] = basic
    get_jobs = PrintClient(service.port, queue).message(Operation.GET_JOBS)
    assert send(service, "POST", queue, get_jobs, Authorization=f"Basic {basic}", **ipp) == 401
    form = urlencode({"username": "k.lindner@zerbst", "password": PASSWORD}).encode()
    assert send(service, "POST", "/anmelden/", form, Content_Type="application/x-www-form-urlencoded") == 403
    # Faults of our own, with a traceback in the log.
    for table in ("printing_visit", "printing_eventsubscription", "directory_chip"):
        service.django(_BREAK, table)
    wish = [make.keyword("notify-pull-method", "ippget"), make.octets("notify-user-data", CHIP.encode())]
    with contextlib.suppress(RefusedError):
        broken = PrintClient(service.port, queue)
        broken.ask(broken.message(Operation.CREATE_PRINTER_SUBSCRIPTIONS, subscription=wish))
    assert send(service, "POST", taps, json.dumps({"chip": CHIP}).encode(), **bearer) == 500
    send(service, "GET", "/api/v1/visits/current/jobs", Allmende_Visit=tap["visit_token"], **bearer)
    service.stop()

    log = service.log().encode()
    assert log.count(b"Traceback") >= 2
    assert re.search(rb"Not Found: /\S*print", log), log[-3000:].decode()
    found = [
        f"{name} as {form}"
        for name, secret in secrets.items()
        for form, text in forms_of(secret.encode())
        if text in log
    ]
    assert found == []
