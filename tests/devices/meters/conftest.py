# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""One SNMP agent for all tests of this folder that want one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from devices.meters.snmp_agent import Agent, running_agent


@pytest.fixture(scope="session")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    with running_agent(tmp_path_factory.mktemp("agent")) as running:
        yield running
