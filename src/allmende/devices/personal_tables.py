# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the inventory's tables are called where somebody asks what is stored about them (Art. 15 GDPR)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from allmende.directory.personal_data import register_names


def register_device_tables() -> None:
    register_names({"devices.InventoryDraft": _("Uploaded list of devices")})
