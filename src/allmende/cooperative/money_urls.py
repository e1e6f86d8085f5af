# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The pages of money below `/genossenschaft/`."""

from __future__ import annotations

from django.urls import URLPattern, path, re_path

from allmende.cooperative.money_pages import books, collections, contributions, invoices, payments, shares

urlpatterns: list[URLPattern] = [
    path("anteile/", shares.list_shares, name="shares"),
    path("anteile/ausgabe.csv", shares.export_shares, name="export_shares"),
    path("anteile/zeichnen/", shares.subscribe, name="subscribe_shares"),
    path("anteile/auseinandersetzung/<int:ending_id>/", shares.settle, name="settle_shares"),
    path("beitraege/", contributions.list_scales, name="contributions"),
    path("beitraege/neu/", contributions.add_scale, name="add_scale"),
    path("beitraege/<int:scale_id>/", contributions.show_scale, name="scale"),
    path("beitraege/abrechnen/", contributions.preview_contributions, name="charge_contributions"),
    path("beitraege/abrechnen/jetzt/", contributions.do_charge_contributions, name="do_charge_contributions"),
    path("rechnungen/", invoices.list_invoices, name="invoices"),
    path("rechnungen/schreiben/", invoices.drafts, name="draft_invoices"),
    path("rechnungen/angaben/", invoices.edit_profile, name="billing_profile"),
    path("rechnungen/mitglied/<int:member_id>/", invoices.edit_member_billing, name="member_billing"),
    path("rechnungen/mahnungen/", books.reminders, name="reminders"),
    path("rechnungen/buecher/", books.books, name="books"),
    path("rechnungen/buecher/datev/", books.export_books, name="export_books"),
    path("rechnungen/<slug:number>/", invoices.show_invoice, name="invoice"),
    path("rechnungen/<slug:number>/gutschreiben/", invoices.credit, name="credit_invoice"),
    re_path(
        r"^rechnungen/(?P<number>[\w-]+)/rechnung\.(?P<kind>pdf|xml)$",
        invoices.invoice_file,
        name="invoice_file",
    ),
    path("lastschriften/", payments.list_payments, name="payments"),
    path("lastschriften/mandat/", payments.add_mandate, name="add_mandate"),
    path("lastschriften/mandat/<int:mandate_id>/widerrufen/", payments.revoke, name="revoke_mandate"),
    path("lastschriften/einziehen/", collections.collect, name="collect"),
    path("lastschriften/<int:run_id>/", collections.show_collection, name="collection"),
    path("lastschriften/posten/<int:item_id>/abgelehnt/", collections.reject, name="reject_collection_item"),
    path("lastschriften/<int:run_id>/datei/", collections.collection_file, name="collection_file"),
    path("lastschriften/auszahlen/", collections.pay_out, name="pay_out"),
    path("lastschriften/auszahlungen/<int:run_id>/", collections.show_pay_outs, name="pay_outs"),
    path(
        "lastschriften/auszahlungen/posten/<int:pay_out_id>/abgelehnt/",
        collections.reject_transfer,
        name="reject_pay_out",
    ),
    path("lastschriften/auszahlungen/<int:run_id>/datei/", collections.pay_out_file, name="pay_out_file"),
    path("bank/", payments.bank, name="bank"),
    path("bank/zahlung/<int:transaction_id>/", payments.transaction, name="bank_transaction"),
    path("bank/zuordnung/<int:match_id>/aufheben/", payments.undo, name="undo_match"),
]
