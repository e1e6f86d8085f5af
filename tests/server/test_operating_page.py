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
import tomllib
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


def unit(description: str = "Allmende print service") -> str:
    (found,) = (block for block in blocks("ini") if f"Description={description}\n" in block)
    return found


def started_by(name: str, text: str) -> str:
    """The command behind `name`, as systemd puts its lines together."""
    found = re.search(rf"^{name}=(.*)$", text.replace("\\\n", " "), re.MULTILINE)
    assert found is not None
    return found[1]


def default_settings() -> dict[str, str]:
    lines = shlex.split(block_with("# /etc/default/allmende"), comments=True)
    return dict(line.split("=", 1) for line in lines)


@pytest.mark.system
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
@pytest.mark.parametrize("description", ["Allmende print service", "Allmende card reader"])
@pytest.mark.parametrize("sound", [True, False])
def test_systemd_takes_the_units(tmp_path: Path, sound: bool, description: str) -> None:
    text = unit(description).replace("/opt/allmende/.venv/bin/allmende", sys.executable)
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
    command = started_by("ExecStart", unit("Allmende card reader"))
    parser = argparse.ArgumentParser()
    reader_agent.configure(parser)
    arguments = parser.parse_args(shlex.split(command.partition(" reader ")[2]))
    assert (arguments.device, arguments.server) == ("rathaus-eg", default_settings()["ALLMENDE_PUBLIC_URL"])


def test_the_reader_needs_nothing_of_what_the_service_needs() -> None:
    """Debian's Python alone, as on the small computer beside a device."""
    command = shlex.split(started_by("ExecStart", unit("Allmende card reader")))
    done = subprocess.run(
        [sys.executable, "-S", "-s", *command[1:]],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"PYTHONPATH": str(ROOT / "src")},
    )
    assert "reader-token" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_installed_can_be_made() -> None:
    targets = set(re.findall(r"make (install[\w-]*)", PAGE))
    assert targets == {"install", "install-extras"}
    done = subprocess.run(
        ["make", "-n", "-B", *targets], cwd=ROOT, check=True, capture_output=True, text=True
    )
    for file in re.findall(r"requirements/\w+\.txt", done.stdout):
        assert (ROOT / file).is_file()


@pytest.mark.parametrize("extra", ["", "postgresql", "s3"])
def test_the_locked_lists_have_what_the_extras_name(extra: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["optional-dependencies"][extra] if extra else project["dependencies"]
    locked = (ROOT / "requirements" / ("extras.txt" if extra else "run.txt")).read_text()
    for requirement in wanted:
        name = re.split(r"[\[<>=;]", requirement)[0].lower()
        assert re.search(rf"^{name}==", locked, re.MULTILINE), requirement


class Machine:
    """A machine's root folder below `folder`, and the page's commands with their paths put there."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        self.service = ServiceProcess(folder / "service", database_url=database_url)
        environment = default_settings()
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
        script = script.replace("-o allmende -g allmende ", "")
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
        self.run(started_by("ExecStartPre", unit()))
        self.service.start(*shlex.split(started_by("ExecStart", unit()))[1:])


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
        assert re.search(r"systemctl stop allmende.*systemctl start allmende", upgrade, re.DOTALL)
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
