# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Delegation: who may collect what somebody else prints.

From the moment of `delegate_to` on, the owner's documents are sealed to both; what was sealed before stays with the owner
alone. The end of a delegation closes the delegate's way to the owner's jobs at once, in every service. The
delegate's stanza leaves the headers of documents that wait already at the owner's next tap: before, nobody holds their keys.
"""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from allmende.directory.access import check_may_act_for
from allmende.directory.audit import record_audit
from allmende.directory.events import DelegationEnded, publish
from allmende.directory.people import Delegation, Person


class DelegationError(Exception):
    """Not possible: to oneself, to another town, or to an inactive person."""


def delegate_to(actor: Person, delegate: Person) -> Delegation:
    """Let `delegate` collect what the actor prints from now on; the same again changes nothing."""
    if actor.municipality_id is None or not actor.is_active:
        raise PermissionDenied
    if delegate.municipality_id != actor.municipality_id:
        raise PermissionDenied
    if delegate.pk == actor.pk or not delegate.is_active:
        raise DelegationError
    with transaction.atomic():
        delegation, created = Delegation.objects.get_or_create(
            municipality_id=actor.municipality_id, owner=actor, delegate=delegate, ended_at=None
        )
        if created:
            record_audit(
                actor.municipality, actor, "delegation.begun", f"person:{actor.pk}", delegate=delegate.pk
            )
    return delegation


def end_delegation(actor: Person, delegation: Delegation) -> None:
    """End it: by its owner, its delegate, or the town's IT."""
    if actor.pk != delegation.delegate_id:
        check_may_act_for(actor, delegation.owner)
    with transaction.atomic():
        now = timezone.now()
        if not Delegation.objects.filter(pk=delegation.pk, ended_at__isnull=True).update(ended_at=now):
            return
        delegation.ended_at = now
        record_audit(
            delegation.municipality,
            actor,
            "delegation.ended",
            f"person:{delegation.owner_id}",
            delegate=delegation.delegate_id,
        )
        publish(DelegationEnded(delegation.municipality_id, delegation.owner_id, delegation.delegate_id))
