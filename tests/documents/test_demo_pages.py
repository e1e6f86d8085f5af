# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
import io

import pikepdf
import pytest

from allmende.documents import PDF, Inspector, make_demo_pdf, sniff_format


@pytest.mark.parametrize("colour", [True, False])
async def test_a_demo_page_is_a_good_pdf(inspector: Inspector, colour: bool) -> None:
    document = make_demo_pdf("Probeseite für (Zerbst)\\", 3, colour=colour, lines=("Größe", "→ Pfeil"))
    assert sniff_format(document, None) == PDF
    facts = await inspector.inspect(document, PDF)
    assert (facts.pages, facts.colour_pages) == (3, 3 if colour else 0)
    with pikepdf.open(io.BytesIO(document)) as pdf:
        assert pdf.check_pdf_syntax() == []
        assert "Probeseite für \\(Zerbst\\)\\\\".encode("cp1252") in pdf.pages[2].Contents.read_bytes()


def test_the_same_words_give_the_same_bytes() -> None:
    assert make_demo_pdf("a", 2) == make_demo_pdf("a", 2)
    assert make_demo_pdf("a", 2) != make_demo_pdf("b", 2)
    with pytest.raises(ValueError):
        make_demo_pdf("a", 0)
