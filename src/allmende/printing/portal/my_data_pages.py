# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""My data: what is stored about the person who asks, in which form, and until when. Figures come from the rows themselves."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from allmende.directory.chips import Chip
from allmende.directory.page_access import person_page, town_id_of
from allmende.directory.people import Delegation, Person, PersonAlias
from allmende.printing.job_states import TERMINAL
from allmende.printing.ledger.figures import SheetSum, sum_sheets_of_person
from allmende.printing.portal.my_jobs import own_jobs
from allmende.printing.queue_addresses import QueueAddress


def sheets_of(person: Person) -> SheetSum:
    """All that the ledger still knows to be this person's."""
    return sum_sheets_of_person(town_id_of(person), person.pk, date.min, date.max)


@require_GET
@person_page
def show_my_data(request: HttpRequest, person: Person) -> HttpResponse:
    ended = [state.value for state in TERMINAL]
    context = {
        "person": person,
        "aliases": PersonAlias.objects.filter(person=person, municipality_id=town_id_of(person)),
        "chips": Chip.objects.filter(person=person).count(),
        "addresses": QueueAddress.objects.filter(person=person, revoked_at__isnull=True).count(),
        "delegations": Delegation.objects.filter(owner=person, ended_at__isnull=True).count(),
        "waiting": own_jobs(person).exclude(state__in=ended).count(),
        "sheets": sheets_of(person),
        "ended": own_jobs(person).filter(state__in=ended).count(),
    }
    return render(request, "printing/my_data.html", context)
