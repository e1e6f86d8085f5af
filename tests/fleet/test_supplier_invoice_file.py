# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.fleet.supplier_invoice_file import (
    ChargedFor,
    FileFault,
    LineFault,
    UnreadableInvoiceError,
    charged_for,
    decode_invoice,
    read_count,
    read_invoice,
    read_number,
)


def test_german_and_english_files_say_the_same() -> None:
    german = "Seriennr.;Leistung;Menge;Einzelpreis (EUR);Betrag;Zählerstand alt;Zählerstand neu;Bemerkung\nA1;Klicks Farbe A3;1.200;0,078;93,60 €;10.000;11.200;x\n"
    english = '"Item","Serial number","Quantity","Unit price","Amount","Counter start","Counter end"\n"colour A3","A1","1,200","0.078","93.60","10000","11200"\n'
    one, other = read_invoice(german), read_invoice(english)
    for file in (one, other):
        (row,) = file.rows
        assert (row.serial, row.charged_for) == ("A1", ChargedFor.COLOUR_A3)
        assert (row.quantity, row.unit_price, row.amount) == (1200, Decimal("0.078"), Decimal("93.60"))
        assert (row.counter_start, row.counter_end) == (10_000, 11_200)
    assert one.ignored_columns == ("Bemerkung",)


def test_a_line_that_cannot_be_read_is_told_and_the_others_are_read() -> None:
    file = read_invoice("Gerät;Art;Betrag\nEG;Miete;90,00\nEG;Miete;neunzig\nEG;Miete;\n\nOG;Miete;1.234\n")
    assert [(each.line, each.fault) for each in file.problems] == [
        (3, LineFault.NO_NUMBER),
        (4, LineFault.NO_AMOUNT),
    ]
    assert file.net == Decimal(90) + Decimal(1234)


def test_what_a_charge_is_for() -> None:
    for text, which in (
        ("Miete Gerät 1", ChargedFor.RENT),
        ("Klicks A4 s/w", ChargedFor.MONO),
        ("Seitenpreis SW A3", ChargedFor.MONO_A3),
        ("Farbdrucke", ChargedFor.COLOUR),
        ("Mindestmenge Farbe", ChargedFor.SHORTFALL),
        ("Anfahrt", ChargedFor.OTHER),
        ("Monatspauschale", ChargedFor.RENT),
        ("Mietpauschale inkl. Service", ChargedFor.RENT),
        ("Servicepauschale", ChargedFor.OTHER),
    ):
        assert charged_for(text) is which, text


def test_numbers() -> None:
    for text, number in (
        ("1.234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("0,0042", "0.0042"),
        ("-12,50 EUR", "-12.50"),
        ("1.234.567", "1234567"),
        ("nan", None),
        ("1e5", None),
        ("", None),
        ("9" * 20, None),
    ):
        assert read_number(text) == (None if number is None else Decimal(number)), text
    assert read_count("12.450") == 12450
    assert read_count("12,5") is None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", FileFault.EMPTY),
        ("Gerät;Art;Betrag\n", FileFault.EMPTY),
        ("Art;Betrag\nMiete;1\n", FileFault.NO_DEVICE),
        ("Gerät;Betrag\nEG;1\n", FileFault.NO_KIND),
        ("Gerät;Art\nEG;Miete\n", FileFault.NO_AMOUNT),
        ("x" * 500_001, FileFault.TOO_LARGE),
    ],
)
def test_a_file_that_cannot_be_read(text: str, fault: FileFault) -> None:
    with pytest.raises(UnreadableInvoiceError) as caught:
        read_invoice(text)
    assert caught.value.fault is fault


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        read_invoice("Gerät;Art;Betrag;Menge\n" + decode_invoice(data))
    except UnreadableInvoiceError:
        return


@given(st.decimals(-(10**9), 10**9, places=6))
def test_every_written_number_is_read_back(number: Decimal) -> None:
    text = f"{number:f}"
    assert read_number(text.replace(".", ",")) == number
    whole, _point, parts = text.lstrip("-").partition(".")
    grouped = f"{int(whole):,}".replace(",", ".") + "," + parts
    assert read_number(("-" if number < 0 else "") + grouped) == number
