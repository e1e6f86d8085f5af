# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The office's pages of members, accessions and rules: for whom they open, what they keep, what they refuse."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from allmende.cooperative.accessions import Accession, Ending, StepKind, steps_of
from allmende.cooperative.contacts import Contact
from allmende.cooperative.exits import MemberExit
from allmende.cooperative.legal_rules import LegalRule, rule_on
from allmende.cooperative.member_list import MemberListEntry, members_on, memberships_of
from allmende.cooperative.members import Member
from allmende.cooperative.population import population_of
from allmende.cooperative.stored_documents import MAX_BYTES, StoredDocument
from allmende.directory.roles import Role, RoleName
from makers import make_person, make_town

from .member_makers import PDF, make_accession, make_member, walk_to

pytestmark = pytest.mark.django_db

BASE = "/genossenschaft/"
BODY = {
    "name": "Zerbst/Anhalt",
    "kind": "municipality",
    "land": "ST",
    "official_key": "15082430",
    "street": "Schloßfreiheit 12",
    "postcode": "39261",
    "place": "Zerbst/Anhalt",
}


def sign_in(role: RoleName = RoleName.OFFICE, *, cooperative: bool = True) -> Client:
    town = make_town("genossenschaft" if cooperative else "zerbst", is_cooperative=cooperative)
    person = make_person(town, "olga")
    Role.objects.create(municipality=town, person=person, name=role)
    client = Client(headers={"accept-language": "en"})
    client.force_login(person)
    return client


