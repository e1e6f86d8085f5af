# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Budgets in words: at the device they say what is left and what to do now."""

from __future__ import annotations

from decimal import Decimal

from django.utils import formats
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from allmende.printing.budget_reservations import BudgetNote
from allmende.printing.budgets import BudgetPeriod, BudgetUnit
from allmende.printing.prices import round_cost


def euro_words(amount: Decimal) -> str:
    """Such as `1.234,50 €` in German, `€1,234.50` in English."""
    number = formats.number_format(round_cost(amount), decimal_pos=2, use_l10n=True, force_grouping=True)
    is_german = (get_language() or "de").startswith("de")
    return f"{number}\N{NO-BREAK SPACE}€" if is_german else f"€{number}"


def amount_words(amount: Decimal, unit: str) -> str:
    if unit == BudgetUnit.EUROS:
        return euro_words(amount)
    count = int(amount)
    number = formats.number_format(count, use_l10n=True, force_grouping=True)
    return ngettext("%(number)s sheet", "%(number)s sheets", count) % {"number": number}


def budget_words(note: BudgetNote) -> str:
    """One sentence or two: the reason, and the way out."""
    facts = {
        "bearer": note.bearer,
        "left": amount_words(note.left, note.unit),
        "limit": amount_words(note.limit, note.unit),
        "wanted": amount_words(note.wanted, note.unit),
        "contact": note.contact,
    }
    if not note.is_refusal:
        return _warning(note) % facts
    return f"{_reason(note) % facts} {_way(note) % facts}"


def budget_note_words(note: BudgetNote) -> str:
    """The same before release, beside a job that waits."""
    if not note.is_refusal:
        return budget_words(note)
    facts = {
        "bearer": note.bearer,
        "left": amount_words(note.left, note.unit),
        "wanted": amount_words(note.wanted, note.unit),
        "contact": note.contact,
    }
    if note.after_others:
        reason = _(
            "Is not printed with the others: after them the budget of %(bearer)s has %(left)s left, and this needs %(wanted)s."
        )
    else:
        reason = _("Is not printed: the budget of %(bearer)s has %(left)s left, and this needs %(wanted)s.")
    return f"{reason % facts} {_way(note) % facts}"


def _way(note: BudgetNote) -> str:
    if note.of_person:
        return _("Ask %(contact)s for more.") if note.contact else _("Ask your finance office for more.")
    if note.contact:
        return _("Choose another cost centre, or ask %(contact)s for more.")
    return _("Choose another cost centre, or ask your finance office for more.")


def _reason(note: BudgetNote) -> str:
    if note.period == BudgetPeriod.MONTH:
        return _(
            "Not printed: the budget of %(bearer)s has %(left)s of %(limit)s left this month, and this needs %(wanted)s."
        )
    if note.period == BudgetPeriod.QUARTER:
        return _(
            "Not printed: the budget of %(bearer)s has %(left)s of %(limit)s left this quarter, and this needs %(wanted)s."
        )
    return _(
        "Not printed: the budget of %(bearer)s has %(left)s of %(limit)s left this year, and this needs %(wanted)s."
    )


def _warning(note: BudgetNote) -> str:
    if note.period == BudgetPeriod.MONTH:
        return _("With this the budget of %(bearer)s (%(limit)s) is exceeded this month.")
    if note.period == BudgetPeriod.QUARTER:
        return _("With this the budget of %(bearer)s (%(limit)s) is exceeded this quarter.")
    return _("With this the budget of %(bearer)s (%(limit)s) is exceeded this year.")
