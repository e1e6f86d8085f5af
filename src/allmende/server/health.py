# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""`allmende check`: what is wrong with this installation, and what to do about it.

Each check is a function that gives findings; it changes nothing. The command's exit status is 1 as soon as one finding is an error.
What concerns a town's IT they see under `/verwaltung/` too (`overview`).
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final

from allmende.server.command_line import start_django
from allmende.server.migration import count_missing, missing_words

#: Below this much free room new work is about to be refused.
LOW_DISK_BYTES: Final = 2 * 1024**3
CERTIFICATE_WARNING: Final = dt.timedelta(days=30)
_SECONDS_TO_ANSWER: Final = 3.0
#: Who listens on all addresses of a kind is asked at the machine's own.
_EVERYWHERE: Final = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - asked, not listened at


class Severity(StrEnum):
    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    severity: Severity
    subject: str
    text: str


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="as a JSON list")


def run(arguments: argparse.Namespace) -> int:
    start_django()
    findings = list(find_problems())
    if arguments.json:
        sys.stdout.write(
            json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2) + "\n"
        )
    else:
        marks = {Severity.OK: "✓", Severity.WARNING: "!", Severity.ERROR: "✗"}
        for finding in findings:
            sys.stdout.write(f"{marks[finding.severity]} {finding.subject}: {finding.text}\n")
    return 1 if any(finding.severity is Severity.ERROR for finding in findings) else 0


def find_problems() -> Iterator[Finding]:
    """All findings, also the good ones; a check that fails itself is a finding too.

    What can't be told without a database in order is left out when it is not.
    """
    has_database = True
    for check in CHECKS:
        if check in _WITH_DATABASE and not has_database:
            continue
        try:
            findings = list(check())
        except Exception as error:  # an operator must see the other findings all the same
            name = check.__name__.removeprefix("check_")
            findings = [Finding(Severity.ERROR, name, str(error) or type(error).__name__)]
        yield from findings
        if check is check_database:
            has_database = all(finding.severity is not Severity.ERROR for finding in findings)


def check_service() -> Iterator[Finding]:
    """Whether anybody answers where the settings say that the service listens."""
    import http.client  # noqa: PLC0415 - only this check needs it

    from django.conf import settings  # noqa: PLC0415 - after start_django
    from django.utils.translation import gettext as _  # noqa: PLC0415

    host, port = _EVERYWHERE.get(settings.ALLMENDE_HOST, settings.ALLMENDE_HOST), settings.ALLMENDE_PORT
    connection = http.client.HTTPConnection(host, port, timeout=_SECONDS_TO_ANSWER)
    try:
        # Answered by the print path itself, without a thread of the web side.
        connection.request("GET", "/ipp/")
        connection.getresponse()
    except (OSError, http.client.HTTPException) as error:
        text = _("does not answer at %(host)s port %(port)d (%(reason)s). Is it running?")
        values = {"host": host, "port": port, "reason": str(error) or type(error).__name__}
        yield Finding(Severity.ERROR, _("Print service"), text % values)
    else:
        yield Finding(Severity.OK, _("Print service"), _("answers"))
    finally:
        connection.close()


def check_database() -> Iterator[Finding]:
    from django.db import connection  # noqa: PLC0415 - after start_django
    from django.utils.translation import gettext as _  # noqa: PLC0415

    missing = count_missing()
    if missing:
        yield Finding(Severity.ERROR, _("Database"), missing_words(missing))
    else:
        yield Finding(Severity.OK, _("Database"), connection.vendor)


def check_spool() -> Iterator[Finding]:
    from django.conf import settings  # noqa: PLC0415 - after start_django
    from django.utils.translation import gettext as _  # noqa: PLC0415

    from allmende.spool import SpoolError, open_spool  # noqa: PLC0415

    try:
        spool = open_spool(settings.ALLMENDE_SPOOL_URL)
        spool.check()
    except SpoolError as error:
        yield Finding(Severity.ERROR, _("Spool"), str(error))
        return
    free = spool.free_bytes()
    yield Finding(Severity.OK, _("Spool"), _("takes and gives documents"))
    if free is not None and free < LOW_DISK_BYTES:
        text = _("only %(megabytes)d MB free: new jobs will soon be refused.") % {
            "megabytes": free // 1_000_000
        }
        yield Finding(Severity.WARNING, _("Spool"), text)


