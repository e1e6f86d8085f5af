# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The room's models in Django's raw administration. Jobs and their events can be looked at only; documents and previews not even that."""

from __future__ import annotations

from django.contrib import admin

from allmende.directory.admin import OperatorAdmin, ReadOnlyAdmin
from allmende.printing.jobs import Job, JobEvent
from allmende.printing.queue_addresses import QueueAddress
from allmende.printing.queues import Queue


@admin.register(Queue)
class QueueAdmin(OperatorAdmin):
    list_display = ("name", "municipality", "kind", "device", "is_active")
    list_filter = ("municipality", "kind")


@admin.register(QueueAddress)
class QueueAddressAdmin(ReadOnlyAdmin):
    list_display = ("person", "label", "municipality", "created_at", "last_used_at", "revoked_at")
    list_filter = ("municipality",)


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = ("pk", "municipality", "person", "state", "device", "created_at", "finished_at")
    list_filter = ("municipality", "state")
    hidden = ("holder", "spool_key")


@admin.register(JobEvent)
class JobEventAdmin(ReadOnlyAdmin):
    list_display = ("pk", "job", "municipality", "at", "change", "state", "reason")
    list_filter = ("municipality", "change")
    raw_id_fields = ("job", "actor")
