# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The benchmarks count right on our own server, and fail rather than give a figure. Nothing is timed here."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from allmende_server import AllmendeServer
from device_sink import IppDevice
from load_generator import LoadFailedError, print_jobs_or_fail
from sample_documents import small_document

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(
        shutil.which("wrk") is None and not os.environ.get("CI"), reason="wrk is not installed"
    ),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AllmendeServer]:
    folder = tmp_path_factory.mktemp("benchmark") / "server"
    folder.mkdir()
    server = AllmendeServer(folder, crowd=8, tappers=2)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def test_a_refused_job_is_no_figure(server: AllmendeServer) -> None:
    # The first test of all: another one's last jobs may still arrive behind its end.
    (target, *_) = server.held_targets()
    elsewhere = replace(target, printer_uri=target.printer_uri.replace("/bank", "/nowhere"))
    before = server.held_jobs()
    with pytest.raises(LoadFailedError, match="IPP status 0x0406"):
        print_jobs_or_fail([elsewhere], small_document(), clients=1, seconds=20, count=3)
    assert server.held_jobs() == before


def test_what_was_counted_is_held(server: AllmendeServer) -> None:
    before = server.held_jobs()
    result = print_jobs_or_fail(server.held_targets(), small_document(), clients=4, seconds=20, count=40)
    assert result.errors == 0
    assert result.count >= 40
    # The last job of each client may come in without being counted.
    assert result.count <= server.held_jobs() - before <= result.count + 4


def test_a_tap_brings_the_document_to_the_device(server: AllmendeServer) -> None:
    with IppDevice() as device:
        server.connect_device(device.uri, "ipp")
        job_id = server.hold_for_release(small_document())
        before = server.held_jobs()
        server.release(job_id)
        device.wait_for_first_byte(30)
        server.wait_until_idle()
        assert server.held_jobs() == before - 1


def test_copies_are_held_like_what_came_in(server: AllmendeServer) -> None:
    before = server.held_jobs()
    assert server.hold_copies(500)
    # The copies, and the accepted job that they are copies of.
    assert server.held_jobs() == before + 501
    print_jobs_or_fail(server.held_targets(), small_document(), clients=2, seconds=20, count=5)
