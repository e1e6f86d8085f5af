# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Queues by the town's IT: one held, one direct per device, none lost that jobs belong to."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied

from allmende.directory.audit import AuditEntry
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.printing.administration.queue_administration import (
    QueueDetails,
    QueueInUseError,
    add_direct_queue,
    change_queue,
    delete_queue,
)
from allmende.printing.queues import Queue, ReportedState
from makers import make_device, make_job, make_person, make_queue, make_town

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Municipality:
    return make_town()


@pytest.fixture
def it(town: Municipality) -> Person:
    return make_person(town, "it", it=True)


def test_a_change_is_audited_with_old_and_new(town: Municipality, it: Person) -> None:
    queue = make_queue(town)
    details = QueueDetails(queue.name, ReportedState.COMPLETED, is_active=False)
    assert change_queue(it, queue, details) == ["reported_state", "is_active"]
    queue.refresh_from_db()
    assert (queue.reported_state, queue.is_active) == ("completed", False)
    assert AuditEntry.objects.get(action="queue.changed").detail == {
        "reported_state": ["pending-held", "completed"],
        "is_active": [True, False],
    }
    assert change_queue(it, queue, details) == []


def test_a_device_has_one_direct_queue_which_is_opened_again(town: Municipality, it: Person) -> None:
    device = make_device(town)
    queue = add_direct_queue(it, device)
    Queue.objects.update(is_active=False)
    assert add_direct_queue(it, device) == queue
    assert Queue.objects.get(pk=queue.pk).is_active


def test_a_queue_with_jobs_and_the_held_queue_stay(town: Municipality, it: Person) -> None:
    direct = add_direct_queue(it, make_device(town))
    job = make_job(town, it, queue=direct).job
    for queue in (direct, make_queue(town)):
        with pytest.raises(QueueInUseError):
            delete_queue(it, queue)
        assert Queue.objects.filter(pk=queue.pk).exists()
    job.delete()
    delete_queue(it, Queue.objects.get(pk=direct.pk))
    assert not Queue.objects.filter(pk=direct.pk).exists()
    assert AuditEntry.objects.get(action="queue.deleted").target == f"queue:{direct.pk}"


def test_another_towns_it_may_nothing(town: Municipality) -> None:
    stranger = make_person(make_town("coswig"), "it", it=True)
    queue = make_queue(town)
    device = make_device(town)
    with pytest.raises(PermissionDenied):
        change_queue(stranger, queue, QueueDetails("x", ReportedState.COMPLETED, is_active=False))
    with pytest.raises(PermissionDenied):
        add_direct_queue(stranger, device)
    with pytest.raises(PermissionDenied):
        delete_queue(stranger, queue)
