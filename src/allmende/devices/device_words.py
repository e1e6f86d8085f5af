# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What devices' keywords mean in words: states, state reasons, formats, finishings (RFC 8011 §5.4.11-12, PWG 5100.1).

Keywords come from devices: an unknown one is shown as it is, bounded, and the template escapes it.
"""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from allmende.documents.media_sizes import size_of_media

_LONGEST: Final = 60
_SEVERITIES: Final = ("-error", "-warning", "-report")
_QUIET: Final = frozenset({"", "none"})

_STATES: Final[dict[str, str | Promise]] = {
    "idle": pgettext_lazy("device", "ready"),
    "processing": pgettext_lazy("device", "printing"),
    "stopped": pgettext_lazy("device", "stopped"),
    "unreachable": pgettext_lazy("device", "not reachable"),
    "unknown": pgettext_lazy("device", "not asked yet"),
}
_STATE_KINDS: Final = {"idle": "success", "processing": "info", "stopped": "danger", "unreachable": "danger"}

REASONS: Final[dict[str, str | Promise]] = {
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
    "certificate-changed": gettext_lazy(
        "The device shows another certificate than before; the town's IT must check it"
    ),
    "timed-out": gettext_lazy("The device does not answer"),
    "connecting-to-device": gettext_lazy("Connecting to the device"),
    "spool-area-full": gettext_lazy("The device has no memory left"),
    "other": gettext_lazy("The device reports a fault"),
}
#: Reasons with which a device still prints.
_HARMLESS: Final = frozenset(
    {"media-low", "toner-low", "marker-supply-low", "connecting-to-device", "moving-to-paused"}
)
_FORMATS: Final = {
    "application/pdf": "PDF",
    "image/pwg-raster": "PWG Raster",
    "image/urf": "Apple Raster",
    "image/jpeg": "JPEG",
    "application/postscript": "PostScript",
    "application/vnd.hp-pcl": "PCL",
    "text/plain": "Text",
}
#: Hundredths of a millimetre.
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
#: PWG 5100.1 §5.1 and RFC 8011 §5.2.6.
_FINISHINGS: Final[dict[int, str | Promise]] = {
    4: gettext_lazy("staple"),
    5: gettext_lazy("punch"),
    6: gettext_lazy("cover"),
    7: gettext_lazy("bind"),
    8: gettext_lazy("saddle stitch"),
    10: gettext_lazy("fold"),
    11: gettext_lazy("trim"),
    14: gettext_lazy("jog"),
}


def device_state_word(state: str) -> str:
    return str(_STATES.get(state, state))


def device_state_kind(state: str) -> str:
    """KERN's kind of badge."""
    return _STATE_KINDS.get(state, "warning")


def device_reason_words(reason: str) -> str:
    """A sentence without its full stop; empty where there is nothing to say."""
    if reason in _QUIET:
        return ""
    plain = plain_reason(reason)
    known = REASONS.get(plain)
    return str(known) if known is not None else _("The device reports: %s") % plain[:_LONGEST]


def plain_reason(reason: str) -> str:
    """The keyword without its severity (RFC 8011 §5.4.12)."""
    for severity in _SEVERITIES:
        reason = reason.removesuffix(severity)
    return reason


def is_fault(reason: str) -> bool:
    """Whether the device can't print because of it; what says of itself that it is only a warning or report is none."""
    if reason in _QUIET or reason.endswith(("-warning", "-report")):
        return False
    return plain_reason(reason) not in _HARMLESS


def device_format_word(document_format: str) -> str:
    return _FORMATS.get(document_format, document_format[:_LONGEST])


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


def finishing_words(finishings: tuple[int, ...]) -> list[str]:
    """Kinds of finishing; the finer ones (`staple-top-left` is 20) count to their kind."""
    kinds = {
        4
        if number in range(20, 36)
        else 5
        if number in range(70, 94)
        else 10
        if number in range(90, 105)
        else number
        for number in finishings
    }
    return sorted(str(_FINISHINGS[kind]) for kind in kinds if kind in _FINISHINGS)
