# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FleetConfig(AppConfig):
    name = "allmende.fleet"
    label = "fleet"
    verbose_name = _("Fleet and contracts")

    def ready(self) -> None:
        from allmende.directory.audit_words import add_action_words  # noqa: PLC0415 - models first
        from allmende.fleet.audit_words import ACTIONS  # noqa: PLC0415
        from allmende.fleet.personal_tables import register_fleet_tables  # noqa: PLC0415

        add_action_words(ACTIONS)
        register_fleet_tables()
