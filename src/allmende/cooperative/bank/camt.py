# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reading a bank statement: camt.053.001.02 to .13 (ISO 20022). Octets in, values out; pure.

Always holds: no entity, no document type, no network; bounds on size and number; opening balance and entries give the closing balance, or the file
is refused. A collected entry whose parts are listed and sum up is given part by part, so that each payment can be matched by itself.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

from lxml import etree

LARGEST_FILE: Final = 10_000_000
MOST_ENTRIES: Final = 20_000
_LARGEST: Final = Decimal("999999999.99")
_NAMESPACE: Final = re.compile(r"^\{urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.\d\d\}Document$")
#: Kinds of balances: the day's opening (or the last closing), and the closing one.
_OPENING, _CLOSING = ("OPBD", "PRCD"), ("CLBD",)


class StatementFault(StrEnum):
    TOO_LARGE = "too_large"
    NOT_XML = "not_xml"
    NOT_CAMT = "not_camt"
    NO_STATEMENT = "no_statement"
    BROKEN = "broken"
    NOT_EUROS = "not_euros"
    BALANCE = "balance"


class UnreadableStatementError(Exception):
    """`detail` names the element or value."""

    def __init__(self, fault: StatementFault, detail: str = "") -> None:
        super().__init__(f"{fault}: {detail}")
        self.fault = fault
        self.detail = detail[:120]


@dataclass(frozen=True, slots=True)
class Movement:
    """One payment. `amount` in euros, positive: money came in. `returned`: what was to be paid, of a debit that came back."""

    booked_on: date
    valued_on: date
    amount: Decimal
    name: str = ""
    iban: str = ""
    end_to_end: str = ""
    mandate: str = ""
    purpose: str = ""
    batch: str = ""
    return_code: str = ""
    returned: Decimal | None = None
    bank_reference: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    identifier: str
    iban: str
    opening: Decimal
    closing: Decimal
    closing_day: date
    movements: tuple[Movement, ...]

    @property
    def fingerprint(self) -> str:
        """Of what it says, so that the same statement is known again in another file."""
        parts = [
            self.identifier,
            self.iban,
            str(self.opening),
            str(self.closing),
            self.closing_day.isoformat(),
        ]
        parts += [repr(each) for each in self.movements]
        return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def read_statements(data: bytes) -> list[Statement]:
    """All statements of a file. Raises UnreadableStatementError."""
    if len(data) > LARGEST_FILE:
        raise UnreadableStatementError(StatementFault.TOO_LARGE)
    # A fresh parser for each file: what one file does to a parser does not reach the next.
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableStatementError(StatementFault.NOT_XML, str(error)) from error
    if root is None or root.getroottree().docinfo.doctype:
        raise UnreadableStatementError(StatementFault.NOT_XML, "DOCTYPE")
    if not _NAMESPACE.match(str(root.tag)):
        raise UnreadableStatementError(StatementFault.NOT_CAMT, str(root.tag))
    found = [_statement(node) for node in _all(root, "BkToCstmrStmt/Stmt")]
    if not found:
        raise UnreadableStatementError(StatementFault.NO_STATEMENT)
    return found


def _statement(node: etree._Element) -> Statement:
    balances = {_text(each, "Tp/CdOrPrtry/Cd"): each for each in _all(node, "Bal")}
    opening = next((balances[code] for code in _OPENING if code in balances), None)
    closing = next((balances[code] for code in _CLOSING if code in balances), None)
    if opening is None or closing is None:
        raise UnreadableStatementError(StatementFault.BROKEN, "Bal")
    entries = _all(node, "Ntry")
    if len(entries) > MOST_ENTRIES:
        raise UnreadableStatementError(StatementFault.TOO_LARGE)
    # What is only announced is not on the account.
    booked = [each for each in entries if (_text(each, "Sts/Cd") or _text(each, "Sts")) in {"BOOK", ""}]
    movements = tuple(movement for each in booked for movement in _movements(each))
    if len(movements) > MOST_ENTRIES:
        raise UnreadableStatementError(StatementFault.TOO_LARGE)
    statement = Statement(
        identifier=_text(node, "Id")[:35],
        iban=_text(node, "Acct/Id/IBAN")[:34],
        opening=_signed(opening),
        closing=_signed(closing),
        closing_day=_day(closing, "Dt"),
        movements=movements,
    )
    if not statement.iban or not statement.identifier:
        raise UnreadableStatementError(StatementFault.BROKEN, "Acct/Id/IBAN")
    if statement.opening + sum((each.amount for each in movements), Decimal(0)) != statement.closing:
        raise UnreadableStatementError(StatementFault.BALANCE, statement.identifier)
    return statement


