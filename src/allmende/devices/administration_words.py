# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The room's words for the audit trail."""

from django.utils.translation import gettext_lazy as _

from allmende.directory.audit_words import add_action_words

add_action_words(
    {
        "device.added": _("Device added"),
        "device.moved": _("Device moved"),
        "device.removed": _("Device taken away"),
        "device_model.added": _("Model added to the catalogue"),
        "device_model.changed": _("Model in the catalogue changed"),
        "inventory.imported": _("Inventory imported"),
        "inventory.exported": _("Inventory exported"),
        "floor.added": _("Floor added"),
        "floor.changed": _("Floor changed"),
        "floor.deleted": _("Floor deleted"),
        "room.added": _("Room added"),
        "room.changed": _("Room changed"),
        "room.deleted": _("Room deleted"),
        "fault.closed": _("Report of a fault closed"),
        "device.reopened": _("Device opened again"),
        "device.changed": _("Device changed"),
        "device.certificate_accepted": _("Device's new certificate accepted"),
        "device_token.issued": _("Token issued"),
        "device_token.revoked": _("Token revoked"),
        "alert.acknowledged": _("Alert of a device noted"),
        "meter_plan.changed": _("Schedule of the meters changed"),
        "reading.corrected": _("Meter reading corrected"),
        "reading.entered": _("Meter reading entered"),
        "readings.imported": _("Meter readings imported"),
        "snmp_access.changed": _("SNMP access of a device changed"),
        "site.added": _("Site added"),
        "site.changed": _("Site changed"),
        "site.deleted": _("Site deleted"),
    }
)
