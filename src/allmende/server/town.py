# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""`allmende town SLUG NAME`: make a town with its queue and the first account of its IT."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from typing import TYPE_CHECKING

from allmende.server.command_line import start_django

if TYPE_CHECKING:
    from allmende.directory.municipalities import Municipality


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("slug", help="short name in addresses, e.g. zerbst")
    parser.add_argument("name", help="name as people know it, e.g. 'Stadt Zerbst/Anhalt'")
    parser.add_argument(
        "--login", default="it", help="login of the first account of the town's IT (default: it)"
    )
    parser.add_argument("--display-name", default="", help="that person's name")


def run(arguments: argparse.Namespace) -> int:
    start_django()
    from django.contrib.auth.password_validation import validate_password  # noqa: PLC0415
    from django.core.exceptions import ValidationError  # noqa: PLC0415
    from django.core.validators import validate_slug  # noqa: PLC0415
    from django.db import transaction  # noqa: PLC0415
    from django.utils.translation import gettext as _  # noqa: PLC0415

    from allmende.directory.models import Municipality, Person, Role  # noqa: PLC0415
    from allmende.directory.roles import RoleName  # noqa: PLC0415

    slug = arguments.slug.lower()
    try:
        validate_slug(slug)
    except ValidationError as error:
        sys.stderr.write(" ".join(error.messages) + "\n")
        return 2
    if Municipality.objects.filter(slug=slug).exists():
        sys.stderr.write(_("There is a town with this short name already.") + "\n")
        return 1
    password = os.environ.get("ALLMENDE_NEW_PASSWORD") or getpass.getpass(_("Password for the account: "))
    try:
        validate_password(password)
    except ValidationError as error:
        sys.stderr.write(" ".join(error.messages) + "\n")
        return 2
    with transaction.atomic():
        municipality = found_town(slug, arguments.name)
        person = Person.objects.create_person(
            municipality=municipality,
            login=arguments.login.lower(),
            password=password,
            display_name=arguments.display_name or arguments.login,
        )
        Role.objects.create(municipality=municipality, person=person, name=RoleName.IT)
    sys.stdout.write(_("Made. Sign in as %(name)s.") % {"name": person.sign_in_name} + "\n")
    return 0


def found_town(slug: str, name: str, **settings: object) -> Municipality:
    """A municipality with its enrolment key and its held queue."""
    from allmende.directory.keys import ensure_enrolment_key  # noqa: PLC0415
    from allmende.directory.models import Municipality  # noqa: PLC0415
    from allmende.printing.queues import ensure_held_queue  # noqa: PLC0415

    municipality = Municipality.objects.create(slug=slug, name=name, **settings)
    ensure_enrolment_key(municipality)
    ensure_held_queue(municipality)
    return municipality
