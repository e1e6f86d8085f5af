# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The client against devices that cut, lie, stall and change, and against a real one."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allmende import ipp
from allmende.devices.device_client import (
    AddressPolicy,
    CertificateChangedError,
    DeviceClient,
    DeviceConnections,
    DeviceCutError,
    DeviceError,
    DeviceLimits,
    DeviceNonsenseError,
    DeviceRefusedError,
    DeviceSilentError,
    DeviceUnreachableError,
    DocumentBrokeError,
    UnreachableReason,
)
from allmende.devices.device_requests import (
    create_job,
    get_job_attributes,
    get_printer_attributes,
    identify_printer,
    print_job,
    send_document,
)
from allmende.ipp import make
from devices.real_printer import real_printer
from devices.scripted_device import Peer, http_reply, ipp_reply, scripted_device, tls_context

LOOPBACK = AddressPolicy(loopback=True)
QUICK = DeviceLimits(connect=2, stalled=0.3, silent=0.2, reply=0.5, total=5, continue_wait=0.1)
CHUNK = b"%" * 65_536


def client_to(uri: str, pinned: str | None = None, limits: DeviceLimits = QUICK) -> DeviceClient:
    return DeviceClient(uri, pinned_sha256=pinned, limits=limits, policy=LOOPBACK)


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield CHUNK


async def answer(peer: Peer) -> None:
    await peer.read_request()
    peer.send(http_reply())


async def test_a_request_and_its_reply() -> None:
    seen = []

    async def script(peer: Peer) -> None:
        seen.append(await peer.read_request())
        peer.send(http_reply(ipp_reply(0x0001)))

    async with scripted_device(script) as device:
        message = get_printer_attributes(device.uri)
        reply = await client_to(device.uri).request(message)
    assert reply.is_successful
    assert reply.status == ipp.Status.SUCCESSFUL_OK_IGNORED_OR_SUBSTITUTED_ATTRIBUTES
    assert ipp.decode(seen[0])[0] == message


async def test_the_document_follows_the_message_in_chunks() -> None:
    seen = []

    async def script(peer: Peer) -> None:
        seen.append(await peer.read_request())
        peer.send(http_reply())

    async with scripted_device(script) as device:
        reply = await client_to(device.uri).request(
            send_document(device.uri, 7, "application/pdf"), document=chunks(b"%PDF", b"", CHUNK, b"EOF")
        )
    message, start = ipp.decode(seen[0])
    assert message.operation_group.integer("job-id") == 7
    assert seen[0][start:] == b"%PDF" + CHUNK + b"EOF"
    assert reply.body_complete
    assert reply.bytes_of_document_sent == len(CHUNK) + 7


async def test_a_device_of_http_1_0_gets_a_length_and_its_reply_ends_with_the_connection() -> None:
    heads = []

    async def script(peer: Peer) -> None:
        heads.append(head := await peer.read_head())
        await peer.reader.readexactly(int(head.lower().split("content-length:")[1].split()[0]))
        peer.send(b"HTTP/1.0 200 OK\r\nContent-Type: application/ipp\r\n\r\n" + ipp_reply())

    async with scripted_device(script, answer) as device:
        client = client_to(device.uri)
        request = print_job(device.uri, "application/pdf", [])
        reply = await client.request(request, document=chunks(b"12", b"345"), document_size=5)
        assert reply.is_successful
        assert client.connections.idle_connections() == 0
        assert (await client.request(get_printer_attributes(device.uri))).is_successful
    assert "chunked" not in heads[0].lower()


@pytest.mark.parametrize("size", [4, 6])
async def test_a_document_of_another_length_than_announced_never_looks_complete(size: int) -> None:
    async with scripted_device(answer) as device:
        with pytest.raises(DocumentBrokeError) as caught:
            await client_to(device.uri).request(
                print_job(device.uri, "application/pdf", []),
                document=chunks(b"12", b"345"),
                document_size=size,
            )
    assert not caught.value.body_complete


async def test_a_warm_connection_is_used_again() -> None:
    async def script(peer: Peer) -> None:
        for _ in range(3):
            await answer(peer)

    async with scripted_device(script) as device:
        client = client_to(device.uri)
        await client.connect()
        for _ in range(3):
            await client.request(get_printer_attributes(device.uri))
        assert device.connections == 1
        assert client.connections.idle_connections() == 1
        client.close()
        assert client.connections.idle_connections() == 0


