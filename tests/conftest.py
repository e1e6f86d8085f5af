# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What all rooms' tests share: every test has a folder of its own for state; the makers are in `makers`."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from asgiref.sync import SyncToAsync
from django.db import connections
from django.test import TransactionTestCase

import foundation

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


@pytest.fixture(autouse=True)
def price_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever a test lets say prices, the next one has the service's own again."""
    from allmende.printing import prices

    monkeypatch.setattr(prices, "_price_of", prices._price_of)


#: With one of these a test asks the database.
_DATABASE_FIXTURES = {"db", "transactional_db", "live_server"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database-only",
        action="store_true",
        help="leave out what does not ask the database: for a second one",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--database-only"):
        left_out = [item for item in items if not _asks_database(item)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if _asks_database(item)]
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def _asks_database(item: pytest.Item) -> bool:
    marked = any(item.get_closest_marker(name) for name in ("django_db", "database"))
    of_django = issubclass(getattr(item, "cls", None) or object, TransactionTestCase)
    return marked or of_django or not _DATABASE_FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # xdist's workers share what their controller begins
        foundation.begin_run()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        foundation.end_run()


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """SQLite's file is there before Django looks for it: a copy, like PostgreSQL's database."""
    return connections["default"].vendor == "sqlite"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A copy of the run's migrated database; on SQLite in a folder of its own: several runs on one machine don't meet."""
    default = connections["default"]
    migrated = foundation.migrated_foundation()
    if default.vendor == "sqlite":
        copy = tmp_path_factory.mktemp("database") / "test.sqlite3"
        shutil.copyfile(migrated.sqlite_file, copy)
        default.settings_dict["TEST"]["NAME"] = str(copy)
    else:
        default.settings_dict["TEST"]["TEMPLATE"] = migrated.database


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """The one thread in which asynchronous tests ask the database keeps a connection; with it PostgreSQL drops no database."""
    yield
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()
