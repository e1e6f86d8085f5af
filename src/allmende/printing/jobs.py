# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Print jobs, their sealed documents and their history.

What always holds: no title, preview or document is here in clear (`title_sealed`, `preview_sealed`: notes under the
document's file key, see `allmende.seal`); every row names its municipality; `state` changes only through `job_changes`.
New rows come through `arrival/job_store`, which groups many clients' jobs into one durable commit; the columns here are its
contract too.
"""

from __future__ import annotations

from typing import Final

from django.db import models
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

from allmende.directory.cost_centres import CostCentre
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.printing.job_states import State
from allmende.printing.queues import Queue

#: What a job's two sealed notes are of (`allmende.seal.notes`): one can't be passed off as the other.
TITLE_NOTE: Final = "title"
PREVIEW_NOTE: Final = "preview"
#: The conditions of two small indexes; ask with `jobs_in_flight` and `jobs_that_expire`.
STATES_IN_FLIGHT: Final = (State.INCOMING.value, State.RELEASED.value, State.DELIVERING.value)
STATES_THAT_EXPIRE: Final = (State.HELD.value, State.QUARANTINED.value, State.UNCERTAIN.value)


class SealedTo(models.TextChoices):
    PERSON = "person", _("the person's chips")
    ENROLMENT = "enrolment", _("the town's enrolment key")


class Identity(models.TextChoices):
    """How the owner is known, strongest first (what a client says of itself is a hint)."""

    SIGNED_IN = "signed-in", _("signed in")
    ADDRESS = "address", _("personal queue address")
    CLAIMED = "claimed", _("name claimed on a trusted network")
    UNKNOWN = "unknown", _("unknown")


class Job(models.Model):
    """One print job. Its primary key is the IPP job-id."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, db_index=False, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, db_index=False, related_name="+")
    identity = models.CharField(max_length=10, choices=Identity.choices)
    #: Canonical form of what the client called its user; empty where it said nothing.
    claimed_name = models.CharField(max_length=100, default="", blank=True)
    #: For who is known by a claimed name or not at all: a keyed hash of that name and the client's address (`gateway/requesters`).
    origin = models.CharField(max_length=32, default="", db_default="", blank=True)
    state = models.CharField(max_length=12, choices=[(s.value, s.value) for s in State])
    sealed_to = models.CharField(max_length=10, choices=SealedTo.choices)

    title_sealed = models.BinaryField(default=b"")
    #: The job ticket as JSON text (`allmende.ipp.Ticket.to_json`).
    ticket = models.TextField(default="{}")
    document_format = models.CharField(max_length=60, default="")
    #: Bytes of the document in clear.
    size = models.BigIntegerField(default=0)

    #: The age header that opens the document now, as stored with it.
    header = models.BinaryField(default=b"")
    #: Where the sealed document lies in the spool; empty where it lies in `JobDocument`.
    spool_key = models.CharField(max_length=120, default="", blank=True)

    #: Facts found on arrival (or at the first tap, where arrival had no time); null where not yet known.
    pages = models.PositiveIntegerField(null=True)
    colour_pages = models.PositiveIntegerField(null=True)
    media = models.CharField(max_length=60, default="", blank=True)
    #: `""` not yet looked at, `ok`, or a reason keyword such as `unreadable`.
    inspection = models.CharField(max_length=20, default="", blank=True)

    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    #: At which device it was released or is being printed, and since when.
    device = models.ForeignKey(
        "devices.Device", on_delete=models.SET_NULL, null=True, db_index=False, related_name="+"
    )
    released_at = models.DateTimeField(null=True)
    #: Who bears it, and what its owner changed at the device (`job_tickets.write_changes`): of the last release.
    cost_centre = models.ForeignKey(
        CostCentre, on_delete=models.SET_NULL, null=True, db_index=False, related_name="+"
    )
    released_changes = models.CharField(max_length=2000, default="", blank=True)
    #: The process that holds its key, while in flight (see `delivery/delivery`).
    holder = models.CharField(max_length=40, default="", blank=True)
    #: The device's own job-id, as soon as it is known; 0 before.
    device_job_id = models.BigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    impressions_completed = models.PositiveIntegerField(null=True)
    colour_completed = models.PositiveIntegerField(null=True)
    sheets_completed = models.PositiveIntegerField(null=True)
    #: Keyword why it is where it is, e.g. `media-jam`, `device-offline`, `end-not-known`; shown translated.
    reason = models.CharField(max_length=60, default="", blank=True)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        indexes = [
            models.Index(fields=["municipality", "person", "state"], name="job_by_person"),
            models.Index(
                fields=["municipality", "claimed_name"],
                condition=models.Q(state="quarantined"),
                name="job_quarantine",
            ),
            models.Index(
                fields=["state", "device"],
                condition=models.Q(state__in=STATES_IN_FLIGHT),
                name="job_in_flight",
            ),
            models.Index(
                fields=["expires_at"],
                condition=models.Q(state__in=STATES_THAT_EXPIRE),
                name="job_expiry",
            ),
            models.Index(
                fields=["municipality", "finished_at"],
                condition=models.Q(finished_at__isnull=False),
                name="job_finished",
            ),
            # What waits under a town's enrolment key: direct queues' jobs, and those of persons who have no chip yet.
            models.Index(
                fields=["queue", "person"],
                condition=models.Q(state="held", sealed_to="enrolment"),
                name="job_under_enrolment",
            ),
            # Only large documents lie in the spool.
            models.Index(fields=["spool_key"], condition=models.Q(spool_key__gt=""), name="job_spooled"),
        ]

    def __str__(self) -> str:
        return f"job {self.pk}"


def jobs_in_flight() -> QuerySet[Job]:
    """Jobs that arrive, are released or are printing: as quick among a million held jobs as among none."""
    return Job.objects.filter(_in_states(STATES_IN_FLIGHT))


def jobs_that_expire() -> QuerySet[Job]:
    """Jobs that wait, by an index on `expires_at`."""
    return Job.objects.filter(_in_states(STATES_THAT_EXPIRE))


def _in_states(states: tuple[str, ...]) -> RawSQL:
    # SQLite uses an index with a condition only for a query that repeats the condition, and it does not look into lists of
    # parameters: so these constants of ours stand in the query's text.
    listed = ", ".join(f"'{state}'" for state in states)
    return RawSQL(f"printing_job.state IN ({listed})", (), output_field=models.BooleanField())  # noqa: S611 - constants


class JobDocument(models.Model):
    """The sealed bytes of a small document, durable in the same transaction as the job's row."""

    job = models.OneToOneField(Job, on_delete=models.CASCADE, primary_key=True, related_name="document")
    sealed = models.BinaryField()

    def __str__(self) -> str:
        return f"document of job {self.pk}"


class JobPreview(models.Model):
    """Page one as a sealed PNG: a note under the document's file key."""

    job = models.OneToOneField(Job, on_delete=models.CASCADE, primary_key=True, related_name="preview")
    sealed = models.BinaryField()

    def __str__(self) -> str:
        return f"preview of job {self.pk}"


class JobEvent(models.Model):
    """One change of a job, append-only: what happened, never what was printed."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="events")
    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    at = models.DateTimeField()
    change = models.CharField(max_length=20)
    state = models.CharField(max_length=12)
    device = models.ForeignKey(
        "devices.Device", on_delete=models.SET_NULL, null=True, db_index=False, related_name="+"
    )
    actor = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, db_index=False, related_name="+")
    reason = models.CharField(max_length=60, default="", blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"job {self.job_id}: {self.change} → {self.state}"
