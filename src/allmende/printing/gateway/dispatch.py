# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""From a decoded message to its handler: the queue, the rules, the requester, then the one function for the operation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from allmende.ipp import IppError, Message, Operation, Status, encode
from allmende.ipp.requests import check_request
from allmende.ipp.responses import respond, respond_to_error
from allmende.printing.gateway import (
    document_operations,
    job_operations,
    printer_operations,
    resubmission,
    subscription_operations,
)
from allmende.printing.gateway.calls import Call, GatewayParts
from allmende.printing.gateway.document_operations import UnsupportedAttributesError
from allmende.printing.gateway.errors import not_found
from allmende.printing.gateway.print_queues import QueuePath, read_queue_path
from allmende.printing.gateway.printer_attributes import OPERATIONS, PrinterPlace
from allmende.printing.gateway.request_body import RequestBody

Handler = Callable[[Call], Awaitable[bytes]]

HANDLERS: Final[dict[int, Handler]] = {
    Operation.PRINT_JOB: document_operations.print_job,
    Operation.VALIDATE_JOB: document_operations.validate_job,
    Operation.CREATE_JOB: document_operations.create_job,
    Operation.SEND_DOCUMENT: document_operations.send_document,
    Operation.CLOSE_JOB: document_operations.close_job,
    Operation.CANCEL_JOB: job_operations.cancel_job,
    Operation.CANCEL_JOBS: job_operations.cancel_jobs,
    Operation.CANCEL_MY_JOBS: job_operations.cancel_jobs,
    Operation.GET_JOB_ATTRIBUTES: job_operations.get_job_attributes,
    Operation.GET_JOBS: job_operations.get_jobs,
    Operation.HOLD_JOB: job_operations.hold_job,
    Operation.RELEASE_JOB: job_operations.release_job,
    Operation.RESUBMIT_JOB: resubmission.resubmit_job,
    Operation.GET_PRINTER_ATTRIBUTES: printer_operations.get_printer_attributes,
    Operation.GET_PRINTER_SUPPORTED_VALUES: printer_operations.get_printer_attributes,
    Operation.IDENTIFY_PRINTER: printer_operations.identify_printer,
    Operation.CREATE_PRINTER_SUBSCRIPTIONS: subscription_operations.create_subscriptions,
    Operation.CREATE_JOB_SUBSCRIPTIONS: subscription_operations.create_subscriptions,
    Operation.GET_SUBSCRIPTIONS: subscription_operations.get_subscriptions,
    Operation.GET_SUBSCRIPTION_ATTRIBUTES: subscription_operations.get_subscription_attributes,
    Operation.RENEW_SUBSCRIPTION: subscription_operations.renew_subscription,
    Operation.CANCEL_SUBSCRIPTION: subscription_operations.cancel_subscription,
    Operation.GET_NOTIFICATIONS: subscription_operations.get_notifications,
}
_SUPPORTED: Final = frozenset(int(operation) for operation in OPERATIONS)


class Dispatcher:
    def __init__(self, parts: GatewayParts) -> None:
        self._parts = parts

    async def dispatch(
        self,
        message: Message,
        body: RequestBody,
        path: QueuePath,
        place: PrinterPlace,
        *,
        authorization: bytes | None,
        address: str,
    ) -> bytes:
        """The encoded response. Raises ClientGoneError and SignInError, which are HTTP's."""
        try:
            request = check_request(message, _SUPPORTED)
            _check_uri(path, request.job_uri or request.printer_uri, is_job=request.job_uri is not None)
            queue = await self._parts.requesters.queues.get((path.town, path.device))
            if queue is None:
                raise not_found("There is no such queue.")
            requester = await self._parts.requesters.identify(
                queue, path.key, authorization, request.user_name, address
            )
            if requester is None:
                raise not_found("There is no such queue.")
            call = Call(self._parts, request, queue, path, place, requester, body)
            return await HANDLERS[request.operation](call)
        except UnsupportedAttributesError as error:
            return encode(respond(message, error.status, message=str(error), unsupported=error.unsupported))
        except IppError as error:
            error.version, error.request_id = message.version, message.request_id
            return encode(respond_to_error(error))


def _check_uri(path: QueuePath, uri: str | None, *, is_job: bool) -> None:
    """The target inside the message must be the one that the request was posted to, or a job of it."""
    if uri is None:
        return
    named = _read_uri(uri)
    if named is None or named.base != path.base or (is_job and named.job_id is None):
        raise not_found("There is no such queue." if not is_job else "There is no such job.")


@lru_cache(maxsize=4096)
def _read_uri(uri: str) -> QueuePath | None:
    try:
        parts = urlsplit(uri)
    except ValueError:
        raise IppError(Status.CLIENT_ERROR_BAD_REQUEST, "a URI that is none") from None
    if parts.scheme not in {"ipp", "ipps", "http", "https"}:
        raise IppError(Status.CLIENT_ERROR_URI_SCHEME_NOT_SUPPORTED, parts.scheme[:60] or "none")
    return read_queue_path(parts.path)
