# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from pathlib import Path

import pytest

from allmende.spool import SpoolError, open_spool
from allmende.spool.folder import FolderSpool


def test_a_folder(tmp_path: Path) -> None:
    spool = open_spool((tmp_path / "with blank").as_uri())
    assert isinstance(spool, FolderSpool)
    assert spool.root == tmp_path / "with blank"
    assert spool.root.is_dir()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "spool",
        "/var/lib/spool",
        "file://host/path",
        "file:relative",
        "file:///path?option=1",
        "ftp://host/path",
        "http://[",
        "s3://",
        "s3:///prefix",
        "s3://bucket/p?unknown=SECRET",
        "s3://bucket/p?region=a&region=b",
        "s3://user:SECRET@bucket/p",
        "s3://bucket:99/p",
        "s3://bucket/p?endpoint=ftp://x",
        "s3://bucket/p?endpoint=http://user:SECRET@host",
        "s3://bucket/p?endpoint=",
    ],
)
def test_not_a_spools_url(url: str) -> None:
    with pytest.raises(SpoolError) as caught:
        open_spool(url)
    assert "SECRET" not in str(caught.value)


def test_a_folder_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(SpoolError, match="can't be made"):
        open_spool((tmp_path / "file" / "spool").as_uri())
