# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A page to see whether a device prints: goes the way of every job, and comes out without a chip.

It belongs to the person who asked for it, and is sealed to the town's enrolment key as the jobs of direct queues are.
"""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from allmende.devices.devices import Device
from allmende.directory.access import check_town_it
from allmende.directory.audit import record_audit
from allmende.directory.identities import load_owner, load_town
from allmende.directory.people import Person
from allmende.documents import make_demo_pdf
from allmende.printing.arrival.intake import FinishedArrival, Submission
from allmende.printing.delivery.port import DeliveryOrder, TicketChanges, running_delivery
from allmende.printing.job_changes import change_job
from allmende.printing.job_states import Change
from allmende.printing.jobs import Identity, Job
from allmende.printing.print_service import PrintService, running_service
from allmende.printing.queues import ensure_held_queue


class NoServiceError(Exception):
    """No print service runs in this process."""


def print_test_page(actor: Person, device: Device) -> int:
    """The job's number. Raises PermissionDenied, NoServiceError, RefusedError."""
    municipality = device.municipality
    check_town_it(actor, municipality.pk)
    try:
        service = running_service()
    except RuntimeError:
        raise NoServiceError from None
    town = load_town(municipality.slug)
    if town is None:
        raise NoServiceError
    submission = Submission(
        town=town,
        queue_id=ensure_held_queue(municipality).pk,
        owner=load_owner(town, actor),
        identity=Identity.SIGNED_IN,
        title=_("Test page"),
        document_format="application/pdf",
        device_id=device.pk,
    )
    moment = f"{timezone.localtime():%d.%m.%Y %H:%M}"
    page = make_demo_pdf(_("Test page"), lines=(municipality.name, device.name, device.place, moment))
    finished = service.call(_submit(service, submission, page))
    _release(municipality.pk, device.pk, finished)
    record_audit(municipality, actor, "device.test_page", f"device:{device.pk}", job=finished.job_id)
    return finished.job_id


async def _submit(service: PrintService, submission: Submission, document: bytes) -> FinishedArrival:
    arrival = await service.intake.begin(submission)
    await arrival.write(document)
    return await arrival.finish()


def _release(municipality_id: int, device_id: int, finished: FinishedArrival) -> None:
    """Where no delivery runs in this process the page waits for its owner's chip, as any job."""
    delivery = running_delivery()
    if delivery is None:
        return
    job = Job.objects.get(pk=finished.job_id, municipality_id=municipality_id)
    holder = delivery.new_holder()
    change_job(job, Change.RELEASE, device_id=device_id, released_at=timezone.now(), holder=holder)
    delivery.submit([DeliveryOrder(job.pk, device_id, holder, finished.file_key, TicketChanges())])
