# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A cooperative with books: its own details, members with mandates, a scale, and what its bank writes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from itertools import count
from xml.sax.saxutils import escape

from django.utils import timezone

from allmende.cooperative.billing_profile import BillingProfile, billing_of
from allmende.cooperative.contributions import BillingChoice, ProRataChoice, Scale, ScaleKind
from allmende.cooperative.laender import Land
from allmende.cooperative.member_list import Draft, EntryKind, append_entries
from allmende.cooperative.members import Member
from allmende.cooperative.population import Population
from allmende.cooperative.sepa.mandates import Mandate, record_mandate
from allmende.cooperative.tax import Tax

OWN_IBAN = "DE89370400440532013000"
_keys = count(15082001)


def iban_of(number: int) -> str:
    """A valid German IBAN for an account number."""
    bban = f"37040044{number:010d}"
    return f"DE{98 - int(bban + '131400') % 97:02d}{bban}"


def make_profile(**values: object) -> BillingProfile:
    profile = BillingProfile(
        name="Kommunale IT-Genossenschaft eG",
        street="Domplatz 1",
        postcode="39104",
        place="Magdeburg",
        register_number="GnR 1234, Amtsgericht Stendal",
        tax_number="102/111/12345",
        vat_id="DE123456789",
        contact_name="Frau Beispiel",
        contact_phone="+49 391 123456",
        contact_email="rechnung@genossenschaft.example",
        iban=OWN_IBAN,
        bic="COBADEFFXXX",
        creditor_id="DE98ZZZ09999999999",
    )
    for name, value in values.items():
        setattr(profile, name, value)
    profile.save()
    return profile


def make_paying_member(
    name: str, since: date, *, inhabitants: int | None = 20_000, leitweg: str = "", mandate: bool = False
) -> Member:
    key = str(next(_keys))
    member = Member.objects.create(
        name=name,
        land=Land.ST,
        official_key=key,
        street="Markt 1",
        postcode="39261",
        place=name,
        email=f"post@{key}.example",
    )
    if inhabitants is not None:
        Population.objects.create(official_key=key, year=2000, inhabitants=inhabitants)
    append_entries([Draft(member, EntryKind.ADMISSION, since)], actor=None)
    if leitweg:
        billing = billing_of(member)
        billing.leitweg_id = leitweg
        billing.save()
    if mandate:
        record_mandate(
            None,
            Mandate(
                member=member, reference=f"M-{key}", holder=name, iban=iban_of(int(key)), signed_on=since
            ),
        )
    return member


def make_scale(
    first_day: date,
    amount: str = "100.00",
    *,
    billing: BillingChoice = BillingChoice.QUARTERLY,
    adopted: bool = True,
) -> Scale:
    return Scale.objects.create(
        name=f"Beitragsordnung {first_day.year}",
        first_day=first_day,
        billing=billing,
        pro_rata=ProRataChoice.DAYS,
        kind=ScaleKind.BRACKETS,
        brackets=[[10_000, "50.00"], [None, amount]],
        tax=Tax.OUTSIDE,
        adopted_at=timezone.now() if adopted else None,
    )


def transaction_xml(
    amount: str,
    day: date,
    *,
    purpose: str = "",
    end_to_end: str = "",
    name: str = "",
    iban: str = "",
    batch: str = "",
    return_code: str = "",
    returned: str = "",
) -> str:
    """One entry; `amount` with its sign."""
    way = "DBIT" if amount.startswith("-") else "CRDT"
    other = "Dbtr" if way == "CRDT" or return_code else "Cdtr"
    value = amount.lstrip("-")
    returning = f"<RtrInf><Rsn><Cd>{return_code}</Cd></Rsn></RtrInf>" if return_code else ""
    original = f'<AmtDtls><InstdAmt><Amt Ccy="EUR">{returned}</Amt></InstdAmt></AmtDtls>' if returned else ""
    account = f"<{other}Acct><Id><IBAN>{iban}</IBAN></Id></{other}Acct>" if iban else ""
    return (
        f'<Ntry><Amt Ccy="EUR">{value}</Amt><CdtDbtInd>{way}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
        f"<BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt><NtryDtls>"
        + (f"<Btch><PmtInfId>{batch}</PmtInfId></Btch>" if batch else "")
        + f"<TxDtls><Refs><EndToEndId>{end_to_end or 'NOTPROVIDED'}</EndToEndId></Refs>{original}"
        f"<RltdPties><{other}><Pty><Nm>{escape(name)}</Nm></Pty></{other}>{account}</RltdPties>"
        f"<RmtInf><Ustrd>{escape(purpose)}</Ustrd></RmtInf>{returning}</TxDtls></NtryDtls></Ntry>"
    )


def statement_xml(  # noqa: PLR0917 - written in the order of the file
    identifier: str,
    day: date,
    opening: str,
    entries: Iterable[str],
    amounts: Iterable[str],
    iban: str = OWN_IBAN,
) -> bytes:
    """A camt.053.001.08 whose closing balance fits."""
    closing = Decimal(opening) + sum((Decimal(each) for each in amounts), Decimal(0))

    def balance(code: str, amount: Decimal) -> str:
        way = "CRDT" if amount >= 0 else "DBIT"
        return (
            f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{abs(amount):.2f}</Amt>"
            f"<CdtDbtInd>{way}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
        )

    return (
        "<?xml version='1.0' encoding='UTF-8'?>"
        "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'><BkToCstmrStmt>"
        f"<GrpHdr><MsgId>{identifier}</MsgId></GrpHdr><Stmt><Id>{identifier}</Id>"
        f"<Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>EUR</Ccy></Acct>"
        f"{balance('OPBD', Decimal(opening))}{balance('CLBD', closing)}{''.join(entries)}</Stmt></BkToCstmrStmt></Document>"
    ).encode()
