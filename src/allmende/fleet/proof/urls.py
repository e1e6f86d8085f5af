# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The addresses of baseline and proof, below `/verwaltung/einsparung/`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from allmende.fleet import baseline_pages
from allmende.fleet.proof import proof_pages

urlpatterns: list[URLPattern | URLResolver] = [
    path("", proof_pages.show_savings, name="savings"),
    path("nachweis/", proof_pages.show_proof, name="proof"),
    path("nachweis/zahl/<str:name>/", proof_pages.show_figure, name="proof_figure"),
    path("nachweis.pdf", proof_pages.download_paper, name="proof_paper"),
    path("nachweis.json", proof_pages.download_case, name="proof_case"),
    path("vorher/", baseline_pages.show_baseline, name="show_baseline"),
    path("vorher/bearbeiten/", baseline_pages.edit_baseline, name="edit_baseline"),
    path("vorher/einlesen/", baseline_pages.import_baseline, name="import_baseline"),
    path("vorher/liste.csv", baseline_pages.download_baseline, name="download_baseline"),
    path("vorher/<int:number>/", baseline_pages.show_baseline_version, name="show_baseline_version"),
]
