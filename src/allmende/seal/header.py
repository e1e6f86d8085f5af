# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The age header's grammar: text in, stanzas out, and back. Knows no cryptography.

Always holds:
- any bytes parse, ask for more, or raise `SealError`; byte by byte gives the same as at once;
- what parses is canonical: writing it again gives the same bytes;
- bounded by `MAX_HEADER_LENGTH` and `MAX_STANZAS`, so a hostile file can't make us hold or loop much.

Source: C2SP age, "ABNF definition of file header".
"""

import base64
import binascii
import re
from dataclasses import dataclass

from allmende.seal.errors import SealError, SealFault

MAX_HEADER_LENGTH = 64 * 1024
MAX_STANZAS = 512
VERSION_LINE = b"age-encryption.org/v1\n"
_MAC_LENGTH = 32
_COLUMNS = 64
_ARGUMENTS = re.compile(rb"->(?: [\x21-\x7e]+)+")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]*")


def _broken(message: str) -> SealError:
    return SealError(SealFault.HEADER, message)


def to_base64(data: bytes) -> bytes:
    """Standard alphabet, no padding (RFC 4648 §4, "raw")."""
    return binascii.b2a_base64(data, newline=False).rstrip(b"=")


def from_base64(text: bytes) -> bytes:
    """Strict inverse of `to_base64`: padding, foreign characters and non-canonical last bits are errors (§3.5)."""
    if not _BASE64.fullmatch(text) or len(text) % 4 == 1:
        raise _broken("not raw base64")
    data = base64.b64decode(text + b"=" * (-len(text) % 4))
    if to_base64(data) != text:
        raise _broken("base64 that is not canonical")
    return data


@dataclass(frozen=True, slots=True)
class Stanza:
    """One wrapping of the file key. `arguments` has at least one item; the first names the recipient's type."""

    arguments: tuple[bytes, ...]
    body: bytes

    def to_bytes(self) -> bytes:
        encoded = to_base64(self.body)
        lines = [b"-> " + b" ".join(self.arguments)]
        # A body of full lines only is closed by an empty one, so the range must reach past the end.
        lines += [encoded[i : i + _COLUMNS] for i in range(0, len(encoded) + 1, _COLUMNS)]
        return b"\n".join(lines) + b"\n"


@dataclass(frozen=True, slots=True)
class Header:
    """A well-formed header whose MAC is *not* yet checked: that needs the file key (`unseal_file_key`)."""

    stanzas: tuple[Stanza, ...]
    mac: bytes
    """32 bytes."""
    authenticated: bytes
    """What the MAC covers: everything up to and including `---`."""

    @property
    def length(self) -> int:
        """Bytes of the header in the file; the payload begins there."""
        return len(self.authenticated) + len(" ") + 43 + len("\n")

    def to_bytes(self) -> bytes:
        return finish_header(self.authenticated, self.mac)


def begin_header(stanzas: list[bytes]) -> bytes:
    """The authenticated part for stanzas that are already written out."""
    return b"".join((VERSION_LINE, *stanzas, b"---"))


def finish_header(authenticated: bytes, mac: bytes) -> bytes:
    return b"".join((authenticated, b" ", to_base64(mac), b"\n"))


class _Lines:
    """Hands out complete lines without their line feed, and None once the bytes seen so far are used up."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0
        self.start = 0

    def take(self) -> bytes | None:
        end = self.data.find(b"\n", self.position, MAX_HEADER_LENGTH)
        if end < 0:
            if len(self.data) >= MAX_HEADER_LENGTH:
                raise _broken(f"a header longer than {MAX_HEADER_LENGTH} bytes")
            return None
        self.start, self.position = self.position, end + 1
        return self.data[self.start : end]


def read_header(prefix: bytes) -> Header | None:
    """The header at the beginning of `prefix`, or None if `prefix` ends inside it: call again with more.

    What follows the header is not looked at; it begins at `Header.length`. Raises `SealError` (header).
    """
    if not prefix.startswith(VERSION_LINE):
        if VERSION_LINE.startswith(prefix):
            return None
        raise _broken("not an age file of version 1")
    lines = _Lines(prefix)
    lines.take()
    stanzas: list[Stanza] = []
    line = lines.take()
    while line is not None and line.startswith(b"->"):
        if len(stanzas) == MAX_STANZAS:
            raise _broken(f"a header with more than {MAX_STANZAS} stanzas")
        if not _ARGUMENTS.fullmatch(line):
            raise _broken("a stanza's first line breaks the grammar")
        body = _read_body(lines)
        if body is None:
            return None
        stanzas.append(Stanza(tuple(line.split(b" ")[1:]), body))
        line = lines.take()
    if line is None:
        return None
    if not stanzas:
        raise _broken("a header without a stanza")
    if not line.startswith(b"--- "):
        raise _broken("neither a stanza nor the header's end")
    mac = from_base64(line[4:])
    if len(mac) != _MAC_LENGTH:
        raise _broken("a header MAC of a wrong length")
    if len(stanzas) > 1 and any(stanza.arguments[0] == b"scrypt" for stanza in stanzas):
        # A passphrase promises that nobody else could have written the file: a second recipient would break that.
        raise _broken("an scrypt stanza that isn't alone")
    return Header(tuple(stanzas), mac, prefix[: lines.start + 3])


def _read_body(lines: _Lines) -> bytes | None:
    collected: list[bytes] = []
    while True:
        line = lines.take()
        if line is None:
            return None
        if len(line) > _COLUMNS or not _BASE64.fullmatch(line):
            raise _broken("a stanza's body breaks the grammar")
        collected.append(line)
        if len(line) < _COLUMNS:
            return from_base64(b"".join(collected))
