# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The chain's entries in words: what an entry is about and what was done.

The chain itself stores fixed words, so that its hashes do not depend on a language; a word that is unknown here is shown as it is stored.
"""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

SUBJECTS: Final[dict[str, str | Promise]] = {
    "accession": pgettext_lazy("chain", "accession"),
    "agenda_item": pgettext_lazy("chain", "agenda item"),
    "attendance": pgettext_lazy("chain", "attendance"),
    "bank_statement": pgettext_lazy("chain", "bank statement"),
    "bank_transaction": pgettext_lazy("chain", "bank transaction"),
    "board_seat": pgettext_lazy("chain", "seat in a board"),
    "calendar": pgettext_lazy("chain", "calendar address"),
    "chain": pgettext_lazy("chain", "chain of changes"),
    "circulation": pgettext_lazy("chain", "resolution by circulation"),
    "collection": pgettext_lazy("chain", "collection"),
    "collection_item": pgettext_lazy("chain", "debit"),
    "contact": pgettext_lazy("chain", "contact"),
    "contributions": pgettext_lazy("chain", "contributions"),
    "due": pgettext_lazy("chain", "task"),
    "invitation": pgettext_lazy("chain", "invitation"),
    "invoice": pgettext_lazy("chain", "invoice"),
    "legal_rule": pgettext_lazy("chain", "legal rule"),
    "mandate": pgettext_lazy("chain", "mandate"),
    "meeting": pgettext_lazy("chain", "meeting"),
    "member_list": pgettext_lazy("chain", "row of the list of members"),
    "member_votes": pgettext_lazy("chain", "number of votes"),
    "motion": pgettext_lazy("chain", "motion"),
    "pay_out": pgettext_lazy("chain", "pay-out"),
    "population": pgettext_lazy("chain", "population"),
    "reminder": pgettext_lazy("chain", "reminder"),
    "request": pgettext_lazy("chain", "request"),
    "scale": pgettext_lazy("chain", "scale of contributions"),
    "share_ending": pgettext_lazy("chain", "end of shares"),
    "shares": pgettext_lazy("chain", "shares"),
    "turnover": pgettext_lazy("chain", "turnover"),
    "voting": pgettext_lazy("chain", "vote"),
}

ACTIONS: Final[dict[str, str | Promise]] = {
    "added": pgettext_lazy("chain", "added"),
    "admitted": pgettext_lazy("chain", "admitted"),
    "adopted": pgettext_lazy("chain", "adopted"),
    "answered": pgettext_lazy("chain", "answered"),
    "asked": pgettext_lazy("chain", "asked"),
    "asked_again": pgettext_lazy("chain", "asked again"),
    "assigned": pgettext_lazy("chain", "assigned"),
    "begun": pgettext_lazy("chain", "begun"),
    "changed": pgettext_lazy("chain", "changed"),
    "charged": pgettext_lazy("chain", "charged"),
    "closed": pgettext_lazy("chain", "closed"),
    "corrected": pgettext_lazy("chain", "corrected"),
    "created": pgettext_lazy("chain", "created"),
    "declaration_erased": pgettext_lazy("chain", "declaration's data deleted"),
    "deleted": pgettext_lazy("chain", "deleted"),
    "ended": pgettext_lazy("chain", "ended"),
    "entered": pgettext_lazy("chain", "entered"),
    "erased": pgettext_lazy("chain", "personal data deleted"),
    "handed_in": pgettext_lazy("chain", "handed in"),
    "imported": pgettext_lazy("chain", "read in"),
    "invited": pgettext_lazy("chain", "invitations made"),
    "issued": pgettext_lazy("chain", "issued"),
    "items_announced": pgettext_lazy("chain", "further items announced"),
    "kept": pgettext_lazy("chain", "saved"),
    "left": pgettext_lazy("chain", "left the meeting"),
    "mailed": pgettext_lazy("chain", "sent by mail"),
    "matched": pgettext_lazy("chain", "matched"),
    "member_excluded": pgettext_lazy("chain", "member excluded from voting"),
    "minutes_signed": pgettext_lazy("chain", "signed minutes added"),
    "moved": pgettext_lazy("chain", "moved"),
    "noted": pgettext_lazy("chain", "internal note added"),
    "opened": pgettext_lazy("chain", "opened"),
    "paper_added": pgettext_lazy("chain", "paper added"),
    "paper_counted": pgettext_lazy("chain", "paper ballots counted"),
    "paper_handed_out": pgettext_lazy("chain", "paper ballot handed out"),
    "posted": pgettext_lazy("chain", "sent by post"),
    "recorded": pgettext_lazy("chain", "recorded"),
    "refused": pgettext_lazy("chain", "refused"),
    "registered": pgettext_lazy("chain", "registered"),
    "rejected": pgettext_lazy("chain", "rejected by the bank"),
    "removed": pgettext_lazy("chain", "removed"),
    "returned": pgettext_lazy("chain", "returned by the bank"),
    "revoked": pgettext_lazy("chain", "revoked"),
    "sent": pgettext_lazy("chain", "sent"),
    "settled": pgettext_lazy("chain", "settled"),
    "solved": pgettext_lazy("chain", "solved"),
    "sorted": pgettext_lazy("chain", "sorted"),
    "step_recorded": pgettext_lazy("chain", "step recorded"),
    "step_taken_back": pgettext_lazy("chain", "step taken back"),
    "subscribed": pgettext_lazy("chain", "subscribed"),
    "unmatched": pgettext_lazy("chain", "match taken back"),
    "voted": pgettext_lazy("chain", "vote given"),
    "votes_noted": pgettext_lazy("chain", "votes noted"),
    "withdrawn": pgettext_lazy("chain", "withdrawn"),
}


def subject_word(noun: str) -> str:
    return str(SUBJECTS.get(noun, noun))


def action_word(what: str) -> str:
    return str(ACTIONS.get(what, what))
