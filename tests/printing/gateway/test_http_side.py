# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is HTTP's part: paths, methods, types, and requests that make no sense."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.ipp import Operation, Status, decode, encode
from allmende.printing.gateway.print_queues import read_queue_path
from printing.gateway.ipp_client import Client, request

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("method", "path", "content_type", "status"),
    [
        ("POST", "/ipp/print/zerbst", b"text/plain", 415),
        ("PUT", "/ipp/print/zerbst", b"application/ipp", 405),
        ("GET", "/ipp/print/zerbst", b"", 303),
        ("POST", "/ipp/print", b"application/ipp", 404),
        ("POST", "/ipp/print/../etc", b"application/ipp", 404),
        ("POST", "/ipp/print/zerbst/guess", b"application/ipp", 404),
        ("POST", "/ipp/direct/zerbst", b"application/ipp", 404),
    ],
)
async def test_what_http_itself_refuses(
    client: Client, method: str, path: str, content_type: bytes, status: int
) -> None:
    message = encode(request(Operation.GET_JOBS, "/ipp/print/zerbst"))
    found, _ = await client.post([message], path=path, method=method, content_type=content_type)
    assert found == status


@pytest.mark.parametrize("path", ["/ipp/print/nowhere", "/ipp/direct/zerbst/no-device"])
async def test_a_queue_that_is_none(client: Client, path: str) -> None:
    client.path = path
    assert (await client.send(Operation.GET_PRINTER_ATTRIBUTES)).code == Status.CLIENT_ERROR_NOT_FOUND


async def test_the_target_inside_must_be_the_one_outside(client: Client) -> None:
    message = encode(request(Operation.GET_JOBS, "/ipp/print/elsewhere"))
    _, body = await client.post([message])
    assert decode(body)[0].code == Status.CLIENT_ERROR_NOT_FOUND


async def test_nonsense_is_answered_as_ipp(client: Client) -> None:
    status, body = await client.post([b"\x02\x00\x00\x02\x00\x00\x00\x09nonsense"])
    reply = decode(body)[0]
    assert (status, reply.code, reply.request_id) == (200, Status.CLIENT_ERROR_BAD_REQUEST, 9)


async def test_a_request_may_come_byte_by_byte(client: Client) -> None:
    message = encode(request(Operation.GET_PRINTER_ATTRIBUTES, client.path))
    _, body = await client.post([message[at : at + 1] for at in range(len(message))])
    assert decode(body)[0].code == Status.SUCCESSFUL_OK


@pytest.mark.parametrize("host", [b"evil.example/x", b'a"b', b"<script>", b"\xff.example"])
async def test_a_host_that_is_none_is_not_repeated(client: Client, host: bytes) -> None:
    client.headers = [(b"host", host)]
    message = encode(request(Operation.GET_PRINTER_ATTRIBUTES, client.path))
    _, body = await client.post([message])
    assert host not in body


@given(st.text(max_size=80))
def test_any_path_names_a_queue_or_none(text: str) -> None:
    for path in (text, f"/ipp/print/{text}", f"/ipp/direct/a/{text}"):
        found = read_queue_path(path)
        if found is not None:
            again = read_queue_path(found.base)
            assert again is not None
            assert (again.town, again.device, again.key) == (found.town, found.device, found.key)
