# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A spool from the URL that an operator sets (`ALLMENDE_SPOOL_URL`)."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from allmende.spool.base import Spool, SpoolError
from allmende.spool.folder import FolderSpool


def open_spool(url: str) -> Spool:
    """The spool behind a URL.

    `file:///var/lib/allmende/spool`
        A folder; made if it isn't there.

    `s3://BUCKET/PREFIX?endpoint=https://s3.example.org&region=eu-central-1`
        A bucket, which must exist. Needs the extra `allmende[s3]`. The prefix may be empty. Query (all optional):
        `endpoint` (http or https, where it isn't AWS), `region`, `virtual_hosted=yes` (bucket in the host name; in the path
        otherwise), `access_key_id` and `secret_access_key`. Without the latter two the usual environment counts
        (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, …), which is the better place for a secret.
        Give the bucket a lifecycle rule that aborts multipart uploads after a day: a killed process can't do it.

    Raises `SpoolError`; its text doesn't repeat the query, where credentials may stand.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        raise SpoolError("the spool's URL can't be read") from None
    if parts.scheme == "file":
        if (
            parts.netloc not in ("", "localhost")
            or not parts.path.startswith("/")
            or parts.query
            or parts.fragment
        ):
            raise SpoolError("a folder spool's URL looks like file:///absolute/path")
        return FolderSpool(Path(unquote(parts.path)))
    if parts.scheme == "s3":
        from allmende.spool.s3 import open_bucket  # noqa: PLC0415 - an extra; a folder must work without it

        return open_bucket(parts)
    raise SpoolError("the spool's URL begins with file:// or s3://")
