# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The room's models in Django's raw administration; tokens can be looked at only, and never in clear."""

from __future__ import annotations

from django.contrib import admin

from allmende.devices.device_tokens import DeviceToken
from allmende.devices.devices import Device
from allmende.devices.sites import Site
from allmende.directory.admin import OperatorAdmin, ReadOnlyAdmin


@admin.register(Site)
class SiteAdmin(OperatorAdmin):
    list_display = ("name", "municipality", "address")
    list_filter = ("municipality",)


@admin.register(Device)
class DeviceAdmin(OperatorAdmin):
    list_display = ("name", "municipality", "uri", "state", "seen_at", "is_active")
    list_filter = ("municipality", "is_active")


@admin.register(DeviceToken)
class DeviceTokenAdmin(ReadOnlyAdmin):
    list_display = ("device", "kind", "label", "created_at", "last_seen_at", "revoked_at")
    list_filter = ("municipality", "kind")
    hidden = ("recipient",)
