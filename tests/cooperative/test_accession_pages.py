# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""An accession's page leads on from the entry in the list to the first invoice, in both languages."""

from __future__ import annotations

import re
from datetime import date
from html import unescape

import pytest

from allmende.cooperative.accessions import StepKind
from allmende.cooperative.invoices.issued import Invoice

from .member_makers import make_accession, walk_to
from .money_makers import make_paying_member, make_profile, make_scale
from .test_member_pages import sign_in

pytestmark = pytest.mark.django_db
RESOLUTION = date(2014, 6, 4)
FIRST_DAY = date(2014, 7, 1)


@pytest.mark.parametrize(
    ("language", "steps"),
    [
        ("de", ("Zahl der Einwohner", "Leitweg-ID", "SEPA-Mandat", "Beitrag des ersten", "Rechnung prüfen")),
        (
            "en",
            ("number of inhabitants", "Leitweg-ID", "SEPA mandate", "Charge the contribution", "Check and"),
        ),
    ],
)
def test_from_the_resolution_to_the_first_invoice(language: str, steps: tuple[str, ...]) -> None:
    client = sign_in()
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    make_profile()
    make_scale(date(2010, 1, 1))
    other = make_paying_member("Stendal", date(2011, 4, 21))
    accession = make_accession(
        "Zerbst/Anhalt", official_key="15082430", street="Schloßfreiheit 12", postcode="39261", place="Zerbst"
    )
    days = {StepKind.RESOLUTION: RESOLUTION, StepKind.AUTHORITY_ANSWER: date(2014, 6, 10)}
    admission = {"effective_on": FIRST_DAY.isoformat()}
    walk_to(accession, StepKind.ENTRY, days, admission=admission)
    address = f"/genossenschaft/beitritte/{accession.pk}/"
    assert 'id="first-invoice"' not in client.get(address).content.decode()
    page = client.post(address, {"step": "told", "day": "2014-07-02"}, follow=True).content.decode()

    section = page[page.index('id="first-invoice"') :].partition("</section>")[0]
    links = re.findall(r'<a class="kern-link" href="([^"]+)">([^<]+)', section)
    assert len(links) == len(steps)
    for (_href, words), part in zip(links, steps, strict=True):
        assert part in unescape(words)
    population, billing, mandate, charging, drafts = (unescape(href) for href, _words in links)
    client.post(population, {"year": "2013", "inhabitants": "22000"})
    for form in (billing, mandate):
        assert client.get(form).status_code == 200
    assert charging.endswith("?tag=2014-07-01")
    preview = client.get(charging).content.decode()
    expected = re.search(r'name="expected" value="([^"]+)"', preview)
    assert expected is not None
    client.post(
        "/genossenschaft/beitraege/abrechnen/jetzt/", {"tag": "2014-07-01", "expected": expected.group(1)}
    )
    assert "Zerbst/Anhalt" in client.get(drafts).content.decode()
    client.post(drafts)

    accession.refresh_from_db()
    first = Invoice.objects.get(member=accession.member)
    assert f"{first.net:.2f}" == "300.00"
    # The member's own page leads to it, and to nobody else's.
    own = client.get(f"/genossenschaft/mitglieder/{accession.member_id}/").content.decode()
    assert f"/genossenschaft/rechnungen/?mitglied={accession.member_id}" in own
    found = client.get(f"/genossenschaft/rechnungen/?mitglied={accession.member_id}").content.decode()
    assert first.number in found
    assert Invoice.objects.get(member=other).number not in found
    assert client.get("/genossenschaft/rechnungen/?mitglied=999").status_code == 404
    assert client.get("/genossenschaft/rechnungen/?mitglied=" + "9" * 40).status_code == 200
