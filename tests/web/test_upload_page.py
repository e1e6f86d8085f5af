# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The upload's small script in a real browser, whose clock the test turns."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from allmende.documents import make_demo_pdf

from .conftest import PASSWORD, Scene
from .test_accessibility import check_page, page

__all__ = ["page"]

pytestmark = pytest.mark.browser


@pytest.fixture(params=[("de", "light"), ("en", "dark")], ids="-".join)
def look(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_an_upload_that_does_not_go_on_says_so(page: Page, scene: Scene, look: tuple[str, str]) -> None:
    page.goto("/drucken/")
    page.fill("[name=username]", "anna@zerbst")
    page.fill("[name=password]", PASSWORD)
    page.locator("form:has([name=password]) button[type=submit]").click()
    page.wait_for_url("**/drucken/")
    page.clock.install()
    page.route("**/drucken/", lambda _route: None)
    page.set_input_files(
        "[name=document]",
        {"name": "plan.pdf", "mimeType": "application/pdf", "buffer": make_demo_pdf("Plan")},
    )
    page.locator("form[data-upload] button[type=submit]").click()
    expect(page.locator(".upload-progress")).to_be_visible()
    expect(page.locator("[data-stalls]")).to_be_hidden()
    page.clock.fast_forward(8_000)
    expect(page.locator("[data-stalls]")).to_be_visible()
    assert check_page(page, look[0]) == []
