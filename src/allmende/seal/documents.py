# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whole documents: header and payload together, pushed or at once."""

import os
from collections.abc import Iterable, Iterator

from allmende.seal.errors import SealError, SealFault
from allmende.seal.header import MAX_HEADER_LENGTH, Header, read_header
from allmende.seal.key_wrapping import rewrap_header, unseal_file_key
from allmende.seal.keys import FileKey, Identity, Recipient
from allmende.seal.payload import (
    CHUNK_LENGTH,
    NONCE_LENGTH,
    Bytes,
    ChunkSealer,
    Unsealer,
    chunk_nonce,
    payload_cipher,
)


class Sealer:
    """Seals one document as it arrives; `header` and `file_key` are there from the start.

    The first non-empty output begins with the header and the payload's nonce; the outputs in order are a complete age
    file. Pushes of 256 KiB and more are fastest. Not for use from two threads at once.
    """

    def __init__(self, recipients: Iterable[Recipient]) -> None:
        self.file_key = FileKey.generate()
        self.header = rewrap_header(self.file_key, recipients)
        nonce = os.urandom(NONCE_LENGTH)
        self._chunks = ChunkSealer(payload_cipher(self.file_key, nonce))
        self._lead = self.header + nonce

    def update(self, data: Bytes) -> bytes | bytearray:
        lead, self._lead = self._lead, b""
        return self._chunks.update(data, lead=lead)

    def finish(self) -> bytes:
        lead, self._lead = self._lead, b""
        return self._chunks.finish(lead=lead)


def seal(recipients: Iterable[Recipient], data: Bytes) -> tuple[FileKey, bytes, bytes]:
    """(file key, header, body): `header + body` is an age file. The body outlives a `rewrap_header`."""
    file_key = FileKey.generate()
    header = rewrap_header(file_key, recipients)
    nonce = os.urandom(NONCE_LENGTH)
    cipher = payload_cipher(file_key, nonce)
    if len(data) <= CHUNK_LENGTH:
        return file_key, header, nonce + cipher.encrypt(chunk_nonce(0, last=True), data, None)
    chunks = ChunkSealer(cipher)
    return file_key, header, b"".join((chunks.update(data, lead=nonce), chunks.finish()))


def seal_bytes(recipients: Iterable[Recipient], data: Bytes) -> bytes:
    """A complete age file."""
    _, header, body = seal(recipients, data)
    return header + body


def unseal_pieces(pieces: Iterable[Bytes], key: Identity | FileKey) -> Iterator[bytes | bytearray]:
    """A sealed file in pieces of any size to the document in pieces, lazily, in constant memory.

    With a `FileKey` the header is passed over unchecked: whoever has that key needs no header. Raises `SealError`; what
    was yielded before is genuine, but the document is whole only if the iterator ends by itself.
    """
    unsealer: Unsealer | None = None
    prefix = b""
    for piece in pieces:
        if unsealer is None:
            prefix += piece
            header = read_header(prefix)
            if header is None:
                continue
            unsealer = Unsealer(_file_key(header, key))
            opened = unsealer.update(memoryview(prefix)[header.length :])
            prefix = b""
        else:
            opened = unsealer.update(piece)
        if opened:
            yield opened
    if unsealer is None:
        raise SealError(
            SealFault.HEADER, f"the header ends too early (at most {MAX_HEADER_LENGTH} bytes were read)"
        )
    if rest := unsealer.finish():
        yield rest


def _file_key(header: Header, key: Identity | FileKey) -> FileKey:
    return key if isinstance(key, FileKey) else unseal_file_key(header, key)


def unseal_bytes(key: Identity | FileKey, data: Bytes) -> bytes:
    """The document of a complete age file, fully checked. Raises `SealError`."""
    return b"".join(unseal_pieces([data], key))
