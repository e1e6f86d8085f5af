# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the services refuse, as status, keyword and sentence of the HTTP API: one table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from allmende.directory.attempts import TooManyAttemptsError
from allmende.directory.chip_enrolment import (
    ChipTakenError,
    CodeRefusedError,
    OtherChipNeededError,
    PinRefusedError,
    TooManyChipsError,
)
from allmende.directory.chip_openings import PinNeededError, UnknownChipError, WrongPinError
from allmende.printing.visit.attempt_words import too_many_words
from allmende.printing.visit.bearers import NoSuchCostCentreError
from allmende.printing.visit.claims import ClaimError
from allmende.printing.visit.release import InvalidChangesError, ServiceNotRunningError
from allmende.printing.visit.visits import VisitEndedError
from allmende.seal import ChipNumberError


class WrongDeviceError(Exception):
    """The token belongs to another device."""


class NotThereError(Exception):
    """No such job, or no such thing of this job, for this visit."""


_Refusal = tuple[int, str, str | Promise]
REFUSALS: Final[dict[type[Exception], _Refusal]] = {
    AuthenticationError: (401, "unauthorised", _("A valid device token is needed.")),
    WrongDeviceError: (403, "wrong-device", _("This token belongs to another device.")),
    PermissionDenied: (403, "forbidden", _("This is not allowed.")),
    UnknownChipError: (404, "unknown-chip", _("This chip is not known yet.")),
    PinNeededError: (403, "pin-needed", _("Please enter the PIN of this chip.")),
    WrongPinError: (403, "wrong-pin", _("This is not the right PIN.")),
    ChipNumberError: (
        422,
        "chip-unreadable",
        _("The chip could not be read. Please hold it to the reader again."),
    ),
    # The sentence says how long (`too_many_words`).
    TooManyAttemptsError: (429, "too-many-attempts", ""),
    VisitEndedError: (410, "visit-ended", _("Please tap your chip again.")),
    CodeRefusedError: (403, "code-refused", _("This code is not valid, or not valid any more.")),
    ChipTakenError: (409, "chip-taken", _("This chip is enrolled already.")),
    OtherChipNeededError: (
        409,
        "other-chip-needed",
        _("You have a chip already. Tap it first, or say that all your chips are lost."),
    ),
    TooManyChipsError: (409, "too-many-chips", _("You have too many chips. Please end one first.")),
    PinRefusedError: (422, "pin-refused", _("A PIN has 4 to 64 characters.")),
    InvalidChangesError: (422, "invalid-changes", _("The job can't be printed like this.")),
    ClaimError: (404, "nothing-to-claim", _("There is no such job to be claimed.")),
    NoSuchCostCentreError: (422, "no-such-cost-centre", _("There is no such cost centre, or it is closed.")),
    NotThereError: (404, "not-found", _("There is no such job.")),
    ServiceNotRunningError: (503, "not-running", _("The print service is starting. Please try again.")),
    ValidationError: (422, "invalid-request", _("The request is not understood.")),
}


def add_refusals(api: NinjaAPI) -> None:
    for kind, refusal in REFUSALS.items():
        api.add_exception_handler(kind, _handler(api, refusal))
    api.add_exception_handler(HttpError, _http_error(api))


def _handler(api: NinjaAPI, refusal: _Refusal) -> Callable[[HttpRequest, Any], HttpResponse]:
    status, code, message = refusal

    def answer(request: HttpRequest, error: Exception) -> HttpResponse:
        words = too_many_words(error) if isinstance(error, TooManyAttemptsError) else str(message)
        response = api.create_response(request, {"code": code, "message": words}, status=status)
        if isinstance(error, TooManyAttemptsError):
            response["Retry-After"] = str(error.retry_after)
        if status == 401:
            response["WWW-Authenticate"] = 'Bearer realm="allmende"'
        return response

    return answer


def _http_error(api: NinjaAPI) -> Callable[[HttpRequest, Any], HttpResponse]:
    def answer(request: HttpRequest, error: Any) -> HttpResponse:
        return api.create_response(
            request, {"code": "invalid-request", "message": str(error)}, status=int(error.status_code)
        )

    return answer
