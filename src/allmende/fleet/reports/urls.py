# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The addresses of dashboard and reports, below `/verwaltung/`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from allmende.fleet import dashboard, environment_pages, person_report_pages
from allmende.fleet.reports import pages, subscription_pages, towns_report
from allmende.fleet.reports.words import ADDRESSES

urlpatterns: list[URLPattern | URLResolver] = [
    path("lage/", dashboard.show_dashboard, name="dashboard"),
    path("verbund/", towns_report.show_towns, name="towns_side_by_side"),
    path("berichte/", pages.list_reports, name="reports"),
    *(
        path(f"berichte/{address}/", pages.show_report, {"kind": kind}, name=f"report_{kind.value}")
        for kind, address in ADDRESSES.items()
    ),
    path("berichte/umwelt/faktoren/", environment_pages.show_factors, name="environment_factors"),
    path("berichte/versand/", subscription_pages.show_subscriptions, name="report_subscriptions"),
    path(
        "berichte/versand/<int:subscription_id>/beenden/",
        subscription_pages.end_subscription,
        name="end_report_subscription",
    ),
    path("personenberichte/", person_report_pages.show_person_reports, name="person_reports"),
    path(
        "personenberichte/<int:person_report_id>/entscheiden/",
        person_report_pages.decide,
        name="decide_person_report",
    ),
    path(
        "personenberichte/<int:person_report_id>/ansehen/",
        person_report_pages.look,
        name="look_at_person_report",
    ),
]
