# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The tray as a web page: what lies there, what is printing, and the switches for faults. No script; it reloads itself.

All that comes from a document or a client is escaped.
"""

from datetime import UTC, datetime, timedelta
from html import escape
from typing import Final

from allmende.devices.virtual_device.faults import FaultKind
from allmende.devices.virtual_device.jobs import VirtualJob
from allmende.devices.virtual_device.printer import Printer
from allmende.devices.virtual_device.tray import TrayPage
from allmende.ipp import PrinterState

_WORDS: Final = {
    "de": {
        "tray": "Ausgabefach",
        "virtual": "Virtuelles Gerät",
        "empty": "Das Fach ist leer.",
        "take": "Papier entnehmen",
        "state": "Zustand",
        PrinterState.IDLE: "bereit",
        PrinterState.PROCESSING: "druckt",
        PrinterState.STOPPED: "angehalten",
        "faults": "Störung auslösen",
        "after": "nach zwei Seiten",
        "aborts": "der den Auftrag abbricht",
        "clear": "Störung beheben",
        "jobs": "Aufträge im Gerät",
        "no_jobs": "Kein Auftrag.",
        "job": "Auftrag",
        "of": "von",
        "page": "Seite",
        "pages": "Seiten",
        "copy": "Exemplar",
        "sheet": "Blatt",
        "front": "Vorderseite",
        "back": "Rückseite",
        "image": "Gedruckte Seite",
        "no_image": "Kein Bild dieser Seite",
        "incoming": "kommt an",
        "waiting": "wartet",
        "here": "Hier bin ich: Jemand sucht dieses Gerät.",
        "other": "English",
        FaultKind.NONE: "keine",
        FaultKind.JAM: "Papierstau",
        FaultKind.OUT_OF_PAPER: "Papier leer",
        FaultKind.DOOR_OPEN: "Klappe offen",
        FaultKind.SLOW: "langsam (5 s je Seite)",
        FaultKind.OFFLINE: "vom Netz getrennt",
        FaultKind.BUSY: "nimmt keine Aufträge an",
        FaultKind.CUT: "trennt die Verbindung beim nächsten Dokument",
    },
    "en": {
        "tray": "Output tray",
        "virtual": "Virtual device",
        "empty": "The tray is empty.",
        "take": "Take the paper",
        "state": "State",
        PrinterState.IDLE: "ready",
        PrinterState.PROCESSING: "printing",
        PrinterState.STOPPED: "stopped",
        "faults": "Cause a fault",
        "after": "after two pages",
        "aborts": "that aborts the job",
        "clear": "Clear the fault",
        "jobs": "Jobs in the device",
        "no_jobs": "No job.",
        "job": "Job",
        "of": "of",
        "page": "Page",
        "pages": "pages",
        "copy": "copy",
        "sheet": "sheet",
        "front": "front",
        "back": "back",
        "image": "Printed page",
        "no_image": "No image of this page",
        "incoming": "arriving",
        "waiting": "waiting",
        "here": "Here I am: somebody is looking for this device.",
        "other": "Deutsch",
        FaultKind.NONE: "none",
        FaultKind.JAM: "paper jam",
        FaultKind.OUT_OF_PAPER: "out of paper",
        FaultKind.DOOR_OPEN: "door open",
        FaultKind.SLOW: "slow (5 s a page)",
        FaultKind.OFFLINE: "off the network",
        FaultKind.BUSY: "takes no jobs",
        FaultKind.CUT: "cuts the connection at the next document",
    },
}
_ONE_TOUCH: Final = tuple(kind for kind in FaultKind if kind is not FaultKind.NONE)
_SHOWN: Final = 120
_IDENTIFIED_FOR: Final = timedelta(seconds=30)
_STYLE: Final = """
:root{color-scheme:light dark;--ground:#f4f5f7;--face:#fff;--ink:#171a2b;--soft:#4c5268;--line:#8a90a5;--accent:#2a4bb8;
--on-accent:#fff;--bad:#a3200d;--good:#12653f}
@media (prefers-color-scheme:dark){:root{--ground:#12141d;--face:#1e2130;--ink:#f0f1f6;--soft:#b9bed0;--line:#7d8398;
--accent:#9db4ff;--on-accent:#12141d;--bad:#ff9d8a;--good:#7fdcb2}}
*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}
header,main{max-width:76rem;margin:auto;padding:1rem 1.25rem}header{display:flex;flex-wrap:wrap;gap:.5rem 1.5rem;
align-items:baseline;justify-content:space-between}h1{font-size:1.5rem;margin:0}h2{font-size:1.125rem;margin:0 0 .75rem}
a{color:var(--accent)}.kind,.soft{color:var(--soft)}.state{font-weight:600}.state.stopped{color:var(--bad)}
.state.ready{color:var(--good)}section{background:var(--face);border:1px solid var(--line);border-radius:.5rem;
padding:1rem 1.25rem;margin:0 0 1rem}.row{display:flex;flex-wrap:wrap;gap:.75rem 1rem;align-items:end}
.head{display:flex;justify-content:space-between;align-items:start;gap:1rem;flex-wrap:wrap}
button{font:inherit;font-weight:600;min-height:2.75rem;padding:.4rem 1rem;border-radius:.25rem;border:1px solid var(--accent);
background:var(--accent);color:var(--on-accent);cursor:pointer}button.second{background:transparent;color:var(--accent)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
ol.tray{list-style:none;margin:0;padding:0;display:grid;gap:1.25rem;grid-template-columns:repeat(auto-fill,minmax(11rem,1fr))}
ol.tray img,.blank{display:block;width:100%;aspect-ratio:210/297;object-fit:contain;background:#fff;border:1px solid var(--line);
box-shadow:0 1px 4px #0004}.blank{display:grid;place-items:center;color:#4c5268;padding:1rem;text-align:center}
ol.tray p{margin:.4rem 0 0;overflow-wrap:anywhere;font-size:.9375rem}ul{margin:0;padding-left:1.25rem}progress{width:12rem}
"""


def render_tray_page(printer: Printer, title: str, language: str) -> str:
    words = _WORDS[language]
    pages = list(printer.tray.pages)[-_SHOWN:][::-1]
    tray = (
        '<ol class="tray">' + "".join(_page(page, words) for page in pages) + "</ol>"
        if pages
        else f'<p class="soft">{words["empty"]}</p>'
    )
    other = "de" if language == "en" else "en"
    return f"""<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="refresh" content="2"><title>{words["tray"]} · {escape(title)}</title>
<link rel="icon" href="/icon-128.png"><style>{_STYLE}</style></head><body>
<header><div><p class="kind" style="margin:0">{words["virtual"]}</p><h1>{escape(title)}</h1></div>
<p style="margin:0"><a href="/?lang={other}" lang="{other}" hreflang="{other}">{words["other"]}</a></p></header><main>{_identified(printer, words)}
<section aria-labelledby="tray"><div class="head"><h2 id="tray">{words["tray"]} ({len(printer.tray.pages)} {words["pages"]})</h2>
{_button("/tray/empty", words["take"], language)}</div>{tray}</section>
<section aria-labelledby="jobs"><h2 id="jobs">{words["jobs"]}</h2>{_state(printer, words)}{_jobs(printer, words)}</section>
{_faults(printer, words, language)}</main></body></html>"""


def _identified(printer: Printer, words: dict[object, str]) -> str:
    """What Identify-Printer asks for: the device shows itself for a while."""
    at = printer.identified_at
    if at is None or datetime.now(UTC) - at > _IDENTIFIED_FOR:
        return ""
    return f'<section role="status"><strong>{words["here"]}</strong></section>'


def _page(page: TrayPage, words: dict[object, str]) -> str:
    title = escape(page.title)
    number = f"{words['page']} {page.page} {words['of']} {page.pages}"
    picture = (
        f'<img src="/tray/{page.number}.png" alt="{words["image"]}: {title}, {number}">'
        if page.image
        else f'<div class="blank">{words["no_image"]}</div>'
    )
    details = [f"{words['job']} {page.job_id}"]
    if page.sides == "two-sided":
        details.append(f"{words['sheet']} {page.sheet}, {words[page.side]}")
    if page.copies > 1:
        details.append(f"{words['copy']} {page.copy} {words['of']} {page.copies}")
    return (
        f"<li>{picture}<p><strong>{title}</strong><br>{number}"
        f'<br><span class="soft">{" · ".join(details)}</span></p></li>'
    )


def _state(printer: Printer, words: dict[object, str]) -> str:
    looks = {PrinterState.IDLE: "ready", PrinterState.STOPPED: "stopped"}.get(printer.state, "")
    fault = "" if printer.fault.kind is FaultKind.NONE else f" · {words[printer.fault.kind]}"
    return f'<p>{words["state"]}: <span class="state {looks}">{words[printer.state]}{fault}</span></p>'


def _jobs(printer: Printer, words: dict[object, str]) -> str:
    jobs = printer.open_jobs()
    if not jobs:
        return f'<p class="soft">{words["no_jobs"]}</p>'
    return "<ul>" + "".join(f"<li>{_job(job, words)}</li>" for job in jobs[:50]) + "</ul>"


def _job(job: VirtualJob, words: dict[object, str]) -> str:
    name = f"{words['job']} {job.id}: {escape(job.name)}"
    if job.is_incoming:
        return f"{name} – {words['incoming']}"
    if not job.impressions:
        return f"{name} – {words['waiting']}"
    progress = f"{job.impressions_completed} {words['of']} {job.impressions}"
    return (
        f'{name} – <progress aria-label="{escape(job.name)}" max="{job.impressions}" '
        f'value="{job.impressions_completed}">{progress}</progress> {progress} {words["pages"]}'
    )


def _faults(printer: Printer, words: dict[object, str], language: str) -> str:
    # One button each, and no field: the page reloads every two seconds and would take away what somebody typed.
    buttons = [_button("/faults", words[kind], language, fault=kind.value) for kind in _ONE_TOUCH]
    after = f"{words[FaultKind.JAM]} {words['after']}"
    buttons.insert(1, _button("/faults", after, language, fault=FaultKind.JAM.value, after_pages="2"))
    aborts = f"{words[FaultKind.JAM]}, {words['aborts']}"
    buttons.insert(2, _button("/faults", aborts, language, fault=FaultKind.JAM.value, aborts_job="true"))
    if printer.fault.kind is not FaultKind.NONE:
        buttons.insert(0, _button("/faults", words["clear"], language, look="first", fault="none"))
    return (
        f'<section aria-labelledby="faults"><h2 id="faults">{words["faults"]}</h2>'
        f'<div class="row">{"".join(buttons)}</div></section>'
    )


def _button(action: str, label: str, language: str, *, look: str = "second", **fields: str) -> str:
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{value}">'
        for name, value in {"lang": language, **fields}.items()
    )
    return f'<form method="post" action="{action}">{hidden}<button class="{look}">{label}</button></form>'
