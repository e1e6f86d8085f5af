# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from allmende.spool import Spool, open_spool

from .s3_server import S3Server, run_s3_server


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    yield from run_s3_server(tmp_path_factory.mktemp("s3"))


@pytest.fixture(params=["folder", "s3"])
def spool_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty spool of either kind."""
    if request.param == "folder":
        return (tmp_path / "spool").as_uri()
    server: S3Server = request.getfixturevalue("s3_server")
    return server.url(prefix=f"town hall/{secrets.token_hex(4)}")


@pytest.fixture
def spool(spool_url: str) -> Spool:
    return open_spool(spool_url)
