# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What keywords mean in words: states, reasons, paper, formats. A person at a device reads these, so they say what to do.

Keywords come from devices too (`printer-state-reasons`, RFC 8011 §5.4.12): an unknown one is shown as it is, bounded, and the
template escapes it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from allmende.devices.device_words import REASONS as DEVICE_REASONS
from allmende.devices.device_words import media_word
from allmende.printing.arrival.inspections import UNREADABLE
from allmende.printing.job_states import State
from allmende.printing.visit.visit_jobs import VisitJob

__all__ = [
    "age_words",
    "format_word",
    "media_word",
    "no_pages_words",
    "reason_words",
    "sides_words",
    "state_kind",
    "state_word",
]

_STATES: Final[dict[str, str | Promise]] = {
    State.INCOMING: gettext_lazy("arriving"),
    State.QUARANTINED: gettext_lazy("owner unknown"),
    State.HELD: pgettext_lazy("job", "waiting for the chip"),
    State.RELEASED: gettext_lazy("next at the device"),
    State.DELIVERING: gettext_lazy("printing"),
    State.UNCERTAIN: gettext_lazy("please check"),
    State.PRINTED: gettext_lazy("printed"),
    State.CANCELLED: gettext_lazy("deleted"),
    State.EXPIRED: gettext_lazy("expired"),
    State.ABORTED: gettext_lazy("failed"),
}
#: KERN's kinds of badge.
_STATE_KINDS: Final[dict[str, str]] = {
    State.UNCERTAIN: "warning",
    State.QUARANTINED: "warning",
    State.PRINTED: "success",
    State.ABORTED: "danger",
}

_REASONS: Final[dict[str, str | Promise]] = {
    **DEVICE_REASONS,
    # of our delivery
    "device-offline": gettext_lazy("The device can't be reached"),
    "device-busy": gettext_lazy("The device is busy with another job"),
    "device-refused": gettext_lazy("The device refused the job"),
    "device-aborted": gettext_lazy("The device stopped the job"),
    "device-cancelled": gettext_lazy("The job was cancelled at the device"),
    "device-silent": gettext_lazy("The device does not answer"),
    "device-nonsense": gettext_lazy("The device's answer can't be understood"),
    "device-forgot": gettext_lazy("The device does not know the job any more"),
    "device-stalled": gettext_lazy("The device did not go on with the job"),
    "device-address-forbidden": gettext_lazy("The device has an address that is not allowed"),
    "changes-not-supported": gettext_lazy("This device can't print with changed settings"),
    "copies-not-supported": gettext_lazy("This device can't print several copies of this document"),
    "pages-not-supported": gettext_lazy("This device can't choose pages of this document"),
    "format-unknown": gettext_lazy("The kind of this document is not known"),
    "internal-error": gettext_lazy("The print service made a mistake"),
    "connection-cut": gettext_lazy("The connection to the device broke off"),
    "format-not-supported": gettext_lazy("The device can't print this kind of document"),
    "service-restarted": gettext_lazy("The print service was restarted meanwhile"),
    "end-not-known": gettext_lazy("Sent; this device does not report the end"),
    "stopped-by-owner": gettext_lazy("Stopped at a panel"),
    "key-replaced": gettext_lazy("Your key was replaced; the job can't be opened any more"),
    "document-missing": gettext_lazy("The document is missing"),
    "unreadable": gettext_lazy("The document can't be read"),
    "spool-silent": gettext_lazy("The document can't be fetched at the moment; please try again soon"),
    "budget-exceeded": gettext_lazy("The budget is used up"),
    # of the town's rules
    "awaits-approval": gettext_lazy("Waits for approval"),
    "approval-given": gettext_lazy("Approved, can be printed now"),
    "approval-declined": gettext_lazy("The approval was declined"),
}
_SEVERITIES: Final = ("-error", "-warning", "-report")
#: Reasons that are no news.
_QUIET: Final = frozenset({"", "none"})
_LONGEST_REASON: Final = 60

_FORMATS: Final = {
    "application/pdf": "PDF",
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/pwg-raster": "PWG Raster",
    "image/urf": "Apple Raster",
    "text/plain": "Text",
    "application/postscript": "PostScript",
}
_UNKNOWN_FORMAT: Final = "application/octet-stream"


def state_word(state: str) -> str:
    return str(_STATES.get(state, state))


def state_kind(state: str) -> str:
    """`info`, `success`, `warning` or `danger`."""
    return _STATE_KINDS.get(state, "info")


def reason_words(reason: str) -> str:
    """A sentence without its full stop; empty where there is nothing to say."""
    if reason in _QUIET:
        return ""
    plain = reason
    for severity in _SEVERITIES:
        plain = plain.removesuffix(severity)
    known = _REASONS.get(plain)
    return str(known) if known is not None else _("The device reports: %s") % plain[:_LONGEST_REASON]


def pages_to_print(job: VisitJob) -> int | None:
    """Impressions that a job will have when it is done; None where its pages are not known."""
    if job.impressions_wanted is None:
        return None
    # A raster has empty backs between its copies.
    return max(job.impressions_wanted, job.impressions or 0)


def no_pages_words(inspection: str) -> str:
    """Instead of a number of pages: why there is none (`Job.inspection`)."""
    if inspection == UNREADABLE:
        return _("can't be read here, and may come out wrong")
    return _("pages could not be counted") if inspection else _("pages not known yet")


def age_words(moment: datetime) -> str:
    minutes = int((timezone.now() - moment).total_seconds() // 60)
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return ngettext("%(n)d minute ago", "%(n)d minutes ago", minutes) % {"n": minutes}
    hours = minutes // 60
    if hours < 48:
        return ngettext("%(n)d hour ago", "%(n)d hours ago", hours) % {"n": hours}
    return ngettext("%(n)d day ago", "%(n)d days ago", hours // 24) % {"n": hours // 24}


def format_word(document_format: str) -> str:
    if document_format in {"", _UNKNOWN_FORMAT}:
        return ""
    return _FORMATS.get(document_format, document_format[:_LONGEST_REASON])


def sides_words(sides: str) -> str:
    if sides == "two-sided-short-edge":
        return _("two-sided, short edge")
    if sides.startswith("two-sided"):
        return _("two-sided")
    return _("one-sided")
