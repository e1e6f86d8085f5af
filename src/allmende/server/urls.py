# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every address of the web side. The IPP side (`/ipp/…`) never comes here: see `asgi`."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from allmende.server.overview import open_administration

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("allmende.directory.urls")),
    path("", include("allmende.devices.urls")),
    path("", include("allmende.printing.urls")),
    path("", include("allmende.fleet.urls")),
    path("", include("allmende.cooperative.urls")),
    path("verwaltung/", open_administration, name="administration"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
]
