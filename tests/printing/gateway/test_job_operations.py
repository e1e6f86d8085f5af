# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who sees which jobs, and what can be done with one's own."""

from __future__ import annotations

import base64

import pytest
from asgiref.sync import sync_to_async

from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person, PersonAlias
from allmende.ipp import GroupTag, JobState, Message, Operation, Status, encode, make
from allmende.printing.gateway import Gateway
from allmende.printing.gateway.dispatch import HANDLERS
from allmende.printing.gateway.printer_attributes import OPERATIONS
from allmende.printing.jobs import Job
from allmende.printing.print_service import PrintService
from allmende.printing.queue_addresses import QueueAddress
from allmende.printing.queues import Queue
from makers import make_person, make_queue, make_town
from printing.gateway.ipp_client import PDF, Client, job_id_of, request, status_of

pytestmark = pytest.mark.django_db(transaction=True)

get_job = sync_to_async(Job.objects.get)


def ids_of(reply: Message) -> list[int]:
    found = [group.integer("job-id") for group in reply.groups_of(GroupTag.JOB)]
    return [number for number in found if number is not None]


def test_every_advertised_operation_has_its_handler() -> None:
    assert set(HANDLERS) == set(OPERATIONS)


@pytest.mark.parametrize(
    "name",
    [
        "anna",
        "ANNA",
        "ZERBST\\anna",
        "zerbst\\Anna",
        "anna@zerbst.example",
        "Anna@ZERBST",
        "nadelöhr",
        "NADELO\u0308HR",
    ],
)
async def test_all_spellings_of_a_name_are_one_person(
    gateway: Gateway, anna: Person, town: Municipality, name: str
) -> None:
    await sync_to_async(PersonAlias.objects.create)(municipality=town, person=anna, name="nadelöhr")
    job = await get_job(pk=await Client(gateway, user=name).print_id())
    assert (job.person_id, job.identity) == (anna.pk, "claimed")


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("anna", "203.0.113.9"),
        ("elsewhere\\anna", "127.0.0.1"),
        ("anna@elsewhere.example", "127.0.0.1"),
        (None, "127.0.0.1"),
    ],
)
async def test_a_name_from_elsewhere_is_nobodys(gateway: Gateway, name: str | None, address: str) -> None:
    job = await get_job(pk=await Client(gateway, user=name, address=address).print_id())
    assert (job.person_id, job.state) == (None, "quarantined")


async def test_an_inactive_person_is_nobody(gateway: Gateway, anna: Person) -> None:
    await sync_to_async(lambda: Person.objects.update(is_active=False))()
    assert (await get_job(pk=await Client(gateway).print_id())).person_id is None


async def test_a_personal_address_vouches_until_it_is_revoked(
    gateway: Gateway, anna: Person, town: Municipality
) -> None:
    address = await sync_to_async(QueueAddress.objects.create)(municipality=town, person=anna)
    client = Client(
        gateway, f"/ipp/print/zerbst/{address.key()}", user="WORKGROUP\\guest", address="203.0.113.9"
    )
    job = await get_job(pk=await client.print_id())
    assert (job.person_id, job.identity, job.claimed_name) == (anna.pk, "address", "workgroup\\guest")

    await sync_to_async(lambda: QueueAddress.objects.update(revoked_at=job.created_at))()
    gateway.parts.requesters._addressed._known.clear()
    assert (await client.print()).code == Status.CLIENT_ERROR_NOT_FOUND


def basic(name: str, password: str) -> list[tuple[bytes, bytes]]:
    return [(b"authorization", b"Basic " + base64.b64encode(f"{name}:{password}".encode()))]


