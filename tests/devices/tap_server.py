# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The service as a reader agent sees it: takes taps on a port that stays the same over restarts."""

import contextlib
import json
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


class TapServer:
    def __init__(self, port: int = 0, *, tls: ssl.SSLContext | None = None) -> None:
        self.taps: list[dict[str, str]] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.connections = 0
        self._open: set[socket.socket] = set()
        self._is_running = False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                outer.connections += 1
                outer._open.add(self.request)
                super().setup()

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.taps.append(
                    {"path": self.path, "token": self.headers["Authorization"], "chip": body["chip"]}
                )
                status, answer = outer.answers.pop(0) if outer.answers else (200, {})
                content = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def chips(self) -> list[str]:
        return [tap["chip"] for tap in self.taps]

    def __enter__(self) -> Self:
        self._thread.start()
        self._is_running = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """As if the process ended: its connections end too."""
        if not self._is_running:
            return
        self._is_running = False
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
