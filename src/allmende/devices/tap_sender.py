# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Tells the service of taps: one POST each, over a connection that is kept.

A tap is worth something only while the person stands there, so it is tried for some seconds and then given up, never
delivered later. Always holds: the chip's number is in the request's body and nowhere else, in no log and no error.
"""

import hashlib
import hmac
import http.client
import json
import ssl
import time
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

SECONDS: Final = 8.0
"""In which a tap must have an answer."""
_ANSWER_BYTES: Final = 1_000_000
_PAUSES: Final = (0.0, 0.2, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class TapOutcome:
    """`code`: "ok", what the service refused it with, or "unreachable", "certificate-changed"."""

    is_accepted: bool
    code: str


class CertificateMismatchError(Exception):
    pass


class TapSender:
    """`server`: http:// or https:// without a path. `certificate_sha256` pins a self-signed certificate (DER, hex)."""

    def __init__(self, server: str, device: str, token: str, *, certificate_sha256: str = "") -> None:
        parts = urlsplit(server)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("the server's address must begin with http:// or https://")
        self._host, self._port = parts.hostname, parts.port
        self._path = f"{parts.path.rstrip('/')}/api/v1/devices/{quote(device, safe='')}/taps"
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._pin = certificate_sha256.replace(":", "").lower()
        self._tls: ssl.SSLContext | None = None
        if parts.scheme == "https":
            self._tls = ssl.create_default_context()
            if self._pin:
                self._tls.check_hostname = False
                self._tls.verify_mode = ssl.CERT_NONE
        self._connection: http.client.HTTPConnection | None = None

    def send(self, number: str) -> TapOutcome:
        """Never raises for what the network or the service can do."""
        body = json.dumps({"chip": number}).encode()
        deadline = time.monotonic() + SECONDS
        for pause in _PAUSES:
            time.sleep(pause)
            was_kept = self._connection is not None
            try:
                return self._ask(body, deadline)
            except CertificateMismatchError:
                self.close()
                return TapOutcome(is_accepted=False, code="certificate-changed")
            except (OSError, http.client.HTTPException) as error:
                self.close()
                # A connection that was kept may have died with a restart of the service; a fresh one that took the
                # request and gave no answer has perhaps done what it was asked.
                unsent = isinstance(error, ConnectionRefusedError) or was_kept
                if not unsent or time.monotonic() > deadline:
                    break
        return TapOutcome(is_accepted=False, code="unreachable")

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ask(self, body: bytes, deadline: float) -> TapOutcome:
        connection = self._connect()
        if connection.sock is not None:
            connection.sock.settimeout(max(deadline - time.monotonic(), 0.1))
        connection.request("POST", self._path, body, self._headers)
        reply = connection.getresponse()
        content = reply.read(_ANSWER_BYTES + 1)
        if reply.will_close or len(content) > _ANSWER_BYTES:
            self.close()
        if reply.status == 200:
            return TapOutcome(is_accepted=True, code="ok")
        return TapOutcome(is_accepted=False, code=_refusal(reply.status, content))

    def _connect(self) -> http.client.HTTPConnection:
        if self._connection is not None:
            return self._connection
        if self._tls is None:
            connection = http.client.HTTPConnection(self._host, self._port, timeout=SECONDS / 2)
        else:
            connection = http.client.HTTPSConnection(
                self._host, self._port, timeout=SECONDS / 2, context=self._tls
            )
        connection.connect()
        if self._pin and isinstance(connection.sock, ssl.SSLSocket):
            seen = hashlib.sha256(connection.sock.getpeercert(binary_form=True) or b"").hexdigest()
            if not hmac.compare_digest(seen, self._pin):
                connection.close()
                raise CertificateMismatchError
        self._connection = connection
        return connection


def _refusal(status: int, content: bytes) -> str:
    try:
        code = json.loads(content)["code"]
    except (ValueError, KeyError, TypeError, RecursionError):
        code = ""
    # Only a keyword gets into the log, whatever answers there.
    if isinstance(code, str) and 0 < len(code) <= 40 and code.isascii() and code.replace("-", "").isalnum():
        return code
    return f"http-{status}"
