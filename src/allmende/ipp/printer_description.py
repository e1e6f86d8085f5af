# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A printer in IPP's words: what Get-Printer-Attributes answers.

Sources: RFC 8011 §5.4, PWG 5100.12 §6 (IPP/2.x), PWG 5100.14 §5 (IPP Everywhere 1.1), PWG 5100.7, 5100.11,
5100.13, 5100.16, 5102.4 (raster), RFC 3995 and 3996 (notifications).

`describe_printer` is the part that stays the same until the profile changes: encode it once.
`describe_printer_state` is the part that is true now. Together they have every attribute once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from allmende.ipp import make
from allmende.ipp.codes import PrinterState
from allmende.ipp.media_sizes import MediaSize
from allmende.ipp.message import Attribute
from allmende.ipp.printer_profile import PrinterProfile, Supply
from allmende.ipp.requests import CHARSETS_SUPPORTED
from allmende.ipp.responses import shorten
from allmende.ipp.ticket_fields import TICKET_FIELDS
from allmende.ipp.ticket_media import MARGINS, size_members

FINISHINGS_NONE = 3
ORIENTATIONS = (3, 4, 5, 6)
QUALITIES = (3, 4, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterConditions:
    """The printer now. Times in `…_up_time` are seconds on the printer's own clock, at least 1."""

    state: PrinterState
    now: datetime
    up_time: int
    reasons: tuple[str, ...] = ("none",)
    message: str = ""
    accepting_jobs: bool = True
    queued_jobs: int = 0
    state_changed: datetime
    state_changed_up_time: int
    config_changed: datetime
    config_changed_up_time: int


def describe_printer(profile: PrinterProfile) -> list[Attribute]:
    """All static attributes, media-col-database too (select_attributes keeps it from those who ask for "all")."""
    return [
        *_identity(profile),
        *_protocol(profile),
        *_documents(profile),
        *_job_template(profile),
        *_media(profile),
        *describe_supplies(profile.supplies),
        *_jobs(profile),
        *_notifications(profile),
    ]


def describe_printer_state(conditions: PrinterConditions) -> list[Attribute]:
    reasons = conditions.reasons or ("none",)
    alerts = [
        f"code=unknown;severity={_severity(reason)};group=other;" for reason in reasons if reason != "none"
    ]
    return [
        make.enum("printer-state", conditions.state),
        make.keyword("printer-state-reasons", *reasons),
        make.text("printer-state-message", shorten(conditions.message, 1023)),
        make.boolean("printer-is-accepting-jobs", conditions.accepting_jobs),
        make.integer("queued-job-count", conditions.queued_jobs),
        make.integer("printer-up-time", max(conditions.up_time, 1)),
        make.date_time("printer-current-time", conditions.now),
        make.date_time("printer-state-change-date-time", conditions.state_changed),
        make.integer("printer-state-change-time", conditions.state_changed_up_time),
        make.date_time("printer-config-change-date-time", conditions.config_changed),
        make.integer("printer-config-change-time", conditions.config_changed_up_time),
        # PWG 5100.9: present even when all is well, so that a client sees that there is no alert.
        make.octets(
            "printer-alert", *(alert.encode() for alert in alerts or ["code=unknown;severity=other;"])
        ),
        make.text("printer-alert-description", *([r for r in reasons if r != "none"] or ["No alert"])),
    ]


def _severity(reason: str) -> str:
    return "critical" if reason.endswith("-error") else "warning"


def _identity(profile: PrinterProfile) -> list[Attribute]:
    device_id = profile.device_id or _device_id(profile)
    return [
        make.uri("printer-uri-supported", *(address.uri for address in profile.addresses)),
        make.keyword("uri-security-supported", *(address.security for address in profile.addresses)),
        make.keyword(
            "uri-authentication-supported", *(address.authentication for address in profile.addresses)
        ),
        make.name("printer-name", shorten(profile.name, 127)),
        make.name("printer-dns-sd-name", shorten(profile.name, 63)),
        make.text("printer-info", shorten(profile.info or profile.name, 127)),
        make.text("printer-location", shorten(profile.location, 127)),
        make.uri("printer-geo-location", profile.geo_location)
        if profile.geo_location
        else make.unknown("printer-geo-location"),
        make.text("printer-organization", shorten(profile.organization, 127)),
        make.text("printer-organizational-unit", shorten(profile.organizational_unit, 127)),
        make.text("printer-make-and-model", shorten(profile.make_and_model, 127)),
        make.text("printer-device-id", shorten(device_id, 1023)),
        make.uri("printer-uuid", profile.uuid),
        make.uri("printer-more-info", profile.more_info),
        make.uri("printer-icons", *profile.icons),
        make.uri("printer-supply-info-uri", profile.supply_info),
        make.text("printer-message-from-operator", shorten(profile.message_from_operator, 127)),
        make.keyword("printer-kind", "document"),
    ]


def _device_id(profile: PrinterProfile) -> str:
    """IEEE 1284; a semicolon or colon in a model's name would end its field."""
    plain = profile.make_and_model.translate({ord(";"): " ", ord(":"): " "})
    languages = [_LANGUAGES[mime] for mime in profile.formats if mime in _LANGUAGES]
    return f"MFG:Allmende;MDL:{plain};CMD:{','.join(languages)};"


_LANGUAGES = {
    "application/pdf": "PDF",
    "application/postscript": "PS",
    "image/jpeg": "JPEG",
    "image/pwg-raster": "PWGRaster",
    "image/urf": "AppleRaster",
}


def _protocol(profile: PrinterProfile) -> list[Attribute]:
    return [
        make.charset("charset-configured", "utf-8"),
        make.charset("charset-supported", *CHARSETS_SUPPORTED),
        make.language("natural-language-configured", profile.language),
        make.language("generated-natural-language-supported", *profile.languages),
        make.keyword("ipp-versions-supported", *profile.versions),
        make.keyword("ipp-features-supported", *(profile.features or ("none",))),
        make.enum("operations-supported", *profile.operations),
        make.keyword("identify-actions-supported", *profile.identify_actions),
        make.keyword("identify-actions-default", profile.identify_actions[0]),
        make.keyword("printer-get-attributes-supported", "document-format"),
        make.boolean("preferred-attributes-supported", value=False),
        make.keyword("which-jobs-supported", *profile.which_jobs),
        make.boolean("job-ids-supported", value=True),
    ]


def _documents(profile: PrinterProfile) -> list[Attribute]:
    attributes = [
        make.mime("document-format-supported", *profile.formats),
        make.mime("document-format-default", profile.default_format),
        make.keyword("compression-supported", *profile.compressions),
        make.keyword("compression-default", profile.compressions[0]),
        make.keyword("pdl-override-supported", "attempted"),
        make.boolean("color-supported", profile.color),
        make.integer("pages-per-minute", profile.speed),
    ]
    if profile.color:
        attributes.append(make.integer("pages-per-minute-color", profile.color_speed))
    if "application/pdf" in profile.formats:
        attributes.append(make.keyword("pdf-versions-supported", "iso-32000-1_2008", "adobe-1.7"))
    if "image/pwg-raster" in profile.formats:
        types = ("black_1", "sgray_8", "srgb_8") if profile.color else ("black_1", "sgray_8")
        attributes += [
            make.resolution("pwg-raster-document-resolution-supported", *profile.resolutions),
            make.keyword("pwg-raster-document-sheet-back", "normal"),
            make.keyword("pwg-raster-document-type-supported", *types),
        ]
    if "image/urf" in profile.formats:
        dots = "-".join(str(resolution.feed) for resolution in profile.resolutions)
        urf = ["V1.4", "CP1", "IS1", "MT1", f"RS{dots}", "W8", *(["SRGB24"] if profile.color else [])]
        attributes.append(make.keyword("urf-supported", *urf, *(["DM1"] if profile.duplex else [])))
    return attributes


def _job_template(profile: PrinterProfile) -> list[Attribute]:
    sides = ("one-sided", "two-sided-long-edge", "two-sided-short-edge") if profile.duplex else ("one-sided",)
    modes = ("auto", "auto-monochrome", "monochrome", *(("color",) if profile.color else ()))
    attributes = [
        make.integer("copies-default", 1),
        make.range_of_integer("copies-supported", (1, profile.copies)),
        make.enum("finishings-default", FINISHINGS_NONE),
        make.enum("finishings-supported", *sorted({FINISHINGS_NONE, *profile.finishings})),
        make.keyword("sides-default", "one-sided"),
        make.keyword("sides-supported", *sides),
        make.keyword("print-color-mode-default", "auto"),
        make.keyword("print-color-mode-supported", *modes),
        make.keyword("print-content-optimize-default", "auto"),
        make.keyword("print-content-optimize-supported", "auto"),
        make.keyword("print-rendering-intent-default", "auto"),
        make.keyword("print-rendering-intent-supported", "auto"),
        make.enum("print-quality-default", 4),
        make.enum("print-quality-supported", *QUALITIES),
        make.keyword("print-scaling-default", "auto"),
        make.keyword("print-scaling-supported", "auto", "auto-fit", "fill", "fit", "none"),
        make.resolution("printer-resolution-default", profile.resolutions[0]),
        make.resolution("printer-resolution-supported", *profile.resolutions),
        make.enum("orientation-requested-default", ORIENTATIONS[0]),
        make.enum("orientation-requested-supported", *ORIENTATIONS),
        make.integer("number-up-default", 1),
        make.integer("number-up-supported", *profile.number_up),
        make.keyword("output-bin-default", profile.output_bins[0]),
        make.keyword("output-bin-supported", *profile.output_bins),
        make.boolean("page-ranges-supported", profile.page_ranges),
        make.keyword("page-delivery-default", "system-specified"),
        make.keyword("page-delivery-supported", "system-specified"),
        make.keyword("multiple-document-handling-default", "separate-documents-collated-copies"),
        make.keyword(
            "multiple-document-handling-supported",
            "separate-documents-uncollated-copies",
            "separate-documents-collated-copies",
        ),
        make.keyword("job-hold-until-default", profile.default_hold),
        make.keyword("job-hold-until-supported", *profile.holds),
        make.integer("job-priority-default", 50),
        make.integer("job-priority-supported", profile.priorities),
        make.keyword("job-sheets-default", "none"),
        make.keyword("job-sheets-supported", "none"),
        # IPP Everywhere wants this said. Tickets do not hold overrides: they are told as ignored, or refused with
        # ipp-attribute-fidelity.
        make.keyword("overrides-supported", "document-number", "document-numbers", "pages"),
    ]
    if profile.account_ids:
        attributes += [
            make.boolean("job-account-id-supported", value=True),
            make.no_value("job-account-id-default"),
            make.boolean("job-accounting-user-id-supported", value=True),
            make.no_value("job-accounting-user-id-default"),
        ]
    if profile.release_actions:
        attributes += [
            make.keyword("job-release-action-default", profile.release_actions[0]),
            make.keyword("job-release-action-supported", *profile.release_actions),
        ]
    return attributes


def _media(profile: PrinterProfile) -> list[Attribute]:
    margins = [make.integer(f"{name}-supported", profile.media_margin) for name in MARGINS]
    sizes = profile.media_sizes
    source, kind = profile.media_sources[0], profile.media_types[0]
    default = next(iter(sizes))
    ready = profile.media_ready
    return [
        make.keyword("media-default", default),
        make.keyword("media-supported", *sizes),
        make.keyword("media-ready", *ready) if ready else make.no_value("media-ready"),
        make.keyword(
            "media-col-supported", *MARGINS, "media-size", "media-size-name", "media-source", "media-type"
        ),
        make.collection("media-col-default", _media_col(profile, default, source, kind)),
        make.collection("media-col-ready", *(_media_col(profile, name, source, kind) for name in ready))
        if ready
        else make.no_value("media-col-ready"),
        make.collection(
            "media-col-database",
            *(_media_col(profile, name, source, kind) for name in sizes for kind in profile.media_types),
        ),
        make.collection("media-size-supported", *(size_members(size) for size in sizes.values())),
        make.keyword("media-source-supported", *profile.media_sources),
        make.keyword("media-type-supported", *profile.media_types),
        *margins,
    ]


def _media_col(profile: PrinterProfile, name: str, source: str, kind: str) -> Iterable[Attribute]:
    size: MediaSize = profile.media_sizes[name]
    return [
        make.collection("media-size", size_members(size)),
        make.keyword("media-size-name", name),
        *(make.integer(margin, profile.media_margin) for margin in MARGINS),
        make.keyword("media-source", source),
        make.keyword("media-type", kind),
    ]


def describe_supplies(supplies: tuple[Supply, ...]) -> list[Attribute]:
    """PWG 5100.13 §5.6.29: one string of fields of the Printer MIB for each supply."""
    encoded = [
        f"type={supply.kind};maxcapacity=100;level={supply.level};class=supplyThatIsConsumed;unit=percent;"
        f"colorantname={supply.color};"
        for supply in supplies
    ]
    return [
        make.octets("printer-supply", *(text.encode() for text in encoded)),
        make.text("printer-supply-description", *(supply.description for supply in supplies)),
    ]


def _jobs(profile: PrinterProfile) -> list[Attribute]:
    creation = [name for name in TICKET_FIELDS if profile.account_ids or not name.startswith("job-account")]
    if not profile.release_actions:
        creation.remove("job-release-action")
    settable = profile.settable_job_attributes
    return [
        make.keyword(
            "job-creation-attributes-supported",
            *creation,
            "ipp-attribute-fidelity",
            "job-mandatory-attributes",
            "job-name",
            "media",
            "media-col",
        ),
        make.keyword("job-settable-attributes-supported", *(settable or ("none",))),
        make.range_of_integer("job-k-octets-supported", (0, profile.largest_job_k_octets)),
        make.range_of_integer("job-impressions-supported", (0, 2**31 - 1)),
        make.range_of_integer("job-media-sheets-supported", (0, 2**31 - 1)),
        make.boolean("multiple-document-jobs-supported", profile.multiple_document_jobs),
        make.integer("multiple-operation-time-out", profile.multiple_operation_timeout),
        make.keyword("multiple-operation-time-out-action", profile.multiple_operation_timeout_action),
    ]


def _notifications(profile: PrinterProfile) -> list[Attribute]:
    """RFC 3995 §5.3 and RFC 3996 §8; nothing when the printer tells no events."""
    events = profile.notify_events
    if not events:
        return []
    return [
        make.keyword("notify-events-default", "job-completed" if "job-completed" in events else events[0]),
        make.keyword("notify-events-supported", *events),
        make.integer("notify-lease-duration-default", profile.notify_lease_seconds),
        make.range_of_integer("notify-lease-duration-supported", (0, profile.notify_lease_seconds)),
        make.integer("notify-max-events-supported", len(events)),
        make.keyword("notify-pull-method-supported", "ippget"),
        make.integer("ippget-event-life", profile.event_life_seconds),
    ]
