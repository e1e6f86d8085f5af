# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Equal processes behind the same listening sockets, and the one that keeps them: `allmende serve --processes 2`.

The keeper opens the sockets, forks, and from then on only waits: it holds no key, no database connection and no request. What always
holds: a process that dies is replaced while the others go on; SIGTERM or SIGINT to the keeper ends all of them in order; and when
the keeper itself is killed they end too, because the pipe that it holds open closes.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Final, NoReturn

log = logging.getLogger(__name__)

#: A process that ends sooner than this after its start has not worked. Seconds.
_SOON: Final = 5.0
#: So many of them in a row, and the group gives up: whoever watches the keeper (systemd) should know.
_GIVE_UP_AFTER: Final = 5
_PAUSE: Final = 0.5

#: Serves as the process of that number, 0 being the first; returns its exit status.
Work = Callable[[int], int]


def run_group(count: int, work: Work) -> int:
    """Run `count` processes until SIGTERM or SIGINT; returns the exit status.

    Call it before any thread is started and with no database connection open: the processes are forks of this one.
    """
    return _Keeper(work).run(count)


class _Keeper:
    def __init__(self, work: Work) -> None:
        self._work = work
        self._running: dict[int, tuple[int, float]] = {}
        self._ending = threading.Event()
        #: Nobody ever writes: its end tells the processes that their keeper is gone.
        self._lifeline, self._held_end = os.pipe()

    def run(self, count: int) -> int:
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, self._end)
        for number in range(count):
            self._start(number)
        failed = 0
        status = 0
        while self._running:
            pid, ended = os.waitpid(-1, 0)
            number, started = self._running.pop(pid)
            code = os.waitstatus_to_exitcode(ended)
            if self._ending.is_set():
                status = max(status, 0 if code == -signal.SIGTERM else abs(code))
                continue
            failed = failed + 1 if time.monotonic() - started < _SOON else 0
            if failed >= _GIVE_UP_AFTER:
                log.error("process %d ends at once, again and again (%d): giving up", number, code)
                status = abs(code) or 1
                self._end()
                continue
            log.error("process %d ended (%d); starting it again", number, code)
            if failed:
                time.sleep(_PAUSE)
            self._start(number)
        return status

    def _start(self, number: int) -> None:
        if self._ending.is_set():
            return
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if not pid:
            self._serve(number)
        self._running[pid] = (number, time.monotonic())
        if self._ending.is_set():  # a signal came between
            os.kill(pid, signal.SIGTERM)

    def _serve(self, number: int) -> NoReturn:
        status = 1
        try:
            for name in (signal.SIGTERM, signal.SIGINT):
                signal.signal(name, signal.SIG_DFL)
            os.close(self._held_end)
            threading.Thread(target=self._follow_keeper, name="keeper's end", daemon=True).start()
            status = self._work(number)
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
        except BaseException:
            traceback.print_exc()
        finally:
            logging.shutdown()
            sys.stdout.flush()
            sys.stderr.flush()
            # Not `sys.exit`: what the keeper's own stack would do at its end is not ours to do.
            os._exit(status)

    def _follow_keeper(self) -> None:
        os.read(self._lifeline, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    def _end(self, *_signal: int | FrameType | None) -> None:
        self._ending.set()
        for pid in list(self._running):
            try:
                os.kill(pid, signal.SIGTERM)
            except ProcessLookupError:
                continue
