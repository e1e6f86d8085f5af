# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""`job_words` as template filters."""

from __future__ import annotations

from django import template

from allmende.printing import job_words
from allmende.printing.budget_words import amount_words, budget_note_words, euro_words
from allmende.printing.rules import words as rule_words

register = template.Library()
register.filter("state_word", job_words.state_word)
register.filter("state_kind", job_words.state_kind)
register.filter("reason_words", job_words.reason_words)
register.filter("pages_to_print", job_words.pages_to_print)
register.filter("media_word", job_words.media_word)
register.filter("format_word", job_words.format_word)
register.filter("age_words", job_words.age_words)
register.filter("no_pages_words", job_words.no_pages_words)
register.filter("sides_words", job_words.sides_words)
register.filter("answer_words", rule_words.answer_words)
register.filter("note_words", rule_words.note_words)
register.filter("euro_words", euro_words)
register.filter("amount_words", amount_words)
register.filter("budget_note_words", budget_note_words)
register.filter("approval_words", rule_words.approval_words)
