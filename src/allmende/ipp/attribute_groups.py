# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The keywords by which requested-attributes names whole groups (RFC 8011 §4.2.5.1, §4.3.4.1, RFC 3995)."""

from collections.abc import Iterable
from typing import Final, Literal

from allmende.ipp.message import Attribute

Kind = Literal["printer", "job", "subscription"]

JOB_TEMPLATE: Final = frozenset(
    {
        "copies",
        "finishings",
        "finishings-col",
        "job-account-id",
        "job-accounting-user-id",
        "job-delay-output-until",
        "job-error-action",
        "job-hold-until",
        "job-hold-until-time",
        "job-message-to-operator",
        "job-priority",
        "job-release-action",
        "job-retain-until",
        "job-sheets",
        "media",
        "media-col",
        "multiple-document-handling",
        "number-up",
        "orientation-requested",
        "output-bin",
        "output-device",
        "overrides",
        "page-delivery",
        "page-ranges",
        "presentation-direction-number-up",
        "print-color-mode",
        "print-content-optimize",
        "print-quality",
        "print-rendering-intent",
        "print-scaling",
        "printer-resolution",
        "sides",
    }
)
# Its size is out of proportion, so it is never part of "all" or a group (PWG 5100.7).
ONLY_BY_NAME: Final = frozenset({"media-col-database"})
_SUFFIXES = ("-default", "-supported", "-ready", "-database", "-actual")
_NOTIFY_TEMPLATE = frozenset(
    {
        "notify-attributes",
        "notify-charset",
        "notify-events",
        "notify-lease-duration",
        "notify-natural-language",
        "notify-pull-method",
        "notify-recipient-uri",
        "notify-time-interval",
        "notify-user-data",
    }
)


def groups_of(name: str, kind: Kind) -> tuple[str, ...]:
    """The group keywords under which the attribute is found, besides "all"."""
    if kind == "job":
        return ("job-template",) if name in JOB_TEMPLATE else ("job-description", "job-status")
    if kind == "subscription":
        return ("subscription-template",) if name in _NOTIFY_TEMPLATE else ("subscription-description",)
    for suffix in _SUFFIXES:
        if name.endswith(suffix):
            stem = name.removesuffix(suffix)
            if stem in _NOTIFY_TEMPLATE or name == "notify-max-events-supported":
                return ("subscription-template",)
            if stem in JOB_TEMPLATE or (stem.startswith("media-") and suffix != "-database"):
                return ("job-template", "printer-defaults") if suffix == "-default" else ("job-template",)
    return ("printer-description",)


def select_attributes(
    attributes: Iterable[Attribute], requested: tuple[str, ...] | None, kind: Kind
) -> list[Attribute]:
    """Those that a client asked for, in their order. Unknown names select nothing. None means "all"."""
    wanted = frozenset(requested or ("all",))
    everything = "all" in wanted
    selected = []
    for attribute in attributes:
        name = attribute.name
        if name in wanted or (
            name not in ONLY_BY_NAME and (everything or not wanted.isdisjoint(groups_of(name, kind)))
        ):
            selected.append(attribute)
    return selected
