# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The pages of the town's IT on people, settings and the audit trail; below `/verwaltung/`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from allmende.directory import (
    administration_audit,
    administration_import,
    administration_letters,
    administration_people,
    administration_settings,
)
from allmende.directory import administration_cost_centres as cost_centres

urlpatterns: list[URLPattern | URLResolver] = [
    path("kostenstellen/", cost_centres.show_cost_centres, name="administer_cost_centres"),
    path("kostenstellen/neu/", cost_centres.add_cost_centre_page, name="add_cost_centre"),
    path("kostenstellen/<int:cost_centre_id>/", cost_centres.edit_cost_centre, name="edit_cost_centre"),
    path(
        "kostenstellen/<int:cost_centre_id>/loeschen/",
        cost_centres.delete_cost_centre_page,
        name="delete_cost_centre",
    ),
    path("personen/", administration_people.list_people, name="administer_people"),
    path("personen/neu/", administration_people.add_person_page, name="add_person"),
    path("personen/einlesen/", administration_import.upload_people, name="upload_people"),
    path("personen/einlesen/vorschau/", administration_import.preview_people, name="preview_people"),
    path(
        "personen/einlesen/verwerfen/",
        administration_import.drop_people_file,
        name="drop_people_file",
    ),
    path("personen/briefe/", administration_letters.print_code_letters, name="print_code_letters"),
    path("personen/liste.csv", administration_import.download_people, name="download_people"),
    path("personen/<int:person_id>/", administration_people.show_person, name="administer_person"),
    path(
        "personen/<int:person_id>/bearbeiten/",
        administration_people.edit_person,
        name="edit_person",
    ),
    path(
        "personen/<int:person_id>/code/",
        administration_letters.show_persons_code,
        name="persons_code",
    ),
    path(
        "personen/<int:person_id>/passwort/",
        administration_people.show_password_link,
        name="persons_password_link",
    ),
    path(
        "chips/<int:chip_id>/sperren/",
        administration_people.block_persons_chip,
        name="block_persons_chip",
    ),
    path("protokoll/", administration_audit.show_audit_trail, name="audit_trail"),
    path(
        "protokoll/liste.csv",
        administration_audit.download_audit_trail,
        name="download_audit_trail",
    ),
    path("einstellungen/", administration_settings.show_town_settings, name="town_settings"),
]
