# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The pages of the town's IT on devices; below `/verwaltung/`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from allmende.devices import (
    administration_devices,
    administration_discovery,
    administration_sites,
    administration_tokens,
    administration_words,
)

__all__ = ["administration_words", "urlpatterns"]

urlpatterns: list[URLPattern | URLResolver] = [
    path("geraete/", administration_devices.list_devices, name="administer_devices"),
    path("geraete/neu/", administration_devices.find_device_page, name="find_device"),
    path("geraete/suche/", administration_discovery.list_found_devices, name="found_devices"),
    path("geraete/hinzufuegen/", administration_devices.add_device_page, name="add_device"),
    path("geraete/<int:device_id>/", administration_devices.show_device, name="administer_device"),
    path("geraete/<int:device_id>/bearbeiten/", administration_devices.edit_device, name="edit_device"),
    path(
        "geraete/<int:device_id>/fragen/", administration_devices.refresh_device_page, name="refresh_device"
    ),
    path(
        "geraete/<int:device_id>/zertifikat/",
        administration_devices.check_certificate,
        name="check_certificate",
    ),
    path("geraete/<int:device_id>/token/", administration_tokens.issue_token_page, name="issue_token"),
    path("token/<int:token_id>/sperren/", administration_tokens.revoke_token_page, name="revoke_token"),
    path("standorte/neu/", administration_sites.add_site, name="add_site"),
    path("standorte/<int:site_id>/", administration_sites.edit_site, name="edit_site"),
    path("standorte/<int:site_id>/loeschen/", administration_sites.delete_site_page, name="delete_site"),
]
