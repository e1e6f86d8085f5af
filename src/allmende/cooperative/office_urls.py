# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Pages of the office's day, and a member's own."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from allmende.cooperative.calendar_feed import show_calendar_settings, show_feed
from allmende.cooperative.chain_pages import download_anchor, show_chain
from allmende.cooperative.inhouse_pages import show_inhouse
from allmende.cooperative.member_page import download_my_invoice, show_membership
from allmende.cooperative.office_day import assign_item, show_office_day
from allmende.cooperative.request_pages import (
    add_request,
    download_file,
    download_my_file,
    show_my_request,
    show_my_requests,
    show_request,
    show_requests,
    solve_my_request,
    solve_one_request,
    sort_one_request,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("genossenschaft/", show_office_day, name="office_day"),
    path("genossenschaft/heute/zustaendig/", assign_item, name="assign_due_item"),
    path("genossenschaft/kalender/", show_calendar_settings, name="office_calendar"),
    path("genossenschaft/kalender/<str:token>.ics", show_feed, name="office_calendar_feed"),
    path("genossenschaft/kette/", show_chain, name="chain_of_changes"),
    path("genossenschaft/kette/anker.txt", download_anchor, name="download_anchor"),
    path("genossenschaft/inhouse/", show_inhouse, name="inhouse"),
    path("genossenschaft/anfragen/", show_requests, name="requests"),
    path("genossenschaft/anfragen/<int:request_id>/", show_request, name="request"),
    path("genossenschaft/anfragen/<int:request_id>/sortieren/", sort_one_request, name="sort_request"),
    path("genossenschaft/anfragen/<int:request_id>/erledigt/", solve_one_request, name="solve_request"),
    path("genossenschaft/anfragen/<int:request_id>/datei/<int:file_id>/", download_file, name="request_file"),
    path("mitgliedschaft/", show_membership, name="membership"),
    path("mitgliedschaft/rechnungen/<str:number>.pdf", download_my_invoice, name="my_invoice"),
    path("mitgliedschaft/anfragen/", show_my_requests, name="my_requests"),
    path("mitgliedschaft/anfragen/neu/", add_request, name="add_request"),
    path("mitgliedschaft/anfragen/<int:request_id>/", show_my_request, name="my_request"),
    path("mitgliedschaft/anfragen/<int:request_id>/erledigt/", solve_my_request, name="solve_my_request"),
    path(
        "mitgliedschaft/anfragen/<int:request_id>/datei/<int:file_id>/",
        download_my_file,
        name="my_request_file",
    ),
]
