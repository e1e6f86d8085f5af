# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Run a command with `ALLMENDE_DATABASE_URL` naming a PostgreSQL cluster that lives as long as the command.

python tests/with_postgresql.py pytest tests/printing
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path


def find_programs() -> Path | None:
    """The folder of the newest installed server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    return found[-1].parent if found else None


def main() -> int:
    # So that `finally` below runs, and no cluster is left behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    programs = find_programs()
    if programs is None:
        sys.stderr.write("PostgreSQL is not installed: this half of the tests is skipped\n")
        return 1 if os.environ.get("CI") else 0
    folder = Path(tempfile.mkdtemp(prefix="allmende-postgresql-"))
    # The server refuses to run as root.
    as_user: list[str] = []
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]
    data = folder / "data"

    def control(*arguments: str) -> None:
        subprocess.run([*as_user, *arguments], check=True, cwd=folder, stdout=subprocess.DEVNULL)

    control(
        str(programs / "initdb"),
        "-D",
        str(data),
        "-U",
        "allmende",
        "-A",
        "trust",
        "--no-locale",
        "-E",
        "UTF8",
    )
    # Nothing of it outlives the command, so nothing of it needs the disk: a power cut is not what tests of ours try out.
    options = (
        f"-c listen_addresses= -c unix_socket_directories={folder} -c max_connections=200"
        " -c fsync=off -c full_page_writes=off"
    )
    control(
        str(programs / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start"
    )
    try:
        socket = str(folder).replace("/", "%2F")
        environment = {**os.environ, "ALLMENDE_DATABASE_URL": f"postgresql://allmende@{socket}/postgres"}
        return subprocess.run(sys.argv[1:], env=environment, check=False).returncode
    finally:
        control(str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    raise SystemExit(main())
