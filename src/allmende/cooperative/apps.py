# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CooperativeConfig(AppConfig):
    name = "allmende.cooperative"
    label = "cooperative"
    verbose_name = _("Cooperative")

    def ready(self) -> None:
        from django.db.models.signals import post_migrate  # noqa: PLC0415 - models first

        from allmende.cooperative.audit_words import ACTIONS  # noqa: PLC0415
        from allmende.cooperative.due_sources import register_sources  # noqa: PLC0415
        from allmende.cooperative.inhouse_rules import add_inhouse_rules  # noqa: PLC0415
        from allmende.cooperative.legal_rules_initial import add_initial_rules  # noqa: PLC0415
        from allmende.cooperative.meeting_rules import add_meeting_rules  # noqa: PLC0415
        from allmende.cooperative.money_rules import add_money_rules  # noqa: PLC0415
        from allmende.cooperative.personal_tables import register_cooperative_tables  # noqa: PLC0415
        from allmende.cooperative.reminders import add_reminder_stages  # noqa: PLC0415
        from allmende.cooperative.share_events import connect_shares  # noqa: PLC0415
        from allmende.directory.audit_words import add_action_words  # noqa: PLC0415

        post_migrate.connect(add_money_rules, sender=self, dispatch_uid="cooperative.money_rules")
        post_migrate.connect(add_reminder_stages, sender=self, dispatch_uid="cooperative.reminder_stages")
        post_migrate.connect(add_initial_rules, sender=self, dispatch_uid="cooperative.initial_rules")
        post_migrate.connect(add_inhouse_rules, sender=self, dispatch_uid="cooperative.inhouse_rules")
        post_migrate.connect(add_meeting_rules, sender=self, dispatch_uid="cooperative.meeting_rules")
        add_action_words(ACTIONS)
        connect_shares()
        register_sources()
        register_cooperative_tables()
