# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every answer bounds what the page may do, also the pages of errors; no template breaks the bounds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from allmende.server.security_headers import SecurityHeadersMiddleware

SOURCE = Path(__file__).parents[2] / "src" / "allmende"
TEMPLATES = sorted(SOURCE.glob("*/templates/**/*.html"))


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/anmelden/", "/nowhere/", "/panel/somewhere", "/"])
def test_headers(client: Client, address: str) -> None:
    headers = client.get(address).headers
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "no-store" in headers["Cache-Control"]
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("by_https", [True, False])
def test_a_session_of_https_is_not_sent_by_http(rf: RequestFactory, by_https: bool) -> None:
    def sign_in(request: HttpRequest) -> HttpResponse:
        response = HttpResponse()
        response.set_cookie(settings.SESSION_COOKIE_NAME, "session")
        return response

    response = SecurityHeadersMiddleware(sign_in)(rf.get("/anmelden/", secure=by_https))
    assert isinstance(response, HttpResponse)
    assert bool(response.cookies[settings.SESSION_COOKIE_NAME]["secure"]) is by_https


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_inline_scripts_or_styles(template: Path) -> None:
    text = template.read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"<style|\sstyle=|\son\w+=\"|javascript:|https?://[^\"' ]+\.(?:js|css)", text)
