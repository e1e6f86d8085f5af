# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which requests a printer may act on (RFC 8011 §4.1; PWG 5100.11, 5100.12, 5100.13; RFC 3995, 3996).

`check_request` either gives a `CheckedRequest` or raises `IppError` with the status to answer. It judges what
can be judged without knowing the queue: version, order of groups and attributes, target, syntaxes, lengths,
and what an operation can't do without. Every rule on one operation or attribute stands in one of two tables.
"""

from collections.abc import Container
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, NamedTuple

from allmende.ipp.codes import Operation, Status
from allmende.ipp.errors import IppError
from allmende.ipp.message import Collection, Group, LanguageText, Message, Value
from allmende.ipp.tags import GroupTag, ValueTag

HIGHEST_VERSION: Final = (2, 2)
CHARSETS_SUPPORTED: Final = ("utf-8", "us-ascii")


@dataclass(frozen=True, slots=True)
class CheckedRequest:
    """A request that follows the rules.

    `printer_uri` is None where a job is named by its `job_uri` alone. `job_id` is the client's job-id, or the
    number at the end of its job-uri; None for operations without a job. Whether they exist is not yet known.
    """

    operation: Operation
    message: Message
    attributes: Group
    job_attributes: Group
    language: str
    printer_uri: str | None
    job_uri: str | None
    job_id: int | None

    @property
    def user_name(self) -> str | None:
        """What the client says of itself: a hint, no proof."""
        return self.attributes.text("requesting-user-name")

    @property
    def requested_attributes(self) -> tuple[str, ...] | None:
        return self.attributes.keywords("requested-attributes")


def check_request(message: Message, operations: Container[int]) -> CheckedRequest:
    """Check against the rules; `operations` are those that this printer supports."""
    try:
        return _check(message, operations)
    except IppError as error:
        error.version, error.request_id = message.version, message.request_id
        raise


class _Target(Enum):
    PRINTER = auto()
    JOB = auto()  # job-uri, or printer-uri and job-id
    PRINTER_OR_JOB = auto()
    NONE = auto()


class _Rule(NamedTuple):
    target: _Target = _Target.PRINTER
    required: tuple[str, ...] = ()


_JOB = _Rule(_Target.JOB)
_DOCUMENT = _Rule(_Target.JOB, ("document-number",))
_SUBSCRIPTION = _Rule(_Target.PRINTER, ("notify-subscription-id",))

# What each operation needs; those that are not listed need a printer-uri and nothing more.
_RULES: Final[dict[int, _Rule]] = {
    Operation.PRINT_URI: _Rule(required=("document-uri",)),
    Operation.SEND_DOCUMENT: _Rule(_Target.JOB, ("last-document",)),
    Operation.SEND_URI: _Rule(_Target.JOB, ("last-document",)),
    Operation.CANCEL_JOB: _JOB,
    Operation.GET_JOB_ATTRIBUTES: _JOB,
    Operation.HOLD_JOB: _JOB,
    Operation.RELEASE_JOB: _JOB,
    Operation.RESTART_JOB: _JOB,
    Operation.SET_JOB_ATTRIBUTES: _JOB,
    Operation.CREATE_JOB_SUBSCRIPTIONS: _Rule(required=("notify-job-id",)),
    Operation.GET_SUBSCRIPTION_ATTRIBUTES: _SUBSCRIPTION,
    Operation.RENEW_SUBSCRIPTION: _SUBSCRIPTION,
    Operation.CANCEL_SUBSCRIPTION: _SUBSCRIPTION,
    Operation.GET_NOTIFICATIONS: _Rule(required=("notify-subscription-ids",)),
    Operation.REPROCESS_JOB: _JOB,
    Operation.RESUME_JOB: _JOB,
    Operation.PROMOTE_JOB: _JOB,
    Operation.SCHEDULE_JOB_AFTER: _JOB,
    Operation.CANCEL_DOCUMENT: _DOCUMENT,
    Operation.GET_DOCUMENT_ATTRIBUTES: _DOCUMENT,
    Operation.GET_DOCUMENTS: _JOB,
    Operation.DELETE_DOCUMENT: _DOCUMENT,
    Operation.SET_DOCUMENT_ATTRIBUTES: _DOCUMENT,
    Operation.RESUBMIT_JOB: _JOB,
    Operation.CLOSE_JOB: _JOB,
    Operation.VALIDATE_DOCUMENT: _Rule(required=("document-format",)),
    Operation.CUPS_GET_DEFAULT: _Rule(_Target.NONE),
    Operation.CUPS_GET_PRINTERS: _Rule(_Target.NONE),
    Operation.CUPS_GET_CLASSES: _Rule(_Target.NONE),
    Operation.CUPS_GET_DEVICES: _Rule(_Target.NONE),
    Operation.CUPS_GET_PPDS: _Rule(_Target.NONE),
    Operation.CUPS_GET_PPD: _Rule(_Target.NONE),
    Operation.CUPS_MOVE_JOB: _Rule(_Target.PRINTER_OR_JOB),
    Operation.CUPS_AUTHENTICATE_JOB: _JOB,
    Operation.CUPS_GET_DOCUMENT: _DOCUMENT,
}
_DEFAULT_RULE = _Rule()


class _Syntax(NamedTuple):
    tags: frozenset[int]
    several: bool = False
    low: int = 0
    high: int = 2**31 - 1


def _syntax(*tags: ValueTag, several: bool = False, low: int = 0) -> _Syntax:
    return _Syntax(frozenset(int(tag) for tag in tags), several, low)


_NAME = _syntax(ValueTag.NAME, ValueTag.NAME_WITH_LANGUAGE)
_TEXT = _syntax(ValueTag.TEXT, ValueTag.TEXT_WITH_LANGUAGE)
_KEYWORD = _syntax(ValueTag.KEYWORD)
_KEYWORDS = _syntax(ValueTag.KEYWORD, several=True)
_URI = _syntax(ValueTag.URI)
_BOOLEAN = _syntax(ValueTag.BOOLEAN)
_NUMBER = _syntax(ValueTag.INTEGER)
_POSITIVE = _syntax(ValueTag.INTEGER, low=1)
_POSITIVES = _syntax(ValueTag.INTEGER, several=True, low=1)
_LANGUAGE = _syntax(ValueTag.NATURAL_LANGUAGE)

# Operation attributes of a known syntax; others are let pass, and ignored.
_SYNTAXES: Final[dict[str, _Syntax]] = {
    "attributes-charset": _syntax(ValueTag.CHARSET),
    "attributes-natural-language": _LANGUAGE,
    "compression": _KEYWORD,
    "document-charset": _syntax(ValueTag.CHARSET),
    "document-format": _syntax(ValueTag.MIME_MEDIA_TYPE),
    "document-name": _NAME,
    "document-natural-language": _LANGUAGE,
    "document-number": _POSITIVE,
    "document-password": _syntax(ValueTag.OCTET_STRING),
    "document-uri": _URI,
    "first-index": _POSITIVE,
    "first-job-id": _POSITIVE,
    "identify-actions": _KEYWORDS,
    "ipp-attribute-fidelity": _BOOLEAN,
    "job-hold-until": _syntax(ValueTag.KEYWORD, ValueTag.NAME, ValueTag.NAME_WITH_LANGUAGE),
    "job-id": _POSITIVE,
    "job-ids": _POSITIVES,
    "job-impressions": _NUMBER,
    "job-k-octets": _NUMBER,
    "job-mandatory-attributes": _KEYWORDS,
    "job-media-sheets": _NUMBER,
    "job-name": _NAME,
    "job-password": _syntax(ValueTag.OCTET_STRING),
    "job-password-encryption": _KEYWORD,
    "job-uri": _URI,
    "last-document": _BOOLEAN,
    "limit": _POSITIVE,
    "message": _TEXT,
    "my-jobs": _BOOLEAN,
    "notify-job-id": _POSITIVE,
    "notify-sequence-numbers": _POSITIVES,
    "notify-subscription-id": _POSITIVE,
    "notify-subscription-ids": _POSITIVES,
    "notify-wait": _BOOLEAN,
    "printer-uri": _URI,
    "purge-jobs": _BOOLEAN,
    "requested-attributes": _KEYWORDS,
    "requesting-user-name": _NAME,
    "requesting-user-uri": _URI,
    "which-jobs": _KEYWORD,
}

# RFC 8011 §5.1: the longest value of each syntax, in octets.
_LONGEST: Final[dict[int, int]] = {
    ValueTag.TEXT: 1023,
    ValueTag.TEXT_WITH_LANGUAGE: 1023,
    ValueTag.NAME: 255,
    ValueTag.NAME_WITH_LANGUAGE: 255,
    ValueTag.KEYWORD: 255,
    ValueTag.URI: 1023,
    ValueTag.URI_SCHEME: 63,
    ValueTag.CHARSET: 63,
    ValueTag.NATURAL_LANGUAGE: 63,
    ValueTag.MIME_MEDIA_TYPE: 255,
    ValueTag.OCTET_STRING: 1023,
}
_REPEATABLE_GROUPS = frozenset({int(GroupTag.SUBSCRIPTION), int(GroupTag.DOCUMENT)})


def _check(message: Message, operations: Container[int]) -> CheckedRequest:
    if message.version[0] not in (1, 2):
        raise IppError(Status.SERVER_ERROR_VERSION_NOT_SUPPORTED, "IPP 1.x and 2.x are understood here")
    if not 1 <= message.request_id <= 2**31 - 1:
        raise _bad("request-id must be 1 or more")
    _check_groups(message.groups)
    attributes = message.groups[0]
    _check_charset(attributes)
    operation = _OPERATIONS.get(message.code)
    if operation is None or operation not in operations:
        raise IppError(Status.SERVER_ERROR_OPERATION_NOT_SUPPORTED, f"operation {message.code:#06x}")
    for name, values in attributes.attributes:
        syntax = _SYNTAXES.get(name)
        if syntax is not None:
            _check_syntax(name, values, syntax)

    rule = _RULES.get(message.code, _DEFAULT_RULE)
    printer_uri, job_uri, job_id = _find_target(attributes, rule.target)
    for name in rule.required:
        if name not in attributes:
            raise _bad(f"{name} is missing")
    return CheckedRequest(
        operation=operation,
        message=message,
        attributes=attributes,
        job_attributes=message.group(GroupTag.JOB),
        language=attributes.string("attributes-natural-language") or "en",
        printer_uri=printer_uri,
        job_uri=job_uri,
        job_id=job_id,
    )


def _check_groups(groups: tuple[Group, ...]) -> None:
    if not groups or groups[0].tag != GroupTag.OPERATION:
        raise _bad("the operation attributes must come first")
    seen: set[int] = set()
    for group in groups:
        if group.tag in seen and group.tag not in _REPEATABLE_GROUPS:
            raise _bad("a group of attributes is there twice")
        seen.add(group.tag)
        names = {attribute.name for attribute in group.attributes}
        if len(names) != len(group.attributes):
            raise _bad("an attribute is there twice in its group")
        for name, values in group.attributes:
            _check_lengths(name, values)


def _check_lengths(name: str, values: tuple[Value, ...]) -> None:
    for tag, data in values:
        if isinstance(data, int) or (isinstance(data, str) and len(data) <= _SHORT):
            continue
        if isinstance(data, Collection):
            for member, member_values in data.attributes:
                _check_lengths(member, member_values)
            continue
        longest = _LONGEST.get(tag)
        if longest is None:
            continue
        if isinstance(data, LanguageText):
            if len(data.language) > 63:
                raise _too_long(name)
            data = data.text  # noqa: PLW2901
        if isinstance(data, str):
            # UTF-8 needs at most four octets per character: most values need no second look.
            if len(data) * 4 > longest and len(data.encode("utf-8", "surrogateescape")) > longest:
                raise _too_long(name)
        elif isinstance(data, bytes) and len(data) > longest:
            raise _too_long(name)


def _check_charset(attributes: Group) -> None:
    first = [attribute.name for attribute in attributes.attributes[:2]]
    if first != ["attributes-charset", "attributes-natural-language"]:
        raise _bad("attributes-charset and attributes-natural-language must come first")
    for name in first:
        _check_syntax(name, attributes.values(name), _SYNTAXES[name])
    charset = attributes.string("attributes-charset") or ""
    if charset.lower() not in CHARSETS_SUPPORTED:
        raise IppError(Status.CLIENT_ERROR_CHARSET_NOT_SUPPORTED, "utf-8 and us-ascii are understood here")


def _check_syntax(name: str, values: tuple[Value, ...], syntax: _Syntax) -> None:
    if len(values) > 1 and not syntax.several:
        raise _bad(f"{name} must have one value")
    for tag, data in values:
        if tag not in syntax.tags:
            raise _bad(f"{name} has a wrong syntax")
        if tag == _INTEGER_TAG:
            if not isinstance(data, int) or not syntax.low <= data <= syntax.high:
                raise _bad(f"{name} is out of range")
        elif tag == _BOOLEAN_TAG and not isinstance(data, bool):
            raise _bad(f"{name} is neither true nor false")


def _find_target(attributes: Group, target: _Target) -> tuple[str | None, str | None, int | None]:
    printer_uri = attributes.uri("printer-uri")
    job_uri = attributes.uri("job-uri")
    job_id = attributes.integer("job-id")
    if target is _Target.NONE:
        return printer_uri, None, None
    if target is _Target.PRINTER or (target is _Target.PRINTER_OR_JOB and not job_uri and job_id is None):
        if not printer_uri:
            raise _bad("printer-uri is missing")
        return printer_uri, None, None
    if job_uri:
        return printer_uri, job_uri, job_id or _number_at_end(job_uri)
    if not printer_uri or job_id is None:
        raise _bad("job-uri, or printer-uri and job-id, are missing")
    return printer_uri, None, job_id


def _number_at_end(uri: str) -> int | None:
    last = uri.rpartition("/")[2]
    if last.isascii() and last.isdigit() and len(last) <= 10 and 1 <= int(last) <= 2**31 - 1:
        return int(last)
    return None


def _bad(message: str) -> IppError:
    return IppError(Status.CLIENT_ERROR_BAD_REQUEST, message)


def _too_long(name: str) -> IppError:
    return IppError(Status.CLIENT_ERROR_REQUEST_VALUE_TOO_LONG, f"{name[:60]} is too long")


# On the hot path an enum's member, or its lookup by value, costs more than the comparison that it serves.
_OPERATIONS: Final = {int(operation): operation for operation in Operation}
_INTEGER_TAG: Final = int(ValueTag.INTEGER)
_BOOLEAN_TAG: Final = int(ValueTag.BOOLEAN)
_SHORT: Final = 15  # characters that fit the shortest of all limits, 63 octets, whatever they are
