# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
import pytest

from allmende.ipp import (
    Group,
    GroupTag,
    IppError,
    Message,
    Status,
    decode,
    encode,
    make,
    reply_version,
    respond,
    respond_to_error,
)

REQUEST = Message((1, 1), 0x000B, 99, ())


def test_a_response_has_the_request_s_number_and_the_groups_in_order() -> None:
    job = Group(GroupTag.JOB, [make.integer("job-id", 1)])
    refused = [make.keyword("sides", "three-sided")]
    answer = respond(
        REQUEST,
        Status.SUCCESSFUL_OK_IGNORED_OR_SUBSTITUTED_ATTRIBUTES,
        job,
        message="Größe",
        language="de",
        unsupported=refused,
    )
    assert decode(encode(answer))[0] == answer
    assert (answer.version, answer.code, answer.request_id) == ((1, 1), 1, 99)
    assert [group.tag for group in answer.groups] == [GroupTag.OPERATION, GroupTag.UNSUPPORTED, GroupTag.JOB]
    operation = answer.operation_group
    assert [name for name, _ in operation.attributes] == [
        "attributes-charset",
        "attributes-natural-language",
        "status-message",
    ]
    assert operation.string("attributes-natural-language") == "de"
    assert operation.text("status-message") == "Größe"
    assert answer.group(GroupTag.UNSUPPORTED).attributes == tuple(refused)


def test_a_status_message_is_cut_at_a_character() -> None:
    answer = respond(REQUEST, Status.CLIENT_ERROR_NOT_FOUND, message="x" + "ü" * 200)
    text = answer.operation_group.text("status-message")
    assert text == "x" + "ü" * 127
    assert len(text.encode()) == 255


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ((1, 0), (1, 0)),
        ((1, 1), (1, 1)),
        ((1, 9), (1, 1)),
        ((2, 0), (2, 0)),
        ((2, 7), (2, 2)),
        ((3, 0), (2, 2)),
        ((0, 0), (1, 1)),
    ],
)
def test_the_nearest_version_answers(asked: tuple[int, int], answered: tuple[int, int]) -> None:
    assert reply_version(asked) == answered


def test_a_request_that_is_no_request_is_answered_with_its_number() -> None:
    broken = b"\x01\x01\x00\x02\x00\x00\x00\x2a\x00"
    with pytest.raises(IppError) as caught:
        decode(broken)
    answer = respond_to_error(caught.value)
    assert (answer.version, answer.code, answer.request_id) == ((1, 1), Status.CLIENT_ERROR_BAD_REQUEST, 42)
    with pytest.raises(IppError) as nothing:
        decode(b"")
    assert respond_to_error(nothing.value).request_id == 1
    late = IppError(Status.CLIENT_ERROR_NOT_POSSIBLE, "too late")
    assert respond_to_error(late, REQUEST).request_id == 99
