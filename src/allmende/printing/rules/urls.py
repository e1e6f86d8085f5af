# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The pages on rules, below `/verwaltung/regeln/`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from allmende.printing.rules import audit_words, pages

__all__ = ["audit_words", "urlpatterns"]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.list_rules, name="administer_rules"),
    path("neu/", pages.add_rule_page, name="add_rule"),
    path("probe/", pages.show_trial, name="try_rules"),
    path("<int:rule_id>/", pages.edit_rule, name="edit_rule"),
    path("<int:rule_id>/verschieben/", pages.move_rule_page, name="move_rule"),
    path("<int:rule_id>/schalten/", pages.switch_rule_page, name="switch_rule"),
    path("<int:rule_id>/entfernen/", pages.remove_rule_page, name="remove_rule"),
    path("<int:rule_id>/wiederherstellen/", pages.restore_rule_page, name="restore_rule"),
]
