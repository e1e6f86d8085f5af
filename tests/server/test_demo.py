# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The demo's round from a terminal, against real processes: print, nothing comes out, tap, the paper."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from allmende.documents import make_demo_pdf
from server.print_client import DeviceApi
from server.service_process import ServiceProcess, service_process

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    with service_process(tmp_path_factory.mktemp("demo")) as service:
        service.start("demo", "run")
        yield service


@pytest.fixture(autouse=True)
def empty_trays(demo: ServiceProcess) -> None:
    for port in demo.demo_facts().device_ports.values():
        post(port, "/tray/empty", b"")
        post(port, "/faults", json.dumps({"fault": "none"}).encode())


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    path = tmp_path / "Brief.pdf"
    path.write_bytes(make_demo_pdf("Brief", 2))
    return path


def post(port: int, path: str, body: bytes) -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=20):  # noqa: S310 - our own device
        pass


def tray(demo: ServiceProcess, device: str = "rathaus-eg") -> list[dict[str, Any]]:
    done = demo.command("demo", "tray", device, "--json")
    assert done.returncode == 0, done.stderr
    pages: list[dict[str, Any]] = json.loads(done.stdout)
    return pages


def printed(demo: ServiceProcess, *words: str) -> str:
    done = demo.command("demo", "print", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_paper_comes_out_for_the_chip_and_not_before(demo: ServiceProcess, letter: Path) -> None:
    assert "Karla Lindner" in printed(demo, str(letter))
    assert tray(demo) == []
    tapped = demo.command("demo", "tap")
    assert tapped.returncode == 0, tapped.stderr
    assert "Brief.pdf" in tapped.stdout
    assert [(page["page"], page["pages"]) for page in tray(demo)] == [(1, 2), (2, 2)]
    assert tray(demo, "rathaus-og") == []


def test_the_tray_is_shown_to_people_too(demo: ServiceProcess, letter: Path) -> None:
    assert demo.command("demo", "tray", LANG="en_US.UTF-8").stdout == "rathaus-eg: the tray is empty\n"
    assert demo.command("demo", "tray").stdout == "rathaus-eg: das Ausgabefach ist leer\n"
    printed(demo, str(letter), "--title", "Rundschreiben")
    assert demo.command("demo", "tap").returncode == 0
    shown = demo.command("demo", "tray").stdout.splitlines()
    assert len(shown) == 2
    assert [("Seite 1 von 2" in line, "Seite 2 von 2" in line) for line in shown] == [
        (True, False),
        (False, True),
    ]


def test_looking_at_the_jobs_prints_nothing(demo: ServiceProcess, letter: Path) -> None:
    printed(demo, str(letter), "--title", "Nur schauen")
    looked = demo.command("demo", "tap", "rathaus-og", "--look")
    assert (looked.returncode, "Nur schauen" in looked.stdout) == (0, True)
    assert demo.command("demo", "tap", "rathaus-og").returncode == 0
    assert len(tray(demo, "rathaus-og")) == 2
    assert tray(demo) == []


def test_a_second_tap_finds_nothing(demo: ServiceProcess) -> None:
    again = demo.command("demo", "tap", LANG="en_US.UTF-8")
    assert (again.returncode, again.stdout) == (0, "Karla Lindner: nothing waits\n")


def test_a_chip_gives_its_own_person_s_jobs_only(demo: ServiceProcess, letter: Path) -> None:
    printed(demo, str(letter), "--as", "k.lindner", "--copies", "2")
    printed(demo, str(letter), "--as", "j.wermuth", "--title", "Bauplan")
    assert demo.command("demo", "tap", "--as", "j.wermuth").returncode == 0
    assert len(tray(demo)) == 2
    assert demo.command("demo", "tap", "--as", "k.lindner").returncode == 0
    assert [page["copy"] for page in tray(demo)[2:]] == [1, 1, 2, 2]


def test_what_is_no_document_is_refused(demo: ServiceProcess, tmp_path: Path) -> None:
    note = tmp_path / "notiz.txt"
    note.write_text("kein Dokument")
    refused = demo.command("demo", "print", str(note), LANG="en_US.UTF-8")
    assert refused.returncode == 1
    assert "not a PDF" in refused.stderr
    missing = demo.command("demo", "print", str(tmp_path / "gibtsnicht.pdf"))
    assert missing.returncode == 1
    assert "gibtsnicht.pdf" in missing.stderr
    assert demo.command("demo", "print").returncode == 2
    assert demo.command("demo", "tap", "keller").returncode == 2
    for copies in ("0", "-1", "zwei", "1000"):
        assert demo.command("demo", "print", str(tmp_path / "x.pdf"), "--copies", copies).returncode == 2


def test_without_a_service_each_command_says_so(tmp_path: Path, letter: Path, demo: ServiceProcess) -> None:
    nowhere = ServiceProcess(tmp_path / "nowhere")
    for words in (["print", str(letter)], ["tap"], ["tray"]):
        done = nowhere.command("demo", *words, LANG="en_US.UTF-8")
        assert done.returncode == 1
        assert "make run" in done.stderr
    facts = json.loads((demo.home / "demo.json").read_text())
    nowhere.home.mkdir(parents=True, exist_ok=True)
    (nowhere.home / "demo.json").write_text(
        json.dumps(facts | {"port": nowhere.port, "device_ports": {"rathaus-eg": nowhere.port + 10}})
    )
    for words in (["print", str(letter)], ["tap"], ["tray"]):
        done = nowhere.command("demo", *words, LANG="en_US.UTF-8")
        assert done.returncode == 1
        assert "nobody answers" in done.stderr


def test_while_a_device_is_busy_the_other_one_takes_the_job(demo: ServiceProcess, letter: Path) -> None:
    facts = demo.demo_facts()
    post(
        facts.device_ports["rathaus-eg"],
        "/faults",
        json.dumps({"fault": "slow", "seconds_per_page": 2}).encode(),
    )
    printed(demo, str(letter), "--as", "j.wermuth", "--copies", "50")
    demo.command("demo", "tap", "rathaus-eg", "--as", "j.wermuth", "--seconds", "0.5")
    printed(demo, str(letter), "--as", "k.lindner", "--title", "Eilbrief")
    waits = demo.command("demo", "tap", "rathaus-eg", "--seconds", "0.5")
    assert waits.returncode == 1
    assert "wartet am Gerät" in waits.stdout
    assert demo.command("demo", "tap", "rathaus-og", "--look").stdout.count("wartet am Gerät") == 1

    first = DeviceApi(facts.port, "rathaus-og", facts.device_tokens["rathaus-og"])
    answer = first.tap("04A39F1C2B6E80")
    (waiting,) = answer["jobs"]
    assert (waiting["device"], waiting["state"]) == ("Rathaus EG", "released")
    taken = first.call(
        "POST", "/visits/current/take-overs", {"jobs": [waiting["id"]]}, visit=answer["visit_token"]
    )
    assert [(each["job"], each["done"], each["code"]) for each in taken] == [(waiting["id"], True, "")]
    shown = wait_for_pages(demo, "rathaus-og", 2)
    assert {page["title"] for page in shown} == {shown[0]["title"]}
    # The large job is stopped, so that the device is free for what comes next.
    other = DeviceApi(facts.port, "rathaus-eg", facts.device_tokens["rathaus-eg"])
    answer = other.tap("04C1770B9D5A81")
    other.call("DELETE", f"/visits/current/jobs/{answer['jobs'][0]['id']}", visit=answer["visit_token"])
    post(facts.device_ports["rathaus-eg"], "/faults", json.dumps({"fault": "none"}).encode())


def test_a_job_that_its_owner_must_judge_does_not_spoil_the_next_tap(
    demo: ServiceProcess, letter: Path
) -> None:
    port = demo.demo_facts().device_ports["rathaus-og"]
    jam = {"fault": "jam", "after_pages": 1, "aborts_job": True}
    post(port, "/faults", json.dumps(jam).encode())
    printed(demo, str(letter), "--as", "o.thiele", "--title", "Verklemmt")
    jammed = demo.command("demo", "tap", "rathaus-og", "--as", "o.thiele")
    assert (jammed.returncode, "bitte prüfen" in jammed.stdout) == (1, True), jammed.stdout
    post(port, "/faults", json.dumps({"fault": "none"}).encode())
    printed(demo, str(letter), "--as", "o.thiele", "--title", "Danach")
    tapped = demo.command("demo", "tap", "rathaus-og", "--as", "o.thiele")
    assert tapped.returncode == 0, tapped.stdout
    assert "Verklemmt: bitte prüfen" in tapped.stdout
    assert "Danach: gedruckt" in tapped.stdout


def wait_for_pages(demo: ServiceProcess, device: str, count: int) -> list[dict[str, Any]]:
    for _ in range(60):
        pages = tray(demo, device)
        if len(pages) >= count:
            return pages
    raise AssertionError(f"only {len(pages)} pages came out: {demo.log()[-2000:]}")


def test_a_second_start_changes_nothing_and_finds_what_is_held(demo: ServiceProcess, letter: Path) -> None:
    printed(demo, str(letter), "--as", "s.aydin", "--title", "Vor dem Neustart")
    before = (demo.home / "demo.json").read_bytes()
    demo.kill()
    demo.start("demo", "run")
    assert (demo.home / "demo.json").read_bytes() == before
    tapped = demo.command("demo", "tap", "--as", "s.aydin")
    assert tapped.returncode == 0, tapped.stderr
    assert "Vor dem Neustart" in tapped.stdout
    assert len(tray(demo)) == 2


def test_a_taken_port_is_said_and_not_traced_back(demo: ServiceProcess) -> None:
    second = demo.command("serve", "--port", str(demo.port))
    assert second.returncode == 1
    assert str(demo.port) in second.stderr
    assert "Traceback" not in second.stderr


def test_a_taken_port_is_said_before_the_town_is_made(demo: ServiceProcess) -> None:
    second = demo.command("demo", "run")
    assert second.returncode == 1
    assert str(demo.port) in second.stderr
    assert second.stdout == ""
