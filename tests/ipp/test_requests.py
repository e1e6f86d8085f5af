# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A dialogue: this request, therefore that status."""

import pytest
from hypothesis import given

from allmende.ipp import (
    Attribute,
    Group,
    GroupTag,
    IppError,
    Message,
    Operation,
    Status,
    check_request,
    make,
)
from ipp.ipp_strategies import messages

EVERY_OPERATION = frozenset(Operation)
CHARSET = make.charset("attributes-charset", "utf-8")
LANGUAGE = make.language("attributes-natural-language", "de")
PRINTER = make.uri("printer-uri", "ipp://localhost/ipp/print/zerbst")
BAD = Status.CLIENT_ERROR_BAD_REQUEST
TOO_LONG = Status.CLIENT_ERROR_REQUEST_VALUE_TOO_LONG


def request(
    *attributes: Attribute,
    operation: int = Operation.GET_PRINTER_ATTRIBUTES,
    head: tuple[Attribute, ...] = (CHARSET, LANGUAGE, PRINTER),
    version: tuple[int, int] = (2, 0),
    request_id: int = 7,
    groups: tuple[Group, ...] = (),
) -> Message:
    return Message(version, operation, request_id, (Group(GroupTag.OPERATION, (*head, *attributes)), *groups))


def status_of(message: Message) -> Status:
    try:
        check_request(message, EVERY_OPERATION)
    except IppError as error:
        return error.status
    return Status.SUCCESSFUL_OK


@pytest.mark.parametrize(
    ("version", "status"),
    [
        ((0, 0), Status.SERVER_ERROR_VERSION_NOT_SUPPORTED),
        ((1, 0), Status.SUCCESSFUL_OK),
        ((1, 1), Status.SUCCESSFUL_OK),
        ((2, 2), Status.SUCCESSFUL_OK),
        ((2, 9), Status.SUCCESSFUL_OK),
        ((3, 0), Status.SERVER_ERROR_VERSION_NOT_SUPPORTED),
    ],
)
def test_versions(version: tuple[int, int], status: Status) -> None:
    assert status_of(request(version=version)) == status


@pytest.mark.parametrize("number", [0, -1, -(2**31)])
def test_request_numbers_start_at_one(number: int) -> None:
    with pytest.raises(IppError) as caught:
        check_request(request(request_id=number, version=(2, 1)), EVERY_OPERATION)
    assert caught.value.status == BAD
    assert (caught.value.version, caught.value.request_id) == ((2, 1), number)


@pytest.mark.parametrize(
    "head",
    [
        (),
        (CHARSET, PRINTER),
        (LANGUAGE, CHARSET, PRINTER),
        (PRINTER, CHARSET, LANGUAGE),
        (CHARSET, LANGUAGE),
        (CHARSET, LANGUAGE, make.text("printer-uri", "ipp://localhost/")),
        (make.keyword("attributes-charset", "utf-8"), LANGUAGE, PRINTER),
        (make.charset("attributes-charset", "utf-8", "us-ascii"), LANGUAGE, PRINTER),
    ],
)
def test_every_request_starts_alike(head: tuple[Attribute, ...]) -> None:
    assert status_of(request(head=head)) == BAD


def test_charsets() -> None:
    for charset, status in (
        ("UTF-8", Status.SUCCESSFUL_OK),
        ("us-ascii", Status.SUCCESSFUL_OK),
        ("iso-8859-1", Status.CLIENT_ERROR_CHARSET_NOT_SUPPORTED),
    ):
        head = (make.charset("attributes-charset", charset), LANGUAGE, PRINTER)
        assert status_of(request(head=head)) == status


def test_groups_come_in_order_and_once() -> None:
    job = Group(GroupTag.JOB, [make.integer("copies", 1)])
    good = request(groups=(job,), operation=Operation.PRINT_JOB)
    assert check_request(good, EVERY_OPERATION).job_attributes == job
    assert status_of(Message((2, 0), Operation.PRINT_JOB, 1, (job, good.groups[0]))) == BAD
    assert status_of(request(groups=(job, job))) == BAD
    assert status_of(request(groups=(good.groups[0],))) == BAD
    assert status_of(Message((2, 0), Operation.PRINT_JOB, 1, ())) == BAD
    subscription = Group(GroupTag.SUBSCRIPTION, [make.keyword("notify-pull-method", "ippget")])
    assert status_of(request(groups=(subscription, subscription))) == Status.SUCCESSFUL_OK


def test_an_attribute_twice_in_a_group_is_refused() -> None:
    assert status_of(request(make.integer("limit", 1), make.integer("limit", 2))) == BAD
    doubled = Group(GroupTag.JOB, [make.integer("copies", 1), make.integer("copies", 2)])
    assert status_of(request(groups=(doubled,))) == BAD


@pytest.mark.parametrize(
    "attribute",
    [
        make.integer("limit", 0),
        make.integer("limit", 1, 2),
        make.keyword("limit", "1"),
        make.integer("first-index", -1),
        make.keyword("my-jobs", "true"),
        make.boolean("requested-attributes", value=True),
        make.keyword("requesting-user-name", "anna"),
        make.keyword("document-format", "application/pdf"),
        make.no_value("job-name"),
        Attribute("my-jobs", (make.octets("x", b"\x02").values[0]._replace(tag=0x22),)),
    ],
    ids=lambda attribute: attribute.name,
)
def test_a_wrong_syntax_is_refused(attribute: Attribute) -> None:
    assert status_of(request(attribute)) == BAD


