# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The demo cooperative's bank: two mandates, a finished collection, one debit that came back, and a payment that says nothing.

Always holds: files and bookings are made by the services that the office's pages call (pain.008, camt.053); the days lie before today, so that a reminder of
what came back is due. The accounts are the examples that banks publish for tests; all else is invented.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from allmende.cooperative.accounts import Account, balance_of
from allmende.cooperative.bank.statements import BankStatement, import_statements
from allmende.cooperative.billing_profile import billing_profile
from allmende.cooperative.charges import Charge
from allmende.cooperative.invoices.issued import issue_invoice
from allmende.cooperative.sepa.collecting import CollectionItem, create_collections
from allmende.cooperative.sepa.files import is_bank_day
from allmende.cooperative.sepa.mandates import Mandate, record_mandate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from allmende.cooperative.members import Member
    from allmende.directory.models import Person

#: Whose debit comes back: its account is closed (AC04), so that a reminder and a new mandate are to be thought of.
BOUNCES: Final = "Gemeinde Fuchsgraben"
_IBANS: Final = ("DE02100500000054540402", "DE02300209000106531065")
_FEE: Final = Decimal("3.00")
_INVOICED_BEFORE: Final = timedelta(days=45)
_SIGNED_BEFORE: Final = timedelta(days=90)
_DUE_AFTER: Final = timedelta(days=14)
_RETURNED_AFTER: Final = timedelta(days=4)
_NEWEST_BEFORE: Final = timedelta(days=3)


def collect_contributions(office: Person, members: Sequence[Member], today: date) -> None:
    """What these members are charged, invoiced and collected by mandate; the last one's debit came back."""
    for member, iban in zip(members, _IBANS, strict=True):
        record_mandate(
            office,
            Mandate(
                member=member,
                reference=f"GENO-{member.pk:04d}-1",
                holder=member.name,
                iban=iban,
                signed_on=today - _SIGNED_BEFORE,
            ),
        )
    for charge in Charge.objects.filter(invoice__isnull=True, member__in=members):
        issue_invoice(office, [charge], today - _INVOICED_BEFORE)
    day = _bank_day(today - _INVOICED_BEFORE + _DUE_AFTER)
    (run,) = create_collections(office, day, made_on=today - _INVOICED_BEFORE)
    collected = _entry(day, run.total, "Sammler SEPA-Lastschriften", batch=run.message_id)
    _import(office, day, balance_of(Account.BANK), (run.total, collected))
    came_back = run.items.get(claim__member=members[-1])
    _bring_return(office, came_back, _bank_day(day + _RETURNED_AFTER))


def bring_newest_statement(office: Person, charge: Charge, today: date) -> None:
    """Somebody has paid this charge's invoice without its number: the office says what it is for."""
    charge.refresh_from_db()
    if charge.invoice is None:
        raise LookupError("the charge is invoiced before")
    day, gross = _bank_day(today - _NEWEST_BEFORE), charge.invoice.gross
    paid = _entry(day, gross, "Mitgliedsbeitrag, vielen Dank", name=charge.member.name)
    _import(office, day, None, (gross, paid))


def _bring_return(office: Person, item: CollectionItem, day: date) -> None:
    amount = -(item.amount + _FEE)
    entry = _entry(
        day,
        amount,
        f"RETOURE {item.end_to_end} KONTO ERLOSCHEN",
        name=item.mandate.holder,
        end_to_end=item.end_to_end,
        returned=item.amount,
    )
    _import(office, day, None, (amount, entry))


def _import(office: Person, day: date, opening: Decimal | None, *entries: tuple[Decimal, str]) -> None:
    """One statement, as the bank would write it; `opening` None: what the last one closed with."""
    last = BankStatement.objects.first()
    if opening is None:
        opening = last.closing if last is not None else Decimal(0)
    closing = opening + sum((amount for amount, _xml in entries), Decimal(0))
    identifier = f"AUSZUG-{day:%Y-%m-%d}"
    document = (
        '<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">'
        f"<BkToCstmrStmt><GrpHdr><MsgId>{identifier}</MsgId></GrpHdr><Stmt><Id>{identifier}</Id>"
        f"<Acct><Id><IBAN>{billing_profile().iban}</IBAN></Id></Acct>"
        f"{_balance('OPBD', opening, day)}{_balance('CLBD', closing, day)}"
        f"{''.join(xml for _amount, xml in entries)}</Stmt></BkToCstmrStmt></Document>"
    )
    import_statements(office, document.encode())


def _balance(code: str, amount: Decimal, day: date) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{_amount(amount)}<Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def _amount(amount: Decimal) -> str:
    way = "CRDT" if amount >= 0 else "DBIT"
    return f'<Amt Ccy="EUR">{abs(amount):.2f}</Amt><CdtDbtInd>{way}</CdtDbtInd>'


def _entry(
    day: date,
    amount: Decimal,
    purpose: str,
    *,
    name: str = "",
    end_to_end: str = "NOTPROVIDED",
    batch: str = "",
    returned: Decimal | None = None,
) -> str:
    """`returned`: what was to be paid, of a debit that came back."""
    of_batch = f"<Btch><MsgId>{batch}</MsgId></Btch>" if batch else ""
    original, reason = "", ""
    if returned is not None:
        original = f'<AmtDtls><InstdAmt><Amt Ccy="EUR">{returned:.2f}</Amt></InstdAmt></AmtDtls>'
        reason = "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>"
    return (
        f"<Ntry>{_amount(amount)}<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt>"
        f"<NtryDtls>{of_batch}<TxDtls><Refs><EndToEndId>{end_to_end}</EndToEndId></Refs>{original}"
        f"<RltdPties><Dbtr><Pty><Nm>{escape(name)}</Nm></Pty></Dbtr></RltdPties>"
        f"<RmtInf><Ustrd>{escape(purpose)}</Ustrd></RmtInf>{reason}</TxDtls></NtryDtls></Ntry>"
    )


def _bank_day(day: date) -> date:
    while not is_bank_day(day):
        day += timedelta(days=1)
    return day
