# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PrintingConfig(AppConfig):
    name = "allmende.printing"
    label = "printing"
    verbose_name = _("Printing")

    def ready(self) -> None:
        from allmende.directory.events import ChipRevoked, PersonEnrolled, subscribe  # noqa: PLC0415 - models first
        from allmende.printing.personal_tables import register_printing_tables  # noqa: PLC0415
        from allmende.printing.visit.resealing import on_person_enrolled  # noqa: PLC0415
        from allmende.printing.visit.visits import end_visits_of_person  # noqa: PLC0415

        register_printing_tables()
        subscribe(ChipRevoked, end_visits_of_person)
        subscribe(PersonEnrolled, on_person_enrolled)
