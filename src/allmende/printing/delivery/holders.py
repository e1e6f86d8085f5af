# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which processes deliver, and which of them are dead.

A process names itself at start. It proves that it lives twice over: by a lock on a file, which the operating system
lets go in the moment of its death, and by a heartbeat in the database for processes on other machines. Only who shares the
folder of the lock files judges by them, so a restart after a crash recovers at once, and a dead machine after `DEAD_AFTER`.

`Job.holder` is the process's name, a dot, and a number for each release.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import socket
from datetime import timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import models
from django.utils import timezone

HEARTBEAT: Final = timedelta(seconds=5)
DEAD_AFTER: Final = timedelta(seconds=45)
_NAME_BYTES: Final = 8


class DeliveryHolder(models.Model):
    name = models.CharField(max_length=20, primary_key=True)
    #: Says which folder of lock files knows about it (a hash of host and folder).
    place = models.CharField(max_length=32)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class LivingHolder:
    """This process's name and proof of life. `start` before anything is held; `stop` at a clean end."""

    def __init__(self) -> None:
        self.name = secrets.token_hex(_NAME_BYTES)
        self._descriptor = -1

    def start(self) -> None:
        _folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        path = _folder() / self.name
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        DeliveryHolder.objects.create(name=self.name, place=_place(), seen_at=timezone.now())

    def new_holder(self) -> str:
        """A value for `Job.holder`, never the same again."""
        return f"{self.name}.{secrets.token_hex(6)}"

    def beat(self) -> None:
        DeliveryHolder.objects.update_or_create(
            name=self.name, defaults={"place": _place(), "seen_at": timezone.now()}
        )

    def stop(self) -> None:
        """Only when nothing is in flight any more."""
        DeliveryHolder.objects.filter(name=self.name).delete()
        if self._descriptor >= 0:
            (_folder() / self.name).unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = -1

    def abandon(self) -> None:
        """Let go of the proof of life: what is still in flight will be recovered as after a crash."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def holder_name(job_holder: str) -> str:
    """The process in a value of `Job.holder`."""
    return job_holder.partition(".")[0]


def known_holders() -> set[str]:
    """The processes that have not ended cleanly: those that live, and the dead that nobody has forgotten yet."""
    return set(DeliveryHolder.objects.values_list("name", flat=True))


def is_dead(name: str) -> bool:
    """Whether this process can't be working any more; one that nobody knows is dead."""
    row = DeliveryHolder.objects.filter(name=name).first()
    if row is None:
        return True
    if row.place == _place():
        return not _is_locked(_folder() / name)
    return timezone.now() - row.seen_at > DEAD_AFTER


def forget_dead_holder(name: str) -> None:
    """After all that it held was recovered."""
    row = DeliveryHolder.objects.filter(name=name).first()
    if row is not None:
        row.delete()
        if row.place == _place():
            (_folder() / name).unlink(missing_ok=True)


def _is_locked(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_WRONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _folder() -> Path:
    return Path(settings.HOME) / "holders"


def _place() -> str:
    folder = _folder()
    try:
        status = folder.stat()
        inode = f"{status.st_dev}:{status.st_ino}"
    except OSError:
        inode = ""
    text = f"{socket.gethostname()}|{folder}|{inode}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]
