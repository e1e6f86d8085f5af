# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who sees which request, whose turn it is, and what is refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from allmende.cooperative import requests
from allmende.cooperative.hash_chain import ChangeEntry
from allmende.cooperative.members import Member
from allmende.cooperative.requests import (
    NewRequest,
    Priority,
    RefusedRequestError,
    RequestState,
    SupportRequest,
    Topic,
    ask_office,
    messages_for,
    requests_for,
    solve_request,
    sort_request,
    write_message,
)
from allmende.cooperative.stored_documents import StoredDocument
from allmende.directory.models import Municipality, Person, Role
from allmende.directory.roles import RoleName
from makers import PDF, make_person, make_town

pytestmark = pytest.mark.django_db
NEW = NewRequest(Topic.IT, "Printer", "It does not print. WALDMEISTER")


@dataclass
class World:
    member: Member
    head: Person
    it: Person
    clerk: Person
    office: Person
    stranger: Person


def person_with(town: Municipality, login: str, role: RoleName | None) -> Person:
    person = make_person(town, login, email=f"{login}@example.org")
    if role:
        Role.objects.create(municipality=town, person=person, name=role)
    return person


@pytest.fixture
def world() -> World:
    zerbst, other, cooperative = (
        make_town("zerbst"),
        make_town("elbauen"),
        make_town("coop", is_cooperative=True),
    )
    member = Member.objects.create(name="Zerbst", land="ST", municipality=zerbst)
    Member.objects.create(name="Elbauen", land="ST", municipality=other)
    return World(
        member,
        person_with(zerbst, "head", RoleName.MANAGEMENT),
        person_with(zerbst, "it", RoleName.IT),
        person_with(zerbst, "clerk", None),
        person_with(cooperative, "office", RoleName.OFFICE),
        person_with(other, "stranger", RoleName.MANAGEMENT),
    )


@pytest.mark.django_db(transaction=True)
def test_question_and_answer(world: World) -> None:
    asked = ask_office(world.it, world.member, NEW)
    assert asked.state == RequestState.OPEN
    assert mail.outbox[0].to == ["office@example.org"]
    write_message(world.office, asked, "Update the driver.")
    assert asked.state == RequestState.ANSWERED
    assert asked.carer == world.office
    assert mail.outbox[1].to == ["it@example.org"]
    assert asked.answer_due is None
    write_message(world.it, asked, "Thank you, but no.")
    assert asked.state == RequestState.OPEN
    solve_request(world.head, asked)
    assert asked.state == RequestState.SOLVED
    write_message(world.it, asked, "Again.")
    assert asked.state == RequestState.OPEN
    # Texts leave the house neither by mail nor through the chain.
    assert not any("WALDMEISTER" in str(message.body) + message.subject for message in mail.outbox)
    assert not ChangeEntry.objects.filter(values__contains="WALDMEISTER").exists()
    assert ChangeEntry.objects.filter(noun="request").count() == 5


def test_who_sees_what(world: World) -> None:
    asked = ask_office(world.it, world.member, NEW)
    secret = ask_office(
        world.head, world.member, NewRequest(Topic.OTHER, "Quiet", "text", is_confidential=True)
    )
    write_message(world.office, asked, "A note.", is_internal=True)
    assert asked.state == RequestState.OPEN
    sees = {
        name: set(requests_for(getattr(world, name), world.member))
        for name in ("head", "it", "clerk", "office", "stranger")
    }
    both = {asked, secret}
    assert sees == {"head": both, "it": {asked}, "clerk": set(), "office": both, "stranger": set()}
    assert messages_for(world.it, asked).count() == 1
    assert messages_for(world.office, asked).count() == 2
    for actor in (world.clerk, world.stranger):
        with pytest.raises(PermissionDenied):
            write_message(actor, asked, "Hello")
        with pytest.raises(PermissionDenied):
            ask_office(actor, world.member, NEW)
        with pytest.raises(PermissionDenied):
            solve_request(actor, asked)
    with pytest.raises(PermissionDenied):
        write_message(world.it, asked, "Hello", is_internal=True)
    with pytest.raises(PermissionDenied):
        sort_request(world.head, asked, priority=Priority.URGENT, carer=None)
    with pytest.raises(PermissionDenied):
        sort_request(world.office, asked, priority=Priority.URGENT, carer=world.head)


