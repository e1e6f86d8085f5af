# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The pages of the town's IT on devices; below `/verwaltung/`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from allmende.devices import (
    administration_devices,
    administration_discovery,
    administration_faults,
    administration_inventory,
    administration_labels,
    administration_models,
    administration_moves,
    administration_places,
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
    path("geraete/importieren/", administration_inventory.upload_inventory, name="upload_inventory"),
    path(
        "geraete/importieren/vorschau/", administration_inventory.preview_inventory, name="preview_inventory"
    ),
    path(
        "geraete/importieren/verwerfen/",
        administration_inventory.drop_inventory_file,
        name="drop_inventory_file",
    ),
    path("geraete/inventar.csv", administration_inventory.download_inventory, name="download_inventory"),
    path("geraete/etiketten/", administration_labels.choose_labels, name="device_labels"),
    path("geraete/etiketten.pdf", administration_labels.print_labels, name="print_labels"),
    path("geraete/stoerungen/", administration_faults.list_faults, name="device_faults"),
    path("geraete/stoerungen/<int:fault_id>/", administration_faults.close_fault_page, name="close_fault"),
    path("geraete/modelle/", administration_models.list_models, name="device_models"),
    path("geraete/modelle/neu/", administration_models.add_model, name="add_device_model"),
    path(
        "geraete/modelle/<int:device_model_id>/", administration_models.edit_model, name="edit_device_model"
    ),
    path("geraete/<int:device_id>/umziehen/", administration_moves.move_device_page, name="move_device"),
    path("geraete/<int:device_id>/tauschen/", administration_moves.swap_device_page, name="swap_device"),
    path("geraete/<int:device_id>/abbauen/", administration_moves.remove_device_page, name="remove_device"),
    path("geraete/<int:device_id>/", administration_devices.show_device, name="administer_device"),
    path("geraete/<int:device_id>/bearbeiten/", administration_devices.edit_device, name="edit_device"),
    path(
        "geraete/<int:device_id>/fragen/", administration_devices.refresh_device_page, name="refresh_device"
    ),
    path("geraete/<int:device_id>/oeffnen/", administration_devices.reopen_device_page, name="reopen_device"),
    path(
        "geraete/<int:device_id>/zertifikat/",
        administration_devices.check_certificate,
        name="check_certificate",
    ),
    path("geraete/<int:device_id>/token/", administration_tokens.issue_token_page, name="issue_token"),
    path("token/<int:token_id>/sperren/", administration_tokens.revoke_token_page, name="revoke_token"),
    path("standorte/", administration_places.list_sites, name="administer_sites"),
    path("standorte/<int:site_id>/etagen/", administration_places.show_floors, name="site_floors"),
    path("standorte/<int:site_id>/etagen/neu/", administration_places.add_floor, name="add_floor"),
    path("etagen/<int:floor_id>/", administration_places.edit_floor, name="edit_floor"),
    path("etagen/<int:floor_id>/loeschen/", administration_places.delete_floor_page, name="delete_floor"),
    path("etagen/<int:floor_id>/raum/", administration_places.add_room, name="add_room"),
    path("raeume/<int:room_id>/", administration_places.edit_room, name="edit_room"),
    path("raeume/<int:room_id>/loeschen/", administration_places.delete_room_page, name="delete_room"),
    path("standorte/neu/", administration_sites.add_site, name="add_site"),
    path("standorte/<int:site_id>/", administration_sites.edit_site, name="edit_site"),
    path("standorte/<int:site_id>/loeschen/", administration_sites.delete_site_page, name="delete_site"),
]
