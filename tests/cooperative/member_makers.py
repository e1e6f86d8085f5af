# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Members and accessions for tests, made through the services."""

from __future__ import annotations

from datetime import date
from typing import Any

from allmende.cooperative.accession_steps import record_step
from allmende.cooperative.accessions import Accession, StepKind
from allmende.cooperative.laender import Land
from allmende.cooperative.member_list import Draft, EntryKind, append_entries
from allmende.cooperative.members import Member, MemberKind
from allmende.cooperative.stored_documents import StoredDocument, store_document

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def make_member(name: str, since: date | None = None, **fields: Any) -> Member:
    member = Member.objects.create(name=name, land=fields.pop("land", Land.ST), **fields)
    if since is not None:
        append_entries([Draft(member, EntryKind.ADMISSION, since)], actor=None)
    return member


def make_document(name: str = "beschluss.pdf") -> StoredDocument:
    return store_document(PDF + name.encode(), name, actor=None)


def make_accession(name: str = "Zerbst/Anhalt", **fields: Any) -> Accession:
    fields.setdefault("kind", MemberKind.MUNICIPALITY)
    return Accession.objects.create(name=name, land=fields.pop("land", Land.ST), **fields)


def walk_to(
    accession: Accession, last: StepKind, days: dict[StepKind, date], **facts: dict[str, Any]
) -> None:
    """Record the steps up to `last`; `facts` by the step's value; a step without a day has that of the one before."""
    defaults: dict[str, dict[str, Any]] = {
        "authority_notice": {"duty": "submit", "authority": "Landkreis"},
        "authority_answer": {"answer": "no_objection"},
        "declaration": {"signed_by": "Bürgermeister", "share_count": 1},
        "admission": {"admitted": True, "decided_by": "Vorstand"},
    }
    day = date(2010, 1, 1)
    for kind in StepKind:
        day = days.get(kind, day)
        document = make_document() if kind is StepKind.DECLARATION else None
        given = {**defaults.get(kind.value, {}), **facts.get(kind.value, {})}
        record_step(accession, kind, day, actor=None, facts=given, document=document)
        if kind is last:
            return
