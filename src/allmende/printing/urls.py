# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The room's pages: the portal's and the panel's."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from allmende.printing import job_pages, my_data_pages

urlpatterns: list[URLPattern | URLResolver] = [
    path("", job_pages.show_my_jobs, name="my_jobs"),
    path("auftraege/tabelle/", job_pages.show_my_jobs_table, name="my_jobs_table"),
    path("auftraege/<int:job_id>/loeschen/", job_pages.cancel_job, name="cancel_my_job"),
    path("verlauf/", job_pages.show_my_history, name="my_history"),
    path("meine-daten/", my_data_pages.show_my_data, name="my_data"),
]
