# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Payment files against the XML Schemas of ISO 20022, and what stands in them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sepaxml
import xmlschema
from lxml import etree

from allmende.cooperative.sepa.files import (
    Collection,
    InvalidFileError,
    Party,
    Transfer,
    collection_file,
    is_bank_day,
    references_of,
    transfer_file,
)

from .money_makers import OWN_IBAN, iban_of

D = Decimal
DAY = date(2026, 7, 15)
OWN = Party(
    "Kommunale IT-Genossenschaft für Zerbst & Umland eG", OWN_IBAN, "COBADEFFXXX", "DE98ZZZ09999999999"
)
SCHEMAS = Path(sepaxml.__file__).parent / "schemas"


def make_collection(number: int, amount: str, *, first: bool, **values: Any) -> Collection:
    fields = {
        "name": "Stadt Köln – Chóśebuz",
        "iban": iban_of(number),
        "amount": D(amount),
        "first": first,
        "mandate": f"M-{number}",
        "signed_on": date(2014, 7, 1),
        "end_to_end": f"2026-{number:05d}",
        "purpose": "Beitrag März <Ä> & mehr",
    }
    return Collection(**{**fields, **values})


def nodes(xml: bytes, path: str) -> list[str]:
    """What stands at the end of a path of names, in the order of the file."""
    root = etree.fromstring(xml)
    return [
        str(each.text) for each in root.iterfind(".//" + "/".join(f"{{*}}{name}" for name in path.split("/")))
    ]


def test_a_collection_is_valid_and_has_a_part_for_first_and_one_for_following() -> None:
    debits = [
        make_collection(1, "0.01", first=True),
        make_collection(2, "1234567.89", first=False),
        make_collection(3, "300.00", first=True),
    ]
    file = collection_file(OWN, DAY, "CORE", debits)
    xmlschema.XMLSchema(SCHEMAS / "pain.008.001.08.xsd").validate(file.xml.decode())
    assert nodes(file.xml, "GrpHdr/MsgId") == [file.message_id]
    assert (nodes(file.xml, "GrpHdr/NbOfTxs"), nodes(file.xml, "GrpHdr/CtrlSum")) == (["3"], ["1234867.90"])
    assert sorted(nodes(file.xml, "SeqTp")) == ["FRST", "RCUR"]
    assert set(nodes(file.xml, "ReqdColltnDt")) == {"2026-07-15"}
    assert set(nodes(file.xml, "LclInstrm/Cd")) == {"CORE"}
    assert set(nodes(file.xml, "CdtrSchmeId/Id/PrvtId/Othr/Id")) == {"DE98ZZZ09999999999"}
    assert sorted(nodes(file.xml, "DbtrAcct/Id/IBAN")) == sorted(each.iban for each in debits)
    assert sorted(nodes(file.xml, "InstdAmt")) == ["0.01", "1234567.89", "300.00"]
    # What banks replace is written out before: nothing is lost, nothing is refused.
    assert set(nodes(file.xml, "Dbtr/Nm")) == {"Stadt Koeln - Chosebuz"}
    assert all(ord(letter) < 128 for letter in file.xml.decode())
    # A bank that books a part as one sum names it, or the file: both lead to the debits in it.
    parts = nodes(file.xml, "PmtInf/PmtInfId")
    assert len(parts) == 2
    assert {frozenset(references_of(file.xml, each)) for each in parts} == {
        frozenset({"2026-00001", "2026-00003"}),
        frozenset({"2026-00002"}),
    }
    assert references_of(file.xml, file.message_id) == {each.end_to_end for each in debits}
    assert references_of(file.xml, "fremd") == set()


def test_pay_outs_are_valid() -> None:
    file = transfer_file(
        OWN, DAY, [Transfer("Řeka & Söhne", iban_of(1), D("5000.00"), "AU-00001", "AU-00001 Auszahlung")]
    )
    xmlschema.XMLSchema(SCHEMAS / "pain.001.001.09.xsd").validate(file.xml.decode())
    assert (nodes(file.xml, "CtrlSum")[0], nodes(file.xml, "InstdAmt"), nodes(file.xml, "EndToEndId")) == (
        "5000.00",
        ["5000.00"],
        ["AU-00001"],
    )
    assert references_of(file.xml, nodes(file.xml, "PmtInf/PmtInfId")[0]) == {"AU-00001"}


@pytest.mark.parametrize(
    "values", [{"iban": "keine"}, {"mandate": "M" * 36}, {"end_to_end": "E" * 36}, {"name": ""}]
)
def test_what_the_schema_forbids_makes_no_file(values: dict[str, Any]) -> None:
    with pytest.raises(InvalidFileError):
        collection_file(OWN, DAY, "CORE", [make_collection(1, "1.00", first=True, **values)])


def test_parts_of_a_cent_are_no_amount() -> None:
    with pytest.raises(ValueError, match=r"0\.005"):
        collection_file(OWN, DAY, "CORE", [make_collection(1, "0.005", first=True)])


def test_banks_are_closed_at_weekends_and_on_the_ecbs_holidays() -> None:
    closed = [
        date(2026, 1, 1),
        date(2026, 4, 3),
        date(2026, 4, 6),
        date(2026, 5, 1),
        date(2026, 12, 25),
        date(2026, 7, 18),
    ]
    assert not any(is_bank_day(each) for each in closed)
    # No holiday of the ECB: German Unity Day on a working day, Ascension.
    assert is_bank_day(date(2025, 10, 3))
    assert is_bank_day(date(2026, 5, 14))
