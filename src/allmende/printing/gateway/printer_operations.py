# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Operations on the queue itself: Get-Printer-Attributes, Get-Printer-Supported-Values, Identify-Printer."""

from __future__ import annotations

import logging

from allmende.ipp import GroupTag, IppError, Status, make
from allmende.printing.gateway.calls import Call, answer
from allmende.printing.gateway.printer_attributes import FORMATS

log = logging.getLogger(__name__)


async def get_printer_attributes(call: Call) -> bytes:
    wanted_format = call.request.attributes.string("document-format")
    if wanted_format is not None and wanted_format.lower() not in FORMATS:
        raise IppError(Status.CLIENT_ERROR_DOCUMENT_FORMAT_NOT_SUPPORTED, wanted_format[:60])
    requested = call.request.requested_attributes
    owner = call.requester.owner
    quotas = call.parts.service.quotas
    # Of the requester's own jobs, as last counted: how many others print is nobody's business.
    queued = quotas.held_jobs(call.queue.town.id, owner.id) if owner else 0
    encoded = call.parts.printers.encoded(
        call.queue, call.place, requested, queued_jobs=queued or 0, has_room=quotas.disk_has_room
    )
    status, unsupported = Status.SUCCESSFUL_OK, []
    if requested is not None:
        unknown = call.parts.printers.unknown_names(call.queue, call.place, requested)
        if unknown:
            status = Status.SUCCESSFUL_OK_IGNORED_OR_SUBSTITUTED_ATTRIBUTES
            unsupported = [make.keyword("requested-attributes", *unknown[:100])]
    return answer(call, status, [(int(GroupTag.PRINTER), encoded)], unsupported=unsupported)


async def identify_printer(call: Call) -> bytes:
    """A held queue has no light that could flash: who looks for it finds the request in the log. A direct one has its device's.

    The client is answered at once, whatever the device does.
    """
    actions = call.request.attributes.keywords("identify-actions") or ("display",)
    log.info("queue %d was asked to identify itself", call.queue.id)
    unsupported = [make.keyword("identify-actions", a) for a in actions if a != "display"]
    if unsupported and len(unsupported) == len(actions):
        raise IppError(Status.CLIENT_ERROR_ATTRIBUTES_OR_VALUES_NOT_SUPPORTED, "identify-actions")
    if call.queue.device_id is not None:
        call.parts.service.delivery.identify(call.queue.device_id)
    return answer(call, Status.SUCCESSFUL_OK)
