# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""How a panel proves where it stands, and how it keeps the visit and the chip in its reader.

Three things, all bound to the panel's own path so that no other page of the browser sends them:

- the panel's token, given once in the address (`?token=`) and then kept in a signed HttpOnly cookie;
- the visit's token, in an HttpOnly session cookie;
- the number of a chip that needs a PIN or a code, and the PIN that a new one is to have, carried from one form to the next only sealed to the
  panel's own key and for a few minutes: neither the page's source nor a browser's form memory holds them.
"""

from __future__ import annotations

import base64
import binascii
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Concatenate, Final, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from allmende.devices.device_tokens import DeviceToken, TokenKind, find_device_token, panel_identity
from allmende.devices.devices import Device
from allmende.printing.visit.visits import OpenVisit, VisitEndedError, resume_visit
from allmende.seal import SealError, seal_bytes, unseal_bytes

TOKEN_COOKIE: Final = "panel"  # noqa: S105 - a name
VISIT_COOKIE: Final = "visit"
_TOKEN_SALT: Final = "allmende.panel"  # noqa: S105 - a purpose
_TOKEN_COOKIE_AGE: Final = 10 * 365 * 24 * 60 * 60
#: Without a touch for so long, the panel forgets who stands there.
IDLE_SECONDS: Final = 60
#: Seconds for which a chip's number or PIN is carried to the next form.
CARRY_SECONDS: Final = 5 * 60
_MAX_CARRIED: Final = 2000
#: Stands before a number that needs no reading any more; what a reader types never begins so.
NUMBER_MARK: Final = "\0"

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Panel:
    """The panel that asks: its row, its token in clear, and the device that it stands at."""

    row: DeviceToken
    clear_token: str = field(repr=False)

    @property
    def device(self) -> Device:
        return self.row.device

    @property
    def href(self) -> str:
        return reverse("panel", args=[self.device.slug])


def panel_page(
    view: Callable[Concatenate[HttpRequest, Panel, P], HttpResponse],
) -> Callable[..., HttpResponse]:
    """A page of a panel: the view gets the `Panel` in place of the device's name in the address.

    Without a live token for exactly this device a page says how a panel is set up.
    """

    @wraps(view)
    def guarded(request: HttpRequest, /, device: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        token = _cookie_token(request)
        panel = find_panel(token, device) if token else None
        if panel is None:
            return render(request, "printing/panel/set_up.html", {"device_slug": device}, status=403)
        return view(request, panel, *args, **kwargs)

    return guarded


def find_panel(clear_token: str, device_slug: str) -> Panel | None:
    row = find_device_token(clear_token)
    if row is None or row.kind != TokenKind.PANEL or row.device.slug != device_slug:
        return None
    return Panel(row, clear_token)


def store_panel_token(request: HttpRequest, response: HttpResponse, panel: Panel) -> None:
    response.set_signed_cookie(
        TOKEN_COOKIE,
        panel.clear_token,
        salt=_TOKEN_SALT,
        max_age=_TOKEN_COOKIE_AGE,
        path=panel.href,
        secure=request.is_secure(),
        httponly=True,
        # Lax: the address is often opened from a mail or a label's link.
        samesite="Lax",
    )


def read_visit(request: HttpRequest, panel: Panel) -> OpenVisit | None:
    """The visit that is open at this panel; None where there is none or it has ended."""
    token = request.COOKIES.get(VISIT_COOKIE, "")
    if not token:
        return None
    try:
        return resume_visit(panel.row, token)
    except VisitEndedError:
        return None


def store_visit(request: HttpRequest, response: HttpResponse, panel: Panel, visit: OpenVisit) -> None:
    response.set_cookie(
        VISIT_COOKIE,
        visit.token,
        path=panel.href,
        secure=request.is_secure(),
        httponly=True,
        samesite="Strict",
    )


def forget_visit(response: HttpResponse, panel: Panel) -> None:
    """The next person finds the panel as if nobody had been there, in the panel's own language."""
    response.delete_cookie(VISIT_COOKIE, path=panel.href, samesite="Strict")
    response.delete_cookie(settings.LANGUAGE_COOKIE_NAME)


def to_panel(panel: Panel) -> HttpResponseRedirect:
    return HttpResponseRedirect(panel.href)


def carry_secret(panel: Panel, secret: str) -> str:
    """The secret and the time, sealed to the panel, as text for a hidden field."""
    content = struct.pack(">Q", int(time.time())) + secret.encode()
    sealed = seal_bytes([panel_identity(panel.clear_token).recipient], content)
    return base64.urlsafe_b64encode(sealed).decode()


def carry_chip(panel: Panel, chip: str | bytes) -> str:
    """As `carry_secret`; `chip` as a reader wrote it, or as the number itself."""
    return carry_secret(panel, NUMBER_MARK + chip.hex() if isinstance(chip, bytes) else chip)


def read_carried_chip(panel: Panel, carried: str) -> str | bytes | None:
    text = read_carried(panel, carried)
    return bytes.fromhex(text.removeprefix(NUMBER_MARK)) if text and text.startswith(NUMBER_MARK) else text


def read_carried(panel: Panel, carried: str) -> str | None:
    """What `carry_secret` sealed at this panel a moment ago; None for anything else."""
    if not carried or len(carried) > _MAX_CARRIED:
        return None
    try:
        sealed = base64.urlsafe_b64decode(carried.encode("ascii", "replace"))
        content = unseal_bytes(panel_identity(panel.clear_token), sealed)
        (at,) = struct.unpack_from(">Q", content)
        if not 0 <= time.time() - at <= CARRY_SECONDS:
            return None
        return content[8:].decode()
    except (SealError, binascii.Error, struct.error, UnicodeDecodeError):
        return None


def _cookie_token(request: HttpRequest) -> str:
    token = request.get_signed_cookie(TOKEN_COOKIE, default="", salt=_TOKEN_SALT)
    return token or ""
