# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""How the service and a worker process talk: frames over two pipes.

To the worker: a job (length, JSON `{"operation", "parameters", "size"}`), then `size` bytes of document.
From the worker: frames of (kind, length, payload), closed by `DONE`, `UNREADABLE` or `FAILED`. The worker
may be taken over by a hostile document: the service bounds every frame and believes nothing in it unchecked.
"""

import struct
from typing import Final

JOB_HEADER: Final = struct.Struct(">I")
FRAME_HEADER: Final = struct.Struct(">cI")

CHUNK: Final = b"c"  # a piece of the result, or one of several results
FACTS: Final = b"f"  # DocumentFacts as JSON
PREVIEW: Final = b"p"  # its preview
DONE: Final = b"d"
UNREADABLE: Final = b"u"  # payload: an UnreadableReason
FAILED: Final = b"x"  # payload: `memory` or `internal`
KINDS: Final = frozenset({CHUNK, FACTS, PREVIEW, DONE, UNREADABLE, FAILED})

MAX_FRAME: Final = 64 * 1024 * 1024
CHUNK_BYTES: Final = 256 * 1024
