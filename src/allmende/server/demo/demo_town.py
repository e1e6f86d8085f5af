# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Zerbst: the town, the devices and the invented people of the demo.

The chips' numbers stand here, in the program: like everywhere in Allmende they are stored nowhere in the data.
"""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from allmende.devices.devices import Device
    from allmende.directory.cost_centres import CostCentre
    from allmende.directory.municipalities import Municipality
    from allmende.directory.people import Person

TOWN_SLUG: Final = "zerbst"
TOWN_NAME: Final = "Stadt Zerbst/Anhalt"
NEIGHBOUR_SLUG: Final = "elbauen"
NEIGHBOUR_NAME: Final = "Gemeinde Elbauen (erfunden)"
COOPERATIVE_SLUG: Final = "genossenschaft"
COOPERATIVE_NAME: Final = "IT-Genossenschaft der Kommunen (erfunden)"


@dataclass(frozen=True, slots=True)
class DemoPerson:
    login: str
    name: str
    cost_centre: str
    chip: str = ""
    is_it: bool = False


@dataclass(frozen=True, slots=True)
class DemoOfficial:
    """Somebody who signs in with a role (a value of `RoleName`) and has no chip."""

    town: str
    login: str
    name: str
    cost_centre: str
    role: str


@dataclass(frozen=True, slots=True)
class DemoDevice:
    slug: str
    name: str
    place: str
    #: The virtual device listens this far above the service's port.
    port_offset: int


PEOPLE: Final = (
    DemoPerson("k.lindner", "Karla Lindner", "1100 Bürgeramt", chip="04A39F1C2B6E80"),
    DemoPerson("j.wermuth", "Jonas Wermuth", "6000 Bauamt", chip="04C1770B9D5A81"),
    DemoPerson("s.aydin", "Selma Aydın", "2000 Kämmerei", chip="0452E8D03F7182"),
    DemoPerson("p.neumann", "Pia Neumann", "4000 Soziales"),
    DemoPerson("o.thiele", "Oskar Thiele", "1010 IT", chip="04F90A6635C283", is_it=True),
)
OFFICIALS: Final = (
    DemoOfficial(TOWN_SLUG, "b.hartmann", "Beate Hartmann", "1000 Hauptamt", "management"),
    DemoOfficial(TOWN_SLUG, "s.aydin", "Selma Aydın", "2000 Kämmerei", "finance"),
    DemoOfficial(TOWN_SLUG, "r.vogt", "Renate Vogt", "1000 Hauptamt", "auditor"),
    DemoOfficial(COOPERATIVE_SLUG, "m.stein", "Martin Stein", "10 Geschäftsstelle", "office"),
)
DEVICES: Final = (
    DemoDevice("rathaus-eg", "Rathaus EG", "Erdgeschoss, Flur", 10),
    DemoDevice("rathaus-og", "Rathaus OG", "Obergeschoss, Kopierraum", 11),
)


@dataclass(frozen=True, slots=True)
class DemoFacts:
    """What the terminal shows and the demo's commands need; kept in `ALLMENDE_HOME/demo.json`, mode 0600."""

    port: int
    password: str
    device_tokens: dict[str, str]
    panel_tokens: dict[str, str]
    device_ports: dict[str, int]
    queue_paths: dict[str, str]

    @classmethod
    def load(cls, home: Path) -> DemoFacts:
        """Raises FileNotFoundError where no demo was ever started."""
        return cls(**json.loads((home / "demo.json").read_text()))

    def save(self, home: Path) -> None:
        path = home / "demo.json"
        draft = path.with_suffix(".draft")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump({name: getattr(self, name) for name in self.__slots__}, file, indent=2)
        draft.replace(path)


def set_up_demo(home: Path, port: int, *, with_year: bool = True) -> DemoFacts:
    """Make what of the demo is missing; running it again changes nothing but the devices' addresses.

    Without its year the town has people and devices alone, and nothing was ever printed: for tests of printing.
    """
    from allmende.directory.models import Municipality  # noqa: PLC0415 - after start_django
    from allmende.server.town import found_town  # noqa: PLC0415

    known: dict[str, Any] = {}
    with contextlib.suppress(FileNotFoundError):
        earlier = DemoFacts.load(home)
        known = {name: getattr(earlier, name) for name in DemoFacts.__slots__}
    password = known.get("password") or secrets.token_urlsafe(9)

    town = Municipality.objects.filter(slug=TOWN_SLUG).first() or found_town(
        TOWN_SLUG,
        TOWN_NAME,
        official_key="15082430",
        trusted_networks=["127.0.0.0/8", "::1/128"],
        login_domains=["zerbst", "zerbst.example"],
    )
    people = {person.login: _ensure_person(town, person, password) for person in PEOPLE}
    device_ports = {device.slug: port + device.port_offset for device in DEVICES}
    devices = {device.slug: _ensure_device(town, device, device_ports[device.slug]) for device in DEVICES}
    facts = DemoFacts(
        port=port,
        password=password,
        device_tokens=_ensure_tokens(devices, "reader", known.get("device_tokens", {})),
        panel_tokens=_ensure_tokens(devices, "panel", known.get("panel_tokens", {})),
        device_ports=device_ports,
        queue_paths={person.login: _queue_path(town, people[person.login]) for person in PEOPLE},
    )
    facts.save(home)
    if with_year:
        _make_year(town, people[next(person.login for person in PEOPLE if person.is_it)], password)
    return facts