async def test_connection_close_is_obeyed() -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        peer.send(http_reply(headers="Connection: close\r\n"))

    async with scripted_device(script, script) as device:
        client = client_to(device.uri)
        for _ in range(2):
            await client.request(get_printer_attributes(device.uri))
        assert device.connections == 2


async def test_idle_connections_expire_and_are_bounded() -> None:
    async def script(peer: Peer) -> None:
        await answer(peer)
        assert await peer.reader.read() == b""
        closed.release()

    closed = asyncio.Semaphore(0)
    async with scripted_device(script, script, script) as device:
        connections = DeviceConnections(policy=LOOPBACK, idle_seconds=0.05, idle_per_device=2)
        client = DeviceClient(device.uri, connections=connections)
        await asyncio.gather(*(client.request(get_printer_attributes(device.uri)) for _ in range(3)))
        assert connections.idle_connections() == 2
        async with asyncio.timeout(5):
            for _ in range(3):
                await closed.acquire()
        assert connections.idle_connections() == 0


async def test_a_warm_connection_that_the_device_closed_is_not_given_out() -> None:
    async with scripted_device(answer, answer) as device:
        client = client_to(device.uri)
        await client.request(get_printer_attributes(device.uri))
        async with asyncio.timeout(5):  # until the news has come
            while client.connections.take_warm(client.address, None):  # noqa: ASYNC110
                await asyncio.sleep(0)
        assert (
            await client.request(send_document(device.uri, 1, "image/jpeg"), document=chunks(b"x"))
        ).is_successful


async def drop_the_second(peer: Peer) -> None:
    await answer(peer)
    await peer.read_head()
    peer.reset()


async def test_a_harmless_request_on_a_stale_connection_is_sent_again() -> None:
    async with scripted_device(drop_the_second, answer) as device:
        client = client_to(device.uri)
        await client.request(get_printer_attributes(device.uri))
        assert (await client.request(create_job(device.uri, []))).is_successful
        assert device.connections == 2


async def test_a_request_whose_document_began_is_never_sent_again() -> None:
    async with scripted_device(drop_the_second, answer) as device:
        client = client_to(device.uri)
        await client.request(get_printer_attributes(device.uri))
        with pytest.raises(DeviceCutError) as caught:
            await client.request(send_document(device.uri, 1, "image/jpeg"), document=chunks(b"abc"))
        assert device.connections == 1
    assert caught.value.bytes_of_document_sent == 3
    assert caught.value.may_have_printed


async def test_a_request_that_prints_again_is_never_repeated() -> None:
    async with scripted_device(drop_the_second, answer) as device:
        client = client_to(device.uri)
        await client.request(get_printer_attributes(device.uri))
        message = create_job(device.uri, [])._replace(code=int(ipp.Operation.RESUBMIT_JOB))
        with pytest.raises(DeviceCutError):
            await client.request(message)
        assert device.connections == 1


async def test_a_fresh_connection_is_not_tried_twice() -> None:
    async def script(peer: Peer) -> None:
        await peer.read_head()
        peer.reset()

    async with scripted_device(script, answer) as device:
        with pytest.raises(DeviceCutError) as caught:
            await client_to(device.uri).request(get_printer_attributes(device.uri))
        assert device.connections == 1
    assert not caught.value.may_have_printed


@pytest.mark.parametrize("ending", ["close", "reset"])
@pytest.mark.parametrize("step", ["connect", "head", "message", "document", "end", "status", "reply"])
async def test_cut_at_every_point_of_the_dialogue(step: str, ending: str) -> None:
    async def script(peer: Peer) -> None:
        steps = {"connect": 0, "head": 1, "message": 2, "document": 3}
        if step in steps:
            if steps[step] >= 1:
                await peer.read_head()
            if steps[step] >= 2:
                await peer.reader.readexactly(40)
            if steps[step] >= 3:
                await peer.reader.readexactly(300_000)
        else:
            await peer.read_request()
            whole = http_reply()
            peer.send({"end": b"", "status": whole[:9], "reply": whole[:-3]}[step])
            await peer.writer.drain()
        if ending == "reset":
            peer.reset()

    many = 1_000 if step in {"connect", "head", "message", "document"} else 3
    async with scripted_device(script) as device:
        with pytest.raises(DeviceCutError) as caught:
            await client_to(device.uri).request(
                send_document(device.uri, 1, "application/pdf"), document=chunks(*[CHUNK] * many)
            )
    error = caught.value
    assert error.body_complete == (many == 3)
    assert error.may_have_printed
    assert error.bytes_of_document_sent <= many * len(CHUNK)
    if step == "document":
        assert error.bytes_of_document_sent >= 200_000
    if many == 3:
        assert error.bytes_of_document_sent == 3 * len(CHUNK)


