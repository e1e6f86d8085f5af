# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Make the town that is measured, with the product's own models.

Run by allmende_server.py in a process of its own, over `ALLMENDE_HOME`:

    python benchmarks/allmende_setup.py found CROWD TAPPERS  a migrated database, a town, so many people, a TLS certificate
    python benchmarks/allmende_setup.py device URI           a device with this address and a reader's token, as JSON

Quotas are raised out of the way, as every limit of the other server is; all else is as shipped.
"""

from __future__ import annotations

import json
import os
import sys
import uuid

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "allmende.server.settings")
django.setup()

from allmende_town import SLUG, chip_number  # noqa: E402
from django.conf import settings  # noqa: E402

from allmende.devices.device_tokens import TokenKind, issue_device_token  # noqa: E402
from allmende.devices.models import Device  # noqa: E402
from allmende.directory.chip_enrolment import enrol_chip_with_code, issue_enrolment_code  # noqa: E402
from allmende.directory.models import Municipality, Person  # noqa: E402
from allmende.seal import Identity, NumberFormat, read_chip_number  # noqa: E402
from allmende.server.migration import migrate  # noqa: E402
from allmende.server.tls_certificate import ensure_self_signed, own_hostnames  # noqa: E402
from allmende.server.town import found_town  # noqa: E402


def found(crowd: int, tappers: int) -> None:
    migrate(quiet=True)
    town = found_town(
        SLUG,
        "Bank",
        trusted_networks=["127.0.0.0/8"],
        quota_jobs=10**9,
        quota_bytes=1 << 60,
        quota_connections=512,
    )
    Person.objects.bulk_create(
        Person(
            municipality=town,
            login=f"crowd-{number}",
            sign_in_name=f"crowd-{number}@{SLUG}",
            display_name=f"Crowd {number}",
            recipient=Identity.generate().recipient.to_text(),
        )
        for number in range(crowd)
    )
    for number in range(tappers):
        person = Person.objects.create_person(
            municipality=town, login=f"tap-{number}", display_name=f"Tapper {number}"
        )
        code = issue_enrolment_code(person, person)
        enrol_chip_with_code(town, read_chip_number(chip_number(number), NumberFormat()), code)
    # It is made at the very first start, which is not measured.
    ensure_self_signed(settings.HOME / "tls", own_hostnames("localhost"))


def add_device(uri: str) -> dict[str, str]:
    town = Municipality.objects.get(slug=SLUG)
    slug = f"device-{uuid.uuid4().hex[:8]}"
    device = Device.objects.create(municipality=town, slug=slug, name=slug, uri=uri)
    return {"slug": slug, "token": issue_device_token(None, device, TokenKind.READER)}


if __name__ == "__main__":
    if sys.argv[1] == "found":
        found(int(sys.argv[2]), int(sys.argv[3]))
    else:
        print(json.dumps(add_device(sys.argv[2])))
