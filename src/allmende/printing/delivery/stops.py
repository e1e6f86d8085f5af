# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A person's wish that a delivery ends: it may be made in any process, and is read by the one that delivers."""

from __future__ import annotations

from django.db import models

from allmende.directory.people import Person
from allmende.printing.jobs import Job


class StopWish(models.TextChoices):
    CANCEL = "cancel"  #: and throw the document away
    HOLD = "hold"  #: and hold it again, if certainly nothing was printed


class DeliveryStop(models.Model):
    job = models.OneToOneField(Job, on_delete=models.CASCADE, primary_key=True, related_name="+")
    wish = models.CharField(max_length=10, choices=StopWish.choices)
    #: The release it is meant for (`Job.holder`); a later one has another.
    holder = models.CharField(max_length=40)
    actor = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"job {self.job_id}: {self.wish}"


def wish_stop(job: Job, wish: StopWish, *, actor: Person) -> None:
    DeliveryStop.objects.update_or_create(
        job_id=job.pk, defaults={"wish": wish, "holder": job.holder, "actor": actor}
    )


def read_stop(job_id: int, holder: str) -> DeliveryStop | None:
    return DeliveryStop.objects.select_related("actor").filter(job_id=job_id, holder=holder).first()


def forget_stop(job_id: int) -> None:
    DeliveryStop.objects.filter(job_id=job_id).delete()
