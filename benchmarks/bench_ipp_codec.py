# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""How long the IPP codec takes: `python benchmarks/bench_ipp_codec.py`.

The large reply has the shape of a real printer's Get-Printer-Attributes reply: some 46 kB and 3,177 values,
most of them in media-col-database. The small ones are what a client's Print-Job asks and gets.
"""

import statistics
import time
from collections.abc import Callable

from allmende.ipp import (
    Attribute,
    AttributeSet,
    Collection,
    Group,
    GroupTag,
    Message,
    Operation,
    Status,
    decode,
    encode,
    make,
)


def print_job_request() -> Message:
    operation = [
        make.charset("attributes-charset", "utf-8"),
        make.language("attributes-natural-language", "de"),
        make.uri("printer-uri", "ipp://print.example.de:631/ipp/print/zerbst"),
        make.name("requesting-user-name", "anna.arndt"),
        make.name("job-name", "Beschlussvorlage Straßenausbau.pdf"),
        make.mime("document-format", "application/pdf"),
        make.keyword("compression", "none"),
        make.boolean("ipp-attribute-fidelity", value=False),
    ]
    job = [
        make.integer("copies", 2),
        make.keyword("sides", "two-sided-long-edge"),
        make.keyword("print-color-mode", "auto"),
        make.keyword("media", "iso_a4_210x297mm"),
    ]
    groups = (Group(GroupTag.OPERATION, operation), Group(GroupTag.JOB, job))
    return Message((2, 0), Operation.PRINT_JOB, 4711, groups)


def print_job_reply() -> Message:
    operation = [
        make.charset("attributes-charset", "utf-8"),
        make.language("attributes-natural-language", "de"),
    ]
    job = [
        make.uri("job-uri", "ipp://print.example.de:631/ipp/print/zerbst/123456"),
        make.integer("job-id", 123456),
        make.enum("job-state", 4),
        make.keyword("job-state-reasons", "job-hold-until-specified"),
    ]
    groups = (Group(GroupTag.OPERATION, operation), Group(GroupTag.JOB, job))
    return Message((2, 0), Status.SUCCESSFUL_OK, 4711, groups)


def printer_reply() -> Message:
    """A large printer: every medium in every tray, with its margins."""
    media = []
    for size in range(18):
        for source in ("main", "tray-1", "tray-2", "by-pass-tray")[: 3 + size % 2]:
            dimensions = [
                make.integer("x-dimension", 10_000 + size),
                make.integer("y-dimension", 20_000 + size),
            ]
            media.append(
                [
                    make.collection("media-size", dimensions),
                    make.integer("media-top-margin", 423),
                    make.integer("media-bottom-margin", 423),
                    make.integer("media-left-margin", 423),
                    make.integer("media-right-margin", 423),
                    make.keyword("media-source", source),
                    make.keyword("media-type", "stationery"),
                ]
            )
    attributes = [make.keyword(f"finishing-template-{n}-supported", "none", "staple") for n in range(60)]
    attributes += [make.keyword("media-supported", *(f"custom_{n}_{n}x{n}mm" for n in range(240)))]
    attributes += [make.boolean(f"feature-{n}-supported", value=True) for n in range(40)]
    attributes += [make.enum(f"set-{n}-supported", *range(3, 53)) for n in range(42)]
    attributes.append(make.collection("media-col-database", *media))
    operation = [
        make.charset("attributes-charset", "utf-8"),
        make.language("attributes-natural-language", "en"),
    ]
    groups = (Group(GroupTag.OPERATION, operation), Group(GroupTag.PRINTER, attributes))
    return Message((2, 0), Status.SUCCESSFUL_OK, 1, groups)


def count_values(attributes: tuple[Attribute, ...]) -> int:
    total = 0
    for attribute in attributes:
        for value in attribute.values:
            total += 1
            if isinstance(value.data, Collection):
                total += count_values(value.data.attributes)
    return total


def median_seconds(work: Callable[[], object], rounds: int, repeats: int) -> float:
    samples = []
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(repeats):
            work()
        samples.append((time.perf_counter() - start) / repeats)
    return statistics.median(samples)


def main() -> None:
    for name, message, repeats in (
        ("Print-Job request", print_job_request(), 500),
        ("Print-Job reply", print_job_reply(), 500),
        ("printer's reply", printer_reply(), 2),
    ):
        data = encode(message)
        groups: tuple[AttributeSet, ...] = message.groups
        values = sum(count_values(group.attributes) for group in groups)
        decoding = median_seconds(lambda data=data: decode(data), 31, repeats)  # type: ignore[misc]
        encoding = median_seconds(lambda message=message: encode(message), 31, repeats)  # type: ignore[misc]
        print(
            f"{name:18} {len(data):6} octets {values:5} values   "
            f"decode {decoding * 1e6:7.1f} µs   encode {encoding * 1e6:7.1f} µs"
        )


if __name__ == "__main__":
    main()
