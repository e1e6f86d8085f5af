# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The office's pages of members, accessions and rules; below `/genossenschaft/`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from allmende.cooperative import (
    accession_pages,
    exit_pages,
    legal_rule_pages,
    member_change_pages,
    member_pages,
    member_votes_pages,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("mitglieder/", member_pages.list_members, name="members"),
    path("mitglieder/zeilen/", member_pages.list_rows, name="member_list_rows"),
    path("mitglieder/zeilen/<int:entry_id>/", member_pages.correct_row, name="correct_member_list_row"),
    path("mitglieder/ausgabe/<str:form>", member_pages.export_members, name="export_members"),
    path("mitglieder/uebernehmen/", member_change_pages.take_over, name="take_over_member"),
    path("mitglieder/zusammenschluss/", exit_pages.merge, name="merge_members"),
    path("mitglieder/<int:member_id>/", member_pages.show_member, name="member"),
    path("mitglieder/<int:member_id>/angaben/", member_change_pages.edit_details, name="edit_member"),
    path("mitglieder/<int:member_id>/ansprechpersonen/", member_change_pages.add_contact, name="add_contact"),
    path("mitglieder/<int:member_id>/einwohner/", member_change_pages.add_population, name="add_population"),
    path("mitglieder/<int:member_id>/austritt/", exit_pages.add_exit, name="add_exit"),
    path("mitglieder/<int:member_id>/anteile-kuendigen/", exit_pages.add_cancellation, name="cancel_shares"),
    path("mitglieder/<int:member_id>/uebertragung/", exit_pages.add_transfer, name="transfer_shares"),
    path("mitglieder/<int:member_id>/teilung/", exit_pages.split, name="split_member"),
    path("mitglieder/<int:member_id>/stimmen/", member_votes_pages.list_votes, name="member_votes"),
    path("mitglieder/<int:member_id>/stimmen/neu/", member_votes_pages.add_row, name="add_member_votes"),
    path("mitglieder/stimmen/<int:row_id>/beenden/", member_votes_pages.end_row, name="end_member_votes"),
    path("austritte/<int:exit_id>/zuruecknehmen/", exit_pages.revoke, name="revoke_exit"),
    path("austritte/<int:exit_id>/mitgeteilt/", exit_pages.tell_exit, name="tell_exit"),
    path("ansprechpersonen/<int:contact_id>/", member_change_pages.edit_contact, name="edit_contact"),
    path(
        "ansprechpersonen/<int:contact_id>/entfernen/",
        member_change_pages.delete_contact,
        name="delete_contact",
    ),
    path("unterlagen/<int:document_id>/", member_pages.show_document, name="stored_document"),
    path("beitritte/", accession_pages.list_accessions, name="accessions"),
    path("beitritte/neu/", accession_pages.add_accession, name="add_accession"),
    path("beitritte/<int:accession_id>/", accession_pages.show_accession, name="accession"),
    path("beitritte/<int:accession_id>/angaben/", accession_pages.edit_accession, name="edit_accession"),
    path("beitritte/<int:accession_id>/zurueck/", accession_pages.take_back, name="take_back_step"),
    path("beitritte/<int:accession_id>/beenden/", accession_pages.withdraw, name="withdraw_accession"),
    path(
        "beitritte/<int:accession_id>/beitrittserklaerung.pdf",
        accession_pages.show_declaration,
        name="accession_declaration",
    ),
    path("rechtsgrundlagen/", legal_rule_pages.list_rules, name="legal_rules"),
    path("rechtsgrundlagen/neu/", legal_rule_pages.add_rule, name="add_legal_rule"),
    path("rechtsgrundlagen/<int:rule_id>/", legal_rule_pages.edit_rule, name="edit_legal_rule"),
]
