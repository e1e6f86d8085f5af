# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What IPP Everywhere asks is checked by test_conformance; here is what the suites do not see."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from allmende.ipp import (
    AttributeSet,
    PrinterConditions,
    PrinterState,
    Supply,
    describe_printer,
    describe_printer_state,
    encode_attributes,
)
from ipp.example_printer import a_profile

PROFILE = a_profile()
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CONDITIONS = PrinterConditions(
    state=PrinterState.STOPPED,
    now=NOW,
    up_time=0,
    reasons=("media-empty-error", "toner-low-warning"),
    message="Kein Papier",
    state_changed=NOW,
    state_changed_up_time=1,
    config_changed=NOW,
    config_changed_up_time=1,
)


def described(**changes: object) -> AttributeSet:
    return AttributeSet(describe_printer(replace(PROFILE, **changes)))  # type: ignore[arg-type]


def test_every_attribute_is_there_once() -> None:
    names = [name for name, _ in (*describe_printer(PROFILE), *describe_printer_state(CONDITIONS))]
    assert len(names) == len(set(names))


def test_what_is_not_there_is_not_told() -> None:
    plain = described(color=False, duplex=False, formats=("application/pdf",))
    assert plain.keywords("sides-supported") == ("one-sided",)
    assert "color" not in (plain.keywords("print-color-mode-supported") or ())
    assert plain.boolean("color-supported") is False
    for name in (
        "pages-per-minute-color",
        "urf-supported",
        "pwg-raster-document-type-supported",
        "notify-events-supported",
        "job-account-id-supported",
        "job-release-action-supported",
    ):
        assert name not in plain
    assert "job-account-id" not in (plain.keywords("job-creation-attributes-supported") or ())


def test_what_is_there_is_told() -> None:
    rich = described(
        account_ids=True,
        release_actions=("owner-authorized",),
        notify_events=("job-created", "job-completed"),
        supplies=(Supply("Toner", "toner", "cyan", 40), Supply("Waste", "wasteToner", "none", 3)),
        finishings=(4,),
        geo_location=None,
    )
    assert rich.boolean("job-account-id-supported") is True
    assert rich.keywords("job-release-action-supported") == ("owner-authorized",)
    assert rich.keyword("notify-events-default") == "job-completed"
    assert rich.keyword("notify-pull-method-supported") == "ippget"
    assert rich.integers("finishings-supported") == (3, 4)
    assert rich.values("printer-geo-location")[0].tag == 0x12
    (first, second) = rich.values("printer-supply")
    assert b"level=40;" in first.data if isinstance(first.data, bytes) else False
    assert b"type=wasteToner;" in second.data if isinstance(second.data, bytes) else False
    urf = rich.keywords("urf-supported") or ()
    assert {"RS300-600", "SRGB24", "DM1"} <= set(urf)


def test_the_media_database_has_every_size_and_type() -> None:
    media = described(media_types=("stationery", "envelope")).collections("media-col-database") or ()
    kinds = {(entry.keyword("media-size-name"), entry.keyword("media-type")) for entry in media}
    assert kinds == {(name, kind) for name in PROFILE.media for kind in ("stationery", "envelope")}


def test_an_empty_tray_is_told_as_no_value() -> None:
    assert described(media_ready=()).values("media-ready")[0].tag == 0x13


def test_the_state_is_told_with_its_alerts() -> None:
    state = AttributeSet(describe_printer_state(CONDITIONS))
    assert state.integer("printer-state") == 5
    assert state.keywords("printer-state-reasons") == CONDITIONS.reasons
    assert len(state.values("printer-alert")) == len(state.values("printer-alert-description")) == 2
    assert state.integer("printer-up-time") == 1
    assert state.date_time("printer-current-time") == NOW


def test_long_texts_are_cut_to_what_ipp_allows() -> None:
    long = described(name="ü" * 300, info="ß" * 300, make_and_model="M;D:" * 300)
    assert len((long.text("printer-name") or "").encode()) == 126
    assert len((long.text("printer-info") or "").encode()) == 126
    device_id = described(make_and_model="M;D:L").text("printer-device-id")
    assert device_id == "MFG:Allmende;MDL:M D L;CMD:PDF,JPEG,PWGRaster,AppleRaster;"
    assert encode_attributes(long.attributes)


@pytest.mark.parametrize(
    "changes",
    [
        {"media": ("letter",)},
        {"media": ()},
        {"media_ready": ("iso_a0_841x1189mm",)},
        {"addresses": ()},
        {"icons": ()},
        {"default_format": "text/plain"},
        {"default_hold": "indefinite"},
    ],
)
def test_a_profile_that_contradicts_itself_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        replace(PROFILE, **changes)  # type: ignore[arg-type]
