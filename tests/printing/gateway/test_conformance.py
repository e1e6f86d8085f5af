# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""ipptool's conformance suites against the running service: a held queue that tells `completed`, one that tells `pending-held`, and a
direct queue with a virtual device behind it. What can't pass stands in EXPECTED with its reason, and in docs/conformance.md."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from allmende.documents import make_demo_pdf
from devices.programs import require_program
from documents.sample_documents import make_image, make_pwg
from printing.gateway.running_town import RunningTown, running_town

pytestmark = pytest.mark.system

HELD, PENDING, DIRECT = "/ipp/print/zerbst", "/ipp/print/rosslau", "/ipp/direct/zerbst/schalter"
INSTALLED: Final = Path("/usr/share/cups/ipptool")
FILE: Final = re.compile(r'^\s*FILE\s+"?([-./\w]+)"?\s*$', re.MULTILINE)
RESULT: Final = re.compile(r"^    (.{68}) \[(PASS|FAIL)\]$", re.MULTILINE)

MEDIA_COL_DATABASE = "Get-Printer-Attributes (requested-attributes='media-col-database')"
JOB_SHEETS = "Print test page using create-job"
NO_LAST_DOCUMENT = "... and send-document"


@dataclass(frozen=True)
class Suite:
    """`passed` at least; `failures` exactly, by their names."""

    name: str
    queue: str
    passed: int
    failures: frozenset[str] = frozenset()


EXPECTED: Final = [
    suite
    for queue in (HELD, DIRECT)
    for suite in (
        Suite("ipp-1.1", queue, 36),
        Suite("ipp-2.0", queue, 37),
        Suite("ipp-everywhere", queue, 140),
    )
] + [
    suite
    for queue in (HELD, PENDING, DIRECT)
    for suite in (
        # Its last test asks for "all" where its name says media-col-database: the suite's own mistake.
        Suite("get-printer-attributes-suite", queue, 6, frozenset({MEDIA_COL_DATABASE})),
        Suite("print-job-hold", queue, 2),
        # Asks for job-sheets, which a queue without banner pages must tell as substituted, and takes only plain success;
        # sends its document without last-document, which RFC 8011 §4.3.1.1 makes mandatory.
        Suite("create-job-timeout", queue, 0, frozenset({JOB_SHEETS, NO_LAST_DOCUMENT})),
    )
]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTown]:
    require_program("ipptool")
    with running_town(tmp_path_factory.mktemp("town")) as town:
        yield town


@pytest.fixture(scope="module")
def suites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed suites, with the documents that they name: Debian leaves those out, and ipptool then stops without an error."""
    folder = tmp_path_factory.mktemp("suites")
    page = make_demo_pdf("Konformität", 2)
    documents = {
        ".pdf": page,
        ".jpg": make_image(),
        ".pwg": make_pwg(),
        ".ps": b"%!PS\nshowpage\n" * 20,
    }
    for suite in INSTALLED.glob("*.test"):
        text = suite.read_text()
        # testprint.ps is a PostScript of CUPS' own; a PDF does for what is tested.
        (folder / suite.name).write_text(text.replace("../data/testprint.ps", "page.pdf"))
        for name in FILE.findall(text):
            path = folder / name.replace("../", "")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(documents.get(path.suffix, b"some text\n" * 20))
    (folder / "page.pdf").write_bytes(page)
    return folder


@pytest.mark.parametrize("suite", EXPECTED, ids=lambda suite: f"{suite.name} {suite.queue}")
def test_suite(town: RunningTown, suites: Path, suite: Suite) -> None:
    version = "1.1" if suite.name == "ipp-1.1" else "2.0"
    run = subprocess.run(
        [
            "ipptool", "-V", version, "-tI", "-T", "20", "-f", str(suites / "page.pdf"),
            town.uri(suite.queue), str(suites / f"{suite.name}.test"),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )  # fmt: skip
    results = [(name.strip(), result) for name, result in RESULT.findall(run.stdout)]
    failed = {name for name, result in results if result == "FAIL"}
    assert failed == {name[:68] for name in suite.failures}, run.stdout[-3000:]
    assert sum(result == "PASS" for _, result in results) >= suite.passed, run.stdout[-1000:]
    assert run.stderr == ""
