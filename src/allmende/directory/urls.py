# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The room's pages: signing in, my chips, delegation; those of the town's IT are in `administration_urls`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from allmende.directory import (
    chip_pages,
    delegation_pages,
    new_password_pages,
    personal_data_pages,
    sign_in_pages,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("anmelden/", sign_in_pages.SignInPage.as_view(), name="sign_in"),
    path("abmelden/", sign_in_pages.SignOutPage.as_view(), name="sign_out"),
    path("passwort/", sign_in_pages.ChangePasswordPage.as_view(), name="change_password"),
    path("chips/", chip_pages.show_my_chips, name="my_chips"),
    path("chips/code/", chip_pages.show_enrolment_code, name="enrolment_code"),
    path("chips/<int:chip_id>/", chip_pages.name_chip, name="name_chip"),
    path("chips/<int:chip_id>/sperren/", chip_pages.block_chip, name="block_chip"),
    path("vertretung/", delegation_pages.show_my_delegations, name="my_delegations"),
    path(
        "vertretung/<int:delegation_id>/beenden/", delegation_pages.end_my_delegation, name="end_delegation"
    ),
    path("passwort/neu/<uidb64>/<token>/", new_password_pages.NewPasswordPage.as_view(), name="new_password"),
    path("meine-daten/auskunft/", personal_data_pages.show_my_records, name="my_records"),
    path("meine-daten/auskunft/datei/", personal_data_pages.download_my_records, name="download_my_records"),
    path("verwaltung/", include("allmende.directory.administration_urls")),
]
