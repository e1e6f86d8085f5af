# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The room's pages."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from allmende.fleet.uncounted_pages import show_uncounted

urlpatterns: list[URLPattern | URLResolver] = [
    path("verwaltung/", include("allmende.fleet.contract_urls")),
    path("verwaltung/", include("allmende.fleet.reports.urls")),
    path("verwaltung/zaehler/ungezaehlt/", show_uncounted, name="uncounted_sides"),
    path("verwaltung/einsparung/", include("allmende.fleet.proof.urls")),
    path("verwaltung/konzept/", include("allmende.fleet.concept.urls")),
]
