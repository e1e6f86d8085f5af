# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The age payload: a nonce, then 64 KiB chunks under ChaCha20-Poly1305 (the STREAM construction), push by push.

Always holds:
- the last chunk is marked as such, so cutting a document anywhere is noticed at `finish`;
- a decrypted chunk is handed out only after its tag was checked;
- one push costs at most one copy of its bytes; memory is bounded by the push plus one chunk.

Big buffers are filled in place (`encrypt_into`): making a `bytes` and joining costs more than the encryption. That is
why `update` may answer with a `bytearray`; it is the caller's own and is not touched again. Source: C2SP age,
"Payload".
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from allmende.seal.errors import SealError, SealFault
from allmende.seal.keys import FileKey, derive

CHUNK_LENGTH = 64 * 1024
TAG_LENGTH = 16
NONCE_LENGTH = 16
SEALED_CHUNK_LENGTH = CHUNK_LENGTH + TAG_LENGTH

Bytes = bytes | bytearray | memoryview


def payload_cipher(file_key: FileKey, nonce: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(derive(file_key.to_bytes(), salt=nonce, info=b"payload"))


def chunk_nonce(counter: int, *, last: bool) -> bytes:
    """11 bytes of counter and the flag of the last chunk."""
    return (counter << 8 | last).to_bytes(12, "big")


def sealed_length(length: int) -> int:
    """Bytes of the body (nonce and chunks) for `length` bytes of document."""
    return NONCE_LENGTH + length + TAG_LENGTH * max(1, -(-length // CHUNK_LENGTH))


class ChunkSealer:
    """Encrypts pushes into chunks. A chunk leaves only when another byte follows it: the last one is special."""

    def __init__(self, cipher: ChaCha20Poly1305) -> None:
        self._encrypt_into = cipher.encrypt_into
        self._pending = bytearray()
        self._counter = 0
        self._finished = False

    def update(self, data: Bytes, *, lead: bytes = b"") -> bytes | bytearray:
        """The chunks that `data` completes, after `lead`."""
        self._require_unfinished()
        total = len(self._pending) + len(data)
        chunks = (total - 1) // CHUNK_LENGTH if total else 0
        if not chunks:
            self._pending += data
            return lead
        out = bytearray(len(lead) + chunks * SEALED_CHUNK_LENGTH)
        out[: len(lead)] = lead
        offset, position = len(lead), 0
        with memoryview(data) as view, memoryview(out) as target:
            if self._pending:
                position = CHUNK_LENGTH - len(self._pending)
                self._pending += view[:position]
                self._encrypt_chunk(self._pending, target[offset : offset + SEALED_CHUNK_LENGTH])
                offset += SEALED_CHUNK_LENGTH
            while offset < len(out):
                end = position + CHUNK_LENGTH
                self._encrypt_chunk(view[position:end], target[offset : offset + SEALED_CHUNK_LENGTH])
                position = end
                offset += SEALED_CHUNK_LENGTH
            self._pending = bytearray(view[position:])
        return out

    def _encrypt_chunk(self, plain: Bytes, target: memoryview) -> None:
        self._encrypt_into(chunk_nonce(self._counter, last=False), plain, None, target)
        self._counter += 1

    def finish(self, *, lead: bytes = b"") -> bytes:
        self._require_unfinished()
        self._finished = True
        out = bytearray(len(self._pending) + TAG_LENGTH)
        self._encrypt_into(chunk_nonce(self._counter, last=True), self._pending, None, out)
        self._pending = bytearray()
        return lead + out

    def _require_unfinished(self) -> None:
        if self._finished:
            raise SealError(SealFault.PAYLOAD, "this document is finished already")


class Unsealer:
    """Decrypts what follows the header (nonce and chunks), in pushes of any size.

    `update` and `finish` raise `SealError` (payload); after that, and after `finish`, the object is spent. What
    `update` handed out before is genuine, but only `finish` says that it is the whole document.
    """

    def __init__(self, file_key: FileKey) -> None:
        self._file_key = file_key
        self._cipher: ChaCha20Poly1305 | None = None
        self._pending = bytearray()
        self._counter = 0
        self._spent = False

    def update(self, data: Bytes) -> bytes | bytearray:
        self._require_unspent()
        if self._cipher is None:
            # Rare and small: only the first push(es) go through a copy.
            self._pending += data
            if len(self._pending) < NONCE_LENGTH:
                return b""
            self._cipher = payload_cipher(self._file_key, bytes(self._pending[:NONCE_LENGTH]))
            data, self._pending = self._pending[NONCE_LENGTH:], bytearray()
        total = len(self._pending) + len(data)
        chunks = (total - 1) // SEALED_CHUNK_LENGTH if total else 0
        if not chunks:
            self._pending += data
            return b""
        out = bytearray(chunks * CHUNK_LENGTH)
        offset, position = 0, 0
        with memoryview(data) as view, memoryview(out) as target:
            if self._pending:
                position = SEALED_CHUNK_LENGTH - len(self._pending)
                self._pending += view[:position]
                self._decrypt_chunk(self._pending, target[:CHUNK_LENGTH])
                offset = CHUNK_LENGTH
            while offset < len(out):
                end = position + SEALED_CHUNK_LENGTH
                self._decrypt_chunk(view[position:end], target[offset : offset + CHUNK_LENGTH])
                position = end
                offset += CHUNK_LENGTH
            self._pending = bytearray(view[position:])
        return out

    def _decrypt_chunk(self, sealed: Bytes, target: memoryview, *, last: bool = False) -> None:
        assert self._cipher is not None  # noqa: S101 - callers set it
        try:
            self._cipher.decrypt_into(chunk_nonce(self._counter, last=last), sealed, None, target)
        except InvalidTag:
            self._spent = True
            raise SealError(
                SealFault.PAYLOAD, f"chunk {self._counter} is not genuine, or the end is missing"
            ) from None
        self._counter += 1

    def finish(self) -> bytes:
        """The last chunk; the document is whole if this returns."""
        self._require_unspent()
        self._spent = True
        if self._cipher is None or len(self._pending) < TAG_LENGTH:
            raise SealError(SealFault.PAYLOAD, "the document ends too early")
        out = bytearray(len(self._pending) - TAG_LENGTH)
        if not out and self._counter:
            raise SealError(SealFault.PAYLOAD, "an empty last chunk after a full one")
        with memoryview(out) as target:
            self._decrypt_chunk(self._pending, target, last=True)
        return bytes(out)

    def _require_unspent(self) -> None:
        if self._spent:
            raise SealError(SealFault.PAYLOAD, "this document is finished or broken already")
