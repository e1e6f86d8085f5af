# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DevicesConfig(AppConfig):
    name = "allmende.devices"
    label = "devices"
    verbose_name = _("Devices")

    def ready(self) -> None:
        from allmende.devices.personal_tables import register_device_tables  # noqa: PLC0415 - models first

        register_device_tables()