def test_unknown_operation_attributes_are_let_pass() -> None:
    assert status_of(request(make.integer("vendor-thing", -1))) == Status.SUCCESSFUL_OK


@pytest.mark.parametrize(
    ("attribute", "longer"),
    [
        (make.name("job-name", "ü" * 127 + "x"), make.name("job-name", "ü" * 128)),
        (make.text("message", "x" * 1023), make.text("message", "x" * 1024)),
        (make.keyword("vendor", "x" * 255), make.keyword("vendor", "x" * 256)),
        (make.mime("document-format", "x" * 255), make.mime("document-format", "x" * 256)),
        (make.octets("vendor", b"x" * 1023), make.octets("vendor", b"x" * 1024)),
        (
            make.name_with_language("job-name", "de", "x" * 255),
            make.name_with_language("job-name", "de", "x" * 256),
        ),
        (
            make.name_with_language("job-name", "d" * 63, ""),
            make.name_with_language("job-name", "d" * 64, ""),
        ),
    ],
)
def test_values_have_a_longest_length(attribute: Attribute, longer: Attribute) -> None:
    assert status_of(request(attribute)) == Status.SUCCESSFUL_OK
    assert status_of(request(longer)) == TOO_LONG
    hidden = Group(GroupTag.JOB, [make.collection("media-col", [make.collection("media-size", [longer])])])
    assert status_of(request(groups=(hidden,))) == TOO_LONG


def test_operations_that_are_not_supported() -> None:
    for code in (0x0000, 0x3FFF, 0x7FFF):
        assert status_of(request(operation=code)) == Status.SERVER_ERROR_OPERATION_NOT_SUPPORTED
    with pytest.raises(IppError) as caught:
        check_request(request(operation=Operation.PURGE_JOBS), {Operation.PRINT_JOB})
    assert caught.value.status == Status.SERVER_ERROR_OPERATION_NOT_SUPPORTED


JOB_URI = make.uri("job-uri", "ipp://localhost/ipp/print/zerbst/42")


@pytest.mark.parametrize(
    ("target", "number"),
    [
        ((PRINTER, make.integer("job-id", 41)), 41),
        ((JOB_URI,), 42),
        ((make.uri("job-uri", "ipp://localhost/jobs/latest"),), None),
        ((make.uri("job-uri", "ipp://localhost/jobs/0"),), None),
        ((make.uri("job-uri", "ipp://localhost/jobs/99999999999999999999"),), None),
        ((make.uri("job-uri", "ipp://localhost/jobs/٤٢"),), None),
    ],
)
def test_jobs_are_named_in_two_ways(target: tuple[Attribute, ...], number: int | None) -> None:
    message = request(operation=Operation.CANCEL_JOB, head=(CHARSET, LANGUAGE, *target))
    assert check_request(message, EVERY_OPERATION).job_id == number


@pytest.mark.parametrize(
    "target", [(), (PRINTER,), (make.integer("job-id", 41),), (PRINTER, make.integer("job-id", 0))]
)
def test_a_job_that_is_not_named_is_refused(target: tuple[Attribute, ...]) -> None:
    assert (
        status_of(request(operation=Operation.GET_JOB_ATTRIBUTES, head=(CHARSET, LANGUAGE, *target))) == BAD
    )


@pytest.mark.parametrize(
    ("operation", "needed"),
    [
        (Operation.SEND_DOCUMENT, make.boolean("last-document", value=True)),
        (Operation.PRINT_URI, make.uri("document-uri", "http://localhost/a.pdf")),
        (Operation.GET_NOTIFICATIONS, make.integer("notify-subscription-ids", 1)),
        (Operation.CANCEL_SUBSCRIPTION, make.integer("notify-subscription-id", 1)),
        (Operation.CREATE_JOB_SUBSCRIPTIONS, make.integer("notify-job-id", 1)),
        (Operation.CUPS_GET_DOCUMENT, make.integer("document-number", 1)),
    ],
)
def test_what_an_operation_can_not_do_without(operation: Operation, needed: Attribute) -> None:
    job = make.integer("job-id", 1)
    assert status_of(request(job, operation=operation)) == BAD
    assert status_of(request(job, needed, operation=operation)) == Status.SUCCESSFUL_OK


def test_a_checked_request_tells_the_client_s_words() -> None:
    checked = check_request(
        request(
            make.name("requesting-user-name", "anna"), make.keyword("requested-attributes", "all", "media")
        ),
        EVERY_OPERATION,
    )
    assert checked.operation is Operation.GET_PRINTER_ATTRIBUTES
    assert checked.user_name == "anna"
    assert checked.language == "de"
    assert checked.printer_uri == "ipp://localhost/ipp/print/zerbst"
    assert checked.requested_attributes == ("all", "media")


def test_cups_asks_for_the_default_without_a_target() -> None:
    assert (
        status_of(request(operation=Operation.CUPS_GET_DEFAULT, head=(CHARSET, LANGUAGE)))
        == Status.SUCCESSFUL_OK
    )


@given(messages)
def test_any_message_is_accepted_or_refused(message: Message) -> None:
    status_of(message)
    head = Group(GroupTag.OPERATION, (CHARSET, LANGUAGE, PRINTER))
    status_of(Message((2, 0), Operation.PRINT_JOB, 1, (head, *message.groups)))
