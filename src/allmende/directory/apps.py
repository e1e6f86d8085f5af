# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DirectoryConfig(AppConfig):
    name = "allmende.directory"
    label = "directory"
    verbose_name = _("Directory")

    def ready(self) -> None:
        from allmende.directory.personal_tables import register_directory_tables  # noqa: PLC0415 - models first

        register_directory_tables()
