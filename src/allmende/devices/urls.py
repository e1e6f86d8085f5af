# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The room's pages: those of the town's IT, and where a device's label leads."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from allmende.devices.label_pages import show_labelled_device

urlpatterns: list[URLPattern | URLResolver] = [
    path("verwaltung/", include("allmende.devices.administration_urls")),
    path("verwaltung/zaehler/", include("allmende.devices.meters.urls")),
    path("geraet/<str:label_code>/", show_labelled_device, name="labelled_device"),
]
