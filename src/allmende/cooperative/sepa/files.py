# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Payment files as banks take them since November 2025: pain.008.001.08 and pain.001.001.09, valid against their XML Schema. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Final

import holidays
import sepaxml
from lxml import etree
from sepaxml import SepaDD, SepaTransfer

from allmende.cooperative.money import in_cents

_COLLECTION: Final = "pain.008.001.08"
_TRANSFER: Final = "pain.001.001.09"
#: Banks replace what is not Latin; umlauts are written out, so that a name stays readable (DFÜ agreement, annex 3).
_UMLAUTS: Final = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "–": "-", "&": "+"}
)


@dataclass(frozen=True, slots=True)
class Party:
    name: str
    iban: str
    bic: str
    creditor_id: str = ""


@dataclass(frozen=True, slots=True)
class Collection:
    """`first`: FRST, else RCUR."""

    name: str
    iban: str
    amount: Decimal
    first: bool
    mandate: str
    signed_on: date
    end_to_end: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Transfer:
    name: str
    iban: str
    amount: Decimal
    end_to_end: str
    purpose: str


@dataclass(frozen=True, slots=True)
class PaymentFile:
    message_id: str
    xml: bytes


class InvalidFileError(ValueError):
    """The file is not what its XML Schema says: no bank would take it."""


def collection_file(
    creditor: Party, day: date, scheme: str, collections: Sequence[Collection]
) -> PaymentFile:
    """One file for one day and scheme (CORE or B2B). Raises InvalidFileError: a fault of ours."""
    config = {
        "name": _latin(creditor.name),
        "IBAN": creditor.iban,
        "BIC": creditor.bic,
        "batch": True,
        "creditor_id": creditor.creditor_id,
        "currency": "EUR",
        "instrument": scheme,
    }
    file = SepaDD(config, schema=_COLLECTION, clean=True)
    for each in collections:
        file.add_payment(
            {
                "name": _latin(each.name),
                "IBAN": each.iban,
                "amount": in_cents(each.amount),
                "type": "FRST" if each.first else "RCUR",
                "collection_date": day,
                "mandate_id": each.mandate,
                "mandate_date": each.signed_on,
                "description": _latin(each.purpose),
                "endtoend_id": each.end_to_end,
            }
        )
    return _checked(file.msg_id, file.export(validate=False), _COLLECTION)


def transfer_file(debtor: Party, day: date, transfers: Sequence[Transfer]) -> PaymentFile:
    config = {
        "name": _latin(debtor.name),
        "IBAN": debtor.iban,
        "BIC": debtor.bic,
        "batch": True,
        "currency": "EUR",
    }
    file = SepaTransfer(config, schema=_TRANSFER, clean=True)
    for each in transfers:
        file.add_payment(
            {
                "name": _latin(each.name),
                "IBAN": each.iban,
                "amount": in_cents(each.amount),
                "execution_date": day,
                "description": _latin(each.purpose),
                "endtoend_id": each.end_to_end,
            }
        )
    return _checked(file.msg_id, file.export(validate=False), _TRANSFER)


def references_of(xml: bytes, batch: str) -> set[str]:
    """End-to-end references of the payments that bear this identifier in a file of ours: the file's own or that of a part of it.

    Banks book a part (one sequence type, one day) as one sum and name it; a file has one part for first debits and one for the following.
    """
    root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))
    parts = [
        part
        for part in root.iterfind(".//{*}PmtInf")
        if batch in {part.findtext("{*}PmtInfId"), root.findtext(".//{*}GrpHdr/{*}MsgId")}
    ]
    return {str(each.text) for part in parts for each in part.iterfind(".//{*}EndToEndId")}


def _checked(message_id: str, xml: bytes, schema: str) -> PaymentFile:
    """By lxml: sepaxml's own check loads a validator written in Python, for a second of work. Raises InvalidFileError."""
    rules = _schema(schema)
    if not rules.validate(etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))):
        raise InvalidFileError(str(rules.error_log.last_error))
    return PaymentFile(message_id, xml)


@lru_cache(maxsize=2)
def _schema(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(Path(sepaxml.__file__).parent / "schemas" / f"{name}.xsd"))


def is_bank_day(day: date) -> bool:
    """A day on which the TARGET system is open: no weekend, none of the ECB's holidays."""
    return day.weekday() < 5 and day not in _target(day.year)


@lru_cache(maxsize=20)
def _target(year: int) -> holidays.HolidayBase:
    return holidays.financial_holidays("XECB", years=year)


def _latin(text: str) -> str:
    return " ".join(text.translate(_UMLAUTS).split())
