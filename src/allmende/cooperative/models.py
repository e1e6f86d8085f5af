# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where Django looks for the room's models; they live with their nouns."""

from allmende.cooperative.accessions import Accession, AccessionStep
from allmende.cooperative.chain_checking import ChainAnchor
from allmende.cooperative.contacts import Contact
from allmende.cooperative.due_dates import DueCare
from allmende.cooperative.exits import MemberExit
from allmende.cooperative.hash_chain import ChainHead, ChangeEntry, PersonalPart
from allmende.cooperative.legal_rules import LegalRule
from allmende.cooperative.member_list import MemberListEntry
from allmende.cooperative.members import Member
from allmende.cooperative.population import Population
from allmende.cooperative.stored_documents import StoredDocument

__all__ = [
    "Accession",
    "AccessionStep",
    "ChainAnchor",
    "ChainHead",
    "ChangeEntry",
    "Contact",
    "DueCare",
    "LegalRule",
    "Member",
    "MemberExit",
    "MemberListEntry",
    "PersonalPart",
    "Population",
    "StoredDocument",
]
