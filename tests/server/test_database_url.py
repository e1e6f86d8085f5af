# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

import pytest

from allmende.server.database_url import parse_database_url


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("sqlite:////srv/allmende/a.sqlite3", "/srv/allmende/a.sqlite3"),
        ("sqlite:///a%20b.sqlite3", "a b.sqlite3"),
    ],
)
def test_sqlite(url: str, name: str) -> None:
    settings = parse_database_url(url)
    assert settings["NAME"] == name
    assert "synchronous=FULL" in settings["OPTIONS"]["init_command"]


def test_postgresql() -> None:
    settings = parse_database_url("postgresql://us%40er:p%2Fw@db.example:5433/all%2Dmende")
    wanted = {"USER": "us@er", "PASSWORD": "p/w", "HOST": "db.example", "PORT": "5433", "NAME": "all-mende"}
    assert {name: settings[name] for name in wanted} == wanted


def test_postgresql_over_a_socket_folder() -> None:
    assert parse_database_url("postgresql://u@%2Ftmp%2Fpg/postgres")["HOST"] == "/tmp/pg"


def test_another_scheme_is_refused_without_the_password() -> None:
    with pytest.raises(ValueError, match="sqlite://") as caught:
        parse_database_url("mysql://user:geheim@db/name")
    assert "geheim" not in str(caught.value)
