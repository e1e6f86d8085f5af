# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
import gc
import threading

import pytest

from allmende.spool import SpoolError, SpoolFullError, SpoolMissingError, new_key, open_spool
from allmende.spool.s3 import _explain

from .s3_server import S3Server

PART = 5 * 1024 * 1024


def test_a_wrong_secret_is_told(s3_server: S3Server) -> None:
    spool = open_spool(s3_server.url(secret="wrong-secret"))
    with pytest.raises(SpoolError, match="refuses our key"):
        spool.check()
    for attempt in (
        lambda: list(spool.keys()),
        lambda: spool.size(new_key("zerbst")),
        lambda: put_large(spool),
    ):
        with pytest.raises(SpoolError) as caught:
            attempt()
        assert not isinstance(caught.value, SpoolMissingError)


def put_large(spool: object) -> None:
    from allmende.spool.s3 import S3Spool

    assert isinstance(spool, S3Spool)
    with spool.create(new_key("zerbst")) as writer:
        for _ in range(10):
            writer.write(bytes(PART))
        writer.commit()


def test_a_missing_bucket_is_told(s3_server: S3Server) -> None:
    spool = open_spool(s3_server.url(bucket="not-there", plain=True))
    with pytest.raises(SpoolError, match="no such bucket"):
        spool.check()


def test_nobody_there_is_told_soon() -> None:
    spool = open_spool(
        "s3://b/p?endpoint=http://127.0.0.1:1&region=x&access_key_id=AKID&secret_access_key=SECRET"
    )
    with pytest.raises(SpoolError, match="doesn't answer"):
        spool.size(new_key("zerbst"))


def test_secrets_are_not_told(s3_server: S3Server) -> None:
    spool = open_spool(s3_server.url(secret="wrong-secret"))
    with pytest.raises(SpoolError) as caught:
        spool.check()
    told = [
        repr(spool),
        str(spool),
        str(caught.value),
        repr(caught.value.__cause__),
        repr(caught.value.__context__),
    ]
    assert not any("wrong-secret" in text for text in told)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_an_abort_leaves_no_parts(s3_server: S3Server) -> None:
    spool = open_spool(s3_server.url(prefix="aborts"))
    before = s3_server.unfinished_uploads()
    writer = spool.create(new_key("zerbst"))
    for _ in range(5):
        writer.write(bytes(PART))
    writer.abort()
    assert s3_server.unfinished_uploads() == before
    with pytest.raises(SpoolMissingError):
        spool.size(writer.key)


def test_upload_threads_end(s3_server: S3Server) -> None:
    spool = open_spool(s3_server.url(prefix="threads"))
    for committed in (True, False):
        with spool.create(new_key("zerbst")) as writer:
            writer.write(bytes(3 * PART))
            if committed:
                writer.commit()
    gc.collect()
    assert [thread for thread in threading.enumerate() if thread.name == "s3-upload"] == []


def test_prefixes_keep_apart(s3_server: S3Server) -> None:
    one, two = (open_spool(s3_server.url(prefix=f"apart/{name}")) for name in ("one", "two"))
    key = new_key("zerbst")
    with one.create(key) as writer:
        writer.write(b"1")
        writer.commit()
    assert list(two.keys()) == []
    with pytest.raises(SpoolMissingError):
        two.size(key)


@pytest.mark.parametrize("code", ["QuotaExceeded", "XMinioStorageFull"])
def test_a_full_store_is_told_apart(code: str) -> None:
    assert isinstance(
        _explain(OSError(f"PUT 403 <Error><Code>{code}</Code></Error>"), "s3://b"), SpoolFullError
    )
    assert isinstance(_explain(OSError("Server returned non-2xx status code: 507"), "s3://b"), SpoolFullError)
    assert not isinstance(_explain(OSError("status code: 500"), "s3://b"), SpoolFullError)
