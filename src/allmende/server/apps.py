# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The composition: it knows every room, and no room knows it."""

from django.apps import AppConfig


class ServerConfig(AppConfig):
    name = "allmende.server"
    label = "server"
