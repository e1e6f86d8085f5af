# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The room's pages: the portal's and the panel's."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from allmende.printing.http_api.api import api
from allmende.printing.panel import cost_centres as panel_centres
from allmende.printing.panel import jobs as panel_jobs
from allmende.printing.panel import pages as panel
from allmende.printing.portal import job_pages, my_data_pages, queue_address_pages, upload_pages
from allmende.printing.rules import approval_pages

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", api.urls),
    path("", job_pages.show_my_jobs, name="my_jobs"),
    path("auftraege/tabelle/", job_pages.show_my_jobs_table, name="my_jobs_table"),
    path("auftraege/<int:job_id>/loeschen/", job_pages.cancel_job, name="cancel_my_job"),
    path("verlauf/", job_pages.show_my_history, name="my_history"),
    path("drucken/", upload_pages.upload, name="upload"),
    path("adressen/", queue_address_pages.show_my_addresses, name="my_addresses"),
    path("adressen/<int:address_id>/", queue_address_pages.show_address, name="show_address"),
    path("adressen/<int:address_id>/profil/", queue_address_pages.download_profile, name="address_profile"),
    path("adressen/<int:address_id>/widerrufen/", queue_address_pages.revoke_address, name="revoke_address"),
    path("meine-daten/", my_data_pages.show_my_data, name="my_data"),
    path("panel/<slug:device>", panel.show_panel, name="panel"),
    path("panel/<slug:device>/neues", panel.show_news, name="panel_news"),
    path("panel/<slug:device>/chip", panel.tap, name="panel_tap"),
    path("panel/<slug:device>/anlernen", panel.enrol, name="panel_enrol"),
    path("panel/<slug:device>/fertig", panel.leave, name="panel_leave"),
    path("panel/<slug:device>/auftrag", panel_jobs.act_on_jobs, name="panel_act"),
    path("panel/<slug:device>/fehlt", panel_jobs.claim, name="panel_claim"),
    path("panel/<slug:device>/kostenstelle", panel_centres.choose_cost_centre, name="panel_cost_centre"),
    path("panel/<slug:device>/weiterer-chip", panel_jobs.add_chip, name="panel_add_chip"),
    path("panel/<slug:device>/<int:job_id>", panel_jobs.show_job, name="panel_job"),
    path("panel/<slug:device>/<int:job_id>/loeschen", panel_jobs.delete_job, name="panel_delete"),
    path("panel/<slug:device>/<int:job_id>/bild", panel_jobs.show_preview, name="panel_preview"),
    path("panel/<slug:device>/<int:job_id>/antwort", panel_jobs.settle_job, name="panel_settle"),
    path("genehmigungen/", approval_pages.show_approvals, name="approvals"),
    path("genehmigungen/mail/", approval_pages.choose_approval_mail, name="approval_mail"),
    path("genehmigungen/<int:approval_id>/", approval_pages.answer_approval, name="answer_approval"),
    path("verwaltung/", include("allmende.printing.administration.urls")),
    path("verwaltung/regeln/", include("allmende.printing.rules.urls")),
]
