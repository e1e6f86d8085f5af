# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every example of docs/api.md, run as it stands there by bash and curl against a running service: each must do what it shows.

Only what differs from one installation to the next is put in: the port, the token, the visit, the one-time code.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from allmende.documents import make_demo_pdf
from allmende.printing.http_api.errors import REFUSALS
from allmende.printing.http_api.schemas import OutcomeView
from allmende.server.demo.demo_town import PEOPLE, DemoFacts
from printing.soak.logged_devices import LoggedDevice, logged_devices
from server.print_client import DeviceApi, PrintClient
from server.service_process import ServiceProcess, service_process

PAGE: Final = Path(__file__).parents[2] / "docs" / "api.md"
CHIPS: Final = {person.login: person.chip for person in PEOPLE if person.chip}
_CODE: Final = """
from allmende.directory.chip_enrolment import issue_enrolment_code
from allmende.directory.people import Person
person = Person.objects.get(login=sys.argv[1])
answer = issue_enrolment_code(person, person)
"""
#: bash with the page's own alias; what curl got is told apart from what it says of it.
_SHELL: Final = """
set -eu
shopt -s expand_aliases
curl() { command curl -w '%{stderr}%{http_code}' "$@"; }
"""


@dataclass(frozen=True)
class Example:
    """One command, and the answer that the page shows for it, if any."""

    command: str
    shown: Any = None


