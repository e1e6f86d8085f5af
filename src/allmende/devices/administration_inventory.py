# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The inventory from a CSV file and back: upload, preview, confirmation, export."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from allmende.devices.device_settings import address_policy
from allmende.devices.inventory_file import (
    MAX_FILE_BYTES,
    MAX_ROWS,
    RowFault,
    RowProblem,
    read_inventory_file,
    write_inventory_file,
)
from allmende.devices.inventory_forms import InventoryFileForm
from allmende.devices.inventory_import import (
    InventoryChangedError,
    drop_inventory_draft,
    export_inventory,
    find_inventory_draft,
    import_inventory,
    keep_inventory_draft,
    plan_inventory,
)
from allmende.directory.administration_access import Desk, administration_page, changing_page
from allmende.directory.audit import record_audit
from allmende.directory.csv_upload_page import CsvUpload, take_csv_file

#: Rows that a preview shows of each kind; the counts are always complete.
_SHOWN: Final = 200
_ROW_FAULTS: Final[dict[RowFault, str | Promise]] = {
    RowFault.NAMELESS: gettext_lazy("Which device? Fill in a name, an inventory number or a serial number."),
    RowFault.TOO_LONG: gettext_lazy("Too long in the column “%(detail)s”: shorten it."),
    RowFault.TOO_MANY_CELLS: gettext_lazy(
        "More cells than columns: is the delimiter part of a text? Then put quotation marks around it."
    ),
    RowFault.NOT_A_DATE: gettext_lazy(
        "“%(detail)s” is no day: write it as 01.03.2024 or 2024-03-01, or leave it empty."
    ),
    RowFault.NOT_A_KIND: gettext_lazy(
        "“%(detail)s” is no kind of device: write multifunction, printer, copier, scanner or fax."
    ),
    RowFault.NOT_YES_OR_NO: gettext_lazy("“%(detail)s” is neither yes nor no: correct it."),
    RowFault.NOT_AN_ADDRESS: gettext_lazy(
        "“%(detail)s” is no address of a device: write it as ipps://printer.example/ipp/print, or leave it empty."
    ),
    RowFault.NOT_A_SLUG: gettext_lazy(
        "“%(detail)s” is no short name: only small letters, digits and hyphens."
    ),
    RowFault.DEVICE_TWICE: gettext_lazy(
        "The device “%(detail)s” is in the file already: remove one of the lines."
    ),
    RowFault.TWO_DEVICES: gettext_lazy(
        "The line means more than one device (%(detail)s): correct its numbers, or give it an inventory number."
    ),
    RowFault.SERIAL_DIFFERS: gettext_lazy(
        "The device itself says that its serial number is “%(detail)s”: correct the line, or look whether the device was swapped."
    ),
    RowFault.NUMBER_TAKEN: gettext_lazy(
        "“%(detail)s” belongs to another device or another line: correct one of them."
    ),
}
_COLUMN_WORDS: Final[dict[str, str | Promise]] = {
    "inventory_number": gettext_lazy("Inventory number"),
    "slug": gettext_lazy("Short name"),
    "name": gettext_lazy("Name"),
    "kind": gettext_lazy("Kind"),
    "maker": gettext_lazy("Maker"),
    "model": gettext_lazy("Model"),
    "serial_number": gettext_lazy("Serial number"),
    "uri": gettext_lazy("Address"),
    "site": gettext_lazy("Site"),
    "floor": gettext_lazy("Floor"),
    "room": gettext_lazy("Room"),
    "place": gettext_lazy("Place"),
    "acquired_on": gettext_lazy("Bought or leased on"),
    "lease_ends_on": gettext_lazy("Lease ends on"),
    "in_use": gettext_lazy("In use"),
    "remark": gettext_lazy("Remark"),
}


def _keep(desk: Desk, data: bytes, _said: dict[str, Any]) -> None:
    keep_inventory_draft(desk.actor, desk.municipality, read_inventory_file(data, address_policy()))


_UPLOAD: Final = CsvUpload(
    template="devices/inventory_upload.html",
    form=InventoryFileForm,
    max_bytes=MAX_FILE_BYTES,
    max_rows=MAX_ROWS,
    column_missing=gettext_lazy(
        "No column is called “name”, “inventory_number”, “serial_number” or “slug” (or “Gerät”, “Inventarnummer”, “Seriennummer”, “Kurzname”). The first line must name the columns."
    ),
    keep=_keep,
    preview="preview_inventory",
)


@csrf_exempt
@require_http_methods(["GET", "POST"])
@changing_page
def upload_inventory(request: HttpRequest, desk: Desk) -> HttpResponse:
    return take_csv_file(request, desk, _UPLOAD)


@require_http_methods(["GET", "POST"])
@changing_page
def preview_inventory(request: HttpRequest, desk: Desk) -> HttpResponse:
    """GET shows what would happen, POST does exactly that."""
    if request.method == "POST":
        try:
            plan = import_inventory(desk.actor, desk.municipality, request.POST.get("digest", ""))
        except InventoryChangedError:
            messages.warning(
                request,
                _("Devices were changed in the meantime, or the preview is too old. Please look again."),
            )
            return redirect("preview_inventory")
        messages.success(
            request,
            _("Done: %(added)d added, %(changed)d changed.")
            % {"added": len(plan.added), "changed": len(plan.changed)},
        )
        return redirect("administer_devices")
    draft = find_inventory_draft(desk.actor, desk.municipality)
    if draft is None:
        return redirect("upload_inventory")
    plan = plan_inventory(draft)
    changed = [
        {
            "device": change.device,
            "fields": [(_COLUMN_WORDS[name], *values) for name, values in change.fields.items()],
        }
        for change in plan.changed[:_SHOWN]
    ]
    return desk.show(
        request,
        "devices/inventory_preview.html",
        plan=plan,
        shown=_SHOWN,
        is_cut=any(len(each) > _SHOWN for each in (plan.added, plan.changed, plan.problems)),
        added=plan.added[:_SHOWN],
        changed=changed,
        problems=[{"line": each.line, "text": describe_problem(each)} for each in plan.problems[:_SHOWN]],
        ignored=draft.content["ignored_columns"],
    )


@require_POST
@changing_page
def drop_inventory_file(request: HttpRequest, desk: Desk) -> HttpResponse:
    drop_inventory_draft(desk.actor)
    messages.info(request, _("Nothing was imported."))
    return redirect("administer_devices")


@require_GET
@administration_page
def download_inventory(request: HttpRequest, desk: Desk) -> HttpResponse:
    del request
    rows = export_inventory(desk.municipality)
    record_audit(desk.municipality, desk.actor, "inventory.exported", count=len(rows))
    name = f"{desk.municipality.slug}-inventar-{timezone.localdate():%Y-%m-%d}.csv"
    return HttpResponse(
        write_inventory_file(rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def describe_problem(problem: RowProblem) -> str:
    """What to do about the line."""
    detail = str(_COLUMN_WORDS.get(problem.detail, problem.detail))
    return str(_ROW_FAULTS[problem.fault]) % {"detail": detail}
