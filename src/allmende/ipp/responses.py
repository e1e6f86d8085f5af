# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""How a printer answers (RFC 8011 §4.1.6 to §4.1.9)."""

from collections.abc import Iterable

from allmende.ipp import make
from allmende.ipp.codes import Status
from allmende.ipp.errors import IppError
from allmende.ipp.message import Attribute, Group, Message
from allmende.ipp.requests import HIGHEST_VERSION
from allmende.ipp.tags import GroupTag

_CHARSET = make.charset("attributes-charset", "utf-8")


def respond(
    request: Message,
    status: Status,
    *groups: Group,
    message: str | None = None,
    language: str = "en",
    unsupported: Iterable[Attribute] = (),
) -> Message:
    """A response to `request`. `language` is that of `message` and of all text in the groups.

    `unsupported` are attributes as the client sent them, or made with `make.unsupported`; they go into a
    group of their own before the others, as the RFC orders them.
    """
    parts = [Group(GroupTag.OPERATION, operation_attributes(status, message, language))]
    refused = tuple(unsupported)
    if refused:
        parts.append(Group(GroupTag.UNSUPPORTED, refused))
    return Message(reply_version(request.version), int(status), request.request_id, (*parts, *groups))


def respond_to_error(error: IppError, request: Message | None = None, *, language: str = "en") -> Message:
    """A response to `request`, or where it could not even be decoded, to what the error tells of it."""
    if request is None:
        number = 1 if error.request_id is None else error.request_id
        request = Message(error.version or HIGHEST_VERSION, 0, number, ())
    return respond(request, error.status, message=str(error), language=language)


def operation_attributes(status: Status, message: str | None = None, language: str = "en") -> list[Attribute]:
    """The first group of a response, for servers that join encoded pieces themselves."""
    attributes = [_CHARSET, make.language("attributes-natural-language", language)]
    if message or status:
        attributes.append(make.text("status-message", shorten(message or status.keyword, 255)))
    return attributes


def reply_version(version: tuple[int, int]) -> tuple[int, int]:
    """The version to answer with: the request's own where we know it, else the nearest that we know."""
    major, minor = version
    if major == 1:
        return (1, min(minor, 1))
    if major == 2:
        return (2, min(minor, 2))
    return HIGHEST_VERSION if major else (1, 1)


def shorten(text: str, octets: int) -> str:
    """Cut to a number of octets in UTF-8, at a character."""
    if len(text) * 4 <= octets:
        return text
    return text.encode("utf-8", "replace")[:octets].decode("utf-8", "ignore")
