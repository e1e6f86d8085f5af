# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What keywords mean in words: states, reasons, paper, formats. A person at a device reads these, so they say what to do.

Keywords come from devices too (`printer-state-reasons`, RFC 8011 §5.4.12): an unknown one is shown as it is, bounded, and the
template escapes it.
"""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from allmende.documents.media_sizes import size_of_media
from allmende.printing.job_states import State
from allmende.printing.visit_jobs import VisitJob

_STATES: Final[dict[str, str | Promise]] = {
    State.INCOMING: gettext_lazy("arriving"),
    State.QUARANTINED: gettext_lazy("owner unknown"),
    State.HELD: pgettext_lazy("job", "waiting for your chip"),
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
    # of devices
    "media-jam": gettext_lazy("Paper jam in the device"),
    "media-empty": gettext_lazy("Out of paper"),
    "media-needed": gettext_lazy("The device needs other paper"),
    "media-low": gettext_lazy("Little paper left"),
    "input-tray-missing": gettext_lazy("A paper tray is not in place"),
    "output-area-full": gettext_lazy("The output tray is full"),
    "output-tray-missing": gettext_lazy("The output tray is not in place"),
    "toner-empty": gettext_lazy("Toner is empty"),
    "toner-low": gettext_lazy("Toner is low"),
    "marker-supply-empty": gettext_lazy("Toner or ink is empty"),
    "marker-supply-low": gettext_lazy("Toner or ink is low"),
    "marker-waste-full": gettext_lazy("The waste toner container is full"),
    "developer-empty": gettext_lazy("Developer is empty"),
    "opc-life-over": gettext_lazy("The drum is worn out"),
    "fuser-over-temp": gettext_lazy("The fuser is too hot"),
    "door-open": gettext_lazy("A door of the device is open"),
    "cover-open": gettext_lazy("A cover of the device is open"),
    "interlock-open": gettext_lazy("A cover of the device is open"),
    "paused": gettext_lazy("The device is paused"),
    "stopped": gettext_lazy("The device has stopped"),
    "moving-to-paused": gettext_lazy("The device is being paused"),
    "shutdown": gettext_lazy("The device is switched off"),
    "offline": gettext_lazy("The device can't be reached"),
    "timed-out": gettext_lazy("The device does not answer"),
    "connecting-to-device": gettext_lazy("Connecting to the device"),
    "spool-area-full": gettext_lazy("The device has no memory left"),
    "other": gettext_lazy("The device reports a fault"),
    # of our delivery
    "device-offline": gettext_lazy("The device can't be reached"),
    "device-busy": gettext_lazy("The device is busy with another job"),
    "device-refused": gettext_lazy("The device refused the job"),
    "device-aborted": gettext_lazy("The device stopped the job"),
    "device-cancelled": gettext_lazy("The job was cancelled at the device"),
    "certificate-changed": gettext_lazy(
        "The device shows another certificate than before; the town's IT must check it"
    ),
    "connection-cut": gettext_lazy("The connection to the device broke off"),
    "format-not-supported": gettext_lazy("The device can't print this kind of document"),
    "service-restarted": gettext_lazy("The print service was restarted meanwhile"),
    "end-not-known": gettext_lazy("Sent; this device does not report the end"),
    "stopped-by-owner": gettext_lazy("Stopped by you"),
    "key-replaced": gettext_lazy("Your key was replaced; the job can't be opened any more"),
    "document-missing": gettext_lazy("The document is missing"),
    "unreadable": gettext_lazy("The document can't be read"),
}
_SEVERITIES: Final = ("-error", "-warning", "-report")
#: Reasons that are no news.
_QUIET: Final = frozenset({"", "none"})
_LONGEST_REASON: Final = 60

_PAPERS: Final = {
    (21000, 29700): "A4",
    (29700, 42000): "A3",
    (14800, 21000): "A5",
    (10500, 14800): "A6",
    (21590, 27940): "Letter",
    (21590, 35560): "Legal",
    (11000, 22000): "DL",
    (16200, 22900): "C5",
    (25000, 35300): "B4",
    (17600, 25000): "B5",
}
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
    if job.pages is None:
        return None
    return max(job.pages * job.copies, job.impressions or 0)


def media_word(media: str) -> str:
    """`A4` for `iso_a4_210x297mm`; millimetres for a size without a common name; empty where not known."""
    size = size_of_media(media) if media else None
    if size is None:
        return ""
    wide, long = sorted((size.width, size.height))
    for (known_wide, known_long), name in _PAPERS.items():
        if abs(wide - known_wide) <= 100 and abs(long - known_long) <= 100:
            return name
    return f"{round(wide / 100)} × {round(long / 100)} mm"


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
