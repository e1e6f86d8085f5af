# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""`allmende backup` while people print, and `allmende restore` into an empty house; what restore refuses."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from allmende.documents import make_demo_pdf
from allmende.server import backup
from allmende.server.backup import MANIFEST, SQLITE_COPY
from allmende.server.demo.demo_town import DemoFacts
from printing.soak.ledger import Ledger, Paper
from printing.soak.load import CHIPS, Load, PersonAtDevice, drain, make_paper
from printing.soak.logged_devices import LoggedDevice, Printouts, logged_devices
from server.print_client import PrintClient
from server.service_process import ServiceProcess, fresh_database, service_process

pytestmark = [pytest.mark.database, pytest.mark.long]

_PROCESSES = (
    "from allmende.printing.delivery.holders import DeliveryHolder\nanswer = DeliveryHolder.objects.count()"
)


@dataclass
class BackedUp:
    folder: Path
    service: ServiceProcess
    facts: DemoFacts
    ledger: Ledger
    devices: list[LoggedDevice]
    #: Acknowledged before the backup began, and asked for by nobody until it was done.
    safe: list[Paper]

    def fresh(self, folder: Path, database_url: str) -> ServiceProcess:
        """An empty installation that has the old pepper."""
        new = ServiceProcess(folder, database_url=database_url)
        kept = folder / "pepper"
        shutil.copy(self.service.home / "secrets" / "pepper", kept)
        new.environment["ALLMENDE_PEPPER_FILE"] = str(kept)
        return new


def print_and_leave(port: int, facts: DemoFacts, ledger: Ledger, login: str, count: int) -> None:
    """So that something certainly waits while the backup is made, however quick the others are at the devices."""
    client = PrintClient(port, facts.queue_paths[login], user=login)
    rng = random.Random(login)
    for _ in range(count):
        paper, document = make_paper(rng, login)
        ledger.offered(paper)
        ledger.acknowledged(paper, client.print_job(document, paper.sha256[:16]))
    client.close()


@pytest.fixture(scope="module")
def backed_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BackedUp]:
    folder = tmp_path_factory.mktemp("backup")
    ledger = Ledger()
    with service_process(folder / "old", ALLMENDE_LOG_LEVEL="WARNING") as service:
        facts = service.set_up_demo()
        with logged_devices(folder / "devices", facts.device_ports) as devices:
            service.start()
            print_and_leave(service.port, facts, ledger, "s.aydin", 6)
            load = Load(7, facts, ledger, devices, breaks=False, away=frozenset({"s.aydin"}))
            load.start()
            try:
                load.wait_for(40)
                before = {paper.sha256 for paper in ledger.papers() if paper.acknowledged is not None}
                done = service.command("backup", str(folder / "copy"))
                assert done.returncode == 0, done.stderr
                safe = [
                    paper
                    for paper in ledger.papers()
                    if paper.sha256 in before and paper.first_release is None and not paper.cancel_asked
                ]
                load.wait_for(10)
            finally:
                load.stop()
            assert not load.failures
            service.stop()
            yield BackedUp(folder / "copy", service, facts, ledger, devices, safe)


def test_what_waited_is_there_and_opens_with_its_chip(backed_up: BackedUp, tmp_path: Path) -> None:
    assert len(backed_up.safe) >= 6, "hardly anything waited during the backup"
    with fresh_database() as url:
        restored = backed_up.fresh(tmp_path, url)
        done = restored.command("restore", str(backed_up.folder))
        assert done.returncode == 0, done.stderr
        assert restored.django(_PROCESSES) == 0, "what they had begun would wait for them"
        restored.start()
        try:
            facts = DemoFacts(
                **{name: getattr(backed_up.facts, name) for name in DemoFacts.__slots__}
                | {"port": restored.port}
            )
            there = set()
            for login in CHIPS:
                person = PersonAtDevice(
                    facts, backed_up.ledger, backed_up.devices, backed_up.devices[0].name, login
                )
                person.tap()
                there |= {job["title"] for job in person.jobs_in("held")}
            assert {paper.sha256[:16] for paper in backed_up.safe} <= there
            # Each job in it has its document: all of them come out.
            assert drain(facts, backed_up.ledger, backed_up.devices, 120) == []
            printouts = Printouts.of(backed_up.devices)
            missing = [
                paper
                for paper in backed_up.ledger.papers()
                if paper.sha256[:16] in there and not printouts.complete(paper.sha256)
            ]
            assert missing == [], restored.log()[-3000:]
            # And the house is open for business.
            client = PrintClient(restored.port, facts.queue_paths["k.lindner"])
            assert client.print_job(make_demo_pdf("Nach der Sicherung", 1)) > max(
                paper.acknowledged or 0 for paper in backed_up.safe
            )
        finally:
            restored.stop()


