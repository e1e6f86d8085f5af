# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The town's IT on panels and readers: issuing a token, shown once with what to do with it, and revoking it."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from allmende.devices.device_administration import access_device_for, access_token_for
from allmende.devices.device_forms import TokenForm
from allmende.devices.device_tokens import TokenKind, issue_device_token, revoke_device_token
from allmende.devices.devices import Device
from allmende.directory.administration_access import Desk, changing_page


@require_http_methods(["GET", "POST"])
@changing_page
def issue_token_page(request: HttpRequest, desk: Desk, device_id: int) -> HttpResponse:
    device = access_device_for(desk.actor, device_id)
    if not device.is_printable:
        raise Http404
    tried = ""
    form = TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if "try" in request.POST:
            tried = _try_out(form)
        else:
            data = form.cleaned_data
            clear = issue_device_token(desk.actor, device, data["kind"], data["label"], form.number_format())
            return _show_once(request, desk, device, data["kind"], clear)
    if request.method == "POST":
        # The number that was tried goes no further than this request.
        data = request.POST.copy()
        data["sample"] = ""
        form.data = data
    return desk.show(request, "devices/issue_token.html", device=device, form=form, tried=tried)


@require_http_methods(["GET", "POST"])
@changing_page
def revoke_token_page(request: HttpRequest, desk: Desk, token_id: int) -> HttpResponse:
    """GET asks, POST revokes."""
    token = access_token_for(desk.actor, token_id)
    back = reverse("administer_device", args=[token.device_id])
    if request.method == "POST":
        revoke_device_token(desk.actor, token)
        messages.success(request, _("Revoked. What uses this token opens nothing any more."))
        return redirect(back)
    return desk.show(
        request,
        "administration/confirm.html",
        title=_("Revoke this token?"),
        subject=f"{token.device}: {token.get_kind_display()} {token.label}",
        text=_("The panel or reader with it stops working at once. A new one can be issued at any time."),
        submit=_("Revoke"),
        back=back,
    )


def _try_out(form: TokenForm) -> str:
    if not form.cleaned_data["sample"]:
        form.add_error("sample", _("Put a chip on the reader first."))
        return ""
    length = form.try_sample()
    if length is None:
        return ""
    return ngettext(
        "Understood: a number of %(count)d byte.", "Understood: a number of %(count)d bytes.", length
    ) % {"count": length}


def _show_once(request: HttpRequest, desk: Desk, device: Device, kind: str, clear: str) -> HttpResponse:
    server = settings.ALLMENDE_PUBLIC_URL
    panel_href = ""
    if kind == TokenKind.PANEL:
        try:
            panel_href = f"{server}{reverse('panel', args=[device.slug])}?{urlencode({'token': clear})}"
        except NoReverseMatch:  # no panel is built in
            panel_href = ""
    return desk.show(
        request,
        "devices/token_once.html",
        device=device,
        is_panel=kind == TokenKind.PANEL,
        clear=clear,
        panel_href=panel_href,
        command=f"allmende reader --server {server} --device {device.slug} --token-file reader-token",
    )
