# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Accessions: the real ones of case 6, what is refused, and what a refusal deletes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from allmende.cooperative.accession_steps import (
    RefusedStepError,
    duty_rule,
    record_step,
    take_back_step,
    withdraw_accession,
)
from allmende.cooperative.accessions import (
    AccessionStep,
    Ending,
    StepKind,
    is_pending,
    next_step,
    open_accessions,
    steps_of,
)
from allmende.cooperative.contacts import ContactRole, contacts_on
from allmende.cooperative.laender import Land
from allmende.cooperative.member_events import MemberAdmitted, subscribe, unsubscribe
from allmende.cooperative.member_list import is_member_on, members_on
from allmende.cooperative.members import Member, MemberKind
from allmende.cooperative.mergers import merge_members
from allmende.cooperative.stored_documents import StoredDocument

from .member_makers import make_accession, make_document, make_member, walk_to

pytestmark = pytest.mark.django_db

S = StepKind


def test_stendal_resolves_in_february_and_joins_in_april() -> None:
    stendal = make_accession("Hansestadt Stendal")
    heard: list[MemberAdmitted] = []
    subscribe(MemberAdmitted, heard.append)
    try:
        walk_to(
            stendal,
            S.TOLD,
            {
                S.INTEREST: date(2011, 1, 10),
                S.RESOLUTION: date(2011, 2, 21),
                S.AUTHORITY_NOTICE: date(2011, 2, 25),
                S.AUTHORITY_ANSWER: date(2011, 4, 1),
                S.DECLARATION: date(2011, 4, 11),
                S.ADMISSION: date(2011, 4, 21),
            },
        )
    finally:
        unsubscribe(MemberAdmitted, heard.append)
    assert stendal.ended_as == Ending.ENTERED
    assert [len(members_on(day)) for day in (date(2011, 4, 20), date(2011, 4, 21))] == [0, 1]
    assert stendal.member is not None
    assert [(each.effective_on, each.share_count) for each in heard] == [(date(2011, 4, 21), 1)]


def test_anhalt_bitterfeld_with_its_votes_is_a_member_from_the_day_agreed() -> None:
    district = make_accession("Landkreis Anhalt-Bitterfeld", kind=MemberKind.DISTRICT)
    walk_to(
        district,
        S.TOLD,
        {S.INTEREST: date(2022, 3, 1), S.RESOLUTION: date(2022, 6, 30), S.ADMISSION: date(2022, 9, 12)},
        resolution={"yes": 42, "no": 0, "abstain": 0, "representative": "Landrat", "deputy": "Dezernentin"},
        admission={"effective_on": "2022-10-01"},
    )
    assert district.member is not None
    assert not is_member_on(district.member, date(2022, 9, 30))
    assert is_member_on(district.member, date(2022, 10, 1))
    [voting] = contacts_on(district.member, date(2022, 10, 1), ContactRole.VOTING)
    assert voting.name == "Landrat"
    step = steps_of(district)[S.RESOLUTION]
    assert (step.facts["yes"], step.facts["no"], step.facts["abstain"]) == (42, 0, 0)


def test_wolmirstedt_stays_pending_while_the_authority_has_not_answered() -> None:
    town = make_accession("Wolmirstedt", target_day=date(2013, 12, 1))
    walk_to(town, S.AUTHORITY_NOTICE, {S.INTEREST: date(2013, 9, 1), S.RESOLUTION: date(2013, 11, 14)})
    assert is_pending(town)
    assert open_accessions() == [(town, S.AUTHORITY_ANSWER, date(2013, 11, 14))]
    for later in (S.DECLARATION, S.ADMISSION, S.ENTRY):
        with pytest.raises(RefusedStepError, match="The authority"):
            record_step(town, later, date(2013, 12, 1), actor=None, document=make_document())
    assert members_on(date(2013, 12, 1)) == []
    record_step(town, S.AUTHORITY_ANSWER, date(2014, 2, 3), actor=None, facts={"answer": "no_objection"})
    assert next_step(town) is S.DECLARATION