async def test_sign_in_beats_the_claimed_name(gateway: Gateway, anna: Person) -> None:
    headers = basic("ZERBST\\anna", "a password of anna")
    client = Client(gateway, user="somebody", address="203.0.113.9", headers=headers)
    for _ in range(2):  # the second time without the slow check
        job = await get_job(pk=await client.print_id())
        assert (job.person_id, job.identity) == (anna.pk, "signed-in")

    await sync_to_async(lambda: Person.objects.update(password="changed"))()
    gateway.parts.requesters._signed_in._known.clear()
    status, _ = await client.post([encode(request(Operation.PRINT_JOB, client.path)) + PDF])
    assert status == 401


@pytest.mark.parametrize("charset", ["utf-8", "latin-1"])
async def test_a_password_may_come_in_either_charset(gateway: Gateway, anna: Person, charset: str) -> None:
    await sync_to_async(anna.set_password)("Schlüssel Größe")
    await sync_to_async(anna.save)()
    credentials = base64.b64encode("anna:Schlüssel Größe".encode(charset))
    client = Client(gateway, user=None, headers=[(b"authorization", b"Basic " + credentials)])
    assert (await get_job(pk=await client.print_id())).identity == "signed-in"


@pytest.mark.parametrize("credentials", [("anna", "wrong"), ("nobody", "a password of anna")])
async def test_a_wrong_password_is_never_a_weaker_identity(
    gateway: Gateway, credentials: tuple[str, str]
) -> None:
    client = Client(gateway, headers=basic(*credentials))
    status, _ = await client.post([encode(request(Operation.PRINT_JOB, client.path)) + PDF])
    assert status == 401
    assert not await sync_to_async(Job.objects.exists)()