def _movements(entry: etree._Element) -> Iterator[Movement]:
    amount = _signed(entry)
    booked_on, valued_on = _day(entry, "BookgDt"), _day(entry, "ValDt", "BookgDt")
    batch = next(
        (
            text
            for text in (_text(entry, "NtryDtls/Btch/PmtInfId"), _text(entry, "NtryDtls/Btch/MsgId"))
            if text
        ),
        "",
    )
    reference = _text(entry, "AcctSvcrRef")[:35]
    parts = _all(entry, "NtryDtls/TxDtls")
    sums = [_part_amount(each, entry) for each in parts]
    known = [each for each in sums if each is not None]
    if len(parts) > 1 and len(known) == len(parts) and sum(known, Decimal(0)) == amount:
        for part, of_part in zip(parts, known, strict=True):
            yield _movement(part, of_part, booked_on, valued_on, "", reference)
        return
    if len(parts) == 1:
        yield _movement(parts[0], amount, booked_on, valued_on, batch, reference)
        return
    yield Movement(
        booked_on,
        valued_on,
        amount,
        batch=batch[:35],
        bank_reference=reference,
        purpose=_text(entry, "AddtlNtryInf")[:400],
    )


def _movement(  # noqa: PLR0917 - one value for each part of a movement
    part: etree._Element, amount: Decimal, booked_on: date, valued_on: date, batch: str, reference: str
) -> Movement:
    other = "Dbtr" if amount > 0 else "Cdtr"
    return_code = _text(part, "RtrInf/Rsn/Cd")
    if return_code:
        # Of a returned debit the other side is the debtor, though money goes out.
        other = "Dbtr"
    purpose = " ".join(
        [(each.text or "").strip() for each in _all(part, "RmtInf/Ustrd")]
        + [_text(each, "CdtrRefInf/Ref") for each in _all(part, "RmtInf/Strd")]
    )
    original = part.find("{*}AmtDtls/{*}InstdAmt/{*}Amt")
    end_to_end = _text(part, "Refs/EndToEndId")
    return Movement(
        booked_on=booked_on,
        valued_on=valued_on,
        amount=amount,
        name=(_text(part, f"RltdPties/{other}/Nm") or _text(part, f"RltdPties/{other}/Pty/Nm"))[:140],
        iban=_text(part, f"RltdPties/{other}Acct/Id/IBAN")[:34],
        end_to_end="" if end_to_end == "NOTPROVIDED" else end_to_end[:35],
        mandate=_text(part, "Refs/MndtId")[:35],
        purpose=" ".join(purpose.split())[:400],
        batch=(batch or _text(part, "Refs/PmtInfId") or _text(part, "Refs/MsgId"))[:35],
        return_code=return_code[:4],
        returned=_amount(original) if return_code and original is not None else None,
        bank_reference=reference,
    )


def _part_amount(part: etree._Element, entry: etree._Element) -> Decimal | None:
    node = part.find("{*}Amt")
    if node is None:
        node = part.find("{*}AmtDtls/{*}TxAmt/{*}Amt")
    if node is None:
        return None
    way = _text(part, "CdtDbtInd") or _text(entry, "CdtDbtInd")
    return _amount(node) if way == "CRDT" else -_amount(node)


def _signed(node: etree._Element) -> Decimal:
    amount = node.find("{*}Amt")
    way = _text(node, "CdtDbtInd")
    if amount is None or way not in {"CRDT", "DBIT"}:
        raise UnreadableStatementError(StatementFault.BROKEN, "Amt")
    return _amount(amount) if way == "CRDT" else -_amount(amount)


def _amount(node: etree._Element) -> Decimal:
    if node.get("Ccy", "EUR") != "EUR":
        raise UnreadableStatementError(StatementFault.NOT_EUROS, str(node.get("Ccy")))
    text = (node.text or "").strip()
    try:
        amount = Decimal(text)
    except InvalidOperation as error:
        raise UnreadableStatementError(StatementFault.BROKEN, f"Amt {text}") from error
    if not amount.is_finite() or not 0 <= amount <= _LARGEST or amount != round(amount, 2):
        raise UnreadableStatementError(StatementFault.BROKEN, f"Amt {text}")
    return amount.quantize(Decimal("0.01"))


def _day(node: etree._Element, *paths: str) -> date:
    for path in paths:
        text = _text(node, f"{path}/Dt") or _text(node, f"{path}/DtTm")
        if text:
            try:
                return date.fromisoformat(text[:10])
            except ValueError as error:
                raise UnreadableStatementError(StatementFault.BROKEN, f"{path} {text}") from error
    raise UnreadableStatementError(StatementFault.BROKEN, paths[0])


def _all(node: etree._Element, path: str) -> list[etree._Element]:
    return list(node.iterfind("/".join(f"{{*}}{name}" for name in path.split("/"))))


def _text(node: etree._Element, path: str) -> str:
    """Without what no database keeps (NUL can't be in XML)."""
    found = node.find("/".join(f"{{*}}{name}" for name in path.split("/")))
    return (found.text or "").strip() if found is not None else ""
