# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a worker process takes from itself before it looks at the first hostile byte.

Limits of memory, open files, file size (0: nothing can be written to any disk), core dumps, new processes;
lowest priority that is still kind; no new privileges; and where the kernel has Landlock (Linux 5.13 and
later) no sight of the file system but fonts and Python's own files, and no TCP (6.7 and later).
On other systems what is missing is simply not there: see `docs/security.md`, "A hostile document".
"""

import ctypes
import os
import signal
import struct
import sys
import sysconfig
from collections.abc import Iterable
from typing import Final

MEMORY_BYTES: Final = 1 << 30
OPEN_FILES: Final = 64

_FONT_FOLDERS: Final = (
    "/usr/share/fonts",
    "/usr/share/X11/fonts",
    "/usr/local/share/fonts",
    "/usr/share/ghostscript/fonts",
)
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_READ_FILE, _READ_FOLDER = 1 << 2, 1 << 3
_ALL_FILE_RIGHTS: Final = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1}
_TCP_RIGHTS: Final = 0b11


def limit_resources() -> None:
    """Lower this process's limits; irreversible."""
    try:
        import resource  # noqa: PLC0415 -- absent on Windows
    except ImportError:
        return
    os.nice(10)
    for what, amount in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        hard = resource.getrlimit(what)[1]
        amount = amount if hard == resource.RLIM_INFINITY else min(amount, hard)  # noqa: PLW2901
        resource.setrlimit(what, (amount, amount))
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def limit_cpu(seconds: float) -> None:
    """Grant `seconds` more of processor time; then the kernel kills this process."""
    try:
        import resource  # noqa: PLC0415 -- absent on Windows
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    soft = int(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def hide_file_system() -> bool:
    """Leave only fonts and Python's files to be read; True when the kernel could do it."""
    if sys.platform != "linux":
        return False
    folders = {*_FONT_FOLDERS, *sys.path, sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
    return _landlock(folder for folder in folders if folder and os.path.isdir(folder))  # noqa: PTH112


def _landlock(readable: Iterable[str]) -> bool:
    libc = ctypes.CDLL(None, use_errno=True)
    abi = libc.syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1)
    if abi < 1:
        return False
    rights = struct.pack("=Q", _ALL_FILE_RIGHTS.get(abi, _ALL_FILE_RIGHTS[3]))
    if abi >= 4:
        rights += struct.pack("=Q", _TCP_RIGHTS)
    ruleset = libc.syscall(_LANDLOCK_CREATE, rights, ctypes.c_size_t(len(rights)), 0)
    if ruleset < 0:
        return False
    try:
        for folder in readable:
            parent = os.open(folder, getattr(os, "O_PATH", 0) | os.O_CLOEXEC)
            try:
                rule = struct.pack("=Qi", _READ_FILE | _READ_FOLDER, parent)
                if libc.syscall(_LANDLOCK_ADD, ruleset, 1, rule, 0) != 0:
                    return False
            finally:
                os.close(parent)
        return bool(libc.syscall(_LANDLOCK_RESTRICT, ruleset, 0) == 0)
    finally:
        os.close(ruleset)
