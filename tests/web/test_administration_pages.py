# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every page of the town's IT in both languages and both themes, looked at as those of the portal are.

With `ALLMENDE_SCREENSHOTS` set to a folder, each page is photographed there too.
"""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest
from django.urls import get_resolver
from playwright.sync_api import Page

from allmende.devices.devices import Device
from allmende.devices.sites import Site
from allmende.directory.audit import record_audit
from allmende.printing.queues import QueueKind
from tests.devices.scripted_device import ScriptedDevice  # noqa: F401
from tests.makers import make_queue

from .conftest import PASSWORD, Scene
from .test_accessibility import check_page, look, page

__all__ = ["look", "page"]

pytestmark = pytest.mark.browser
