# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A cupsd of the test's own, as the ordinary client that it is on many desks."""

import asyncio
import contextlib
import os
import pwd
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from devices.avahi import running
from devices.programs import free_port, listens, require_program, wait_until

_CUPSD = """Listen 127.0.0.1:{port}
LogLevel info
Browsing No
BrowseLocalProtocols none
DefaultAuthType None
<Location />
  Order allow,deny
  Allow all
</Location>
<Policy default>
  <Limit All>
    Order allow,deny
    Allow all
  </Limit>
</Policy>
"""
_FILES = """ServerRoot {home}/root
RequestRoot {home}/spool
CacheDir {home}/cache
StateDir {home}/state
TempDir {home}/tmp
ErrorLog {home}/error_log
AccessLog {home}/access_log
PageLog {home}/page_log
SystemGroup root
User {user}
"""


@contextlib.asynccontextmanager
async def private_cups() -> AsyncIterator[str]:
    """Its host and port, for the `-h` of lp and lpadmin."""
    program = require_program("cupsd")
    port = free_port()
    home = Path(await asyncio.to_thread(tempfile.mkdtemp, "", "cups-"))
    try:
        await asyncio.to_thread(_set_up, home, port)
        command = [program, "-f", "-c", str(home / "cupsd.conf"), "-s", str(home / "cups-files.conf")]
        async with running(*command):
            await wait_until(lambda: listens(port))
            yield f"127.0.0.1:{port}"
    finally:
        await asyncio.to_thread(shutil.rmtree, home, ignore_errors=True)


async def call(*command: str) -> str:
    """What the program said; AssertionError where it failed."""
    process = await asyncio.create_subprocess_exec(
        require_program(command[0]),
        *command[1:],
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "LC_ALL": "C"},
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode()


def _set_up(home: Path, port: int) -> None:
    # The daemon's filters run as another user, who must be able to enter.
    home.chmod(0o755)
    for name in ("root", "spool", "cache", "state", "tmp"):
        (home / name).mkdir(mode=0o755)
    is_root = os.geteuid() == 0
    user = "lp\nGroup lp" if is_root else pwd.getpwuid(os.geteuid()).pw_name
    if is_root:
        shutil.chown(home / "tmp", "lp", "lp")
    (home / "cupsd.conf").write_text(_CUPSD.format(port=port))
    (home / "cups-files.conf").write_text(_FILES.format(home=home, user=user))
