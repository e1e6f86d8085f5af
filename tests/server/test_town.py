# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""`allmende town`: from nothing to a town that takes jobs and an account that signs in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from allmende.documents import make_demo_pdf
from server.print_client import PrintClient
from server.service_process import ServiceProcess, service_process

pytestmark = pytest.mark.database

PASSWORD = "Sehr geheim, sehr lang"
_CAN_SIGN_IN = """
from django.contrib.auth import authenticate
from allmende.directory.models import Role
person = authenticate(None, username=sys.argv[1], password=sys.argv[2])
answer = [person.display_name, list(Role.objects.filter(person=person).values_list("name", flat=True))] if person else None
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    with service_process(tmp_path_factory.mktemp("town"), ALLMENDE_NEW_PASSWORD=PASSWORD) as service:
        service.take_migrated_home()
        yield service


def test_a_new_town_takes_jobs_and_its_it_signs_in(service: ServiceProcess) -> None:
    made = service.command("town", "coswig", "Stadt Coswig", "--login", "IT", "--display-name", "Ida Thiel")
    assert made.returncode == 0, made.stderr
    assert "it@coswig" in made.stdout
    assert service.django(_CAN_SIGN_IN, "it@coswig", PASSWORD) == ["Ida Thiel", ["it"]]
    assert service.django(_CAN_SIGN_IN, "it@coswig", "etwas anderes") is None
    service.start()
    client = PrintClient(service.port, "/ipp/print/coswig", user="jemand")
    assert client.print_job(make_demo_pdf("Brief", 1)) > 0
    service.stop()


def test_what_can_t_be_a_town_is_refused(service: ServiceProcess) -> None:
    english = {"LANG": "en_US.UTF-8"}
    service.command("town", "dessau", "Stadt Dessau", **english)
    again = service.command("town", "dessau", "Noch einmal", **english)
    assert (again.returncode, "already" in again.stderr) == (1, True)
    assert "schon" in service.command("town", "dessau", "Noch einmal").stderr
    assert service.command("town", "nicht so!", "Stadt", **english).returncode == 2
    weak = service.command("town", "rosslau", "Stadt", ALLMENDE_NEW_PASSWORD="kurz", **english)
    assert (weak.returncode, "too short" in weak.stderr) == (2, True)
