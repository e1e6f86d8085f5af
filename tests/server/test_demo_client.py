# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the demo's commands say at the terminal when the service refuses, in its language and with the service's own words."""

from __future__ import annotations

import argparse
import gettext
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from allmende.documents import make_demo_pdf
from allmende.ipp import Message, Status, encode
from allmende.ipp.responses import respond
from allmende.server.demo import demo_client
from allmende.server.terminal_language import LOCALE_PATH

Terminal = Callable[[str, bytes], str]


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    """What `demo print Brief.pdf` says in a language when the service answers so."""
    (tmp_path / "Brief.pdf").write_bytes(make_demo_pdf("Brief", 1))
    monkeypatch.chdir(tmp_path)
    facts = SimpleNamespace(port=1, queue_paths={"k.lindner": "/ipp/print/zerbst"})
    monkeypatch.setattr(demo_client, "_load_facts", lambda: facts)

    def say(language: str, reply: bytes) -> str:
        catalogue = gettext.translation("django", LOCALE_PATH, [language], fallback=True)
        monkeypatch.setattr(demo_client, "_", catalogue.gettext)
        monkeypatch.setattr(demo_client, "_call", lambda *_: reply)
        wish = argparse.Namespace(file=Path("Brief.pdf"), login="k.lindner", title=None, copies=1)
        assert demo_client.print_file(wish) == 1
        return capsys.readouterr().err

    return say


@pytest.mark.parametrize(
    ("status", "own", "said"),
    [
        (
            Status.CLIENT_ERROR_DOCUMENT_FORMAT_NOT_SUPPORTED,
            "no PDF",
            {
                "de": "Dokumente dieser Art nimmt die Warteschlange nicht an. (no PDF)",
                "en": "The queue does not take documents of this kind. (no PDF)",
            },
        ),
        (
            Status.CLIENT_ERROR_REQUEST_ENTITY_TOO_LARGE,
            "The document is too large.",
            {
                "de": "Das Dokument ist zu groß. (The document is too large.)",
                "en": "The document is too large.",
            },
        ),
        (
            Status.CLIENT_ERROR_NOT_AUTHORIZED,
            "Enrol a chip before you print.",
            {
                "de": "Diese Person darf hier nicht drucken. (Enrol a chip before you print.)",
                "en": "This person may not print here. (Enrol a chip before you print.)",
            },
        ),
        (
            Status.SERVER_ERROR_NOT_ACCEPTING_JOBS,
            "Closed.",
            {
                "de": "Die Warteschlange nimmt gerade keine Aufträge an. (Closed.)",
                "en": "The queue takes no jobs just now. (Closed.)",
            },
        ),
        (Status.CLIENT_ERROR_GONE, "It has gone.", {"de": "It has gone.", "en": "It has gone."}),
    ],
)
@pytest.mark.parametrize("language", ["de", "en"])
def test_a_refusal_is_told_with_its_reason(
    terminal: Terminal, language: str, status: Status, own: str, said: dict[str, str]
) -> None:
    told = terminal(language, encode(respond(Message((2, 0), 0, 1, ()), status, message=own)))
    refused = "wurde abgelehnt" if language == "de" else "was refused"
    assert told == f"allmende: Brief.pdf {refused}: {said[language]}\n"