@pytest.mark.skipif(
    bool(os.environ.get("ALLMENDE_DATABASE_URL")), reason="of PostgreSQL the live database is counted"
)
def test_the_manifest_counts_what_is_in_the_backup(backed_up: BackedUp) -> None:
    counted = json.loads((backed_up.folder / MANIFEST).read_text())["jobs"]
    with contextlib.closing(sqlite3.connect(backed_up.folder / SQLITE_COPY)) as copy:
        states = [state for (state,) in copy.execute("SELECT state FROM printing_job")]
    found = sum(state in {"quarantined", "held", "uncertain"} for state in states)
    assert counted == found > 0


def test_the_pepper_is_not_in_the_backup(backed_up: BackedUp) -> None:
    pepper = (backed_up.service.home / "secrets" / "pepper").read_bytes()
    files = [path for path in backed_up.folder.rglob("*") if path.is_file()]
    assert len(files) > 3
    for path in files:
        content = path.read_bytes()
        assert pepper not in content
        assert pepper.hex().encode() not in content


def test_restore_wants_the_backup_s_own_pepper(backed_up: BackedUp, tmp_path: Path) -> None:
    with fresh_database() as url:
        other = ServiceProcess(tmp_path, database_url=url)
        refused = other.command("restore", str(backed_up.folder))
        assert refused.returncode == 1
        assert "--without-pepper" in refused.stderr
        assert other.command("check", "--json").returncode == 1  # no database was made
        given_up = other.command("restore", str(backed_up.folder), "--without-pepper")
        assert given_up.returncode == 0, given_up.stderr
        findings = json.loads(other.command("check", "--json", LANG="en_US.UTF-8").stdout)
        # All in order, but for the service, which nobody has started yet.
        assert [one["subject"] for one in findings if one["severity"] == "error"] == ["Print service"]


def test_restore_overwrites_nothing(backed_up: BackedUp, tmp_path: Path) -> None:
    with fresh_database() as url:
        used = ServiceProcess(tmp_path, database_url=url)
        used.take_migrated_home()
        shutil.copy(backed_up.service.home / "secrets" / "pepper", used.home / "secrets" / "pepper")
        refused = used.command("restore", str(backed_up.folder))
        assert refused.returncode == 1
        assert "Traceback" not in refused.stderr
        assert not (used.home / "spool").exists() or not any((used.home / "spool").rglob("*"))


def test_restore_refuses_a_backup_that_was_not_finished(backed_up: BackedUp, tmp_path: Path) -> None:
    half = tmp_path / "half"
    shutil.copytree(backed_up.folder, half)
    (half / "allmende-backup.json").unlink()
    with fresh_database() as url:
        refused = backed_up.fresh(tmp_path / "new", url).command("restore", str(half), LANG="en_US.UTF-8")
    assert (refused.returncode, "no finished backup" in refused.stderr) == (1, True)


def test_restore_refuses_the_other_kind_of_database(backed_up: BackedUp, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(backed_up.folder, other)
    manifest = json.loads((other / "allmende-backup.json").read_text())
    (other / "allmende-backup.json").write_text(json.dumps(manifest | {"database": "oracle"}))
    with fresh_database() as url:
        refused = backed_up.fresh(tmp_path / "new", url).command("restore", str(other))
    assert (refused.returncode, "ALLMENDE_DATABASE_URL" in refused.stderr) == (1, True)


def test_backup_wants_an_empty_folder(backed_up: BackedUp) -> None:
    again = backed_up.service.command("backup", str(backed_up.folder), LANG="en_US.UTF-8")
    assert (again.returncode, "not empty" in again.stderr) == (1, True)
    file = backed_up.folder / MANIFEST
    nowhere = backed_up.service.command("backup", str(file))
    assert (nowhere.returncode, nowhere.stderr.startswith(f"allmende: {file}")) == (1, True), nowhere.stderr


@pytest.mark.parametrize(
    ("jobs", "documents", "german"),
    [
        (1, 1, "Gesichert: 1 wartender Auftrag, 1 Dokument im Spool.\n"),
        (0, 2, "Gesichert: 0 wartende Aufträge, 2 Dokumente im Spool.\n"),
    ],
)
def test_one_is_said_in_the_singular(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    jobs: int,
    documents: int,
    german: str,
) -> None:
    monkeypatch.setattr(backup, "start_django", lambda: None)
    monkeypatch.setattr(backup, "back_up", lambda _: {"jobs": jobs, "documents": documents})
    assert backup.run(argparse.Namespace(folder=Path("copy"))) == 0
    assert capsys.readouterr().out.startswith(german)
