# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What tests say to a running service from outside: IPP as a client, the HTTP API as a reader."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterable, Sequence
from typing import Any

from allmende.ipp import GroupTag, Message, Operation, decode, encode, make
from allmende.ipp.message import Attribute, Group

TIMEOUT = 60.0


class RefusedError(Exception):
    """The service answered, and the answer was no."""

    def __init__(self, status: int, text: str = "") -> None:
        super().__init__(f"{status:#x} {text}")
        self.status = status


class PrintClient:
    """A keep-alive connection; not for several threads. Raises OSError or http.client.HTTPException where nobody answers."""

    def __init__(self, port: int, queue: str, *, user: str = "k.lindner", timeout: float = TIMEOUT) -> None:
        self.queue = queue
        self.user = user
        self.uri = f"ipp://127.0.0.1:{port}{queue}"
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)

    def close(self) -> None:
        self.http.close()

    def message(
        self,
        operation: Operation,
        *attributes: Attribute,
        job: Sequence[Attribute] = (),
        subscription: Sequence[Attribute] = (),
    ) -> bytes:
        operation_group = Group(
            GroupTag.OPERATION,
            (
                make.charset("attributes-charset", "utf-8"),
                make.language("attributes-natural-language", "de"),
                make.uri("printer-uri", self.uri),
                make.name("requesting-user-name", self.user),
                *attributes,
            ),
        )
        others = ((GroupTag.JOB, job), (GroupTag.SUBSCRIPTION, subscription))
        groups = (operation_group, *(Group(tag, tuple(wishes)) for tag, wishes in others if wishes))
        return encode(Message(version=(2, 0), code=operation, request_id=1, groups=groups))

    def ask(self, body: bytes | Iterable[bytes]) -> Message:
        """The answer; raises RefusedError where its status is an error."""
        try:
            self.http.request(
                "POST",
                self.queue,
                body,
                {"Content-Type": "application/ipp"},
                encode_chunked=not isinstance(body, bytes),
            )
            response = self.http.getresponse()
            answer = response.read()
        except BaseException:
            self.http.close()
            raise
        if response.status != 200:
            raise RefusedError(response.status, answer[:200].decode(errors="replace"))
        message, _ = decode(answer)
        if message.code >= 0x0100:
            raise RefusedError(message.code, message.groups[0].text("status-message") or "")
        return message

    def print_job(self, document: bytes, title: str = "Dokument", *, job: Sequence[Attribute] = ()) -> int:
        """Print-Job; the number of the acknowledged job."""
        head = self.message(
            Operation.PRINT_JOB,
            make.name("job-name", title),
            make.mime("document-format", "application/pdf"),
            job=job,
        )
        return job_number(self.ask(head + document))

    def create_and_send(self, document: bytes, title: str = "Dokument") -> int:
        """Create-Job, then Send-Document in chunks."""
        number = job_number(self.ask(self.message(Operation.CREATE_JOB, make.name("job-name", title))))
        head = self.message(
            Operation.SEND_DOCUMENT,
            make.integer("job-id", number),
            make.name("document-name", title),
            make.mime("document-format", "application/pdf"),
            make.boolean("last-document", True),
        )
        pieces = [document[start : start + 10_000] for start in range(0, len(document), 10_000)]
        self.ask(iter([head, *pieces]))
        return number

    def cancel(self, number: int) -> None:
        self.ask(self.message(Operation.CANCEL_JOB, make.integer("job-id", number)))


class DeviceApi:
    """What stands in front of a device: a reader with its token."""

    def __init__(self, port: int, device: str, token: str, *, timeout: float = TIMEOUT) -> None:
        self.port = port
        self.device = device
        self.timeout = timeout
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def call(self, method: str, path: str, content: Any = None, *, visit: str = "") -> Any:
        """The answer's JSON, or its bytes where it is none; raises RefusedError."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
        headers = self._headers | ({"Allmende-Visit": visit} if visit else {})
        try:
            connection.request(
                method, f"/api/v1{path}", json.dumps(content) if content is not None else None, headers
            )
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        if response.status >= 400:
            raise RefusedError(response.status, body[:300].decode(errors="replace"))
        is_json = (response.getheader("Content-Type") or "").startswith("application/json")
        return json.loads(body) if is_json and body else body

    def tap(self, chip: str, **wishes: Any) -> Any:
        return self.call("POST", f"/devices/{self.device}/taps", {"chip": chip, **wishes})

    def jobs(self, visit: str) -> list[dict[str, Any]]:
        return list(self.call("GET", "/visits/current/jobs?finished=true", visit=visit))

    def release(self, visit: str, jobs: Sequence[int], **changes: Any) -> list[dict[str, Any]]:
        wish = {"jobs": list(jobs), **({"changes": changes} if changes else {})}
        return list(self.call("POST", "/visits/current/releases", wish, visit=visit))

    def settle(self, visit: str, job: int, *, came_out: bool) -> Any:
        return self.call(
            "POST", f"/visits/current/jobs/{job}/settlement", {"came_out": came_out}, visit=visit
        )


def job_number(message: Message) -> int:
    job = next(group for group in message.groups if group.tag == GroupTag.JOB)
    number = job.integer("job-id")
    assert number is not None
    return number
