# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The demo's cooperative: thirty members, grown as council papers and newspapers tell of one (3 in December 2009, 17 in April 2011, 25 in
November 2013, 30 in July 2014); the thirtieth is the demo's town, whose way in is recorded from the resolution to the first invoice.

Always holds: all of it is made in one transaction or none of it; where it is there, nothing is changed. Invented are all members but Zerbst/Anhalt,
Stendal and Wolmirstedt, and of these all figures but the days, the share and the contribution of Zerbst/Anhalt. Official keys that begin with
15999 belong to nobody.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils import timezone

from allmende.cooperative.accession_steps import record_step
from allmende.cooperative.accessions import Accession, Duty, StepKind
from allmende.cooperative.accounts import Account, Line, book
from allmende.cooperative.billing_profile import BillingProfile
from allmende.cooperative.boards import BoardSeat, SeatRole, save_seat
from allmende.cooperative.charges import Charge
from allmende.cooperative.claims import Claim, ClaimKind
from allmende.cooperative.contacts import Contact, ContactRole
from allmende.cooperative.contribution_charging import charge_contributions
from allmende.cooperative.contributions import (
    BillingChoice,
    ProRataChoice,
    Scale,
    ScaleKind,
    adopt_scale,
)
from allmende.cooperative.declaration import set_declaration
from allmende.cooperative.inhouse import enter_turnover
from allmende.cooperative.invoices.issued import issue_invoice
from allmende.cooperative.meetings import AgendaItem, ItemKind, Meeting, save_item, save_meeting
from allmende.cooperative.member_list import Draft, EntryKind, MemberListEntry, append_entries
from allmende.cooperative.members import Member, MemberKind
from allmende.cooperative.population import Population
from allmende.cooperative.requests import NewRequest, Priority, Topic, ask_office, write_message
from allmende.cooperative.resolutions import Body
from allmende.cooperative.shares import subscribe_shares
from allmende.cooperative.stored_documents import store_document
from allmende.directory.models import Municipality, Person, Role
from allmende.directory.roles import RoleName
from allmende.server.demo.demo_payments import BOUNCES, bring_newest_statement, collect_contributions
from allmende.server.demo.demo_town import (
    COOPERATIVE_SLUG,
    NEIGHBOUR_NAME,
    NEIGHBOUR_SLUG,
    TOWN_NAME,
    TOWN_SLUG,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

ZERBST_DAY: Final = date(2014, 7, 1)
_RESOLUTION_DAY: Final = date(2014, 6, 4)
_STENDAL_DAY: Final = date(2011, 4, 21)
_SHARE: Final = Decimal(5000)
_PAID_AFTER: Final = timedelta(days=20)
_DISTRICTS: Final = ("Landkreis Auenland", "Landkreis Heidemark")
#: Name and inhabitants, in the order of their numbers; all invented.
_FOUNDERS: Final = (
    ("Stadt Birkenau an der Milde", 18_400),
    ("Landkreis Auenland", 112_300),
    ("Gemeinde Tannhorst", 4_200),
)
_BY_2011: Final = (
    ("Stadt Kranichfurt", 21_700), ("Gemeinde Wiesenrode", 6_800), ("Stadt Eichenwalde", 12_900), ("Verbandsgemeinde Obermilde", 14_100),
    (NEIGHBOUR_NAME, 5_300), ("Stadt Grauental", 9_600), ("Gemeinde Rohrbeck-Süd", 3_900), ("Stadt Altfurt", 26_400),
    ("Landkreis Heidemark", 87_500), ("Gemeinde Sanddorf", 2_700), ("Stadt Mühlhagen", 11_300), ("Stadt Rabenfeld", 16_800),
    ("Gemeinde Kaltenbrunn-Elm", 7_400), ("Hansestadt Stendal", 40_000),
)  # fmt: skip
_BY_2013: Final = (
    ("Stadt Lindenberg am See", 8_100), ("Gemeinde Moorwinkel", 5_900), ("Stadt Steinhorn", 19_200), ("Gemeinde Fuchsgraben", 3_300),
    ("Verbandsgemeinde Westheide", 15_600), ("Stadt Erlengrund", 22_800), ("Gemeinde Hasenwinkel", 4_700), ("Stadt Neuwerder", 10_500),
)  # fmt: skip
_BY_2014: Final = (
    ("Gemeinde Bachau", 6_100), ("Stadt Hohenried", 13_700), ("Gemeinde Seelandufer", 5_100), ("Stadt Falkenhain", 24_300),
)  # fmt: skip
_GROUPS: Final = (
    (_FOUNDERS, date(2009, 12, 10), date(2009, 12, 10)),
    (_BY_2011, date(2010, 3, 1), _STENDAL_DAY),
    (_BY_2013, date(2011, 9, 1), date(2013, 11, 15)),
    (_BY_2014, date(2014, 1, 1), date(2014, 6, 1)),
)
#: Up to so many inhabitants, euros a month.
_BRACKETS: Final = (
    (5_000, "50.00"),
    (10_000, "75.00"),
    (25_000, "100.00"),
    (50_000, "150.00"),
    (None, "250.00"),
)
#: Who votes for the invented members, by first name and office held.
_VOTERS: Final = (
    ("Anke", "Kämmerin"), ("Bernd", "Hauptamtsleiter"), ("Cornelia", "Kämmerin"), ("Dirk", "Beigeordneter"), ("Elif", "Hauptamtsleiterin"),
)  # fmt: skip
_SURNAMES: Final = ("Albers", "Brandt", "Cramer", "Dietze", "Ewert", "Fiedler", "Gerloff", "Hanke")
#: Invoices of the running quarter that are out and to be paid by transfer; the others wait for the office.
_ISSUED: Final = 2


def make_cooperative_demo(today: date) -> bool:
    """Whether there was anything to make. Needs the cooperative's tenant and the person of its office."""
    with transaction.atomic():
        cooperative = Municipality.objects.get(slug=COOPERATIVE_SLUG)
        if MemberListEntry.objects.exists():
            return False
        office = _office_person(cooperative)
        if not cooperative.official_key:
            cooperative.official_key = "15090535"
            cooperative.save(update_fields=["official_key"])
        _enter_profile(cooperative)
        _adopt_scale(office)
        for names, first, last in _GROUPS:
            _admit_group(office, names, first, last)
        zerbst = _admit_zerbst(office)
        _seat_boards(office, zerbst, today)
        _leave_pending(office)
        _invoice(office, zerbst, today)
        for year in range(today.year - 3, today.year):
            total = Decimal(420_000 + 15_000 * (year % 7))
            enter_turnover(office, year, total, total * Decimal("0.93"), f"Jahresabschluss {year} (erfunden)")
        _plan_meeting(office, today)
        _ask(office, zerbst)
    return True


def _office_person(cooperative: Municipality) -> Person:
    role = (
        Role.objects.filter(municipality=cooperative, name=RoleName.OFFICE).select_related("person").first()
    )
    if role is None:
        raise LookupError("the cooperative's tenant has nobody in its office")
    return role.person


def _enter_profile(cooperative: Municipality) -> None:
    BillingProfile.objects.create(
        name=cooperative.name[:70],
        street="Am Speicher 3",
        postcode="39576",
        place="Stendal",
        register_number="GnR 0000 (erfunden)",
        tax_number="108/000/00000",
        contact_name="Geschäftsstelle",
        contact_phone="+49 3931 000000",
        contact_email="geschaeftsstelle@genossenschaft.example",
        # The example IBAN and identifier of the banks' own documentation.
        iban="DE02120300000000202051",
        bic="BYLADEM1001",
        creditor_id="DE98ZZZ09999999999",
    )


def _adopt_scale(office: Person) -> None:
    scale = Scale.objects.create(
        name="Beitragsordnung 2010",
        first_day=date(2010, 1, 1),
        billing=BillingChoice.QUARTERLY,
        pro_rata=ProRataChoice.MONTHS_BEGUN,
        kind=ScaleKind.BRACKETS,
        brackets=[list(each) for each in _BRACKETS],
    )
    adopt_scale(office, scale, "Gründungsversammlung, 10. Dezember 2009, TOP 5")


def _admit_group(office: Person, names: Sequence[tuple[str, int]], first: date, last: date) -> None:
    """Spread over the days evenly; the last of them on the last day."""
    for number, (name, inhabitants) in enumerate(names):
        steps = max(len(names) - 1, 1)
        day = first + (last - first) * number // steps
        member = _make_member(name, inhabitants, day)
        at = timezone.make_aware(datetime.combine(day, time(10)))
        append_entries([Draft(member, EntryKind.ADMISSION, day)], actor=office, recorded_at=at)
        subscribe_shares(office, member, 1, day, day + _PAID_AFTER)
        _pay_share(office, member, day + _PAID_AFTER)


def _make_member(name: str, inhabitants: int, day: date) -> Member:
    serial = Member.objects.count() + 1
    tenant = Municipality.objects.filter(slug=NEIGHBOUR_SLUG).first() if name == NEIGHBOUR_NAME else None
    is_stendal = name == "Hansestadt Stendal"
    is_district = name in _DISTRICTS
    kind = (
        MemberKind.DISTRICT
        if is_district
        else MemberKind.JOINT_MUNICIPALITY
        if name.startswith("Verbandsgemeinde")
        else MemberKind.MUNICIPALITY
    )
    member = Member.objects.create(
        name=name,
        kind=kind,
        land="ST",
        official_key="15090535"
        if is_stendal
        else f"159{90 + serial:02d}"
        if is_district
        else f"15999{serial:03d}",
        street="Markt 1",
        postcode="39576" if is_stendal else f"39{900 + serial}",
        place="Stendal" if is_stendal else name.split(" ", 1)[1].removesuffix(" (erfunden)"),
        municipality=tenant,
    )
    _count_people(member, inhabitants, day.year - 1)
    return member


def _count_people(member: Member, inhabitants: int, year: int) -> None:
    Population.objects.create(
        official_key=member.official_key, year=year, inhabitants=inhabitants, source="Demonstration, gerundet"
    )


def _pay_share(office: Person, member: Member, day: date) -> None:
    claim = Claim.objects.get(member=member, kind=ClaimKind.SHARE)
    lines = [Line(Account.BANK, _SHARE), Line(Account.SHARES_DUE, -_SHARE, member, claim)]
    book(day, claim.text, lines, source_key=f"demo:share:{member.pk}", document=claim.reference, actor=office)


def _admit_zerbst(office: Person) -> Member:
    """Step by step, as the office records it; only the days of resolution and accession are told by the papers."""
    tenant = Municipality.objects.get(slug=TOWN_SLUG)
    accession = Accession.objects.create(
        name=TOWN_NAME,
        kind=MemberKind.MUNICIPALITY,
        land="ST",
        official_key=tenant.official_key or "15082430",
        street="Schloßfreiheit 12",
        postcode="39261",
        place="Zerbst/Anhalt",
        municipality=tenant,
        target_day=ZERBST_DAY,
    )
    record_step(accession, StepKind.INTEREST, date(2014, 2, 12), actor=office)
    record_step(accession, StepKind.STATUTES, date(2014, 3, 3), actor=office)
    votes = {"yes": 26, "no": 0, "abstain": 2, "representative": "Beate Hartmann", "deputy": "Selma Aydın"}
    record_step(
        accession,
        StepKind.RESOLUTION,
        _RESOLUTION_DAY,
        actor=office,
        facts=votes,
        note="Stimmen und Namen erfunden",
    )
    duty = {"duty": Duty.GENERAL, "authority": "Landkreis Anhalt-Bitterfeld"}
    record_step(accession, StepKind.AUTHORITY_NOTICE, date(2014, 6, 6), actor=office, facts=duty)
    cooperative = Municipality.objects.get(slug=COOPERATIVE_SLUG)
    paper = set_declaration(accession, cooperative, date(2014, 6, 12))
    pdf = store_document(paper, "beitrittserklaerung-zerbst.pdf", actor=office)
    signed = {"signed_by": "Beate Hartmann", "share_count": 1}
    record_step(accession, StepKind.DECLARATION, date(2014, 6, 12), actor=office, facts=signed, document=pdf)
    admitted = {"admitted": True, "effective_on": ZERBST_DAY.isoformat(), "decided_by": "Vorstand"}
    record_step(accession, StepKind.ADMISSION, date(2014, 6, 24), actor=office, facts=admitted)
    record_step(accession, StepKind.ENTRY, ZERBST_DAY, actor=office)
    record_step(accession, StepKind.TOLD, date(2014, 7, 2), actor=office)
    accession.refresh_from_db()
    member = accession.member
    if member is None:
        raise LookupError("the entry makes the member")
    _count_people(member, 22_000, 2013)
    _pay_share(office, member, date(2014, 7, 22))
    return member


def _seat_boards(office: Person, zerbst: Member, today: date) -> None:
    """Both boards, with accounts where the demo has them, so that a resolution by circulation can be tried; and who votes for each member."""
    head = Person.objects.filter(municipality=zerbst.municipality, roles__name=RoleName.MANAGEMENT).first()
    chair = str(head) if head else "Beate Hartmann"
    since, until = date(today.year - 2, 7, 1), date(today.year + 2, 6, 30)
    by = {
        "first_day": since,
        "last_day": until,
        "appointed_by": f"Generalversammlung {since.year} (erfunden)",
    }
    seats = [
        BoardSeat(body=Body.BOARD, name=str(office), role=SeatRole.CHAIR, person=office, **by),
        BoardSeat(body=Body.BOARD, name="Jana Kessler", role=SeatRole.SEAT, **by),
        BoardSeat(body=Body.SUPERVISORY, name=chair, role=SeatRole.CHAIR, person=head, member=zerbst, **by),
    ]
    others = Member.objects.exclude(pk=zerbst.pk).order_by("pk")
    for number, member in enumerate(others):
        name = _VOTERS[number % len(_VOTERS)]
        Contact.objects.create(
            member=member,
            role=ContactRole.VOTING,
            name=f"{name[0]} {_SURNAMES[number % len(_SURNAMES)]}",
            function=name[1],
            valid_from=member.list_entries.get().effective_on,
        )
    seats += [
        BoardSeat(body=Body.SUPERVISORY, name=voter.name, member=voter.member, **by)
        for voter in Contact.objects.filter(member__in=others[:2])
    ]
    for seat in seats:
        save_seat(office, seat)


def _leave_pending(office: Person) -> None:
    """Wolmirstedt: resolution in November 2013, the supervisory authority's answer outstanding."""
    accession = Accession.objects.create(
        name="Stadt Wolmirstedt",
        kind=MemberKind.MUNICIPALITY,
        land="ST",
        official_key="15083565",
        street="August-Bebel-Straße 25",
        postcode="39326",
        place="Wolmirstedt",
        target_day=date(2013, 12, 1),
    )
    record_step(accession, StepKind.INTEREST, date(2013, 9, 10), actor=office)
    record_step(accession, StepKind.STATUTES, date(2013, 10, 1), actor=office)
    record_step(accession, StepKind.RESOLUTION, date(2013, 11, 14), actor=office, facts={})
    duty = {"duty": Duty.SUBMIT, "authority": "Landkreis Börde"}
    record_step(accession, StepKind.AUTHORITY_NOTICE, date(2013, 11, 20), actor=office, facts=duty)


def _invoice(office: Person, zerbst: Member, today: date) -> None:
    """Zerbst's first quarter, then the running one of all: two are collected, two invoiced to be paid; the years between were kept elsewhere."""
    for day in (ZERBST_DAY, today):
        charge_contributions(office, day)
    first = Charge.objects.filter(first_day__lt=date(2015, 1, 1))
    first.exclude(member=zerbst).delete()
    _pay(office, issue_invoice(office, list(first), date(2014, 7, 15)).claim, date(2014, 7, 28))
    collect_contributions(office, [zerbst, Member.objects.get(name=BOUNCES)], today)
    running = Charge.objects.filter(invoice__isnull=True)
    chosen = list(running.order_by("member__name")[:_ISSUED])
    for charge in chosen:
        issue_invoice(office, [charge], today - timedelta(days=10))
    bring_newest_statement(office, chosen[-1], today)


def _pay(office: Person, claim: Claim, day: date) -> None:
    amount = claim.open_amount()
    lines = [Line(Account.BANK, amount), Line(claim.account, -amount, claim.member, claim)]
    book(day, claim.text, lines, source_key=f"demo:paid:{claim.pk}", document=claim.reference, actor=office)


def _plan_meeting(office: Person, today: date) -> None:
    """In five weeks, so that the invitation is due soon."""
    day = today + timedelta(days=35)
    meeting = save_meeting(
        office,
        Meeting(
            title=f"Generalversammlung {day.year}",
            starts_at=timezone.make_aware(datetime.combine(day, time(10))),
            place="Stendal, Am Speicher 3",
        ),
    )
    for number, title in enumerate(("Bericht des Vorstands", "Jahresabschluss und Entlastung"), start=1):
        kind = ItemKind.REPORT if number == 1 else ItemKind.RESOLUTION
        save_item(office, AgendaItem(meeting=meeting, number=number, kind=kind, title=title))


def _ask(office: Person, zerbst: Member) -> None:
    people = Person.objects.filter(municipality=zerbst.municipality)
    it = people.filter(roles__name=RoleName.IT).first()
    head = people.filter(roles__name=RoleName.MANAGEMENT).first()
    if it is not None:
        asked = ask_office(
            it,
            zerbst,
            NewRequest(
                Topic.PURCHASING,
                "Monitore über den Rahmenvertrag?",
                "Wir brauchen zwölf Monitore. Geht das über einen Vertrag der Genossenschaft?",
            ),
        )
        write_message(
            office, asked, "Ja, der Rahmenvertrag läuft noch. Das Formular für den Abruf kommt morgen."
        )
        ask_office(
            it,
            zerbst,
            NewRequest(
                Topic.IT,
                "Treiber für das neue Gerät im Bauamt",
                "Der A3-Drucker im Bauamt nimmt keine beidseitigen Aufträge an.",
                Priority.URGENT,
            ),
        )
    if head is not None:
        ask_office(
            head,
            zerbst,
            NewRequest(
                Topic.MEMBERSHIP, "Weiterer Geschäftsanteil", "Was kostet ein zweiter Anteil?", Priority.LOW
            ),
        )