async def test_an_early_refusal_is_heard_while_the_document_is_still_on_its_way() -> None:
    async def script(peer: Peer) -> None:
        await peer.read_head()
        peer.send(http_reply(ipp_reply(ipp.Status.SERVER_ERROR_BUSY)))
        await peer.reader.read()  # nothing more is taken until the client hangs up

    async with scripted_device(script) as device:
        client = client_to(device.uri)
        reply = await client.request(send_document(device.uri, 1, "application/pdf"), document=endless())
        assert reply.status == ipp.Status.SERVER_ERROR_BUSY
        assert not reply.body_complete
        assert client.connections.idle_connections() == 0


async def test_an_early_refusal_by_http_is_heard() -> None:
    async def script(peer: Peer) -> None:
        await peer.read_head()
        peer.send(http_reply(b"no", status="413 Too large"))
        await peer.reader.read()

    async with scripted_device(script) as device:
        with pytest.raises(DeviceRefusedError) as caught:
            await client_to(device.uri).request(
                send_document(device.uri, 1, "image/jpeg"), document=endless()
            )
    assert caught.value.status == 413
    assert not caught.value.body_complete


async def test_an_early_ok_still_gets_the_whole_document() -> None:
    seen = []

    async def script(peer: Peer) -> None:
        head = await peer.read_head()
        peer.send(http_reply())
        await peer.writer.drain()
        seen.append(await peer.read_body(head))

    async with scripted_device(script) as device:
        reply = await client_to(device.uri).request(
            send_document(device.uri, 1, "image/jpeg"), document=chunks(*[CHUNK] * 20)
        )
    assert reply.is_successful
    assert reply.body_complete
    assert seen[0].endswith(CHUNK * 20)


async def test_a_cut_after_an_early_ok_is_a_cut() -> None:
    async def script(peer: Peer) -> None:
        await peer.reader.readuntil(b"\r\n\r\n")
        peer.send(http_reply())
        await peer.reader.readexactly(100_000)
        peer.reset()

    async with scripted_device(script) as device:
        with pytest.raises(DeviceCutError) as caught:
            await client_to(device.uri).request(
                send_document(device.uri, 1, "image/jpeg"), document=endless()
            )
    assert not caught.value.body_complete


async def test_a_device_that_takes_no_more_bytes_gets_its_time_and_no_more() -> None:
    async def script(peer: Peer) -> None:
        peer.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await hung_up.wait()

    hung_up = asyncio.Event()
    async with scripted_device(script) as device:
        with pytest.raises(DeviceSilentError) as caught:
            await client_to(device.uri).request(
                send_document(device.uri, 1, "image/jpeg"), document=endless()
            )
        hung_up.set()
    assert caught.value.may_have_printed
    assert not caught.value.body_complete


@pytest.mark.parametrize("with_document", [False, True])
async def test_silence_after_the_request(with_document: bool) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.reader.read()

    async with scripted_device(script) as device:
        request = send_document(device.uri, 1, "image/jpeg")
        with pytest.raises(DeviceSilentError) as caught:
            await client_to(device.uri).request(request, document=chunks(b"x") if with_document else None)
    assert caught.value.body_complete == caught.value.may_have_printed == with_document


async def test_a_reply_that_drips_for_ever_ends_with_the_replys_time() -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        peer.send(b"HTTP/1.1 200 OK\r\nX: ")
        while True:
            peer.send(b"a")
            await peer.writer.drain()
            await asyncio.sleep(0.02)

    async with scripted_device(script) as device:
        with pytest.raises(DeviceSilentError):
            await client_to(device.uri).request(get_printer_attributes(device.uri))


async def test_the_total_time_is_bounded() -> None:
    async def script(peer: Peer) -> None:
        while await peer.reader.read(65_536):  # noqa: ASYNC110
            await asyncio.sleep(0.001)

    async with scripted_device(script) as device:
        with pytest.raises(DeviceSilentError):
            await client_to(device.uri).request(
                send_document(device.uri, 1, "image/jpeg"),
                document=endless(),
                limits=replace(QUICK, total=0.4),
            )


