# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

from datetime import date

import pytest

from allmende.cooperative.laender import Land
from allmende.cooperative.member_list import Draft, EntryKind, append_entries, members_on
from allmende.cooperative.members import Member

pytestmark = pytest.mark.django_db


def test_a_member_is_listed_from_the_day_of_admission_to_the_day_of_exit() -> None:
    town = Member.objects.create(name="Zerbst", land=Land.ST)
    append_entries([Draft(town, EntryKind.ADMISSION, date(2014, 7, 1))], actor=None)
    append_entries([Draft(town, EntryKind.EXIT, date(2016, 12, 31))], actor=None)
    assert [
        len(members_on(day))
        for day in (date(2014, 6, 30), date(2014, 7, 1), date(2016, 12, 31), date(2017, 1, 1))
    ] == [0, 1, 1, 0]
