# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What all rooms' tests share: every test has a folder of its own for state; the makers are in `makers`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.db import connections

# Time is not what property tests are about: a busy machine must not make one fail.
hypothesis.settings.register_profile(
    "allmende", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("allmende")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Any) -> Path:
    """The state folder of this test, with its own spool and pepper."""
    settings.HOME = tmp_path
    settings.ALLMENDE_SPOOL_URL = (tmp_path / "spool").as_uri()
    settings.ALLMENDE_PEPPER = b"a pepper for tests, 32 bytes long"[:32]
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return tmp_path


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SQLite's database of this run in a folder of its own: several runs on one machine don't meet."""
    default = connections["default"]
    if default.vendor == "sqlite":
        default.settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")
