# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The IPP service: what stands behind `/ipp/…`.

    http_side ─▶ Decoder ─▶ dispatch ─▶ requesters (who is it) ─▶ one handler per operation ─▶ respond
        │                                                              │
        └── RequestBody: the document's bytes, as they come ──────────▶ intake

`http_side` knows HTTP and no operation; a handler knows operations and no HTTP. What a handler needs stands in `Call`. A path names a
queue: `/ipp/print/<municipality>`, `/ipp/print/<municipality>/<key>` (a personal address), `/ipp/direct/<municipality>/<device>`, and each
of them with `/jobs/<number>` for a job of that queue.

Always holds: a client sees its own jobs and nobody else's, not even that they exist; what is asked of another town's job is
answered as what is asked of no job at all.
"""

from allmende.printing.gateway.http_side import Gateway

__all__ = ["Gateway"]