def test_the_answer_is_due_on_a_working_day(world: World) -> None:
    # Thursday, 2 April 2026: Good Friday and Easter Monday follow.
    asked = ask_office(world.it, world.member, NewRequest(Topic.IT, "t", "x", Priority.URGENT))
    asked.turn_at = datetime(2026, 4, 2, 15, tzinfo=timezone.get_default_timezone())
    assert asked.answer_due is not None
    assert asked.answer_due.isoformat() == "2026-04-07"


def test_bounds(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "MAX_OPEN", 1)
    monkeypatch.setattr(requests, "MAX_MESSAGES", 2)
    asked = ask_office(world.it, world.member, NEW)
    with pytest.raises(RefusedRequestError):
        ask_office(world.it, world.member, NEW)
    write_message(world.it, asked, "x")
    with pytest.raises(RefusedRequestError):
        write_message(world.it, asked, "x")
    assert SupportRequest.objects.count() == 1


def test_the_pages_from_question_to_answer_with_a_file(client: Client, world: World) -> None:
    client.force_login(world.it)
    assert client.get("/mitgliedschaft/").status_code == 403
    fields = {"topic": "it", "title": "Scanner", "text": "How?", "priority": "normal"}
    refused = client.post(
        "/mitgliedschaft/anfragen/neu/",
        {**fields, "file": SimpleUploadedFile("a.pdf", b"MZ this is a program")},
    )
    assert refused.status_code == 422
    assert "Scanner" in refused.content.decode()
    assert not SupportRequest.objects.exists()
    file = SimpleUploadedFile("../../letter.pdf", PDF)
    assert client.post("/mitgliedschaft/anfragen/neu/", {**fields, "file": file}).status_code == 302
    asked = SupportRequest.objects.get()
    page = client.get(f"/mitgliedschaft/anfragen/{asked.pk}/").content.decode()
    assert "letter.pdf" in page
    file_id = asked.messages.get().files.get().pk
    assert StoredDocument.objects.get().name == "letter.pdf"
    got = client.get(f"/mitgliedschaft/anfragen/{asked.pk}/datei/{file_id}/")
    assert got.content == PDF
    assert got["Content-Disposition"].startswith("attachment")

    client.force_login(world.office)
    assert "Scanner" in client.get("/genossenschaft/anfragen/").content.decode()
    note = {"text": "Only we know.", "is_internal": "on", "file": SimpleUploadedFile("n.pdf", PDF)}
    assert client.post(f"/genossenschaft/anfragen/{asked.pk}/", note).status_code == 302
    assert client.post(f"/genossenschaft/anfragen/{asked.pk}/", {"text": "So."}).status_code == 302
    assert (
        client.post(
            f"/genossenschaft/anfragen/{asked.pk}/sortieren/", {"priority": "low", "carer": ""}
        ).status_code
        == 302
    )
    assert client.get("/mitgliedschaft/anfragen/").status_code in {403, 404}

    client.force_login(world.head)
    page = client.get(f"/mitgliedschaft/anfragen/{asked.pk}/").content.decode()
    assert "So." in page
    assert "Only we know." not in page
    hidden = asked.messages.get(is_internal=True).files.get().pk
    assert client.get(f"/mitgliedschaft/anfragen/{asked.pk}/datei/{hidden}/").status_code == 404
    assert client.get("/mitgliedschaft/").status_code == 200

    client.force_login(world.stranger)
    for path in ("", f"datei/{file_id}/"):
        assert client.get(f"/mitgliedschaft/anfragen/{asked.pk}/{path}").status_code == 404
    assert client.post(f"/mitgliedschaft/anfragen/{asked.pk}/erledigt/").status_code == 404
