# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The office's pages of money, clicked through from the scale to the matched payment."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from allmende.cooperative.accounts import Account, balance_of
from allmende.cooperative.bank.statements import BankTransaction, Match
from allmende.cooperative.claims import Claim
from allmende.cooperative.contributions import Scale
from allmende.cooperative.invoices.issued import Invoice
from allmende.cooperative.member_events import MemberAdmitted, publish
from allmende.cooperative.member_list import members_on
from allmende.cooperative.members import Member
from allmende.cooperative.mergers import merge_members
from allmende.cooperative.sepa.collecting import CollectionItem, CollectionRun
from allmende.cooperative.sepa.mandates import Mandate
from allmende.cooperative.sepa.pay_outs import PayOut
from allmende.cooperative.share_endings import open_endings
from allmende.directory.roles import RoleName

from .invoice_makers import LEITWEG
from .money_makers import (
    iban_of,
    make_paying_member,
    make_profile,
    make_scale,
    statement_xml,
    transaction_xml,
)
from .test_matching import collect, owed_to_members
from .test_member_pages import sign_in
from .test_share_endings import pay_in

pytestmark = pytest.mark.django_db
BASE = "/genossenschaft/"
PAGES = (
    "anteile/", "anteile/zeichnen/", "beitraege/", "beitraege/neu/", "beitraege/abrechnen/", "rechnungen/",
    "rechnungen/schreiben/", "rechnungen/angaben/", "rechnungen/mahnungen/", "rechnungen/buecher/", "lastschriften/",
    "lastschriften/mandat/", "lastschriften/einziehen/", "lastschriften/auszahlen/", "bank/",
)  # fmt: skip


