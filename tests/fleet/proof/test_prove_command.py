# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""`allmende prove`, as an auditor starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fleet.proof.made_cases import CASES


def run(*words: str, language: str = "en") -> subprocess.CompletedProcess[str]:
    """In an environment that has no settings, no home and no database."""
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "DJANGO_SETTINGS_MODULE": "there.is.none"}
    command = [sys.executable, "-m", "allmende.server.command_line", "prove", *words, "--lang", language]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


def test_a_case_that_holds_exits_0() -> None:
    done = run(str(CASES / "zerbst-2014.toml"))
    assert done.returncode == 0, done.stderr
    assert "0.1224\u00a0ct a page" in done.stdout
    assert "€1,200.00 × 100 ÷ 980,000" in done.stdout


def test_a_contradiction_is_said_and_exits_3() -> None:
    done = run(str(CASES / "neckargemuend-2020.toml"))
    assert done.returncode == 3, done.stderr
    assert "CONTRADICTS: Saving in a month, told −€115.00 a month, but the figures give −€100.77 a month" in (
        " ".join(done.stdout.split())
    )


def test_german_amounts() -> None:
    done = run(str(CASES / "neckargemuend-2020.toml"), language="de")
    assert "238.833,00\u00a0€ × 12 ÷ 60" in done.stdout


def test_json_has_figures_as_text_with_units_and_inputs() -> None:
    done = run(str(CASES / "neckargemuend-2020.toml"), "--json")
    assert done.returncode == 3
    proof = json.loads(done.stdout)
    assert proof["format"] == 1
    assert proof["contradicts"] is True
    month = proof["figures"]["saving.month"]
    assert (month["value"], month["unit"]) == ("-100.77", "EUR/month")
    assert month["inputs"] == ["before.month", "after.month"]
    assert proof["published"][0] == {
        "figure": "saving.month",
        "told": "-115",
        "computed": "-100.77",
        "difference": "-14.23",
        "unit": "EUR/month",
        "agrees": False,
        "source": "Rhein-Neckar-Zeitung, May 2020, report on the council's award",
        "note": "Told as an increase of 115 EUR a month.",
    }
    leaves = [figure for figure in proof["figures"].values() if "inputs" not in figure]
    assert all(leaf["source"] for leaf in leaves)
    for figure in proof["figures"].values():
        assert isinstance(figure["value"], str)
        assert set(figure.get("inputs", [])) <= set(proof["figures"])


@pytest.mark.parametrize(
    ("text", "message"),
    [("format = 1\nname = 'x'\nfoo = 1", "foo: unknown key"), ("format = 1\nname = 'x'", "before.cost: ")],
)
def test_a_wrong_file_exits_1_and_names_the_key(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "case.toml"
    path.write_text(text)
    done = run(str(path))
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_several_cases_are_proved_at_once(tmp_path: Path) -> None:
    names = [str(CASES / f"{name}.toml") for name in ("zerbst-2014", "neckargemuend-2020")]
    done = run(*names, "--json")
    assert done.returncode == 3
    assert [proof["contradicts"] for proof in json.loads(done.stdout)] == [False, True]
    done = run(str(tmp_path / "none.toml"), *names)
    assert done.returncode == 1
    assert "none.toml" in done.stderr
    assert done.stdout.count("=====\n") == 2


def test_a_missing_file_exits_1(tmp_path: Path) -> None:
    done = run(str(tmp_path / "none.toml"))
    assert done.returncode == 1
    assert "none.toml" in done.stderr


def test_a_wrong_command_line_exits_2() -> None:
    assert run("--nothing").returncode == 2