def check_disk() -> Iterator[Finding]:
    from django.conf import settings  # noqa: PLC0415 - after start_django
    from django.utils.translation import gettext as _  # noqa: PLC0415

    free = shutil.disk_usage(settings.HOME).free
    severity = Severity.OK if free >= LOW_DISK_BYTES else Severity.WARNING
    yield Finding(severity, _("Disk"), _("%(megabytes)d MB free") % {"megabytes": free // 1_000_000})


def check_secrets() -> Iterator[Finding]:
    from django.conf import settings  # noqa: PLC0415 - after start_django
    from django.utils.translation import gettext as _  # noqa: PLC0415

    pepper = settings.PEPPER_PATH
    for path in (pepper, settings.SECRET_KEY_PATH):
        if path.exists() and path.stat().st_mode & 0o077:
            text = _("%(path)s can be read by others: chmod 600 it.") % {"path": path}
            yield Finding(Severity.ERROR, _("Secrets"), text)
    if pepper.resolve().is_relative_to(settings.HOME.resolve()):
        text = _(
            "the pepper lies beside the data. Keep it on another medium and name it in ALLMENDE_PEPPER_FILE."
        )
        yield Finding(Severity.WARNING, _("Secrets"), text)
    else:
        yield Finding(Severity.OK, _("Secrets"), _("the pepper lies apart from the data"))


def check_certificate() -> Iterator[Finding]:
    from cryptography import x509  # noqa: PLC0415 - only this check needs it
    from django.conf import settings  # noqa: PLC0415 - after start_django
    from django.utils.translation import gettext as _  # noqa: PLC0415

    from allmende.server.tls_certificate import (  # noqa: PLC0415 - only this check needs it
        given_files,
        load_tls_context,
        self_signed_files,
    )

    try:
        given = given_files()
        path, key = given or self_signed_files(settings.HOME)
        has_files = given is not None or path.exists()
        if has_files:
            load_tls_context(path, key)
    except (OSError, ValueError) as error:
        yield Finding(Severity.ERROR, _("TLS"), str(error))
        return
    if not has_files:
        yield Finding(Severity.WARNING, _("TLS"), _("no certificate yet: the first start makes one"))
        return
    ends = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    left = ends - dt.datetime.now(dt.UTC)
    text = _("the certificate is valid until %(date)s") % {"date": f"{ends:%Y-%m-%d}"}
    if left < dt.timedelta():
        yield Finding(
            Severity.ERROR, _("TLS"), _("the certificate ended on %(date)s") % {"date": f"{ends:%Y-%m-%d}"}
        )
    else:
        yield Finding(Severity.WARNING if left < CERTIFICATE_WARNING else Severity.OK, _("TLS"), text)


def check_inspection() -> Iterator[Finding]:
    """A page goes through a jailed worker, as every document does."""
    import asyncio  # noqa: PLC0415 - only this check needs it

    from django.utils.translation import gettext as _  # noqa: PLC0415 - after start_django

    from allmende.documents import Inspector, make_demo_pdf  # noqa: PLC0415

    async def inspect() -> int:
        inspector = Inspector()
        try:
            facts = await inspector.inspect(make_demo_pdf("Allmende", 2), "application/pdf")
        finally:
            await inspector.aclose()
        return facts.pages

    if asyncio.run(inspect()) == 2:
        yield Finding(Severity.OK, _("Documents"), _("pages are counted and drawn"))
    else:
        yield Finding(Severity.ERROR, _("Documents"), _("a page was counted wrongly"))


def check_towns() -> Iterator[Finding]:
    from django.utils.translation import gettext as _  # noqa: PLC0415 - after start_django

    from allmende.directory.models import Municipality  # noqa: PLC0415
    from allmende.printing.models import Queue  # noqa: PLC0415

    towns = list(Municipality.objects.all())
    if not towns:
        yield Finding(Severity.WARNING, _("Towns"), _("none yet: `allmende town SLUG NAME` makes one"))
    for town in towns:
        if not Queue.objects.filter(municipality=town, is_active=True).exists():
            yield Finding(
                Severity.ERROR, _("Towns"), _("%(town)s has no queue that accepts jobs") % {"town": town}
            )


def check_devices() -> Iterator[Finding]:
    """Each device in use takes a connection."""
    import socket  # noqa: PLC0415 - only this check needs it
    from urllib.parse import urlsplit  # noqa: PLC0415

    from django.utils.translation import gettext as _  # noqa: PLC0415 - after start_django

    from allmende.devices.models import Device  # noqa: PLC0415

    ports = {"ipp": 631, "ipps": 631, "socket": 9100}
    for device in Device.objects.filter(is_active=True).exclude(uri="").select_related("municipality"):
        parts = urlsplit(device.uri)
        try:
            address = parts.hostname or "", parts.port or ports.get(parts.scheme, 631)
            with socket.create_connection(address, timeout=_SECONDS_TO_ANSWER):
                pass
        except (OSError, ValueError) as error:
            text = _("%(device)s does not answer at %(uri)s: %(reason)s")
            values = {"device": device, "uri": device.uri, "reason": error}
            yield Finding(Severity.WARNING, _("Devices"), text % values)
        else:
            yield Finding(Severity.OK, _("Devices"), f"{device}")


def check_jobs() -> Iterator[Finding]:
    """Jobs that a device has had in its hands for long."""
    from django.utils import timezone  # noqa: PLC0415 - after start_django
    from django.utils.translation import gettext as _  # noqa: PLC0415
    from django.utils.translation import ngettext  # noqa: PLC0415

    from allmende.printing.job_states import State  # noqa: PLC0415
    from allmende.printing.jobs import jobs_in_flight, jobs_that_expire  # noqa: PLC0415

    an_hour_ago = timezone.now() - dt.timedelta(hours=1)
    stuck = jobs_in_flight().filter(state=State.DELIVERING.value, released_at__lt=an_hour_ago).count()
    uncertain = jobs_that_expire().filter(state=State.UNCERTAIN.value).count()
    if stuck:
        text = ngettext(
            "%(count)d job has been printing for more than an hour: look at its device.",
            "%(count)d jobs have been printing for more than an hour: look at their devices.",
            stuck,
        )
        yield Finding(Severity.WARNING, _("Jobs"), text % {"count": stuck})
    if uncertain:
        text = ngettext(
            "%(count)d job waits for its owner to say whether it came out.",
            "%(count)d jobs wait for their owners to say whether they came out.",
            uncertain,
        )
        yield Finding(Severity.OK, _("Jobs"), text % {"count": uncertain})


CHECKS: Final[tuple[Callable[[], Iterator[Finding]], ...]] = (
    check_database,
    check_spool,
    check_disk,
    check_secrets,
    check_certificate,
    check_inspection,
    # Not the first: who has just started the service asks at once.
    check_service,
    check_towns,
    check_devices,
    check_jobs,
)
_WITH_DATABASE: Final = frozenset({check_towns, check_devices, check_jobs})
