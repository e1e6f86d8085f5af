# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The demo from a terminal: what a client, a reader and a person at the tray would do, against the running service."""

from __future__ import annotations

import argparse
import http.client
import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from allmende.documents import sniff_format
from allmende.ipp import GroupTag, Message, Operation, decode, encode, make
from allmende.ipp.message import Group
from allmende.server.demo.demo_town import PEOPLE, DemoFacts

_HOST: Final = "127.0.0.1"
#: IPP's status codes below this are successes (RFC 8011 §4.1.6).
_FIRST_ERROR: Final = 0x0100
#: In these a job of the visit is on its way; in any other it has arrived somewhere.
_ON_ITS_WAY: Final = frozenset({"released", "delivering"})


class DemoError(Exception):
    """Something a person at the terminal can act on."""


def print_file(arguments: argparse.Namespace) -> int:
    """Print-Job to the personal address of the chosen person."""
    facts = _load_facts()
    path: Path = arguments.file
    try:
        document = path.read_bytes()
    except OSError as error:
        return _fail(f"{path}: {error.strerror}")
    document_format = sniff_format(document[:64], None, path.name)
    if document_format is None:
        return _fail(f"{path}: not a PDF, JPEG, PWG raster or Apple raster")
    queue = facts.queue_paths[arguments.login]
    request = Message(
        version=(2, 0),
        code=Operation.PRINT_JOB,
        request_id=1,
        groups=(
            Group(
                GroupTag.OPERATION,
                (
                    make.charset("attributes-charset", "utf-8"),
                    make.language("attributes-natural-language", "de"),
                    make.uri("printer-uri", f"ipp://{_HOST}:{facts.port}{queue}"),
                    make.name("requesting-user-name", arguments.login),
                    make.name("job-name", (arguments.title or path.name)[:255]),
                    make.mime("document-format", document_format),
                ),
            ),
            Group(GroupTag.JOB, (make.integer("copies", arguments.copies),)),
        ),
    )
    try:
        _, body = _call(
            facts.port, "POST", queue, encode(request) + document, {"Content-Type": "application/ipp"}
        )
    except DemoError as error:
        return _fail(str(error))
    reply, _ = decode(body)
    if reply.code >= _FIRST_ERROR:
        return _fail(
            f"the queue refused the job: {reply.groups[0].text('status-message') or hex(reply.code)}"
        )
    job = next((group for group in reply.groups if group.tag == GroupTag.JOB), None)
    number = job.integer("job-id") if job else None
    sys.stdout.write(f"job {number} waits for the chip of {_name_of(arguments.login)}\n")
    return 0


def tap(arguments: argparse.Namespace) -> int:
    """Tap, release all, and wait until everything has come out."""
    facts = _load_facts()
    chip = next(person.chip for person in PEOPLE if person.login == arguments.login)
    base = f"/api/v1/devices/{arguments.device}"
    bearer = {"Authorization": f"Bearer {facts.device_tokens[arguments.device]}"}
    wish: dict[str, Any] = {"chip": chip} if arguments.look else {"chip": chip, "release": "all"}
    try:
        visit = _call_json(facts.port, "POST", f"{base}/taps", wish, bearer)
        jobs: list[dict[str, Any]] = visit["jobs"]
        if not jobs:
            sys.stdout.write(f"{_name_of(arguments.login)}: nothing waits\n")
            return 0
        if not arguments.look:
            jobs = _wait_for_paper(
                facts.port, jobs, bearer | {"Allmende-Visit": visit["visit_token"]}, arguments.seconds
            )
    except DemoError as error:
        return _fail(str(error))
    for job in jobs:
        reason = f" ({job['reason']})" if job.get("reason") else ""
        sys.stdout.write(f"job {job['id']}: {job['state']}{reason} · {job.get('title') or '–'}\n")
    return 0 if arguments.look or all(job["state"] == "printed" for job in jobs) else 1


def show_tray(arguments: argparse.Namespace) -> int:
    """The pages in the tray, a line or a JSON object each."""
    facts = _load_facts()
    try:
        pages = _call_json(facts.device_ports[arguments.device], "GET", "/tray.json", None, {})
    except DemoError as error:
        return _fail(str(error))
    if arguments.json:
        sys.stdout.write(json.dumps(pages, ensure_ascii=False, indent=2) + "\n")
    elif not pages:
        sys.stdout.write(f"{arguments.device}: the tray is empty\n")
    else:
        for page in pages:
            sys.stdout.write("  ".join(f"{name}: {value}" for name, value in page.items()) + "\n")
    return 0


def _wait_for_paper(
    port: int, released: list[dict[str, Any]], headers: dict[str, str], seconds: float
) -> list[dict[str, Any]]:
    """The released jobs as they stand when none is on its way any more, or when the time is over."""
    wanted = {job["id"] for job in released}
    deadline = time.monotonic() + seconds
    while True:
        jobs = _call_json(port, "GET", "/api/v1/visits/current/jobs?finished=true", None, headers)
        mine = [job for job in jobs if job["id"] in wanted]
        if not any(job["state"] in _ON_ITS_WAY for job in mine) or time.monotonic() > deadline:
            return mine
        time.sleep(0.2)


def _load_facts() -> DemoFacts:
    home = Path(os.environ.get("ALLMENDE_HOME", "var")).absolute()
    try:
        return DemoFacts.load(home)
    except FileNotFoundError:
        sys.stderr.write(f"allmende: no demo in {home}: start it with `make run` (or set ALLMENDE_HOME)\n")
        raise SystemExit(1) from None


def _call_json(port: int, method: str, path: str, content: Any, headers: Mapping[str, str]) -> Any:
    body = b"" if content is None else json.dumps(content).encode()
    _, answer = _call(port, method, path, body, {"Content-Type": "application/json", **headers})
    return json.loads(answer)


def _call(port: int, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
    """Status and body; raises DemoError when nobody answers or the answer is an error."""
    connection = http.client.HTTPConnection(_HOST, port, timeout=60)
    try:
        connection.request(method, path, body, dict(headers))
        response = connection.getresponse()
        answer = response.read()
    except OSError as error:
        raise DemoError(f"nobody answers on port {port} ({error}): is `make run` running?") from None
    finally:
        connection.close()
    if response.status >= http.client.BAD_REQUEST:
        raise DemoError(f"{method} {path}: {response.status} {answer[:500].decode(errors='replace')}")
    return response.status, answer


def _name_of(login: str) -> str:
    return next(person.name for person in PEOPLE if person.login == login)


def _fail(message: str) -> int:
    sys.stderr.write(f"allmende: {message}\n")
    return 1
