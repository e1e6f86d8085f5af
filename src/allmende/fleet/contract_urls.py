# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The pages of contracts, settlements and suppliers' invoices; below `/verwaltung/`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from allmende.fleet import contract_pages, supplier_invoice_pages
from allmende.fleet.settlement import pages

urlpatterns: list[URLPattern | URLResolver] = [
    path("vertraege/", contract_pages.list_contracts, name="contracts"),
    path("vertraege/neu/", contract_pages.add_contract, name="add_contract"),
    path("vertraege/<int:contract_id>/", contract_pages.show_contract, name="contract"),
    path("vertraege/<int:contract_id>/bearbeiten/", contract_pages.edit_contract, name="edit_contract"),
    path("vertraege/<int:contract_id>/preise/", contract_pages.add_term, name="add_term"),
    path("vertraege/preise/<int:term_id>/", contract_pages.edit_term, name="edit_term"),
    path("vertraege/preise/<int:term_id>/entfernen/", contract_pages.delete_term, name="delete_term"),
    path(
        "vertraege/<int:contract_id>/geraete/",
        contract_pages.add_contract_devices,
        name="add_contract_devices",
    ),
    path(
        "vertraege/geraete/<int:contract_device_id>/",
        contract_pages.edit_contract_device,
        name="edit_contract_device",
    ),
    path(
        "vertraege/geraete/<int:contract_device_id>/entfernen/",
        contract_pages.delete_contract_device,
        name="delete_contract_device",
    ),
    path("vertraege/<int:contract_id>/betraege/", contract_pages.add_charge, name="add_charge"),
    path("vertraege/betraege/<int:charge_id>/", contract_pages.edit_charge, name="edit_charge"),
    path("vertraege/betraege/<int:charge_id>/entfernen/", contract_pages.delete_charge, name="delete_charge"),
    path("vertraege/<int:contract_id>/abrechnung/", pages.show_draft, name="settlement_draft"),
    path(
        "vertraege/<int:contract_id>/rechnung/",
        supplier_invoice_pages.add_invoice,
        name="add_supplier_invoice",
    ),
    path(
        "vertraege/rechnungen/<int:invoice_id>/",
        supplier_invoice_pages.show_invoice,
        name="supplier_invoice",
    ),
    path(
        "vertraege/rechnungen/<int:invoice_id>/entfernen/",
        supplier_invoice_pages.remove_invoice,
        name="remove_supplier_invoice",
    ),
    path("abrechnungen/", pages.list_settlements, name="settlements"),
    path("abrechnungen/<int:settlement_id>/", pages.show_settlement, name="settlement"),
    path("abrechnungen/zeilen/<int:line_id>/", pages.show_line, name="settlement_line"),
]
