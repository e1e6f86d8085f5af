# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""An avahi-daemon of the test's own, on a message bus of its own: `ippeveprinter` does not start without one.

It lives in a mount namespace where `/run/avahi-daemon` is empty, so that several can run beside each other and beside the machine's.
"""

import asyncio
import contextlib
import os
import shlex
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

from devices.programs import require_program, wait_until

_BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={socket}</listen><auth>EXTERNAL</auth><policy context="default">
<allow user="*"/><allow own="*"/><allow send_destination="*"/>
<allow send_type="method_call"/><allow send_type="method_return"/><allow send_type="signal"/><allow send_type="error"/>
<allow receive_type="method_call"/><allow receive_type="method_return"/><allow receive_type="signal"/>
<allow receive_type="error"/></policy></busconfig>
"""
_AVAHI = """[server]
host-name={name}
use-ipv6=no
allow-interfaces=lo
enable-dbus=yes
[publish]
publish-hinfo=no
publish-workstation=no
"""


@contextlib.asynccontextmanager
async def private_avahi(folder: Path) -> AsyncIterator[dict[str, str]]:
    """The environment for a program that shall use it."""
    bus, avahi = require_program("dbus-daemon"), require_program("avahi-daemon")
    home = Path(await asyncio.to_thread(_new_folder, folder))
    path = f"/tmp/bus-{uuid.uuid4().hex[:12]}"  # a socket's path is at most 107 bytes long
    (home / "bus.conf").write_text(_BUS.format(socket=path))
    (home / "avahi.conf").write_text(_AVAHI.format(name=f"t{uuid.uuid4().hex[:12]}"))
    environment = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={path}"}
    command = [avahi, "--no-drop-root", "--no-chroot", "--no-rlimits", "-f", str(home / "avahi.conf")]
    hide = "mkdir -p /run/avahi-daemon && mount -t tmpfs none /run/avahi-daemon && exec "
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(
            running(bus, f"--config-file={home / 'bus.conf'}", "--nofork", "--nopidfile")
        )
        await wait_until(lambda: Path(path).exists())
        await stack.enter_async_context(
            running("unshare", "--mount", "sh", "-c", hide + shlex.join(command), env=environment)
        )
        stack.callback(Path(path).unlink, missing_ok=True)
        yield environment


@contextlib.asynccontextmanager
async def running(
    *command: str, env: dict[str, str] | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *command, env=env, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(5):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def _new_folder(folder: Path) -> str:
    home = folder / f"avahi-{uuid.uuid4().hex[:8]}"
    home.mkdir()
    return str(home)
