# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Portal: everything stored about me, who looked, and all of it as a file."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from allmende.directory.audit import record_audit
from allmende.directory.page_access import person_page
from allmende.directory.people import Person
from allmende.directory.personal_data import export_of, lookups_of, stored_about


@require_GET
@person_page
def show_my_records(request: HttpRequest, person: Person) -> HttpResponse:
    tables = [(table.title, len(table.rows)) for table in stored_about(person)]
    context = {"tables": tables, "lookups": lookups_of(person)}
    return render(request, "directory/my_records.html", context)


@require_POST
@person_page
def download_my_records(request: HttpRequest, person: Person) -> HttpResponse:
    """By POST: it is made anew each time, and stands in the audit trail."""
    del request
    record_audit(person.municipality, person, "personal_data.exported", f"person:{person.pk}")
    name = f"{person.login}-{timezone.localdate():%Y-%m-%d}.zip"
    safe = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "-._") else "_" for letter in name
    )
    return HttpResponse(
        export_of(person),
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{safe}"'},
    )
