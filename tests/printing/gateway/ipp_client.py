# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A client of the gateway's ASGI face, without a network: what it sends and when it goes away is the test's."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from allmende.ipp import Attribute, Group, GroupTag, Message, Operation, Status, decode, encode, make
from allmende.printing.gateway import Gateway

PDF = b"%PDF-1.4\n%" + b"x" * 2000 + b"\n%%EOF\n"
GONE: dict[str, Any] = {"type": "http.disconnect"}


def request(
    operation: int, path: str, *attributes: Attribute, user: str | None = "anna", **groups: Any
) -> Message:
    """`job` and `subscription`: attributes of those groups."""
    operation_group = [
        make.charset("attributes-charset", "utf-8"),
        make.language("attributes-natural-language", "de"),
        make.uri("printer-uri", f"ipp://town.example:631{path}"),
    ]
    if user is not None:
        operation_group.append(make.name("requesting-user-name", user))
    found = [Group(GroupTag.OPERATION, [*operation_group, *attributes])]
    if groups.get("job"):
        found.append(Group(GroupTag.JOB, groups["job"]))
    if groups.get("subscription"):
        found.append(Group(GroupTag.SUBSCRIPTION, groups["subscription"]))
    return Message((2, 0), operation, 7, tuple(found))


@dataclass
class Client:
    gateway: Gateway
    path: str = "/ipp/print/zerbst"
    user: str | None = "anna"
    address: str = "127.0.0.1"
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)

    async def send(
        self, operation: int, *attributes: Attribute, document: bytes = b"", **groups: Any
    ) -> Message:
        message = request(operation, self.path, *attributes, user=self.user, **groups)
        status, body = await self.post([encode(message) + document])
        assert status == 200, body
        return decode(body)[0]

    async def print(self, document: bytes = PDF, *attributes: Attribute, **groups: Any) -> Message:
        return await self.send(Operation.PRINT_JOB, *attributes, document=document, **groups)

    async def print_id(self, document: bytes = PDF, *attributes: Attribute) -> int:
        reply = await self.print(document, *attributes)
        assert Status(reply.code).is_successful, status_of(reply)
        return job_id_of(reply)

    async def post(
        self,
        events: Sequence[bytes | dict[str, Any]],
        *,
        path: str | None = None,
        method: str = "POST",
        content_type: bytes = b"application/ipp",
        length: int | None = None,
    ) -> tuple[int, bytes]:
        """HTTP status and body. Of `events`, bytes are pieces of the body; without a `length` it is chunked."""
        pending: list[dict[str, Any]] = []
        pieces = [event for event in events if isinstance(event, bytes)]
        for event in events:
            if isinstance(event, bytes):
                more = GONE in events or event is not pieces[-1]
                pending.append({"type": "http.request", "body": event, "more_body": more})
            else:
                pending.append(event)
        sent: list[MutableMapping[str, Any]] = []

        async def receive() -> MutableMapping[str, Any]:
            if not pending:
                await asyncio.Event().wait()  # a silent client
            return pending.pop(0)

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        headers = [(b"content-type", content_type), (b"host", b"town.example:631"), *self.headers]
        if length is not None:
            headers.append((b"content-length", b"%d" % length))
        scope = {
            "type": "http",
            "method": method,
            "path": path or self.path,
            "headers": headers,
            "client": (self.address, 50000),
            "scheme": "http",
        }
        await self.gateway(scope, receive, send)
        return sent[0]["status"], sent[1]["body"]


def status_of(reply: Message) -> str:
    return f"{Status(reply.code).keyword}: {reply.operation_group.text('status-message')}"


def job_id_of(reply: Message) -> int:
    job_id = reply.group(GroupTag.JOB).integer("job-id")
    assert job_id is not None, status_of(reply)
    return job_id
