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
from allmende.ipp import GroupTag, Message, Operation, Status, decode, encode, make
from allmende.ipp.message import Group
from allmende.server.demo.demo_town import PEOPLE, DemoFacts
from allmende.server.terminal_language import terminal_gettext, terminal_language

_HOST: Final = "127.0.0.1"
#: IPP's status codes below this are successes (RFC 8011 §4.1.6).
_FIRST_ERROR: Final = 0x0100
#: In these a job of the visit is on its way; in any other it has arrived somewhere.
_ON_ITS_WAY: Final = frozenset({"released", "delivering"})
_: Final = terminal_gettext()


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
        return _fail(_("%(path)s: not a PDF, JPEG, PNG, PWG raster or Apple raster") % {"path": path})
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
        body = _call(
            facts.port, "POST", queue, encode(request) + document, {"Content-Type": "application/ipp"}
        )
    except DemoError as error:
        return _fail(str(error))
    reply = decode(body)[0]
    if reply.code >= _FIRST_ERROR:
        reason = _refusal_words(reply.code, reply.operation_group.text("status-message") or "")
        return _fail(_("%(path)s was refused: %(reason)s") % {"path": path, "reason": reason})
    job = next((group for group in reply.groups if group.tag == GroupTag.JOB), None)
    number = job.integer("job-id") if job else None
    sentence = _("job %(number)s waits for the chip of %(person)s")
    sys.stdout.write(sentence % {"number": number, "person": _name_of(arguments.login)} + "\n")
    return 0


def tap(arguments: argparse.Namespace) -> int:
    """Tap, release all, and wait until everything has come out; a job of which its owner must first say whether it did is only told."""
    facts = _load_facts()
    chip = next(person.chip for person in PEOPLE if person.login == arguments.login)
    base = f"/api/v1/devices/{arguments.device}"
    bearer = {"Authorization": f"Bearer {facts.device_tokens[arguments.device]}"}
    wish: dict[str, Any] = {"chip": chip} if arguments.look else {"chip": chip, "release": "all"}
    try:
        visit = _call_json(facts.port, "POST", f"{base}/taps", wish, bearer)
        jobs: list[dict[str, Any]] = visit["jobs"]
        if not jobs:
            sys.stdout.write(_("%(person)s: nothing waits") % {"person": _name_of(arguments.login)} + "\n")
            return 0
        asks = {job["id"] for job in jobs if job["state"] == "uncertain"}
        if not arguments.look:
            jobs = _wait_for_paper(
                facts.port, jobs, bearer | {"Allmende-Visit": visit["visit_token"]}, arguments.seconds
            )
    except DemoError as error:
        return _fail(str(error))
    for job in jobs:
        words = {"number": job["id"], "state": _state_words(job["state"]), "title": job["title"] or "–"}
        reason = f" ({job['message']})" if job["message"] else ""
        sys.stdout.write(_("job %(number)s · %(title)s: %(state)s") % words + reason + "\n")
    return 0 if arguments.look or all(job["state"] == "printed" or job["id"] in asks for job in jobs) else 1


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
        sys.stdout.write(_("%(device)s: the tray is empty") % {"device": arguments.device} + "\n")
    else:
        sentence = _("job %(job)s: page %(page)d of %(pages)d, copy %(copy)d of %(copies)d, sheet %(sheet)d")
        for page in pages:
            sys.stdout.write(sentence % page + "\n")
    return 0


def _refusal_words(status: int, own: str) -> str:
    """Why the queue took no job, in the terminal's language; the service's `own` words, which are English, behind it."""
    known: dict[int, str] = {
        Status.CLIENT_ERROR_FORBIDDEN: _("This person may not print here."),
        Status.CLIENT_ERROR_NOT_AUTHENTICATED: _("This person may not print here."),
        Status.CLIENT_ERROR_NOT_AUTHORIZED: _("This person may not print here."),
        Status.CLIENT_ERROR_NOT_FOUND: _("There is no such queue."),
        Status.CLIENT_ERROR_REQUEST_ENTITY_TOO_LARGE: _("The document is too large."),
        Status.CLIENT_ERROR_DOCUMENT_FORMAT_NOT_SUPPORTED: _(
            "The queue does not take documents of this kind."
        ),
        Status.CLIENT_ERROR_ACCOUNT_LIMIT_REACHED: _("Too much of this person waits already."),
        Status.SERVER_ERROR_TOO_MANY_JOBS: _("Too much of this person waits already."),
        Status.SERVER_ERROR_SERVICE_UNAVAILABLE: _("The service can't take it just now; try again soon."),
        Status.SERVER_ERROR_TEMPORARY_ERROR: _("The service can't take it just now; try again soon."),
        Status.SERVER_ERROR_BUSY: _("The service can't take it just now; try again soon."),
        Status.SERVER_ERROR_NOT_ACCEPTING_JOBS: _("The queue takes no jobs just now."),
    }
    words = known.get(status)
    if words is None:
        return own or hex(status)
    return f"{words} ({own})" if own and own != words else words


def _state_words(state: str) -> str:
    """As the panel says it."""
    words = {
        "held": _("held"),
        "released": _("next at the device"),
        "delivering": _("printing"),
        "uncertain": _("please check"),
        "printed": _("printed"),
        "cancelled": _("deleted"),
    }
    return words.get(state, state)


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
        sentence = _("no demo in %(home)s: start it with `make run` (or set ALLMENDE_HOME)")
        _fail(sentence % {"home": home})
        raise SystemExit(1) from None


def _call_json(port: int, method: str, path: str, content: Any, headers: Mapping[str, str]) -> Any:
    body = b"" if content is None else json.dumps(content).encode()
    headers = {"Content-Type": "application/json", "Accept-Language": terminal_language(), **headers}
    return json.loads(_call(port, method, path, body, headers))


def _call(port: int, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """The body; raises DemoError when nobody answers or the answer is an error."""
    connection = http.client.HTTPConnection(_HOST, port, timeout=60)
    try:
        connection.request(method, path, body, dict(headers))
        response = connection.getresponse()
        answer = response.read()
    except OSError as error:
        sentence = _("nobody answers on port %(port)d (%(error)s): is `make run` running?")
        raise DemoError(sentence % {"port": port, "error": error}) from None
    finally:
        connection.close()
    if response.status >= http.client.BAD_REQUEST:
        raise DemoError(f"{path}: {response.status} {_message_of(answer)}")
    return answer


def _message_of(answer: bytes) -> str:
    """The API's sentence for people, or what else was answered."""
    try:
        return str(json.loads(answer)["message"])
    except (ValueError, KeyError, TypeError):
        return answer[:200].decode(errors="replace")


def _name_of(login: str) -> str:
    return next(person.name for person in PEOPLE if person.login == login)


def _fail(message: str) -> int:
    sys.stderr.write(f"allmende: {message}\n")
    return 1
