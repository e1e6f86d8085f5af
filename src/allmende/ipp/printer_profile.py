# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a printer is and can do: the facts that `printer_description` tells in IPP's words."""

from dataclasses import dataclass, field

from allmende.ipp.codes import Operation
from allmende.ipp.media_sizes import MediaSize, read_media_name
from allmende.ipp.message import Resolution


@dataclass(frozen=True, slots=True)
class PrinterAddress:
    """One URI and how it is reached; `security`: none, tls; `authentication`: none, requesting-user-name, basic."""

    uri: str
    security: str = "none"
    authentication: str = "none"


@dataclass(frozen=True, slots=True)
class Supply:
    """`kind` and `color` as in PWG 5107.2, e.g. toner, black; `level` in percent, -1 unknown."""

    description: str
    kind: str = "toner"
    color: str = "black"
    level: int = -1


BASIC_OPERATIONS = (
    Operation.PRINT_JOB,
    Operation.VALIDATE_JOB,
    Operation.CREATE_JOB,
    Operation.SEND_DOCUMENT,
    Operation.CANCEL_JOB,
    Operation.GET_JOB_ATTRIBUTES,
    Operation.GET_JOBS,
    Operation.GET_PRINTER_ATTRIBUTES,
    Operation.CANCEL_MY_JOBS,
    Operation.CLOSE_JOB,
    Operation.IDENTIFY_PRINTER,
)
"""What IPP Everywhere asks of every printer (PWG 5100.14 §4.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterProfile:
    """Facts that change only when somebody changes the printer.

    `uuid` is a "urn:uuid:…" URI; `media` are self-describing names, the first one is the default;
    `media_margin` is in hundredths of a millimetre on all four sides. Speeds are pages per minute.
    Raises ValueError where it contradicts itself.
    """

    name: str
    addresses: tuple[PrinterAddress, ...]
    uuid: str
    info: str = ""
    location: str = ""
    more_info: str
    organization: str = ""
    organizational_unit: str = ""
    geo_location: str | None = None
    icons: tuple[str, ...]
    supply_info: str
    make_and_model: str = "Allmende"
    device_id: str = ""
    language: str = "en"
    languages: tuple[str, ...] = ("en", "de")

    versions: tuple[str, ...] = ("1.1", "2.0")
    features: tuple[str, ...] = ("ipp-everywhere",)
    operations: tuple[int, ...] = BASIC_OPERATIONS
    formats: tuple[str, ...] = ("application/pdf", "image/jpeg", "image/pwg-raster", "image/urf")
    default_format: str = "application/pdf"
    compressions: tuple[str, ...] = ("none", "gzip", "deflate")
    which_jobs: tuple[str, ...] = ("completed", "not-completed")
    identify_actions: tuple[str, ...] = ("display",)

    color: bool = True
    duplex: bool = True
    copies: int = 999
    speed: int = 30
    color_speed: int = 30
    media: tuple[str, ...] = (
        "iso_a4_210x297mm",
        "iso_a3_297x420mm",
        "iso_a5_148x210mm",
        "na_letter_8.5x11in",
    )
    media_ready: tuple[str, ...] = ("iso_a4_210x297mm",)
    media_types: tuple[str, ...] = ("stationery",)
    media_sources: tuple[str, ...] = ("auto", "main")
    media_margin: int = 423
    output_bins: tuple[str, ...] = ("face-down",)
    finishings: tuple[int, ...] = (3,)
    resolutions: tuple[Resolution, ...] = (Resolution(300, 300), Resolution(600, 600))
    page_ranges: bool = True
    number_up: tuple[int, ...] = (1,)
    multiple_document_jobs: bool = True
    multiple_operation_timeout: int = 60
    multiple_operation_timeout_action: str = "abort-job"
    largest_job_k_octets: int = 2_097_152

    holds: tuple[str, ...] = ("no-hold",)
    default_hold: str = "no-hold"
    priorities: int = 100
    settable_job_attributes: tuple[str, ...] = ()
    account_ids: bool = False
    release_actions: tuple[str, ...] = ()
    notify_events: tuple[str, ...] = ()
    notify_lease_seconds: int = 86_400
    event_life_seconds: int = 60
    supplies: tuple[Supply, ...] = (Supply("Black toner"),)
    message_from_operator: str = ""
    media_sizes: dict[str, MediaSize] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        sizes = {}
        for name in self.media:
            size = read_media_name(name)
            if size is None:
                raise ValueError(f"{name!r} is not a self-describing media name")
            sizes[name] = size
        if not sizes or not set(self.media_ready) <= set(self.media):
            raise ValueError("the media that are ready must be among the supported")
        if not self.addresses or not self.icons or not self.supplies:
            raise ValueError("a printer needs an address, an icon and a supply")
        if self.default_format not in self.formats or self.default_hold not in self.holds:
            raise ValueError("a default must be among the supported")
        object.__setattr__(self, "media_sizes", sizes)
