# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The one error of this room."""

from allmende.ipp.codes import Status


class IppError(Exception):
    """Bytes that are not IPP, a request against the rules, or a message that can't be encoded.

    `status` is what the peer should be told. `version` and `request_id` are those of the message where its
    first eight bytes were read, so that even a broken request can be answered with its own number.
    """

    def __init__(
        self,
        status: Status,
        message: str,
        *,
        version: tuple[int, int] | None = None,
        request_id: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.version = version
        self.request_id = request_id