async def test_guessing_passwords_ends(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("allmende.printing.gateway.requesters.WRONG_PASSWORDS", 2)
    message = encode(request(Operation.GET_JOBS, "/ipp/print/zerbst"))
    for password in ("one", "two", "a password of anna"):
        client = Client(gateway, headers=basic("anna", password))
        assert (await client.post([message]))[0] == 401
    elsewhere = Client(gateway, headers=basic("anna", "a password of anna"), address="10.0.0.9")
    assert (await elsewhere.post([message]))[0] == 200


PER_JOB = (
    Operation.RESUBMIT_JOB,
    Operation.GET_JOB_ATTRIBUTES,
    Operation.CANCEL_JOB,
    Operation.HOLD_JOB,
    Operation.RELEASE_JOB,
    Operation.CLOSE_JOB,
    Operation.SEND_DOCUMENT,
)


@pytest.mark.parametrize("operation", PER_JOB)
async def test_somebody_elses_job_is_no_job(
    client: Client, gateway: Gateway, town: Municipality, operation: Operation
) -> None:
    job_id = await client.print_id()
    other_town = await sync_to_async(make_town)("rosslau", trusted_networks=["127.0.0.0/8"])
    await sync_to_async(make_person)(other_town, "anna")
    await sync_to_async(make_person)(town, "berta")
    await sync_to_async(make_queue)(other_town)
    strangers = [
        Client(gateway, user="berta"),
        Client(gateway, user="unknown"),
        Client(gateway, user="anna", address="203.0.113.9"),
        Client(gateway, "/ipp/print/rosslau", user="anna"),
    ]
    attributes = [make.integer("job-id", job_id), make.boolean("last-document", value=True)]
    for stranger in strangers:
        reply = await stranger.send(operation, *attributes, document=PDF)
        nothing = await stranger.send(operation, make.integer("job-id", 10**6), *attributes[1:], document=PDF)
        assert reply.code == nothing.code == Status.CLIENT_ERROR_NOT_FOUND, status_of(reply)
        assert reply.groups == nothing.groups
        assert ids_of(await stranger.send(Operation.GET_JOBS, make.keyword("which-jobs", "all"))) == []
        await stranger.send(Operation.CANCEL_JOBS)
        cancelled = await stranger.send(Operation.CANCEL_MY_JOBS, make.integer("job-ids", job_id))
        assert cancelled.code == Status.CLIENT_ERROR_NOT_FOUND
    assert (await get_job(pk=job_id)).state == "held"


async def test_an_unknown_requester_sees_what_came_from_the_same_place(gateway: Gateway) -> None:
    stranger = Client(gateway, user="fremde")
    job_id = await stranger.print_id()
    assert ids_of(await stranger.send(Operation.GET_JOBS)) == [job_id]
    assert ids_of(await Client(gateway, user="fremde", address="127.0.0.2").send(Operation.GET_JOBS)) == []
    assert ids_of(await Client(gateway, user="andere").send(Operation.GET_JOBS)) == []


async def test_a_jobs_name_is_told_from_memory_only(client: Client, service: PrintService) -> None:
    job_id = await client.print_id(PDF, make.name("job-name", "Haushaltsplan"))
    reply = await client.send(Operation.GET_JOB_ATTRIBUTES, make.integer("job-id", job_id))
    job = reply.group(GroupTag.JOB)
    assert (job.text("job-name"), job.text("job-originating-user-name")) == ("Haushaltsplan", "anna")
    assert job.integer("job-state") == JobState.PENDING_HELD
    assert job.keywords("job-state-reasons") == ("job-release-wait",)

    number = make.integer("job-id", job_id)
    elsewhere = await Client(Gateway(service)).send(Operation.GET_JOB_ATTRIBUTES, number)
    assert elsewhere.group(GroupTag.JOB).text("job-name") == f"Job {job_id}"


async def test_a_neighbour_who_claims_the_name_reaches_nothing(client: Client, gateway: Gateway) -> None:
    """Whoever is on the trusted network can call themselves anna: so they can add to her jobs, and no more."""
    job_id = await client.print_id(PDF, make.name("job-name", "Kündigung"))
    neighbour = Client(gateway, user="anna", address="127.0.0.99")
    for operation in PER_JOB:
        reply = await neighbour.send(operation, make.integer("job-id", job_id), document=PDF)
        assert reply.code in {Status.CLIENT_ERROR_NOT_FOUND, Status.CLIENT_ERROR_BAD_REQUEST}
    assert ids_of(await neighbour.send(Operation.GET_JOBS, make.keyword("which-jobs", "all"))) == []
    await neighbour.send(Operation.CANCEL_MY_JOBS)
    assert (await get_job(pk=job_id)).state == "held"
    assert ids_of(await client.send(Operation.GET_JOBS)) == [job_id]


async def test_every_process_knows_a_requester_again(gateway: Gateway, service: PrintService) -> None:
    """The same requester at the next process, whether somebody knows the name or nobody does."""
    other = Gateway(service)
    for user in ("anna", "fremde"):
        job_id = await Client(gateway, user=user).print_id()
        at_other = Client(other, user=user)
        assert ids_of(await at_other.send(Operation.GET_JOBS)) == [job_id]
        number = make.integer("job-id", job_id)
        assert (await at_other.send(Operation.CANCEL_JOB, number)).code == Status.SUCCESSFUL_OK
        assert (await get_job(pk=job_id)).state == "cancelled"


async def test_get_jobs_is_bounded_and_paged(client: Client) -> None:
    jobs = [await client.print_id() for _ in range(5)]
    limited = await client.send(Operation.GET_JOBS, make.integer("limit", 2))
    assert ids_of(limited) == jobs[:2]
    assert {a.name for a in limited.groups_of(GroupTag.JOB)[0].attributes} == {"job-id", "job-uri"}
    for start in (make.integer("first-index", 3), make.integer("first-job-id", jobs[2])):
        rest = await client.send(Operation.GET_JOBS, start, make.integer("limit", 2))
        assert ids_of(rest) == jobs[2:4]
    pages = [
        await client.send(Operation.GET_JOBS, make.integer("first-index", n), make.integer("limit", 2))
        for n in (1, 3, 5, 7)
    ]
    assert [ids_of(page) for page in pages] == [jobs[:2], jobs[2:4], jobs[4:], []]
    named = await client.send(Operation.GET_JOBS, make.integer("job-ids", jobs[4], jobs[0]))
    assert ids_of(named) == [jobs[0], jobs[4]]
    assert ids_of(await client.send(Operation.GET_JOBS, make.keyword("which-jobs", "completed"))) == []
    odd = await client.send(Operation.GET_JOBS, make.keyword("which-jobs", "fetchable"))
    assert odd.code == Status.CLIENT_ERROR_ATTRIBUTES_OR_VALUES_NOT_SUPPORTED


async def test_release_job_does_not_print(client: Client) -> None:
    job_id = await client.print_id()
    for operation in (Operation.HOLD_JOB, Operation.RELEASE_JOB):
        reply = await client.send(operation, make.integer("job-id", job_id))
        assert reply.code == Status.SUCCESSFUL_OK
    assert (await get_job(pk=job_id)).state == "held"


async def test_cancel_ends_a_job_once(client: Client) -> None:
    first, second = await client.print_id(), await client.print_id()
    number = make.integer("job-id", first)
    assert (await client.send(Operation.CANCEL_JOB, number)).code == Status.SUCCESSFUL_OK
    assert (await client.send(Operation.CANCEL_JOB, number)).code == Status.CLIENT_ERROR_NOT_POSSIBLE
    assert (await get_job(pk=first)).state == "cancelled"
    assert (await client.send(Operation.CANCEL_MY_JOBS)).code == Status.SUCCESSFUL_OK
    assert (await get_job(pk=second)).state == "cancelled"


async def test_cancel_my_jobs_reaches_behind_all_that_has_ended(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("allmende.printing.gateway.job_operations.MAX_JOBS", 2)
    jobs = [await client.print_id() for _ in range(6)]
    await sync_to_async(lambda: Job.objects.filter(pk__in=jobs[:3]).update(state="printed"))()
    assert (await client.send(Operation.CANCEL_MY_JOBS)).code == Status.SUCCESSFUL_OK
    states = [(await get_job(pk=number)).state for number in jobs]
    assert states == ["printed"] * 3 + ["cancelled"] * 3


async def test_what_was_told_to_be_complete_is_cancelled_by_no_client(
    client: Client, gateway: Gateway
) -> None:
    await sync_to_async(lambda: Queue.objects.update(reported_state="completed"))()
    gateway.parts.requesters.queues.forget(("zerbst", None))
    job_id = await client.print_id()
    one = await client.send(Operation.CANCEL_JOB, make.integer("job-id", job_id))
    named = await client.send(Operation.CANCEL_MY_JOBS, make.integer("job-ids", job_id))
    assert one.code == named.code == Status.CLIENT_ERROR_NOT_POSSIBLE
    assert (await client.send(Operation.CANCEL_MY_JOBS)).code == Status.SUCCESSFUL_OK
    assert (await get_job(pk=job_id)).state == "held"


async def test_a_job_cancelled_before_its_document_stays_cancelled(client: Client) -> None:
    number = make.integer("job-id", job_id_of(await client.send(Operation.CREATE_JOB)))
    assert (await client.send(Operation.CANCEL_JOB, number)).code == Status.SUCCESSFUL_OK
    reply = await client.send(
        Operation.SEND_DOCUMENT, number, make.boolean("last-document", value=True), document=PDF
    )
    assert reply.code == Status.CLIENT_ERROR_NOT_POSSIBLE


async def test_a_job_uri_names_its_job(client: Client) -> None:
    job_id = await client.print_id()
    message = request(Operation.GET_JOB_ATTRIBUTES, client.path)
    operation = [a for a in message.groups[0].attributes if a.name != "printer-uri"]
    uri = make.uri("job-uri", f"ipp://town.example:631{client.path}/jobs/{job_id}")
    operation.insert(2, uri)
    from allmende.ipp import Group, decode

    message = message._replace(groups=(Group(GroupTag.OPERATION, operation),))
    _, body = await client.post([encode(message)], path=f"{client.path}/jobs/{job_id}")
    assert decode(body)[0].group(GroupTag.JOB).integer("job-id") == job_id
