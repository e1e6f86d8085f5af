# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where sealed documents lie: a folder, or an S3 bucket. Knows nothing of what is in them.

`open_spool(url)` gives a `Spool`; `new_key(slug)` names a document; `spool.create(key)` takes it in:

    with spool.create(new_key("zerbst")) as writer:
        writer.write(piece)
        writer.commit()

What always holds (see `base` for each call's promise)
    - A document is visible whole and on stable storage, or not at all, also after kill -9 or power loss.
    - It is never changed. Taken in once, read often, deleted once.
    - Keys are strict: `municipality/ab/uuid`, no way out of the spool.
    - Memory is constant, whatever the size.
    - Calls block: use worker threads. All that goes wrong is a `SpoolError`; a full disk is a `SpoolFullError`.
"""

from allmende.spool.base import (
    PIECE_LENGTH,
    Spool,
    SpoolError,
    SpoolFullError,
    SpoolMissingError,
    SpoolWriter,
)
from allmende.spool.keys import is_key, new_key
from allmende.spool.opening import open_spool

__all__ = [
    "PIECE_LENGTH",
    "Spool",
    "SpoolError",
    "SpoolFullError",
    "SpoolMissingError",
    "SpoolWriter",
    "is_key",
    "new_key",
    "open_spool",
]
