# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The room's pages."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("verwaltung/", include("allmende.fleet.contract_urls")),
    path("verwaltung/", include("allmende.fleet.reports.urls")),
    path("verwaltung/einsparung/", include("allmende.fleet.proof.urls")),
    path("verwaltung/konzept/", include("allmende.fleet.concept.urls")),
]
