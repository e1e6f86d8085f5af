# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
import pytest

from allmende.ipp import describe_printer, make, select_attributes
from allmende.ipp.attribute_groups import Kind, groups_of
from ipp.example_printer import a_profile

PRINTER = describe_printer(a_profile())
EVERYTHING = {attribute.name for attribute in PRINTER}


def selected(*requested: str) -> set[str]:
    return {attribute.name for attribute in select_attributes(PRINTER, requested or None, "printer")}


def test_all_is_all_but_the_media_database() -> None:
    assert selected() == selected("all") == EVERYTHING - {"media-col-database"}
    assert selected("all", "media-col-database") == EVERYTHING
    assert selected("media-col-database") == {"media-col-database"}


def test_the_two_groups_of_a_printer_share_nothing_and_miss_nothing() -> None:
    template, description = selected("job-template"), selected("printer-description")
    assert not template & description
    assert template | description == EVERYTHING - {"media-col-database"}
    assert {"sides-default", "sides-supported", "media-ready", "media-col-ready"} <= template
    assert {"printer-name", "printer-uuid", "document-format-supported", "color-supported"} <= description
    assert selected("printer-defaults") <= {name for name in template if name.endswith("-default")}


def test_names_and_nothing() -> None:
    assert selected("none") == set()
    assert selected("no-such-thing") == set()
    assert selected("printer-name", "sides-default") == {"printer-name", "sides-default"}


def test_the_order_is_kept() -> None:
    names = [a.name for a in select_attributes(PRINTER, ("sides-default", "printer-name"), "printer")]
    assert names == ["printer-name", "sides-default"]


@pytest.mark.parametrize(
    ("kind", "group", "name"),
    [
        ("job", "job-template", "copies"),
        ("job", "job-description", "job-state"),
        ("subscription", "subscription-template", "notify-events"),
        ("subscription", "subscription-description", "notify-subscription-id"),
        ("printer", "subscription-template", "notify-events-default"),
        ("printer", "subscription-template", "notify-max-events-supported"),
    ],
)
def test_groups_of_other_objects(kind: Kind, group: str, name: str) -> None:
    assert group in groups_of(name, kind)
    assert len(select_attributes([make.integer(name, 1)], (group,), kind)) == 1
