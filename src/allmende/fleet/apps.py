# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FleetConfig(AppConfig):
    name = "allmende.fleet"
    label = "fleet"
    verbose_name = _("Fleet and contracts")

    def ready(self) -> None:
        from allmende.fleet.personal_tables import register_fleet_tables  # noqa: PLC0415 - models first

        register_fleet_tables()
