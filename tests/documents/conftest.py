# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
import os
import shutil
from collections.abc import AsyncIterator

import pytest

from allmende.documents import Converter, Inspector


@pytest.fixture
async def inspector() -> AsyncIterator[Inspector]:
    pool = Inspector(max_workers=1)
    yield pool
    await pool.aclose()


@pytest.fixture
async def converter() -> AsyncIterator[Converter]:
    pool = Converter(max_workers=2)
    yield pool
    await pool.aclose()


def require_program(*candidates: str) -> str:
    """The first of the programs that is there; else skip, but never in CI."""
    for candidate in candidates:
        if found := shutil.which(candidate):
            return found
    if "CI" in os.environ:
        pytest.fail(f"{candidates[0]} is not installed")
    pytest.skip(f"{candidates[0]} is not installed")