def test_a_period_without_answer_counts_only_when_it_is_over() -> None:
    town = make_accession("Wolmirstedt")
    walk_to(town, S.AUTHORITY_NOTICE, {S.INTEREST: date(2013, 11, 14)})
    elapsed = {"answer": "elapsed"}
    with pytest.raises(RefusedStepError):
        record_step(town, S.AUTHORITY_ANSWER, date(2013, 12, 26), actor=None, facts=elapsed)
    record_step(town, S.AUTHORITY_ANSWER, date(2013, 12, 27), actor=None, facts=elapsed)
    assert next_step(town) is S.DECLARATION


def test_where_approval_is_needed_silence_is_none() -> None:
    town = make_accession("Torgau", land=Land.SN)
    rule = duty_rule(town, date(2024, 1, 1))
    assert rule is not None
    assert rule.text == "approve"
    walk_to(town, S.AUTHORITY_NOTICE, {S.INTEREST: date(2024, 1, 1)}, authority_notice={"duty": "approve"})
    for answer in ("elapsed", "no_objection"):
        with pytest.raises(RefusedStepError, match="approval"):
            record_step(town, S.AUTHORITY_ANSWER, date(2025, 1, 1), actor=None, facts={"answer": answer})


def test_a_general_approval_waits_for_nobody() -> None:
    town = make_accession()
    walk_to(town, S.AUTHORITY_NOTICE, {}, authority_notice={"duty": "general_approval"})
    assert next_step(town) is S.DECLARATION


def test_an_authority_that_refuses_stops_it() -> None:
    town = make_accession()
    walk_to(town, S.AUTHORITY_ANSWER, {}, authority_answer={"answer": "refused"})
    assert next_step(town) is None
    with pytest.raises(RefusedStepError):
        record_step(town, S.DECLARATION, date(2015, 1, 1), actor=None, document=make_document())
    withdraw_accession(town, date(2015, 1, 2), actor=None)
    assert town.ended_as == Ending.WITHDRAWN


@pytest.mark.parametrize(
    ("kind", "facts", "field"),
    [
        (S.RESOLUTION, {"yes": 10, "no": 12}, "yes"),
        (S.RESOLUTION, {"yes": 10, "no": 10}, "yes"),
        (S.RESOLUTION, {"deputy": "B"}, "representative"),
        (S.RESOLUTION, {"representative": "A", "deputy": "A"}, "deputy"),
        (S.AUTHORITY_NOTICE, {"duty": "none"}, "duty"),
        (S.ADMISSION, {"admitted": True, "effective_on": "2009-12-31"}, "effective_on"),
    ],
)
def test_what_can_not_be_is_refused_at_its_field(kind: S, facts: dict[str, Any], field: str) -> None:
    town = make_accession()
    before = list(S)[list(S).index(kind) - 1]
    walk_to(town, before, {})
    with pytest.raises(RefusedStepError) as caught:
        record_step(town, kind, date(2010, 1, 1), actor=None, facts=facts)
    assert caught.value.field == field
    assert kind not in steps_of(town)


def test_impossible_days_and_orders_are_refused() -> None:
    town = make_accession()
    with pytest.raises(RefusedStepError, match="First comes"):
        record_step(town, S.DECLARATION, date(2014, 6, 1), actor=None, document=make_document())
    tomorrow = timezone.localdate() + timedelta(days=1)
    with pytest.raises(RefusedStepError) as caught:
        record_step(town, S.INTEREST, tomorrow, actor=None)
    assert caught.value.field == "day"
    record_step(town, S.INTEREST, date(2014, 2, 28), actor=None)
    with pytest.raises(RefusedStepError, match="recorded already"):
        record_step(town, S.INTEREST, date(2014, 3, 1), actor=None)
    with pytest.raises(RefusedStepError) as caught:
        record_step(town, S.STATUTES, date(2014, 2, 27), actor=None)
    assert caught.value.field == "day"
    with pytest.raises(RefusedStepError) as caught:
        walk_to(make_accession("B"), S.INTEREST, {S.INTEREST: tomorrow})
    assert caught.value.field == "day"


def test_the_same_file_at_two_steps_is_refused_with_what_to_do() -> None:
    town = make_accession()
    walk_to(town, S.STATUTES, {})
    record_step(town, S.RESOLUTION, date(2014, 5, 1), actor=None, document=make_document("beschluss.pdf"))
    with pytest.raises(
        RefusedStepError, match=r"kept with .*Choose the file that belongs to this step"
    ) as caught:
        record_step(
            town,
            S.AUTHORITY_NOTICE,
            date(2014, 5, 2),
            actor=None,
            facts={"duty": "notify"},
            document=make_document("beschluss.pdf"),
        )
    assert caught.value.field == "document"
    # Under another name it is the same file; another file is taken.
    other = make_document("anzeige.pdf")
    assert (
        record_step(
            town, S.AUTHORITY_NOTICE, date(2014, 5, 2), actor=None, facts={"duty": "notify"}, document=other
        ).document
        == other
    )


