# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The HTTP API through Django's own client, and a round of it to a scripted printer."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient, Client

from allmende.directory.chip_enrolment import issue_enrolment_code
from allmende.printing.jobs import Job
from devices.programs import free_port
from makers import PDF, make_chip, make_device, make_job, make_person, make_token, make_town
from printing.delivering import QUICK, delivering
from printing.scripted_device import scripted_printer
from printing.standing import Standing, stand

pytestmark = pytest.mark.django_db(transaction=True)


def call(
    standing: Standing, method: str, path: str, body: Any = None, *, visit: str = "", **headers: str
) -> Any:
    return Client().generic(
        method,
        f"/api/v1{path}",
        b"" if body is None else __import__("json").dumps(body),
        content_type="application/json",
        headers={"Authorization": f"Bearer {standing.clear_token}", "Allmende-Visit": visit, **headers},
    )


def test_a_tap_tells_who_and_what_waits() -> None:
    standing = stand(title="Vorlage 7", pages=3, ticket={"copies": 2, "sides": "two-sided-long-edge"})
    answer = call(standing, "POST", f"/devices/{standing.device.slug}/taps", {"chip": standing.chip})
    assert answer.status_code == 200
    body = answer.json()
    (job,) = body["jobs"]
    assert (body["person"], job["title"], job["state"]) == ("Anna", "Vorlage 7", "held")
    assert (job["pages"], job["copies"], job["sheets"]) == (3, 2, 4)
    jobs = call(standing, "GET", "/visits/current/jobs", visit=body["visit_token"]).json()
    assert jobs == body["jobs"]


async def test_one_request_from_tap_to_paper() -> None:
    async with scripted_printer() as printer, delivering():
        standing = await sync_to_async(stand)(printer.uri)
        client = AsyncClient()
        headers = {"Authorization": f"Bearer {standing.clear_token}"}
        tapped = await client.post(
            f"/api/v1/devices/{standing.device.slug}/taps",
            {"chip": standing.chip, "release": "all"},
            content_type="application/json",
            headers=headers,
        )
        body = tapped.json()
        assert [one["done"] for one in body["released"]] == [True]
        headers["Allmende-Visit"] = body["visit_token"]
        async with asyncio.timeout(10):
            while True:
                jobs = (await client.get("/api/v1/visits/current/jobs?finished=true", headers=headers)).json()
                if jobs[0]["state"] == "printed":
                    break
        assert printer.printed == [PDF]
        assert (await client.get("/api/v1/visits/current/jobs", headers=headers)).json() == []


async def test_a_tap_never_waits_for_a_device() -> None:
    """One that takes the connection and says nothing, for as long as the test runs."""
    heard, over = asyncio.Event(), asyncio.Event()

    async def say_nothing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.set()
        await over.wait()
        writer.close()

    patient = replace(QUICK, connect=600, answer=600, patience=600, ask=600)
    port = free_port()
    silent = await asyncio.start_server(say_nothing, "127.0.0.1", port)
    async with delivering(patient):
        standing = await sync_to_async(stand)(f"ipp://127.0.0.1:{port}/ipp/print")
        for _ in range(2):
            tapped = await AsyncClient().post(
                f"/api/v1/devices/{standing.device.slug}/taps",
                {"chip": standing.chip, "release": "all"},
                content_type="application/json",
                headers={"Authorization": f"Bearer {standing.clear_token}"},
            )
            assert tapped.status_code == 200
            assert tapped.json()["jobs"][0]["state"] == "released"
        await heard.wait()
        over.set()
    silent.close()


REFUSALS: list[tuple[str, str, Any, int, str]] = [
    ("POST", "/devices/rathaus-eg/taps", {"chip": "0badcafe"}, 404, "unknown-chip"),
    ("POST", "/devices/rathaus-eg/taps", {"chip": "not hex"}, 422, "chip-unreadable"),
    ("POST", "/devices/rathaus-eg/taps", {"chip": "0" * 500}, 422, "invalid-request"),
    ("POST", "/devices/rathaus-eg/taps", {}, 422, "invalid-request"),
    ("POST", "/devices/rathaus-og/taps", {"chip": "04a1b2c3"}, 403, "wrong-device"),
    (
        "POST",
        "/devices/rathaus-eg/enrolments",
        {"chip": "0badcafe", "code": "AAA-AAA-AAA"},
        403,
        "code-refused",
    ),
    ("GET", "/visits/current/jobs", None, 410, "visit-ended"),
    ("DELETE", "/visits/current", None, 410, "visit-ended"),
    ("POST", "/visits/current/releases", {"jobs": "all"}, 410, "visit-ended"),
    ("POST", "/visits/current/releases", {"jobs": "all", "changes": {"copies": 0}}, 422, "invalid-request"),
    ("POST", "/visits/current/releases", {"jobs": [2**63]}, 422, "invalid-request"),
    ("POST", "/visits/current/take-overs", {"jobs": [2**63]}, 422, "invalid-request"),
    ("POST", "/visits/current/stops", {"jobs": [2**63]}, 422, "invalid-request"),
    ("POST", "/visits/current/claims", {"job": 2**63}, 422, "invalid-request"),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "code"), REFUSALS)
