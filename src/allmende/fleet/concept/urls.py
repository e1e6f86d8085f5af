# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The concept's addresses; below `/verwaltung/konzept/`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from allmende.fleet.concept import pages

urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.list_concepts, name="concepts"),
    path("neu/", pages.begin_concept, name="begin_concept"),
    path("vergleich/", pages.compare_concepts, name="compare_concepts"),
    path("<int:run_id>/", pages.show_concept, name="concept"),
    path("<int:run_id>/abbrechen/", pages.cancel_concept, name="cancel_concept"),
    path(
        "<int:run_id>/konzept.<str:kind>",
        pages.download_concept,
        name="download_concept",
    ),
]