NONSENSE = {
    "garbage": b"\x00\xff" * 50 + b"\r\n\r\n",
    "endless header": b"HTTP/1.1 200 OK\r\n" + b"X-Y: " + b"a" * 100_000,
    "many headers": b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 20_000,
    "negative content-length": b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
    "endless 100": b"HTTP/1.1 100 Continue\r\n\r\n" * 100,
    "bad chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
    "too long": b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n" + b"\x02\x00" * 2_200_000,
    "html": http_reply(b"<html>Log in</html>"),
    "empty": http_reply(b""),
    "negative value length": http_reply(ipp_reply()[:-1] + b"\x21\x00\x01a\xff\xff\x00\x00\x00\x01\x03"),
    "negative name length": http_reply(ipp_reply()[:-1] + b"\x21\x80\x01a\x00\x04\x00\x00\x00\x01\x03"),
    "switches protocols": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
}


@pytest.mark.parametrize("nonsense", NONSENSE)
async def test_nonsense_is_told_as_nonsense(nonsense: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        peer.send(NONSENSE[nonsense])
        await peer.reader.read()

    async with scripted_device(script) as device:
        client = client_to(device.uri)
        with pytest.raises(DeviceNonsenseError):
            await client.request(get_printer_attributes(device.uri))
        assert client.connections.idle_connections() == 0


@given(st.binary(max_size=300), st.booleans())
@settings(max_examples=60, deadline=None)
def test_whatever_a_device_sends_ends_in_a_reply_or_a_device_error(octets: bytes, framed: bool) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        peer.send(http_reply(octets) if framed else octets)

    async def run() -> None:
        async with scripted_device(script) as device:
            try:
                await client_to(device.uri).request(get_printer_attributes(device.uri))
            except DeviceError as error:
                assert not error.may_have_printed  # noqa: PT017

    asyncio.run(run())


async def test_words_behind_the_reply_make_the_connection_unusable() -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        peer.send(http_reply() + http_reply(ipp_reply(0x0500)))
        await peer.reader.read()

    async with scripted_device(script, answer) as device:
        client = client_to(device.uri)
        assert (await client.request(get_printer_attributes(device.uri))).is_successful
        assert (await client.request(get_printer_attributes(device.uri))).is_successful
        assert device.connections == 2


@pytest.mark.parametrize("status", ["301 Moved", "401 Unauthorized", "426 Upgrade Required", "503 Busy"])
async def test_http_refusals_carry_their_status(status: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        peer.send(http_reply(b"", status=status))

    async with scripted_device(script) as device:
        with pytest.raises(DeviceRefusedError) as caught:
            await client_to(device.uri).request(get_printer_attributes(device.uri))
    assert caught.value.status == int(status[:3])


@pytest.mark.parametrize("answers", [True, False])
async def test_expect_continue_waits_a_moment(answers: bool) -> None:
    heads = []

    async def script(peer: Peer) -> None:
        heads.append(await peer.read_head())
        if answers:
            peer.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        await peer.reader.readuntil(b"0\r\n\r\n")
        peer.send(http_reply())

    async with scripted_device(script) as device:
        reply = await client_to(device.uri).request(
            send_document(device.uri, 1, "image/jpeg"), document=chunks(b"x"), expect_continue=True
        )
    assert reply.is_successful
    assert "expect: 100-continue" in heads[0].lower()


async def test_a_stale_connection_found_out_before_the_document_began_is_replaced() -> None:
    async with scripted_device(drop_the_second, answer) as device:
        client = client_to(device.uri)
        await client.request(get_printer_attributes(device.uri))
        reply = await client.request(
            send_document(device.uri, 1, "image/jpeg"), document=chunks(b"x"), expect_continue=True
        )
        assert reply.is_successful
        assert device.connections == 2


async def test_a_source_that_fails_cuts_the_body_short() -> None:
    ends = []

    async def script(peer: Peer) -> None:
        ends.append((await peer.reader.read())[-5:])

    async def broken() -> AsyncIterator[bytes]:
        yield b"abc"
        raise ValueError("no such key")

    async with scripted_device(script) as device:
        with pytest.raises(DocumentBrokeError) as caught:
            await client_to(device.uri).request(send_document(device.uri, 1, "image/jpeg"), document=broken())
        assert isinstance(caught.value.__cause__, ValueError)
    assert (caught.value.bytes_of_document_sent, caught.value.body_complete) == (3, False)
    assert b"0\r\n\r\n" not in ends


async def test_a_cancelled_request_closes_its_connection() -> None:
    async def script(peer: Peer) -> None:
        await peer.reader.readexactly(100_000)
        under_way.set()
        try:
            while await peer.reader.read(1 << 16):
                pass
        finally:
            hung_up.set()

    under_way, hung_up = asyncio.Event(), asyncio.Event()
    async with scripted_device(script) as device:
        task = asyncio.create_task(
            client_to(device.uri).request(send_document(device.uri, 1, "image/jpeg"), document=endless())
        )
        await under_way.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with asyncio.timeout(5):
            await hung_up.wait()


async def test_nobody_listens() -> None:
    async with scripted_device() as device:
        pass
    with pytest.raises(DeviceUnreachableError) as caught:
        await client_to(device.uri).request(get_printer_attributes(device.uri))
    assert caught.value.reason is UnreachableReason.REFUSED


async def test_no_tls_where_tls_was_asked_for() -> None:
    async def script(peer: Peer) -> None:
        await peer.reader.read(10)
        peer.send(http_reply(b"", status="400 Bad Request"))

    async with scripted_device(script) as device:
        with pytest.raises(DeviceUnreachableError) as caught:
            await client_to(device.uri.replace("ipp:", "ipps:")).request(get_printer_attributes(device.uri))
    assert caught.value.reason is UnreachableReason.TLS


async def test_a_certificate_is_pinned_at_first_use(tmp_path: Path) -> None:
    received: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def listen(peer: Peer) -> None:
        try:
            received.set_result(await peer.reader.read())
        except OSError:
            received.set_result(b"")

    async with scripted_device(answer, answer, tls=tls_context(tmp_path, "first")) as device:
        uri = device.uri.replace("ipp:", "ipps:")
        client = client_to(uri)
        assert (await client.request(get_printer_attributes(uri))).is_successful
        pin = client.certificate_sha256
        assert pin is not None
        assert (await client_to(uri, pin.upper()).request(get_printer_attributes(uri))).is_successful

    async with scripted_device(listen, tls=tls_context(tmp_path, "second")) as device:
        uri = device.uri.replace("ipp:", "ipps:")
        with pytest.raises(CertificateChangedError) as caught:
            await client_to(uri, pin).request(print_job(uri, "image/jpeg", []), document=chunks(b"secret"))
        assert caught.value.seen_sha256 != pin
        assert not caught.value.may_have_printed
        async with asyncio.timeout(5):
            assert await received == b""


@pytest.mark.system
async def test_the_whole_round_with_a_real_printer(tmp_path: Path) -> None:
    async with real_printer(tmp_path) as uri:
        client = client_to(uri, limits=DeviceLimits())
        described = await client.request(get_printer_attributes(uri))
        assert described.message.group(ipp.GroupTag.PRINTER).integer("printer-state") == ipp.PrinterState.IDLE
        assert (await client.request(identify_printer(uri))).is_successful
        created = await client.request(create_job(uri, [make.integer("copies", 1)]))
        job_id = created.message.group(ipp.GroupTag.JOB).integer("job-id")
        assert job_id is not None
        document = b"\xff\xd8\xff\xe0" + bytes(200_000) + b"\xff\xd9"
        sent = await client.request(send_document(uri, job_id, "image/jpeg"), document=chunks(document))
        assert sent.is_successful
        state = None
        async with asyncio.timeout(30):
            while state != ipp.JobState.COMPLETED:
                reply = await client.request(get_job_attributes(uri, job_id))
                state = reply.message.group(ipp.GroupTag.JOB).integer("job-state")
                await asyncio.sleep(0.05)
        client.close()
        printed = [path.read_bytes() for path in tmp_path.rglob("*.jpg")]  # noqa: ASYNC240
    assert printed == [document]


@pytest.mark.system
async def test_a_real_printer_over_tls(tmp_path: Path) -> None:
    async with real_printer(tmp_path) as plain_uri:
        uri = plain_uri.replace("ipp:", "ipps:")
        client = client_to(uri, limits=DeviceLimits())
        assert (await client.request(get_printer_attributes(uri))).is_successful
        assert len(client.certificate_sha256 or "") == 64
        client.close()
