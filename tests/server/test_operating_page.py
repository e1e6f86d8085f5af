# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What docs/operating.md tells an operator to do, done: the unit, the settings, and from the first start to a restored backup.

Only paths that belong to root and what asks systemd or the internet are put aside.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from allmende.devices import reader_agent
from server.service_process import ServiceProcess, fresh_database

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = (ROOT / "docs" / "operating.md").read_text()
#: Names in the source that are Django settings, not variables; and the demo's own, which no installation sets.
NO_VARIABLES: Final = {
    "ALLMENDE_PEPPER",
    "ALLMENDE_DEMO_YEAR",
    "ALLMENDE_WRITER_ADDRESS",
    "ALLMENDE_KEEPS_WRITER",
}


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def block_with(word: str) -> str:
    (found,) = (block for block in blocks("sh") if word in block)
    return found


def unit() -> str:
    (found,) = blocks("ini")
    return found


@pytest.mark.system
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
@pytest.mark.parametrize("sound", [True, False])
def test_systemd_takes_the_unit(tmp_path: Path, sound: bool) -> None:
    text = unit().replace("/opt/allmende/.venv/bin/allmende", sys.executable)
    if not sound:
        text = text.replace("RestartSec=", "RestartsSec=")
    path = tmp_path / "allmende.service"
    path.write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode == 0 and not done.stderr) is sound, done.stderr


def test_the_page_names_every_setting_and_no_other() -> None:
    names = re.compile(r"ALLMENDE_[A-Z_]*[A-Z]")
    used = {name for path in (ROOT / "src").rglob("*.py") for name in names.findall(path.read_text())}
    used -= NO_VARIABLES
    mail = {name for name in used if name.startswith("ALLMENDE_MAIL_")}
    named = set(names.findall(PAGE))
    assert named | mail == used
    assert mail == set(names.findall((ROOT / "docs" / "meters.md").read_text())) - {"ALLMENDE_HOME"}


def test_the_reader_s_command_line_is_one() -> None:
    (command,) = re.findall(r"`allmende reader (.*?)`", PAGE.replace("\n  ", " "))
    parser = argparse.ArgumentParser()
    reader_agent.configure(parser)
    arguments = parser.parse_args(shlex.split(command))
    assert (arguments.device, arguments.server) == ("rathaus-eg", "https://print.example-town.de")


def test_what_is_installed_can_be_made() -> None:
    target = next(word for word in shlex.split(block_with("git clone"), comments=True) if "run.stamp" in word)
    subprocess.run(["make", "-n", target], cwd=ROOT, check=True, capture_output=True)
    for file in re.findall(r"requirements/\w+\.txt", PAGE):
        assert (ROOT / file).is_file()


class Machine:
    """A machine's root folder below `folder`, and the page's commands with their paths put there."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        self.service = ServiceProcess(folder / "service", database_url=database_url)
        environment = dict(
            line.removeprefix("Environment=").split("=", 1)
            for line in unit().splitlines()
            if line.startswith("Environment=")
        )
        self.service.home = Path(self._moved(environment["ALLMENDE_HOME"]))
        self.service.environment |= {name: self._moved(value) for name, value in environment.items()}
        self.service.environment |= {
            "ALLMENDE_HOST": "127.0.0.1",
            "ALLMENDE_NEW_PASSWORD": "Rhabarberkuchen mit Sahne",
            "LANG": "en_US.UTF-8",
        }
        for name in ("srv/allmende", "etc/allmende", "backup"):
            (folder / name).mkdir(parents=True, mode=0o700)

    def _moved(self, text: str) -> str:
        moved = re.sub(r"(?<![\w/.-])/(srv|etc|backup)\b", rf"{self.folder}/\1", text)
        return moved.replace(
            "/opt/allmende/.venv/bin/allmende", f"{sys.executable} -m allmende.server.command_line"
        )

    def run(self, commands: str, *, status: int = 0) -> str:
        script = self._moved(re.sub(r"^systemctl .*$", "", commands, flags=re.MULTILINE))
        script = script.replace("sudo -u allmende ", "")
        script = re.sub(
            r"^allmende ", f"{sys.executable} -m allmende.server.command_line ", script, flags=re.MULTILINE
        )
        done = subprocess.run(
            ["bash", "-euc", script],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            env=self.service.environment,
            timeout=180,
        )
        assert done.returncode == status, (script, done.stdout, done.stderr)
        return done.stdout

    def start(self) -> None:
        before, serve = (
            re.search(rf"^{name}=(.*)$", unit(), re.MULTILINE) for name in ("ExecStartPre", "ExecStart")
        )
        assert before is not None
        assert serve is not None
        self.run(before[1])
        self.service.start(*shlex.split(serve[1])[1:])


@pytest.mark.database
@pytest.mark.long
def test_from_the_first_start_to_a_restored_backup(tmp_path: Path) -> None:
    with fresh_database() as url:
        machine = Machine(tmp_path / "one", url)
        try:
            machine.start()
            assert "it@zerbst" in machine.run(block_with("allmende town"))
            findings = json.loads(machine.run("allmende check --json"))
            assert {finding["severity"] for finding in findings} <= {"ok", "warning"}
            assert machine.run("allmende check").count("\n") == len(findings)
            machine.run(block_with("allmende backup"))
        finally:
            machine.service.stop()
        (copy,) = (machine.folder / "backup").iterdir()
        assert re.fullmatch(r"allmende-\d{4}-\d\d-\d\d", copy.name)
        assert not any("pepper" in path.name for path in copy.rglob("*"))
        # An upgrade: the new version migrates, then serves.
        upgrade = block_with("git pull")
        assert re.search(r"systemctl restart allmende", upgrade)
        try:
            machine.start()
        finally:
            machine.service.stop()
        with fresh_database() as other_url:
            other = Machine(tmp_path / "two", other_url)
            shutil.copy(machine.folder / "etc/allmende/pepper", other.folder / "etc/allmende/pepper")
            named = re.search(r"/backup/allmende-[\d-]+", block_with("allmende restore"))
            assert named is not None
            shutil.copytree(copy, other.folder / named[0].lstrip("/"))
            other.run(block_with("allmende restore"))
            try:
                other.start()
                other.run("allmende check")
                towns = other.service.django(
                    "from allmende.directory.municipalities import Municipality\n"
                    "answer = list(Municipality.objects.values_list('name', flat=True))"
                )
                assert towns == ["Stadt Zerbst/Anhalt"]
            finally:
                other.service.stop()
