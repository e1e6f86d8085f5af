# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""`allmende worker`: sweeps alone, beside services that don't."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from allmende.documents import make_demo_pdf
from server.print_client import PrintClient
from server.service_process import ServiceProcess, service_process

pytestmark = pytest.mark.database

_EXPIRE = """
from datetime import timedelta
from django.utils import timezone
from allmende.printing.jobs import Job
Job.objects.filter(pk=int(sys.argv[1])).update(expires_at=timezone.now() - timedelta(seconds=1))
"""
_STATE = "from allmende.printing.jobs import Job\nanswer = Job.objects.get(pk=int(sys.argv[1])).state"


@pytest.fixture
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    with service_process(tmp_path_factory.mktemp("worker")) as service:
        service.set_up_demo()
        yield service


def print_and_expire(service: ServiceProcess) -> int:
    job = PrintClient(service.port, "/ipp/print/zerbst").print_job(make_demo_pdf("Alt", 150))
    service.django(_EXPIRE, str(job))
    return job


def spooled(service: ServiceProcess) -> int:
    return sum(len(files) for _, _, files in os.walk(service.home / "spool"))


def test_a_worker_sweeps_where_the_service_does_not(service: ServiceProcess) -> None:
    service.start("serve", "--no-background")
    job = print_and_expire(service)
    service.stop()
    service.start("serve", "--no-background")  # a sweeper would begin its work at once
    client = PrintClient(service.port, "/ipp/print/zerbst")
    client.print_job(make_demo_pdf("Neu", 1))
    assert service.django(_STATE, str(job)) == "held"
    before = spooled(service)
    swept = service.command("worker", "--once")
    assert swept.returncode == 0, swept.stderr
    assert service.django(_STATE, str(job)) == "expired"
    assert spooled(service) == before - 1


def test_a_worker_works_until_it_is_told_to_end(service: ServiceProcess) -> None:
    service.start("serve", "--no-background")
    job = print_and_expire(service)
    worker = ServiceProcess(service.home.parent / "worker")
    worker.environment = service.environment
    worker.start("worker", wait=False)
    deadline = time.monotonic() + 60
    while service.django(_STATE, str(job)) != "expired":
        assert time.monotonic() < deadline, worker.log()
    begin = time.monotonic()
    assert worker.stop() == 0
    assert time.monotonic() - begin < 10


def test_nothing_begins_on_a_database_that_is_not_of_this_version(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with service_process(tmp_path_factory.mktemp("empty")) as service:
        for program in ("serve", "worker"):
            refused = service.command(program, LANG="en_US.UTF-8")
            assert refused.returncode == 1
            assert refused.stderr.startswith("allmende: "), refused.stderr
            assert "run `allmende migrate`" in refused.stderr
