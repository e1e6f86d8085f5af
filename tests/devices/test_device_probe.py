# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Probing real, virtual and hostile devices, and what is stored of it."""

from pathlib import Path

import pytest
from django.utils import translation

from allmende import ipp
from allmende.devices.device_addresses import AddressPolicy
from allmende.devices.device_client import CertificateChangedError
from allmende.devices.device_probe import (
    ProbeError,
    addresses_to_try,
    probe_device,
    probe_host_now,
    refresh_device,
    try_addresses,
)
from allmende.devices.devices import Device
from allmende.directory.municipalities import Municipality
from allmende.ipp import make
from devices.programs import free_port
from devices.real_printer import real_printer
from devices.scripted_device import Peer, http_reply, ipp_reply, scripted_device, tls_context
from devices.virtual_device_process import virtual_device

LOOPBACK = AddressPolicy(loopback=True)
DESCRIBED = ipp_reply(
    0, ipp.Group(ipp.GroupTag.PRINTER, [make.text("printer-info", "Flur"), make.enum("printer-state", 3)])
)


async def answer(peer: Peer) -> None:
    await peer.read_request()
    peer.send(http_reply(DESCRIBED))


@pytest.mark.system
async def test_a_real_printer(tmp_path: Path) -> None:
    async with real_printer(tmp_path) as uri:
        device = await probe_device(uri.replace("ipp:", "ipps:"), policy=LOOPBACK)
    assert device.name == "Test"
    assert device.state == "idle"
    assert "application/pdf" in device.formats
    assert "iso_a4_210x297mm" in device.media
    assert device.supplies
    assert len(device.certificate_sha256) == 64


async def test_a_virtual_device_is_found_by_its_host_alone(tmp_path: Path) -> None:
    async with virtual_device(tmp_path) as device:
        found = await try_addresses(f"127.0.0.1:{device.port}", policy=LOOPBACK)
    assert found.uri == device.uri
    assert found.description is not None
    assert found.description.name == "Rathaus <EG>"
    assert found.description.is_duplex
    assert [supply.level for supply in found.description.supplies] == [80, 65, 70, 60]


async def test_an_old_device_that_stumbles_is_asked_more_simply() -> None:
    seen = []

    async def old(peer: Peer) -> None:
        for status in (ipp.Status.SERVER_ERROR_VERSION_NOT_SUPPORTED, ipp.Status.CLIENT_ERROR_BAD_REQUEST):
            seen.append(ipp.decode(await peer.read_request())[0].version)
            peer.send(http_reply(ipp_reply(status)))
        message = ipp.decode(await peer.read_request())[0]
        assert message.operation_group.get("requested-attributes") is None
        peer.send(http_reply(DESCRIBED))

    async with scripted_device(old) as device:
        assert (await probe_device(device.uri, policy=LOOPBACK)).name == "Flur"
    assert seen == [(2, 0), (1, 1)]


@pytest.mark.parametrize(
    ("reply", "german"),
    [
        (http_reply(b"", status="404 Not Found"), "Webserver"),
        (http_reply(b"", status="401 Unauthorized"), "Passwort"),
        (http_reply(b"", status="426 Upgrade Required"), "ipps://"),
        (http_reply(b"<html>"), "kein IPP"),
        (http_reply(ipp_reply(ipp.Status.CLIENT_ERROR_NOT_FOUND)), "Druckserver"),
        (http_reply(ipp_reply()), "kein IPP"),
        (b"", "beendet"),
    ],
)
async def test_every_failure_has_a_reason_for_people(reply: bytes, german: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        peer.send(reply)

    async with scripted_device(script) as device:
        with pytest.raises(ProbeError) as caught:
            await probe_device(device.uri, policy=LOOPBACK)
    with translation.override("de"):
        assert german in str(caught.value.reason)


async def test_hosts_that_no_device_may_have() -> None:
    for host in (
        "127.0.0.1",
        "localhost",
        "169.254.169.254",
        "0.0.0.0",  # noqa: S104
        "[::1]",
        "224.0.0.1",
        "::ffff:127.0.0.1",
    ):
        with pytest.raises(ProbeError) as caught:
            await try_addresses(host, policy=AddressPolicy())
        with translation.override("en"):
            assert "not an address" in str(caught.value.reason), host


async def test_nothing_there() -> None:
    with pytest.raises(ProbeError) as caught:
        await try_addresses(f"127.0.0.1:{free_port()}", policy=LOOPBACK)
    with translation.override("en"):
        assert "does not listen" in str(caught.value.reason)


def test_the_order_of_guesses() -> None:
    assert list(addresses_to_try("192.0.2.7")) == [
        "ipps://192.0.2.7/ipp/print",
        "ipps://192.0.2.7/ipp/printer",
        "ipps://192.0.2.7/",
        "ipp://192.0.2.7/ipp/print",
        "ipp://192.0.2.7/ipp/printer",
        "ipp://192.0.2.7/",
        "socket://192.0.2.7:9100",
    ]
    assert next(addresses_to_try("2001:db8::7")) == "ipps://[2001:db8::7]/ipp/print"


@pytest.mark.django_db(transaction=True)
async def test_the_certificate_is_pinned_once_and_a_new_one_changes_nothing(
    tmp_path: Path, settings: object
) -> None:
    settings.ALLMENDE_LOOPBACK_DEVICES = True  # type: ignore[attr-defined]
    town = await Municipality.objects.acreate(slug="zerbst", name="Zerbst")
    async with scripted_device(answer, tls=tls_context(tmp_path, "first")) as peer:
        uri = peer.uri.replace("ipp:", "ipps:")
        device = await Device.objects.acreate(municipality=town, slug="flur", name="Flur", uri=uri)
        await refresh_device(device)
    stored = await Device.objects.aget(pk=device.pk)
    assert stored.state == "idle"
    assert stored.seen_at is not None
    assert bytes(stored.description) == DESCRIBED
    pin = stored.certificate_sha256
    assert len(pin) == 64

    async with scripted_device(answer, tls=tls_context(tmp_path, "second")) as peer:
        await Device.objects.filter(pk=device.pk).aupdate(uri=peer.uri.replace("ipp:", "ipps:"))
        stored = await Device.objects.aget(pk=device.pk)
        with pytest.raises(ProbeError) as caught:
            await refresh_device(stored)
    assert isinstance(caught.value.cause, CertificateChangedError)
    stored = await Device.objects.aget(pk=device.pk)
    assert (stored.certificate_sha256, stored.state) == (pin, "unreachable")
    assert stored.state_reasons == ["certificate-changed"]


def test_a_view_can_ask(settings: object) -> None:
    settings.ALLMENDE_LOOPBACK_DEVICES = True  # type: ignore[attr-defined]
    with pytest.raises(ProbeError):
        probe_host_now(f"socket://127.0.0.1:{free_port()}")