def pdf(name: str = "beschluss.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, PDF + name.encode(), "application/pdf")


@pytest.mark.parametrize(
    "path",
    ["mitglieder/", "mitglieder/zeilen/", "mitglieder/uebernehmen/", "mitglieder/zusammenschluss/",
     "mitglieder/ausgabe/liste.pdf", "beitritte/", "beitritte/neu/", "rechtsgrundlagen/", "rechtsgrundlagen/neu/"],
)  # fmt: skip
def test_only_the_cooperatives_office_opens_them(path: str) -> None:
    assert sign_in().get(BASE + path).status_code == 200
    Client().get(BASE + path)
    assert Client().get(BASE + path).status_code == 302
    for role in (RoleName.OFFICE, RoleName.IT, RoleName.FINANCE):
        town = make_town(f"stadt-{role.value}")
        person = make_person(town)
        Role.objects.create(municipality=town, person=person, name=role)
        client = Client()
        client.force_login(person)
        assert client.get(BASE + path).status_code == 403


def test_zerbst_from_interest_to_the_list() -> None:
    client = sign_in()
    assert b"No member yet" in client.get(BASE + "mitglieder/").content
    assert b"Nobody is on the way" in client.get(BASE + "beitritte/").content
    answer = client.post(BASE + "beitritte/neu/", {**BODY, "target_day": "2014-07-01"})
    address = answer.headers["Location"]
    steps: list[dict[str, Any]] = [
        {"step": "interest", "day": "2014-03-03"},
        {"step": "statutes", "day": "2014-03-10"},
        {"step": "resolution", "day": "2014-06-04", "yes": "28", "no": "0", "abstain": "1",
         "representative": "Andreas Muster", "deputy": "Berta Muster", "document": pdf()},
        {"step": "authority_notice", "day": "2014-06-05", "duty": "general_approval", "authority": "Landkreis"},
        {"step": "declaration", "day": "2014-06-10", "share_count": "1", "signed_by": "Bürgermeister", "document": pdf("erklaerung.pdf")},
        {"step": "admission", "day": "2014-06-20", "admitted": "yes", "effective_on": "2014-07-01"},
        {"step": "entry", "day": "2014-06-20"},
        {"step": "told", "day": "2014-06-23"},
    ]  # fmt: skip
    for data in steps:
        answer = client.post(address, data)
        assert answer.status_code == 302, (data["step"], answer.content.decode())
    accession = Accession.objects.get()
    assert accession.ended_as == Ending.ENTERED
    [listed] = members_on(date(2014, 7, 1))
    assert (listed.number, listed.name, listed.address) == (
        1, "Zerbst/Anhalt", "Schloßfreiheit 12, 39261 Zerbst/Anhalt",
    )  # fmt: skip
    page = client.get(address).content.decode()
    for words in ("28 yes, 0 no, 1 abstentions", "covered by a general approval", "Member from 1 Jul 2014"):
        assert words in page
    assert b"Andreas Muster" in client.get(f"{BASE}mitglieder/{listed.member.pk}/").content
    document = StoredDocument.objects.first()
    assert document is not None
    got = client.get(f"{BASE}unterlagen/{document.pk}/")
    assert got.content == PDF + b"beschluss.pdf"
    assert got.headers["Content-Disposition"].startswith("attachment")


def test_a_refused_step_keeps_what_was_typed_and_says_where() -> None:
    client = sign_in()
    accession = make_accession()
    walk_to(accession, StepKind.STATUTES, {StepKind.INTEREST: date(2014, 3, 3)})
    typed = {
        "step": "resolution",
        "day": "2014-03-02",
        "yes": "28",
        "no": "0",
        "representative": "Andreas Muster",
    }
    answer = client.post(f"{BASE}beitritte/{accession.pk}/", typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Enter that day or a later one" in page
    assert "Andreas Muster" in page
    assert StepKind.RESOLUTION not in steps_of(accession)
    for changed, words in (
        ({"day": "2014-02-30"}, "Enter a valid date"),
        ({"day": "2999-01-01"}, "between 1990 and 2100"),
        ({"day": "2014-06-04", "yes": "-1"}, "greater than or equal to 0"),
        ({"day": "2014-06-04", "yes": "0", "no": "28"}, "did not agree"),
        (
            {"day": "2014-06-04", "document": SimpleUploadedFile("x.pdf", b"MZ" + b"x" * 2000)},
            "Only PDF, JPEG and PNG",
        ),
        (
            {"day": "2014-06-04", "document": SimpleUploadedFile("x.pdf", PDF + b"x" * MAX_BYTES)},
            "larger than 3 MB",
        ),
    ):
        page = client.post(f"{BASE}beitritte/{accession.pk}/", {**typed, **changed}).content.decode()
        assert words in page
    assert not StoredDocument.objects.exists()


def test_a_step_that_was_sent_twice_is_recorded_once() -> None:
    client = sign_in()
    accession = make_accession()
    address = f"{BASE}beitritte/{accession.pk}/"
    for _ in range(2):
        client.post(address, {"step": "interest", "day": "2014-03-03"})
    assert list(steps_of(accession)) == [StepKind.INTEREST]


def test_take_back_and_end() -> None:
    client = sign_in()
    accession = make_accession()
    walk_to(accession, StepKind.STATUTES, {})
    address = f"{BASE}beitritte/{accession.pk}/"
    assert client.post(address + "zurueck/", {"note": ""}).status_code == 422
    client.post(address + "zurueck/", {"note": "falscher Tag"})
    assert list(steps_of(accession)) == [StepKind.INTEREST]
    assert b"falscher Tag" in client.get(address).content
    client.post(address + "beenden/", {"note": "kein Interesse mehr"})
    accession.refresh_from_db()
    assert accession.ended_as == Ending.WITHDRAWN
    assert client.get(address + "beitrittserklaerung.pdf").status_code == 404


def test_the_declaration_is_a_pdf_and_a_missing_rule_says_what_to_enter() -> None:
    client = sign_in()
    accession = make_accession()
    address = f"{BASE}beitritte/{accession.pk}/beitrittserklaerung.pdf?anteile=2"
    assert client.get(address).content.startswith(b"%PDF")
    LegalRule.objects.filter(key="statutes.share_amount").delete()
    page = client.get(address, follow=True).content.decode()
    assert "statutes.share_amount" in page


def test_exit_revocation_and_transfer_by_the_pages() -> None:
    client = sign_in()
    giver, taker = (make_member(name, date(2010, 1, 1)) for name in ("Burg", "Genthin"))
    address = f"{BASE}mitglieder/{giver.pk}/"
    refused = client.post(
        address + "austritt/", {"reason": "notice", "declared_on": "2020-05-05", "note": "wie besprochen"}
    )
    assert "Add the notice as a file" in refused.content.decode()
    assert "wie besprochen" in refused.content.decode()
    client.post(address + "austritt/", {"reason": "notice", "declared_on": "2020-05-05", "document": pdf()})
    made = MemberExit.objects.get()
    assert (made.last_day, made.pay_out_due) == (date(2021, 12, 31), date(2022, 6, 30))
    client.post(f"{BASE}austritte/{made.pk}/mitgeteilt/")
    made.refresh_from_db()
    assert made.told_on is not None
    client.post(f"{BASE}austritte/{made.pk}/zuruecknehmen/", {"note": "zurückgezogen"})
    assert memberships_of(giver)[0].last_day is None
    client.post(address + "uebertragung/", {"taker": taker.pk, "effective_on": "2022-03-01"})
    assert memberships_of(giver)[0].last_day == date(2022, 3, 1)
    page = client.get(address)
    assert page.status_code == 200
    again = client.post(
        address + "austritt/", {"reason": "notice", "declared_on": "2022-05-05", "document": pdf()}
    )
    assert "is no member on that day" in again.content.decode()


def test_merger_and_split_by_the_pages() -> None:
    client = sign_in()
    first, second = (make_member(name, date(2010, 1, 1)) for name in ("Burg", "Genthin"))
    data = {"merged": [first.pk, second.pk], "effective_on": "2016-07-01"}
    assert "name the new body" in client.post(BASE + "mitglieder/zusammenschluss/", data).content.decode()
    client.post(BASE + "mitglieder/zusammenschluss/", {**data, "new_name": "Burg-Genthin"})
    [joined] = [each.member for each in members_on(date(2016, 7, 1))]
    assert joined.name == "Burg-Genthin"
    split = {"names": "Nord\nSüd\n", "effective_on": "2016-10-01"}
    client.post(f"{BASE}mitglieder/{joined.pk}/teilung/", split)
    assert [each.name for each in members_on(date(2016, 10, 1))] == ["Nord", "Süd"]
    assert b"Member as legal successor" not in client.get(f"{BASE}mitglieder/{joined.pk}/").content


def test_a_member_is_taken_over_renamed_and_a_row_corrected() -> None:
    client = sign_in()
    future = client.post(BASE + "mitglieder/uebernehmen/", {**BODY, "effective_on": "2099-01-01"})
    assert "comes in by an accession" in future.content.decode()
    wrong = client.post(
        BASE + "mitglieder/uebernehmen/", {**BODY, "land": "BY", "effective_on": "2014-07-01"}
    )
    assert "not of that Land" in wrong.content.decode()
    client.post(BASE + "mitglieder/uebernehmen/", {**BODY, "effective_on": "2014-07-01"})
    member = Member.objects.get()
    address = f"{BASE}mitglieder/{member.pk}/"
    client.post(address + "angaben/", {**BODY, "name": "Stadt Zerbst", "effective_on": "2020-01-01"})
    assert [members_on(day)[0].name for day in (date(2019, 12, 31), date(2020, 1, 1))] == [
        "Zerbst/Anhalt",
        "Stadt Zerbst",
    ]
    row = MemberListEntry.objects.get(number=2)
    client.post(f"{BASE}mitglieder/zeilen/{row.pk}/", {"note": "Tippfehler"})
    assert members_on(date(2020, 1, 1))[0].name == "Zerbst/Anhalt"
    assert MemberListEntry.objects.count() == 3
    assert b"takes row 2 back" in client.get(address).content
    assert client.post(f"{BASE}mitglieder/zeilen/{row.pk}/", {"note": "nochmal"}).status_code in {200, 422}
    assert MemberListEntry.objects.count() == 3


def test_contacts_and_inhabitants() -> None:
    client = sign_in()
    member = make_member("Zerbst", date(2014, 7, 1))
    address = f"{BASE}mitglieder/{member.pk}/"
    assert client.get(address + "einwohner/").headers["Location"] == address + "angaben/"
    Member.objects.filter(pk=member.pk).update(official_key="15082430")
    member.refresh_from_db()
    for count in (21_000, 21_357):
        client.post(address + "einwohner/", {"year": "2024", "inhabitants": count, "source": "StaLa"})
    found = population_of(member, 2025)
    assert found is not None
    assert found.inhabitants == 21_357
    assert population_of(member, 2023) is None
    contact = {
        "role": "it",
        "name": "Ina Torres",
        "signs": "none",
        "valid_from": "2024-05-01",
        "valid_to": "2024-04-30",
    }
    assert "before the first" in client.post(address + "ansprechpersonen/", contact).content.decode()
    client.post(address + "ansprechpersonen/", {**contact, "valid_to": ""})
    made = Contact.objects.get()
    client.post(f"{BASE}ansprechpersonen/{made.pk}/entfernen/")
    assert not Contact.objects.exists()


def test_a_new_rule_ends_the_one_before_and_an_overlap_is_refused() -> None:
    client = sign_in()
    before = LegalRule.objects.get(key="statutes.notice_period")
    data = {"key": before.key, "title": before.title, "kind": "period", "number": "2", "unit": "years",
            "source": "Satzung 2027", "valid_from": "2027-01-01"}  # fmt: skip
    assert "is valid already" in client.post(BASE + "rechtsgrundlagen/neu/", data).content.decode()
    broken = client.post(f"{BASE}rechtsgrundlagen/neu/?nach={before.pk}", {**data, "unit": ""})
    assert "Choose the unit" in broken.content.decode()
    assert rule_on(before.key, date(2027, 1, 1)).number == 1
    client.post(f"{BASE}rechtsgrundlagen/neu/?nach={before.pk}", data)
    assert [rule_on(before.key, day).number for day in (date(2026, 12, 31), date(2027, 1, 1))] == [1, 2]
    page = client.get(BASE + "rechtsgrundlagen/").content.decode()
    assert "not compared" in page


def test_of_a_rule_that_the_program_decides_by_the_words_are_chosen() -> None:
    client = sign_in()
    rule = LegalRule.objects.get(key="supervision.accession.duty", land="NW")
    german = {"accept-language": "de"}
    page = client.get(f"{BASE}rechtsgrundlagen/{rule.pk}/", headers=german).content.decode()
    assert '<option value="notify" selected>anzeigen</option>' in page
    data = {"key": rule.key, "land": "NW", "title": rule.title, "kind": "text", "text": "approve", "source": rule.source,
            "valid_from": rule.valid_from.isoformat()}  # fmt: skip
    client.post(f"{BASE}rechtsgrundlagen/{rule.pk}/", data)
    rule.refresh_from_db()
    assert (rule.text, rule.value_words) == ("approve", "obtain approval")
    # Of a key that was typed the words can be chosen once it is known; what else was entered stands.
    typed = {**data, "land": "BE", "text": "melden", "source": "§ 1 Berlin"}
    page = client.post(BASE + "rechtsgrundlagen/neu/", typed, headers=german).content.decode()
    assert "Wählen Sie eines von: " in page
    assert '<option value="notify">anzeigen</option>' in page
    assert "§ 1 Berlin" in page
    free = LegalRule.objects.get(key="statutes.further_payments")
    page = client.get(f"{BASE}rechtsgrundlagen/{free.pk}/").content.decode()
    assert f'value="{free.text}"' in page


def test_exports_say_the_same() -> None:
    client = sign_in()
    make_member("Magdeburg", date(2009, 12, 1), street="=HYPERLINK(1)")
    make_member("Barleben", date(2014, 7, 1))
    query = "?am=2010-01-01"
    told = json.loads(client.get(f"{BASE}mitglieder/ausgabe/liste.json{query}").content)
    assert (told["count"], [each["name"] for each in told["members"]]) == (1, ["Magdeburg"])
    assert len(told["rows"]) == 2
    table = client.get(f"{BASE}mitglieder/ausgabe/liste.csv{query}").content.decode("utf-8-sig")
    assert "Magdeburg" in table
    assert "Barleben" not in table
    assert ";'=HYPERLINK" in table
    assert client.get(f"{BASE}mitglieder/ausgabe/zeilen.csv").content.count(b"\r\n") == 3
    assert client.get(f"{BASE}mitglieder/ausgabe/liste.pdf{query}").content.startswith(b"%PDF")
    assert client.get(f"{BASE}mitglieder/ausgabe/liste.exe").status_code == 404


def test_the_list_pages_and_looks_for_names() -> None:
    client = sign_in()
    for number in range(55):
        make_member(f"Ort {number:02d}", date(2010, 1, 1))
    assert b"Page 1 of 2" in client.get(BASE + "mitglieder/").content
    page = client.get(BASE + "mitglieder/?q=ort 07").content
    assert b"Ort 07" in page
    assert b"Ort 08" not in page
    assert b"This day does not exist" in client.get(BASE + "mitglieder/?am=2014-02-30").content
    assert b"Nobody was a member" in client.get(BASE + "mitglieder/?am=2009-12-31").content
