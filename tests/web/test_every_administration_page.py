# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every address below `/verwaltung/` that can be looked at, in the demo town with its year, as one who may: whatever is added is in it.

With `ALLMENDE_SCREENSHOTS` set to a folder, each page is photographed there too.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page

from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.directory.roles import Role, RoleName
from allmende.server.demo.demo_town import TOWN_SLUG, set_up_demo
from server.test_administration_walk import addresses_of, administration_routes

from .test_accessibility import check_page, page

__all__ = ["page"]

pytestmark = [pytest.mark.browser, pytest.mark.long]

#: What looks into the network.
_ELSEWHERE = ("suche", "zertifikat")


@pytest.fixture(params=[("de", "light"), ("en", "dark")], ids="-".join)
def look(request: pytest.FixtureRequest) -> Any:
    return request.param


def cookie_of(role: RoleName, town: Municipality) -> dict[str, str]:
    person = Person.objects.filter(
        pk__in=Role.objects.filter(name=role, municipality=town).values("person")
    ).first()
    assert person is not None
    client = Client()
    client.force_login(person)
    return {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value}


def test_every_administration_page(
    page: Page, live_server: Any, look: tuple[str, str], tmp_path: Path
) -> None:
    set_up_demo(tmp_path, 8631)
    town = Municipality.objects.get(slug=TOWN_SLUG)
    cooperative = Municipality.objects.get(is_cooperative=True)
    cookies = [
        cookie_of(RoleName.IT, town),
        cookie_of(RoleName.FINANCE, town),
        cookie_of(RoleName.OFFICE, cooperative),
    ]
    wrong: list[str] = []
    shown = 0
    # Every other page in the one look, the rest in the other: the pages share their parts, and there are more than a hundred.
    routes = list(administration_routes())[0 if look[1] == "light" else 1 :: 2]
    for route in routes:
        found = addresses_of(route, town)
        if not found or any(word in route for word in _ELSEWHERE):
            continue
        for cookie in cookies:
            # A file, a redirect and a page that only takes what is sent have nothing to look at.
            answer = Client(
                SERVER_NAME="localhost", headers={"cookie": f"{cookie['name']}={cookie['value']}"}
            ).get(found[0])
            if answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html"):
                page.context.add_cookies([{**cookie, "url": live_server.url}])  # type: ignore[list-item, typeddict-item]
                page.goto(found[0])
                shown += 1
                wrong += check_page(page, look[0])
                if folder := os.environ.get("ALLMENDE_SCREENSHOTS"):
                    plain = re.sub(r"[^a-z]+", "-", route.lower()).strip("-")[-60:]
                    page.screenshot(path=Path(folder) / f"all-{'-'.join(look)}-{plain}.png", full_page=True)
                break
    assert shown > 40
    assert not wrong, "\n".join(wrong)