def test_what_is_refused_has_a_keyword_and_a_sentence(
    method: str, path: str, body: Any, status: int, code: str
) -> None:
    standing = stand()
    answer = call(standing, method, path, body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["message"]


def test_without_a_token_nothing_is_told() -> None:
    standing = stand()
    standing.clear_token = "x" * 43
    for method, path, body, *_ in REFUSALS:
        answer = call(standing, method, path, body)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorised")


def test_too_many_unknown_chips_say_when_to_come_back() -> None:
    standing = stand()
    for number in range(20):
        call(standing, "POST", "/devices/rathaus-eg/taps", {"chip": f"{number + 1:08x}"})
    answer = call(standing, "POST", "/devices/rathaus-eg/taps", {"chip": standing.chip})
    assert (answer.status_code, answer.json()["code"]) == (429, "too-many-attempts")
    assert answer.json()["message"].startswith("Zu viele unbekannte Chips")
    assert 0 < int(answer["Retry-After"]) <= 601


def test_a_visit_of_another_device_is_no_visit() -> None:
    standing = stand()
    _, clear = make_token(make_device(standing.town, "rathaus-og"))
    mine = standing.visit.token
    standing.clear_token = clear
    assert call(standing, "GET", "/visits/current/jobs", visit=mine).json()["code"] == "visit-ended"


def test_enrolment_opens_a_visit_and_more_chips_follow() -> None:
    town = make_town()
    anna = make_person(town)
    device = make_device(town)
    token, clear = make_token(device)
    make_job(town, anna, title="wartet schon")
    visit: Any = None
    standing = Standing(town, anna, "04a1b2c3", device, token, clear, visit, [])
    code = issue_enrolment_code(anna, anna)
    body = call(standing, "POST", "/devices/rathaus-eg/enrolments", {"chip": "04a1b2c3", "code": code}).json()
    assert [job["title"] for job in body["jobs"]] == ["wartet schon"]
    added = call(standing, "POST", "/visits/current/chips", {"chip": "0badcafe"}, visit=body["visit_token"])
    assert added.status_code == 200
    standing.chip = "0badcafe"
    assert call(standing, "POST", "/devices/rathaus-eg/taps", {"chip": "0badcafe"}).json()["person"] == "Anna"


def test_cancel_preview_and_leave() -> None:
    standing = stand(preview=b"\x89PNG one")
    visit, (job_id,) = standing.visit.token, standing.job_ids
    preview = call(standing, "GET", f"/visits/current/jobs/{job_id}/preview", visit=visit)
    assert (preview.content, preview["Content-Type"], preview["Cache-Control"]) == (
        b"\x89PNG one",
        "image/png",
        "no-store",
    )
    assert call(standing, "DELETE", f"/visits/current/jobs/{job_id}", visit=visit).json()["done"]
    assert call(standing, "DELETE", f"/visits/current/jobs/{job_id}", visit=visit).status_code == 404
    assert Job.objects.get().state == "cancelled"
    assert call(standing, "DELETE", "/visits/current", visit=visit).status_code == 204
    assert call(standing, "GET", "/visits/current", visit=visit).status_code == 410


def test_another_persons_job_is_not_there() -> None:
    standing = stand()
    bernd = make_person(standing.town, "bernd")
    make_chip(bernd, "0badcafe")
    job_id = make_job(standing.town, bernd, preview=b"\x89PNG").job.pk
    for method, path in (("GET", f"/{job_id}/preview"), ("DELETE", f"/{job_id}")):
        assert (
            call(standing, method, f"/visits/current/jobs{path}", visit=standing.visit.token).status_code
            == 404
        )


def test_the_openapi_document_is_served() -> None:
    document = Client().get("/api/v1/openapi.json").json()
    assert "/api/v1/devices/{device}/taps" in document["paths"]
    parameters = document["paths"]["/api/v1/visits/current/jobs"]["get"]["parameters"]
    assert {one["name"].lower() for one in parameters if one["in"] == "header"} == {"allmende-visit"}