def _make_year(town: Municipality, it: Person, password: str) -> None:
    from django.utils import timezone  # noqa: PLC0415 - after start_django

    from allmende.fleet.concept.concept_runs import start_process  # noqa: PLC0415
    from allmende.server.demo.demo_concept import begin_concept  # noqa: PLC0415
    from allmende.server.demo.demo_cooperative import make_cooperative_demo  # noqa: PLC0415
    from allmende.server.demo.demo_year import make_year  # noqa: PLC0415

    today = timezone.localdate()
    make_year(town, it, password, today)
    make_cooperative_demo(today)
    run = begin_concept(it)
    if run is not None:
        # Beside us, so that nobody waits for the solver at the first start.
        start_process(run)


def _ensure_person(town: Municipality, wanted: DemoPerson, password: str) -> Person:
    from allmende.directory.chip_enrolment import enrol_chip_with_code, issue_enrolment_code  # noqa: PLC0415
    from allmende.directory.models import Person, PersonAlias, Role  # noqa: PLC0415
    from allmende.directory.roles import RoleName  # noqa: PLC0415
    from allmende.seal import NumberFormat, read_chip_number  # noqa: PLC0415

    person = Person.objects.filter(municipality=town, login=wanted.login).first()
    if person is not None:
        return person
    person = Person.objects.create_person(
        municipality=town,
        login=wanted.login,
        password=password,
        display_name=wanted.name,
        cost_centre=ensure_cost_centre(town, wanted.cost_centre),
    )
    if wanted.is_it:
        Role.objects.create(municipality=town, person=person, name=RoleName.IT)
    if wanted.chip:
        code = issue_enrolment_code(person, person)
        enrol_chip_with_code(town, read_chip_number(wanted.chip, NumberFormat()), code, label="Dienstausweis")
    if wanted is PEOPLE[0]:
        # Whoever tries the demo prints under the name of their own computer account; let that be the first person.
        PersonAlias.objects.create(municipality=town, person=person, name=getpass.getuser().lower())
    return person


def ensure_cost_centre(town: Municipality, words: str) -> CostCentre:
    """Number and name, as in "1100 Bürgeramt"."""
    from allmende.directory.cost_centres import CostCentre  # noqa: PLC0415

    number, name = words.split(" ", 1)
    centre, _is_new = CostCentre.objects.get_or_create(
        municipality=town, number=number, defaults={"name": name}
    )
    return centre


def _ensure_device(town: Municipality, wanted: DemoDevice, port: int) -> Device:
    from allmende.devices.models import Device, Site  # noqa: PLC0415

    site, _ = Site.objects.get_or_create(municipality=town, name="Rathaus")
    device, _ = Device.objects.update_or_create(
        municipality=town,
        slug=wanted.slug,
        defaults={"uri": f"ipp://127.0.0.1:{port}/ipp/print"},
        create_defaults={
            "uri": f"ipp://127.0.0.1:{port}/ipp/print",
            "name": wanted.name,
            "site": site,
            "place": wanted.place,
        },
    )
    return device


def ask_devices() -> None:
    """What they can do, as when the town's IT adds a device; one that does not answer is asked again by whoever needs it."""
    from allmende.devices.device_probe import ProbeError, refresh_device_now  # noqa: PLC0415
    from allmende.devices.models import Device  # noqa: PLC0415

    for device in Device.objects.filter(municipality__slug=TOWN_SLUG, slug__in=[one.slug for one in DEVICES]):
        with contextlib.suppress(ProbeError):
            refresh_device_now(device)


def _ensure_tokens(devices: dict[str, Device], kind: str, known: dict[str, str]) -> dict[str, str]:
    from allmende.devices.device_tokens import find_device_token, issue_device_token  # noqa: PLC0415

    tokens = {}
    for slug, device in devices.items():
        token = known.get(slug, "")
        row = find_device_token(token) if token else None
        if row is None or row.device_id != device.pk:
            token = issue_device_token(None, device, kind, "Demo")
        tokens[slug] = token
    return tokens


def _queue_path(town: Municipality, person: Person) -> str:
    from allmende.printing.queue_addresses import QueueAddress  # noqa: PLC0415

    address = QueueAddress.objects.filter(person=person, revoked_at__isnull=True).first()
    if address is None:
        address = QueueAddress.objects.create(municipality=town, person=person, label="Demo")
    return f"/ipp/print/{town.slug}/{address.key()}"
