# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Mails about requests: to the office that somebody asks, to who asked that there is an answer. Never the text: a mail is read on the way.

They leave after the change is stored, and one that can't be sent undoes nothing.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from allmende.cooperative.due_dates import office_people

if TYPE_CHECKING:
    from allmende.cooperative.requests import SupportRequest

log = logging.getLogger(__name__)


def tell_about(request: SupportRequest, *, by_office: bool, is_new: bool) -> None:
    """Tell the other side; the office's carer alone, where there is one."""
    if by_office:
        people = [request.asked_by] if request.asked_by is not None and request.asked_by.is_active else []
        page = "my_request"
    else:
        people = (
            [request.carer] if request.carer is not None and request.carer.is_active else [*office_people()]
        )
        page = "request"
    addresses = [person.email for person in people if person.email]
    if not addresses:
        return
    words = {"number": request.pk, "member": request.member.name}
    with override(settings.LANGUAGE_CODE):
        if by_office:
            subject = _("Your request %(number)d: the cooperative's office has answered") % words
        elif is_new:
            subject = _("New request %(number)d of %(member)s") % words
        else:
            subject = _("Request %(number)d: %(member)s has written") % words
        body = _("It stands here: %(address)s") % {
            "address": settings.ALLMENDE_PUBLIC_URL + reverse(page, args=[request.pk])
        }
    transaction.on_commit(lambda: _send(addresses, subject, body))


def _send(addresses: list[str], subject: str, body: str) -> None:
    for address in addresses:
        message = EmailMessage(
            subject.replace("\n", " "), body, to=[address], headers={"Auto-Submitted": "auto-generated"}
        )
        try:
            message.send()
        except Exception:
            log.exception("a mail about a request was not sent")
