# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The room's pages."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("allmende.cooperative.office_urls")),
    path("", include("allmende.cooperative.meeting_urls")),
    path("genossenschaft/", include("allmende.cooperative.member_urls")),
    path("genossenschaft/", include("allmende.cooperative.money_urls")),
]