def upload(data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("auszug.xml", data, "application/xml")


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_for_the_office_alone_and_have_an_empty_state(path: str) -> None:
    make_profile()
    assert sign_in().get(BASE + path).status_code == 200
    assert sign_in(RoleName.FINANCE, cooperative=False).get(BASE + path).status_code == 403
    assert Client().get(BASE + path).status_code == 302


def test_who_has_no_details_yet_is_led_to_where_they_are_entered() -> None:
    answer = sign_in().get(BASE + "rechnungen/schreiben/", follow=True)
    assert answer.redirect_chain[-1][0] == BASE + "rechnungen/angaben/"
    assert b"own details first" in answer.content


def test_a_scale_shows_its_effect_is_adopted_charged_invoiced_and_paid() -> None:
    client = sign_in()
    make_profile()
    today = timezone.localdate()
    member = make_paying_member("Zerbst", date(2014, 7, 1), leitweg="")
    form = {
        "name": "Beitragsordnung", "first_day": f"{today:%Y}-01-01", "billing": "monthly", "pro_rata": "days", "tax": "O",
        "kind": "brackets", "brackets": "10000 = 50\n= 100,00",
    }  # fmt: skip
    assert (
        b"can&#x27;t be read" in client.post(BASE + "beitraege/neu/", {**form, "brackets": "viele"}).content
    )
    address = client.post(BASE + "beitraege/neu/", form).headers["Location"]
    shown = client.get(address).content.decode()
    assert "1,200.00" in shown
    client.post(address, {"resolution": "General meeting"})
    assert Scale.objects.get().adopted_at is not None
    twin = client.post(BASE + "beitraege/neu/", form)
    assert twin.status_code == 422
    assert b"valid on these days too" in twin.content

    preview = client.get(BASE + "beitraege/abrechnen/").content.decode()
    assert "100.00" in preview
    stale = client.post(
        BASE + "beitraege/abrechnen/jetzt/", {"tag": today.isoformat(), "expected": "99.00"}, follow=True
    )
    assert b"Something has changed meanwhile" in stale.content
    client.post(BASE + "beitraege/abrechnen/jetzt/", {"tag": today.isoformat(), "expected": "100.00"})
    drafts = client.get(BASE + "rechnungen/schreiben/").content.decode()
    assert "passes" in drafts
    assert "ZUGFeRD" in drafts
    assert not Invoice.objects.exists()
    client.post(BASE + "rechnungen/schreiben/")
    invoice = Invoice.objects.get()
    assert invoice.number in client.get(f"{BASE}rechnungen/{invoice.number}/").content.decode()
    assert client.get(f"{BASE}rechnungen/{invoice.number}/rechnung.pdf").content.startswith(b"%PDF")
    assert client.get(f"{BASE}rechnungen/{invoice.number}/rechnung.xml").status_code == 404

    rows = [
        transaction_xml("60.00", today, purpose="Abschlag, ohne Nummer", name="Zerbst"),
        transaction_xml("-4.90", today, purpose="Entgelt"),
    ]
    data = statement_xml("17", today, "0", rows, ["60.00", "-4.90"])
    assert b"no bank statement" in client.post(BASE + "bank/", {"file": upload(b"<a/>")}).content
    assert b"not matched" in client.post(BASE + "bank/", {"file": upload(data)}, follow=True).content.lower()
    again = client.post(BASE + "bank/", {"file": upload(data)})
    assert again.status_code == 422
    assert b"imported already" in again.content
    money, costs = BankTransaction.objects.order_by("position")
    page = f"{BASE}bank/zahlung/{money.pk}/"
    too_much = client.post(page, {"claim": invoice.claim_id, "amount": "60,01"})
    assert too_much.status_code == 422
    assert b"60.00" in too_much.content
    client.post(page, {"claim": invoice.claim_id, "amount": "60,00"})
    assert invoice.claim.open_amount() == Decimal("40.00")
    client.post(f"{BASE}bank/zahlung/{costs.pk}/", {"account": "bank_costs", "text": "Kontoführung"})
    assert balance_of(Account.UNCLEAR) == 0
    match = Match.objects.get(transaction=money)
    client.post(f"{BASE}bank/zuordnung/{match.pk}/aufheben/")
    assert invoice.claim.open_amount() == Decimal("100.00")
    assert balance_of(Account.UNCLEAR) == Decimal("-60.00")

    client.post(f"{BASE}rechnungen/{invoice.number}/gutschreiben/")
    note = Invoice.objects.get(corrects=invoice)
    assert (note.serial, invoice.claim.open_amount()) == (2, Decimal("0.00"))
    file = client.post(
        BASE + "rechnungen/buecher/datev/", {"since": f"{today:%Y}-01-01", "until": f"{today:%Y}-12-31"}
    )
    assert file.content.startswith(b'"EXTF";700;21;"Buchungsstapel";13;')
    assert str(member) in client.get(BASE + "rechnungen/").content.decode()


def test_a_mandate_is_recorded_collected_and_revoked() -> None:
    client = sign_in()
    make_profile()
    today = timezone.localdate()
    member = make_paying_member("Zerbst", date(2014, 7, 1))
    make_scale(today.replace(day=1))
    form = {
        "member": member.pk,
        "reference": "ZE-1",
        "scheme": "CORE",
        "holder": "Stadt Zerbst",
        "iban": "DE00370400440532013000",
        "signed_on": "2024-01-01",
    }
    broken = client.post(BASE + "lastschriften/mandat/", form)
    assert broken.status_code == 422
    assert b"no valid IBAN" in broken.content
    assert b"Stadt Zerbst" in broken.content
    client.post(BASE + "lastschriften/mandat/", {**form, "iban": iban_of(7), "signed_on": today.isoformat()})
    mandate = Mandate.objects.get()
    client.post(BASE + "beitraege/abrechnen/jetzt/", {"tag": today.isoformat()})
    client.post(BASE + "rechnungen/schreiben/")
    due = Invoice.objects.get().due_day
    soon = client.get(f"{BASE}lastschriften/einziehen/?tag={today + timedelta(days=1)}").content
    assert b"Nothing that is due by then" in soon
    page = client.get(f"{BASE}lastschriften/einziehen/?tag={due + timedelta(days=7)}").content.decode()
    assert "by the invoice" in page
    day = due
    while not CollectionRun.objects.exists() and day < due + timedelta(days=7):
        client.post(BASE + "lastschriften/einziehen/", {"tag": day.isoformat()})
        day += timedelta(days=1)
    run = CollectionRun.objects.get()
    assert b"pain.008.001.08" in client.get(f"{BASE}lastschriften/{run.pk}/datei/").content
    item = CollectionItem.objects.get()
    assert item.is_first
    page = client.get(f"{BASE}lastschriften/{run.pk}/").content.decode()
    assert "handed to the bank" in page
    question = f"{BASE}lastschriften/posten/{item.pk}/abgelehnt/"
    assert question in page
    assert b"Did the bank reject this debit?" in client.get(question).content
    assert b"marked as rejected" in client.post(question, follow=True).content
    assert b"not waiting any more" in client.post(question, follow=True).content
    item.refresh_from_db()
    assert item.state == "returned"
    client.post(f"{BASE}lastschriften/mandat/{mandate.pk}/widerrufen/", {"day": today.isoformat()})
    assert b"revoked" in client.get(BASE + "lastschriften/").content


def test_pay_outs_that_the_bank_rejects_or_sends_back_are_owed_again() -> None:
    client = sign_in()
    today = timezone.localdate()
    owed_to_members("100.00", "50.00")
    paid, rejected = PayOut.objects.order_by("-amount")
    page = client.get(BASE + "lastschriften/").content.decode()
    address = f"{BASE}lastschriften/auszahlungen/{paid.run_id}/"
    assert address in page
    assert b"pain.001.001.09" in client.get(f"{address}datei/").content
    question = f"{BASE}lastschriften/auszahlungen/posten/{rejected.pk}/abgelehnt/"
    assert question in client.get(address).content.decode()
    assert b"Did the bank reject this pay-out?" in client.get(question).content
    done = client.post(question, follow=True).content.decode()
    assert "marked as rejected" in done
    assert "rejected on" in done
    assert b"not waiting any more" in client.post(question, follow=True).content

    entries = [
        transaction_xml("-100.00", today, end_to_end=paid.reference),
        transaction_xml("100.00", today, purpose="Konto erloschen"),
    ]
    data = statement_xml("2", today, "150.00", entries, ["-100.00", "100.00"])
    client.post(BASE + "bank/", {"file": upload(data)})
    row = BankTransaction.objects.get(purpose="Konto erloschen")
    address = f"{BASE}bank/zahlung/{row.pk}/"
    assert "It is a pay-out that came back" in client.get(address).content.decode()
    assert client.post(address, {"pay_out": "0"}).status_code == 422
    assert b"The payment is matched." in client.post(address, {"pay_out": str(paid.pk)}, follow=True).content
    page = client.get(f"{BASE}lastschriften/auszahlungen/{paid.run_id}/").content.decode()
    assert "returned on" in page
    page = client.get(BASE + "lastschriften/auszahlen/").content.decode()
    assert "Make the file over 150.00" in page
    assert "It is a pay-out that came back" not in client.get(address).content.decode()


def test_what_the_rules_refuse_says_what_to_do_and_uses_up_no_number() -> None:
    client = sign_in()
    make_profile(contact_phone="--")
    make_scale(timezone.localdate().replace(month=1, day=1))
    for name in ("Aken", "Barby"):
        make_paying_member(name, date(2014, 7, 1), leitweg=LEITWEG)
    Member.objects.filter(name="Barby").update(place="")
    client.post(BASE + "beitraege/abrechnen/jetzt/", {"tag": timezone.localdate().isoformat()})
    page = client.get(BASE + "rechnungen/schreiben/").content.decode()
    assert "Aken, Barby: Enter the contact under “Own details”" in page
    assert "Barby: Enter name, street, postcode and place of the member" in page
    assert "BR-DE-27" in page
    german = client.get(BASE + "rechnungen/schreiben/", headers={"accept-language": "de"}).content.decode()
    assert "Aken, Barby: Tragen Sie unter „Eigene Angaben“ die Ansprechperson ein" in german
    client.post(BASE + "rechnungen/schreiben/")
    assert not Invoice.objects.exists()
    make_profile()
    Member.objects.filter(name="Barby").update(place="Barby")
    client.post(BASE + "rechnungen/schreiben/")
    assert sorted(Invoice.objects.values_list("serial", flat=True)) == [1, 2]


@pytest.mark.parametrize("language", ["en", "de"])
def test_bad_input_is_refused_with_what_to_do_in_both_languages(language: str) -> None:
    """A broken IBAN, a statement twice, an overlapping scale, a mandate's reference twice: what is said, and that nothing happened."""
    client = sign_in()
    make_profile()
    today = timezone.localdate()
    member = make_paying_member("Zerbst", date(2014, 7, 1))
    other = make_paying_member("Aken", date(2014, 7, 1), mandate=True)
    used = Mandate.objects.get(member=other)
    make_scale(today.replace(month=1, day=1))
    mandate = {"member": member.pk, "reference": "ZE-1", "scheme": "CORE", "holder": "Stadt", "iban": iban_of(7), "signed_on": today.isoformat()}  # fmt: skip
    scale = {
        "name": "Neu", "first_day": Scale.objects.get().first_day.isoformat(), "billing": "monthly", "pro_rata": "days", "tax": "O", "kind": "brackets",
        "brackets": "= 100,00",
    }  # fmt: skip
    data = statement_xml("17", today, "0", [transaction_xml("1.00", today)], ["1.00"])
    client.post(BASE + "bank/", {"file": upload(data)})
    before = (
        Mandate.objects.count(),
        Scale.objects.filter(adopted_at__isnull=False).count(),
        balance_of(Account.BANK),
    )
    tries = [
        ("lastschriften/mandat/", {**mandate, "iban": "DE00370400440532013000"}, "compare it digit by digit", "Vergleichen Sie sie Ziffer für Ziffer"),
        ("lastschriften/mandat/", {**mandate, "reference": used.reference}, "needs one of its own", "Jedes Mandat braucht eine eigene"),
        ("lastschriften/mandat/", {**mandate, "member": other.pk}, "revoke that one first", "Widerrufen Sie dieses zuerst"),
        ("bank/", {"file": upload(data)}, "nothing was booked twice", "nichts wurde doppelt gebucht"),
        ("bank/", {"file": upload(data.replace(b"camt.053", b"camt.052"))}, "CAMT.053", "CAMT.053"),
        ("beitraege/neu/", scale, "is valid on these days too", "Beenden Sie diese zuerst zum"),
    ]  # fmt: skip
    for path, form, english, german in tries:
        answer = client.post(BASE + path, form, headers={"accept-language": language})
        assert answer.status_code == 422, path
        page = unescape(answer.content.decode())
        assert (english if language == "en" else german) in page, path
    assert before == (
        Mandate.objects.count(),
        Scale.objects.filter(adopted_at__isnull=False).count(),
        balance_of(Account.BANK),
    )


def test_a_further_share_is_in_the_list_and_an_ended_one_is_confirmed_or_kept() -> None:
    make_profile()
    burg, genthin = (make_paying_member(name, date(2015, 1, 1), mandate=True) for name in ("Burg", "Genthin"))
    for member in (burg, genthin):
        publish(MemberAdmitted(member.pk, date(2015, 1, 1), 1))
        pay_in(member)
    client = sign_in()
    day = timezone.localdate().isoformat()
    typed = {"member": genthin.pk, "count": 2, "day": day, "due_day": day}
    assert client.post(BASE + "anteile/zeichnen/", typed).status_code == 302
    assert {each.name: each.further_shares for each in members_on(timezone.localdate())} == {
        "Burg": 0,
        "Genthin": 2,
    }
    answer = client.post(BASE + "anteile/zeichnen/", typed)
    assert (answer.status_code, b"15b GenG" in answer.content) == (422, True)

    merge_members([burg], genthin, date(timezone.localdate().year - 1, 6, 1), actor=None)
    ending = open_endings().get()
    address = f"{BASE}anteile/auseinandersetzung/{ending.pk}/"
    assert b"Or the member keeps these shares" in client.get(address).content
    answer = client.post(address, {"keep": "1", "note": "Beschluss folgt"})
    assert (answer.status_code, b"Beschluss folgt" in answer.content) == (422, True)
    answer = client.post(address, {"loss": "999999"})
    assert (answer.status_code, b"between zero and" in answer.content) == (422, True)
    assert client.post(address, {"loss": "1,50"}).status_code == 302
    assert client.post(address, {"loss": ""}, follow=True).redirect_chain[-1][0] == BASE + "anteile/"
    text = client.get(BASE + "anteile/ausgabe.csv").content.decode("utf-8-sig")
    assert "Repaid" in text
    # Burg's share was paid in; what Genthin has not paid yet of its own does not touch it.
    assert ";15000.00;0.00;10000.00;5000.00;4998.50;0.00" in text.replace(",", ";").replace('"', "")


def test_a_draft_shows_its_effect_before_the_scale_that_is_valid_has_to_end() -> None:
    client = sign_in()
    make_profile()
    make_paying_member("Zerbst", date(2014, 7, 1))
    old = make_scale(date(2010, 1, 1))
    form = {
        "name": "Beitragsordnung 2031", "first_day": "2031-01-01", "billing": "quarterly", "pro_rata": "days", "tax": "O",
        "kind": "brackets", "brackets": "= 120,00",
    }  # fmt: skip
    address = client.post(BASE + "beitraege/neu/", form).headers["Location"]
    shown = client.get(address).content.decode()
    assert "1,200.00" in shown
    assert "1,440.00" in shown
    assert "240.00" in shown
    # Two are never valid at once: what is adopted has to end first.
    refused = client.post(address, {"resolution": "General meeting"})
    assert "End that one on" in unescape(refused.content.decode())
    assert Scale.objects.filter(adopted_at__isnull=False).get() == old
    client.post(f"{BASE}beitraege/{old.pk}/", {"last_day": "2030-12-31"})
    client.post(address, {"resolution": "General meeting"})
    assert Scale.objects.filter(adopted_at__isnull=False).count() == 2


def test_the_claim_of_who_has_paid_is_offered_first_and_its_amount_is_written_as_people_write() -> None:
    client = sign_in()
    today = timezone.localdate()
    make_profile()
    make_scale(today.replace(day=1))
    for name in ("Aken", "Zerbst"):
        make_paying_member(name, date(2014, 7, 1))
    client.post(BASE + "beitraege/abrechnen/jetzt/", {"tag": today.isoformat()})
    client.post(BASE + "rechnungen/schreiben/")
    gross = Invoice.objects.all()[0].gross
    entry = transaction_xml(str(gross), today, name="Stadt Zerbst", purpose="Beitrag")
    client.post(BASE + "bank/", {"file": upload(statement_xml("1", today, "0", [entry], [str(gross)]))})
    address = f"{BASE}bank/zahlung/{BankTransaction.objects.get().pk}/"
    page = client.get(address, headers={"accept-language": "de"}).content.decode()
    assert page.index(" Zerbst: ") < page.index(" Aken: ")
    assert f'value="{gross:.2f}"'.replace(".", ",") in page
    today_page = client.get(BASE).content.decode()
    assert "1 payment on the bank&#x27;s statements is not matched" in today_page
    assert (
        "1 payment could not be matched: say what it is for."
        in client.get(BASE + "lastschriften/").content.decode()
    )


def test_a_debit_that_came_back_says_why_and_what_to_do() -> None:
    client = sign_in()
    today = timezone.localdate()
    (item,) = collect("100.00")
    entries = [
        transaction_xml("100.00", today, end_to_end=item.end_to_end),
        transaction_xml("-103.00", today, end_to_end=item.end_to_end, return_code="AC04", returned="100.00"),
    ]
    client.post(
        BASE + "bank/", {"file": upload(statement_xml("1", today, "0", entries, ["100.00", "-103.00"]))}
    )
    address = f"{BASE}lastschriften/{item.run_id}/"
    assert "returned: account closed (AC04)" in client.get(address).content.decode()
    page = client.get(address, headers={"accept-language": "de"}).content.decode()
    assert "Konto aufgelöst (AC04)" in page
    assert f'href="{BASE}rechnungen/mahnungen/"' in page
    # The way back is there, and is not the page's main button.
    assert "kern-btn--primary" not in page
    Claim.objects.update(due_day=today - timedelta(days=10))
    assert "1 reminder is due" in client.get(BASE).content.decode()
    assert "Send 1 reminder<" in client.get(BASE + "rechnungen/mahnungen/").content.decode()
