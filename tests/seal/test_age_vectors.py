# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The format's public test vectors (C2SP CCTV, `age`), read from the npm package `cctv-age` where that is installed.

Left out: armour, passphrases and post-quantum identities, which we don't have.
"""

import base64
import hashlib
import os
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from allmende.seal import Identity, SealError, SealFault, unseal_bytes, unseal_pieces

_PACKAGE = "node_modules/cctv-age/index.js"
_PLACES = [
    Path(__file__).parents[2] / "var" / _PACKAGE,
    Path("/usr/lib") / _PACKAGE,
    Path("/usr/local/lib") / _PACKAGE,
]
_VECTOR = re.compile(r'^// \.\./testdata/(\w+)\nvar \w+ = __toBinary\("([A-Za-z0-9+/=]*)"\);', re.MULTILINE)
_FAULTS = {
    "header failure": SealFault.HEADER,
    "no match": SealFault.NO_MATCH,
    "HMAC failure": SealFault.MAC,
    "payload failure": SealFault.PAYLOAD,
}
# To us the nonce belongs to the payload, to the vectors to the header.
_NONCE_FAULTS = {"stream_no_nonce", "stream_short_nonce"}


@dataclass
class Vector:
    name: str
    expect: str
    identities: list[str]
    payload: str
    sealed: bytes


def package() -> Path | None:
    named = os.environ.get("ALLMENDE_AGE_VECTORS")
    return next((path for path in ([Path(named)] if named else _PLACES) if path.is_file()), None)


def read_vectors(path: Path) -> Iterator[Vector]:
    for name, encoded in _VECTOR.findall(path.read_text()):
        head, _, sealed = base64.b64decode(encoded).partition(b"\n\n")
        lines = [line.split(": ", 1) for line in head.decode().split("\n")]
        fields = dict(lines)
        identities = [value for key, value in lines if key == "identity"]
        ours = [text for text in identities if text.startswith("AGE-SECRET-KEY-1")]
        if "armored" in fields or "passphrase" in fields or not ours or len(ours) < len(identities):
            continue
        if fields.get("compressed") == "zlib":
            sealed = zlib.decompress(sealed)
        yield Vector(name, fields["expect"], ours, fields.get("payload", ""), sealed)


VECTORS = list(read_vectors(found)) if (found := package()) else []


@pytest.mark.system
def test_the_vectors_are_there() -> None:
    if not VECTORS and not os.environ.get("CI"):
        pytest.skip("the npm package cctv-age is not installed (npm install --prefix var cctv-age@0.2.0)")
    assert len(VECTORS) > 50
    assert {vector.expect for vector in VECTORS} == {"success", *_FAULTS}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_vector(vector: Vector) -> None:
    # Where several identities are named, any one of them may open the file.
    results = [attempt(vector, Identity.from_text(text)) for text in vector.identities]
    fault, released = min(results, key=lambda result: result[0] is SealFault.NO_MATCH)
    assert fault is (SealFault.PAYLOAD if vector.name in _NONCE_FAULTS else _FAULTS.get(vector.expect))
    if fault is None:
        assert hashlib.sha256(released).hexdigest() == vector.payload
    else:
        # We hold each chunk back until the next byte is there, so of a broken payload we hand out less than is allowed.
        assert len(released) % 65536 == 0
    if fault is not None:
        for text in vector.identities:
            with pytest.raises(SealError):
                unseal_bytes(Identity.from_text(text), vector.sealed)


def attempt(vector: Vector, identity: Identity) -> tuple[SealFault | None, bytes]:
    """(what went wrong, what had been handed out by then), in pieces smaller than a chunk."""
    released = bytearray()
    pieces = [vector.sealed[start : start + 10_000] for start in range(0, len(vector.sealed), 10_000)]
    try:
        for opened in unseal_pieces(pieces, identity):
            released += opened
    except SealError as error:
        return error.fault, bytes(released)
    return None, bytes(released)
