# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.translation import override

from allmende.printing.job_words import age_words


@pytest.mark.parametrize(
    ("age", "english", "german"),
    [
        (timedelta(seconds=-3), "just now", "gerade eben"),
        (timedelta(seconds=59), "just now", "gerade eben"),
        (timedelta(seconds=61), "1 minute ago", "vor 1 Minute"),
        (timedelta(minutes=59, seconds=1), "59 minutes ago", "vor 59 Minuten"),
        (timedelta(minutes=61), "1 hour ago", "vor 1 Stunde"),
        (timedelta(hours=47, minutes=1), "47 hours ago", "vor 47 Stunden"),
        (timedelta(hours=49), "2 days ago", "vor 2 Tagen"),
    ],
)
def test_how_long_ago(age: timedelta, english: str, german: str) -> None:
    moment = timezone.now() - age
    with override("en"):
        assert age_words(moment) == english
    with override("de"):
        assert age_words(moment) == german