def test_a_declaration_needs_its_document() -> None:
    town = make_accession()
    walk_to(town, S.AUTHORITY_ANSWER, {})
    with pytest.raises(RefusedStepError) as caught:
        record_step(town, S.DECLARATION, date(2010, 1, 1), actor=None, facts={"share_count": 1})
    assert caught.value.field == "document"


def test_a_refusal_deletes_the_declaration_after_the_notice() -> None:
    company = make_accession("Stadtwerke GmbH", kind=MemberKind.PUBLIC_COMPANY)
    walk_to(company, S.ADMISSION, {}, admission={"admitted": False, "decided_by": "Vorstand"})
    declaration = steps_of(company)[S.DECLARATION]
    assert declaration.facts["signed_by"] == "Bürgermeister"
    assert next_step(company) is S.TOLD
    record_step(company, S.TOLD, date(2010, 1, 2), actor=None)
    declaration.refresh_from_db()
    assert (declaration.facts, declaration.document) == ({}, None)
    assert declaration.erased_at is not None
    assert not StoredDocument.objects.exists()
    assert company.ended_as == Ending.REFUSED
    assert not Member.objects.exists()


def test_the_last_step_is_taken_back_with_a_reason_and_stays_to_be_seen() -> None:
    town = make_accession()
    walk_to(town, S.RESOLUTION, {})
    with pytest.raises(RefusedStepError):
        take_back_step(town, actor=None, note="")
    take_back_step(town, actor=None, note="Falscher Tag")
    assert next_step(town) is S.RESOLUTION
    record_step(town, S.RESOLUTION, date(2010, 1, 2), actor=None)
    assert AccessionStep.objects.filter(accession=town, kind=S.RESOLUTION).count() == 2
    walk_to_entry = (S.AUTHORITY_NOTICE, S.AUTHORITY_ANSWER, S.DECLARATION, S.ADMISSION, S.ENTRY)
    facts: dict[S, dict[str, Any]] = {
        S.AUTHORITY_NOTICE: {"duty": "submit"},
        S.AUTHORITY_ANSWER: {"answer": "approved"},
        S.DECLARATION: {"share_count": 2},
        S.ADMISSION: {"admitted": True},
    }
    for kind in walk_to_entry:
        record_step(
            town,
            kind,
            date(2010, 1, 3),
            actor=None,
            facts=facts.get(kind),
            document=make_document(f"{kind}.pdf"),
        )
    with pytest.raises(RefusedStepError):
        take_back_step(town, actor=None, note="zu spät")
    with pytest.raises(RefusedStepError):
        withdraw_accession(town, date(2010, 1, 4), actor=None)


def test_a_successor_that_accedes_stays_beyond_the_year() -> None:
    burg, gommern = (make_member(name, date(2010, 1, 1)) for name in ("Burg", "Gommern"))
    joined = make_member("Burg-Gommern")
    merge_members([burg, gommern], joined, date(2016, 7, 1), actor=None)
    assert is_member_on(joined, date(2016, 12, 31))
    assert not is_member_on(joined, date(2017, 1, 1))
    accession = make_accession("Burg-Gommern", member=joined)
    walk_to(accession, S.TOLD, {S.INTEREST: date(2016, 8, 1), S.ADMISSION: date(2016, 10, 1)})
    assert is_member_on(joined, date(2017, 1, 1))
    assert [each.is_succession for each in members_on(date(2017, 1, 1))] == [False]
    assert [each.is_succession for each in members_on(date(2016, 9, 30))] == [True]


def test_a_member_can_not_join_again() -> None:
    town = make_member("Zerbst", date(2014, 7, 1))
    accession = make_accession("Zerbst", member=town)
    walk_to(accession, S.DECLARATION, {S.INTEREST: date(2015, 1, 1)})
    with pytest.raises(RefusedStepError, match="member already"):
        record_step(accession, S.ADMISSION, date(2015, 1, 1), actor=None, facts={"admitted": True})
