# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every page in both languages and both themes: axe finds nothing (WCAG 2.2 AA), text can be told from its ground, one sees where
the keyboard is, and nothing scrolls sideways at 200 % zoom."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]
from django.urls import get_resolver
from playwright.sync_api import Browser, Page

from .conftest import ANNA_CHIP, CARLA_CHIP, PASSWORD, Scene

pytestmark = pytest.mark.browser

_AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    # What is in order is judged all the same; but writing it down, element by element, takes longer than all the rest.
    "resultTypes": ["violations"],
}
_VIOLATIONS = "(options) => axe.run(options).then((results) => results.violations)"

# axe does not see text that stands black on black because it inherits no colour at all.
_HARD_TO_READ = """() => {
  const canvas = document.createElement('canvas'); canvas.width = canvas.height = 1;
  const pen = canvas.getContext('2d', {willReadFrequently: true});
  const known = new Map();
  const rgb = (colour) => known.get(colour) ?? known.set(colour, painted(colour)).get(colour);
  const painted = (colour) => { pen.clearRect(0, 0, 1, 1); pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1); return pen.getImageData(0, 0, 1, 1).data; };
  const light = (c) => [0, 1, 2].map((i) => { const v = c[i] / 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; })
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const found = [];
  for (const element of document.querySelectorAll('body *')) {
    const text = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    const box = element.getBoundingClientRect();
    if (!text || box.width < 3 || box.height < 3 || !element.checkVisibility()) { continue; }
    let ground = element;
    while (ground && rgb(getComputedStyle(ground).backgroundColor)[3] < 255) { ground = ground.parentElement; }
    const behind = ground ? rgb(getComputedStyle(ground).backgroundColor) : rgb('Canvas');
    const [a, b] = [light(rgb(getComputedStyle(element).color)), light(behind)].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) { found.push(element.tagName + ': ' + element.textContent.trim().slice(0, 40)); }
  }
  return found;
}"""
# Nor does axe look whether one sees where the keyboard is. What a reader types into (`wedge`) has the focus always, and shows nothing.
_FOCUS_UNSEEN = """() => {
  const look = (element) => [null, '::before', '::after'].map((part) => getComputedStyle(element, part))
    .map((style) => [style.outlineStyle, style.boxShadow, style.borderColor, style.borderWidth].join()).join('|');
  const looks = (element) => look(element) + (element.nextElementSibling ? look(element.nextElementSibling) : '');
  const found = [];
  for (const element of document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')) {
    const box = element.getBoundingClientRect();
    if (box.width < 3 || box.height < 3 || !element.checkVisibility() || element.matches('.wedge')) { continue; }
    document.activeElement.blur();
    const before = looks(element);
    element.focus();
    if (document.activeElement === element && looks(element) === before) { found.push(element.outerHTML.slice(0, 80)); }
  }
  return found;
}"""
_IS_DARK = "() => matchMedia('(prefers-color-scheme: dark)').matches"
_SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(params=[("de", "light"), ("de", "dark"), ("en", "light"), ("en", "dark")], ids="-".join)
def look(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def page(browser: Browser, live_server: Any, look: tuple[str, str]) -> Iterator[Page]:
    language, theme = look
    context = browser.new_context(
        base_url=live_server.url,
        locale=language,
        color_scheme="dark" if theme == "dark" else "light",
        viewport={"width": 1280, "height": 800},
    )
    opened = context.new_page()
    yield opened
    context.close()


def check_page(page: Page, language: str) -> list[str]:
    """What is wrong with the page that is open now."""
    name = f"{page.url} ({page.title()})"
    wrong = []
    if page.locator("html").get_attribute("lang") != language:
        wrong.append(f"{name}: not in {language}")
    page.evaluate(AXE_SCRIPT)
    for violation in page.evaluate(_VIOLATIONS, _AXE):
        nodes = "; ".join(str(node["html"])[:120] for node in violation["nodes"][:3])
        wrong.append(f"{name}: {violation['id']}: {nodes}")
    theme = "dark" if page.evaluate(_IS_DARK) else "light"
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        wrong += [f"{name}: hard to read, {scheme}: {text}" for text in page.evaluate(_HARD_TO_READ)]
    page.emulate_media(color_scheme=theme)
    page.keyboard.press("Tab")
    wrong += [f"{name}: focus is not seen: {element}" for element in page.evaluate(_FOCUS_UNSEEN)]
    page.set_viewport_size({"width": 640, "height": 400})
    if page.evaluate(_SIDEWAYS) > 0:
        wrong.append(f"{name}: scrolls sideways at 200 % zoom")
    page.set_viewport_size({"width": 1280, "height": 800})
    return wrong


def portal_pages(scene: Scene) -> list[str]:
    chip = scene.anna.chips.get()
    return [
        "/",
        f"/auftraege/{scene.held[0].pk}/loeschen/",
        "/drucken/",
        "/verlauf/",
        "/chips/",
        f"/chips/{chip.pk}/",
        f"/chips/{chip.pk}/sperren/",
        "/vertretung/",
        "/adressen/",
        f"/adressen/{scene.address.pk}/",
        f"/adressen/{scene.address.pk}/widerrufen/",
        "/meine-daten/",
        "/meine-daten/auskunft/",
        "/passwort/",
        "/nowhere/",
    ]


def test_portal_pages(page: Page, scene: Scene, look: tuple[str, str]) -> None:
    language = look[0]
    page.goto("/anmelden/")
    wrong = check_page(page, language)
    page.fill("#id_username", "anna")
    page.fill("#id_password", "not this one")
    page.click("main button[type=submit]")
    page.wait_for_selector(".error-summary")
    wrong += check_page(page, language)
    page.fill("#id_password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_selector("#my-jobs")
    for address in portal_pages(scene):
        page.goto(address)
        for summary in page.locator("details > summary").all():
            summary.click()
        wrong += check_page(page, language)
    page.goto("/chips/")
    page.click("main form button[type=submit]")
    page.wait_for_selector(".big-code")
    wrong += check_page(page, language)
    page.goto("/adressen/")
    page.click("main form button[type=submit]")
    page.wait_for_selector(".error-summary")
    wrong += check_page(page, language)
    assert not wrong, "\n".join(wrong)


def test_panel_pages(page: Page, scene: Scene, look: tuple[str, str]) -> None:
    language = look[0]
    page.goto(scene.panel)
    wrong = check_page(page, language)
    page.goto(f"{scene.panel}?token={scene.panel_token}")
    wrong += check_page(page, language)
    for number, waited_for in (("04ffffff", "#code"), (CARLA_CHIP, "#pin"), (ANNA_CHIP, ".print-all .big")):
        page.goto(f"{scene.panel}/fertig")
        page.keyboard.type(number)
        page.keyboard.press("Enter")
        page.wait_for_selector(waited_for)
        wrong += check_page(page, language)
    for address in (
        f"/{scene.held[0].pk}",
        f"/{scene.held[1].pk}",
        f"/{scene.held[1].pk}/loeschen",
        f"/{scene.jammed.pk}/loeschen",
        "/fehlt",
        "/weiterer-chip",
        "/kostenstelle",
    ):
        page.goto(scene.panel + address)
        wrong += check_page(page, language)
    assert not wrong, "\n".join(wrong)


def names_below(start: str, resolver: Any = None, prefix: str = "") -> set[str]:
    found: set[str] = set()
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            found |= names_below(start, pattern, route)
        elif route.startswith(start):
            found.add(pattern.name)
    return found


def test_every_page_is_here() -> None:
    """A page that somebody adds to the portal or the panel must be looked at here, or be named as not a page of its own."""
    names = {str(name) for name in get_resolver().reverse_dict if isinstance(name, str)}
    looked_at = {
        "sign_in", "my_jobs", "cancel_my_job", "upload", "my_history", "my_chips", "enrolment_code", "name_chip", "block_chip",
        "my_delegations", "my_addresses", "show_address", "revoke_address", "my_data", "change_password",
        "my_records",
        "panel", "panel_tap", "panel_job", "panel_delete", "panel_claim", "panel_add_chip", "panel_leave", "panel_cost_centre",
    }  # fmt: skip
    actions = {
        "sign_out", "set_language", "end_delegation", "my_jobs_table", "address_profile",
        "panel_news", "panel_enrol", "panel_act", "panel_preview", "panel_settle",
    }  # fmt: skip
    own = {name for name in names if not re.match(r"admin|api|administration|it_|jsi18n", name)}
    portal = {
        name for name in own if name.startswith(("my_", "panel", "sign_")) or name in looked_at | actions
    }
    assert looked_at | actions <= names
    # A member's pages are walked by the cooperative's own tests.
    assert portal - names_below("mitgliedschaft/") <= looked_at | actions