def read_examples(text: str) -> tuple[str, list[Example]]:
    """What is set up first, and the rest."""
    blocks = re.findall(r"^```(sh|json)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    (_, set_up), *others = blocks
    examples: list[Example] = []
    for kind, block in others:
        if kind == "json":
            examples[-1] = Example(examples[-1].command, json.loads(block))
        else:
            # A command goes on in an indented line.
            examples += [Example(command) for command in re.split(r"\n(?!\s)", block.rstrip())]
    return set_up, examples


@dataclass
class House:
    service: ServiceProcess
    facts: DemoFacts
    devices: dict[str, LoggedDevice]
    folder: Path
    set_up: str = ""
    visit: str = ""

    def print(self, login: str, title: str, *, pages: int = 1, queue: str = "") -> int:
        client = PrintClient(self.service.port, queue or self.facts.queue_paths[login], user=login)
        try:
            return client.print_job(make_demo_pdf(title, pages), title)
        finally:
            client.close()

    def reader(self, device: str) -> DeviceApi:
        return DeviceApi(self.service.port, device, self.facts.device_tokens[device])

    def state_of(self, job: int) -> dict[str, Any]:
        jobs = self.reader("rathaus-eg").jobs(self.visit)
        return next((each for each in jobs if each["id"] == job), {"state": "nowhere"})

    def wait_until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline, self.service.log()[-3000:]
            time.sleep(0.05)

    def run(self, command: str) -> tuple[int, str]:
        """HTTP status and answer."""
        visit = f"VISIT={shlex.quote(self.visit)}" if self.visit else ""
        script = f"{_SHELL}\n{self.set_up}\n{visit}\n{command}"
        done = subprocess.run(
            ["bash", "-c", script], capture_output=True, text=True, timeout=60, check=True, cwd=self.folder
        )
        return int(done.stderr or 0), done.stdout


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with service_process(tmp_path) as service:
        facts = service.set_up_demo()
        with logged_devices(tmp_path / "devices", facts.device_ports) as devices:
            service.start()
            yield House(service, facts, {device.name: device for device in devices}, tmp_path)


def same_shape(shown: Any, found: Any) -> bool:
    """The same names and kinds of values, all the way down; lists by their first."""
    if isinstance(shown, dict):
        return (
            isinstance(found, dict)
            and list(shown) == list(found)
            and all(same_shape(shown[name], found[name]) for name in shown)
        )
    if isinstance(shown, list):
        return isinstance(found, list) and (not shown or (bool(found) and same_shape(shown[0], found[0])))
    return type(shown) is type(found)


def test_the_examples_do_what_they_show(house: House) -> None:
    # The demo town of the page has a year of contracts behind it; this one has no prices.
    set_up, examples = read_examples(PAGE.read_text().replace('"cost": "0.11"', '"cost": null'))
    assert "8631" in set_up
    house.set_up = set_up.replace("8631", str(house.service.port)).replace(
        "TOKEN=…", f"TOKEN={house.facts.device_tokens['rathaus-eg']}"
    )
    stage = Stage(house)
    assert house.print("k.lindner", "Bescheid.pdf", pages=3) == 1
    house.wait_until(lambda: house.reader("rathaus-eg").tap(CHIPS["k.lindner"])["jobs"][0]["has_preview"])
    for example in examples:
        command = example.command
        if command.startswith("VISIT="):  # the house has its own
            continue
        stage.before(command)
        command = command.replace('"code": "…"', f'"code": "{stage.code}"')
        status, answer = house.run(command)
        assert status in {200, 204}, (command, status, answer, house.service.log()[-2000:])
        if example.shown is not None:
            assert same_shape(example.shown, json.loads(answer)), (command, answer)
        stage.after(command, status, answer)
    assert stage.seen == stage.expected


class Stage:
    """What must be so before each example, and what must be so afterwards."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.code = ""
        self.expected = [
            "taps", "releases", "cost-centres", "finished=true", "/preview", "take-overs", "stops", "settlement",
            "claimable-jobs", "claims", "chips", "jobs/3", "current -DELETE", "enrolments", "eg/visit",
        ]  # fmt: skip
        self.seen: list[str] = []

    def _name(self, command: str) -> str:
        if command.split()[1].endswith("visits/current"):
            return "current -DELETE"
        return next(name for name in self.expected if name in command.split()[1])

    def before(self, command: str) -> None:
        house = self.house
        match self._name(command):
            case "finished=true":
                house.wait_until(lambda: house.state_of(1)["state"] == "printed")
            case "/preview":
                assert [house.print("k.lindner", title, pages=3) for title in ("Zwei", "Drei")] == [2, 3]
                house.wait_until(lambda: bool(house.state_of(2).get("has_preview")))
            case "take-overs":
                self._stand_in_a_queue_elsewhere()
            case "stops":
                house.wait_until(lambda: "jam" in house.state_of(2).get("reason", ""))
            case "settlement":
                house.wait_until(lambda: house.state_of(2)["state"] == "uncertain")
                house.devices["rathaus-eg"].set_fault("none")
            case "claimable-jobs":
                numbers = [house.print("k.lindner", f"Seite {n}") for n in range(5, 17)]
                # Somebody else's computer, or an old login.
                numbers.append(house.print("klindner", "Von zu Hause", queue="/ipp/print/zerbst"))
                assert numbers[-1] == 17
            case "jobs/3":
                assert house.state_of(3)["state"] == "held"
            case "enrolments":
                self.code = house.service.django(_CODE, "p.neumann")
            case _:
                pass

    def _stand_in_a_queue_elsewhere(self) -> None:
        """Job 2 waits at the other device behind somebody whose paper is jammed; this one will jam after its first page."""
        house = self.house
        assert house.print("j.wermuth", "Bauplan", pages=2) == 4
        other, reader = house.devices["rathaus-og"], house.reader("rathaus-og")
        other.set_fault("jam", after_pages=1)
        tap = reader.tap(CHIPS["j.wermuth"], release="all")
        assert all(one["done"] for one in tap["released"])
        house.wait_until(lambda: bool(other.sheets()))
        tap = reader.tap(CHIPS["k.lindner"])
        (outcome,) = reader.release(tap["visit_token"], [2])
        assert outcome["done"]
        house.devices["rathaus-eg"].set_fault("jam", after_pages=1)

    def after(self, command: str, status: int, answer: str) -> None:
        house, name = self.house, self._name(command)
        self.seen.append(name)
        match name:
            case "taps":
                tap = json.loads(answer)
                house.visit = tap["visit_token"]
                (job,) = tap["jobs"]
                assert (tap["person"], job["title"], job["pages"]) == ("Karla Lindner", "Bescheid.pdf", 3)
            case "releases":
                assert [(o["job"], o["done"]) for o in json.loads(answer)] == [(1, True)]
            case "finished=true":
                (job,) = json.loads(answer)
                assert (job["state"], job["impressions"]) == ("printed", 4)
            case "/preview":
                assert (house.folder / "page-one.png").read_bytes().startswith(b"\x89PNG")
            case "cost-centres":
                assert [centre["number"] for centre in json.loads(answer)] == ["6000"]
            case "take-overs" | "stops":
                assert [(o["job"], o["done"]) for o in json.loads(answer)] == [(2, True)]
            case "settlement":
                assert house.state_of(2)["state"] == "held"
            case "claims":
                assert json.loads(answer) == {"job": 17}
                assert house.state_of(17)["state"] == "held"
            case "chips":
                assert house.reader("rathaus-og").tap("04112233445566")["person"] == "Karla Lindner"
            case "jobs/3":
                assert json.loads(answer)["done"]
                assert house.state_of(3)["state"] == "nowhere"
            case "current -DELETE":
                assert status == 204
            case "enrolments":
                assert json.loads(answer)["person"] == "Pia Neumann"
            case "eg/visit":
                assert (status, answer) == (204, "")


def test_the_page_names_every_refusal_and_no_other() -> None:
    table = PAGE.read_text().partition("## Errors")[2]
    named = {
        (int(status), code)
        for status, codes in re.findall(r"^\| (\d{3}) \| (.*) \|$", table, re.MULTILINE)
        for code in re.findall(r"`([a-z-]+)`", codes)
    }
    assert named == {(status, code) for status, code, _ in REFUSALS.values()}


def test_the_page_names_every_outcome() -> None:
    """As far as the code's own list of them goes."""
    described = OutcomeView.model_fields["code"].description or ""
    text = PAGE.read_text()
    codes = set(re.findall(r"`([a-z-]+)`", described)) - {"anyway"}
    assert codes
    assert [code for code in codes if f"`{code}`" not in text] == []


def test_the_examples_are_found() -> None:
    set_up, examples = read_examples(
        "```sh\nAPI=x\n```\n```sh\nask a -d '{\n  }'\nask b\n```\n```json\n[1]\n```\n"
    )
    assert set_up == "API=x\n"
    assert examples == [Example("ask a -d '{\n  }'"), Example("ask b", [1])]


@pytest.mark.parametrize(
    ("shown", "found", "same"),
    [
        ({"a": 1, "b": []}, {"a": 2, "b": [3]}, True),
        ({"a": 1}, {"a": "1"}, False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ([{"a": None}], [], False),
        ([{"a": None}], [{"a": None}, {"a": None}], True),
    ],
)
def test_shapes(shown: Any, found: Any, same: bool) -> None:
    assert same_shape(shown, found) is same
