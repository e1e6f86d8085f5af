# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.ipp import (
    Attribute,
    Group,
    GroupTag,
    Range,
    Resolution,
    Status,
    Ticket,
    describe_printer,
    fit_ticket,
    make,
    read_ticket,
    ticket_attributes,
)
from ipp.example_printer import a_profile
from ipp.ipp_strategies import groups

PROFILE = replace(
    a_profile(),
    finishings=(3, 4),
    number_up=(1, 2, 4),
    holds=("no-hold", "indefinite"),
    media_types=("stationery", "envelope"),
    account_ids=True,
    release_actions=("none", "owner-authorized"),
)
PRINTER = Group(GroupTag.PRINTER, describe_printer(PROFILE))
IGNORED = Status.SUCCESSFUL_OK_IGNORED_OR_SUBSTITUTED_ATTRIBUTES
NOT_SUPPORTED = Status.CLIENT_ERROR_ATTRIBUTES_OR_VALUES_NOT_SUPPORTED
MARGINS = [make.integer(f"media-{side}-margin", 423) for side in ("bottom", "left", "right", "top")]

FULL = Ticket(
    copies=2,
    sides="two-sided-long-edge",
    print_color_mode="monochrome",
    media="iso_a4_210x297mm",
    media_source="main",
    media_type="stationery",
    media_margins=(423, 423, 423, 423),
    page_ranges=(Range(1, 3), Range(7, 7)),
    orientation=4,
    print_quality=5,
    resolution=Resolution(600, 600, 3),
    print_scaling="fit",
    number_up=2,
    finishings=(4,),
    output_bin="face-down",
    multiple_document_handling="separate-documents-collated-copies",
    page_delivery="system-specified",
    print_content_optimize="auto",
    print_rendering_intent="auto",
    job_hold_until="indefinite",
    job_priority=80,
    job_sheets="none",
    job_account_id="4711",
    job_accounting_user_id="anna",
    job_release_action="owner-authorized",
)


def job(*attributes: Attribute) -> Group:
    return Group(GroupTag.JOB, attributes)


def media_size(x: int, y: int) -> Attribute:
    return make.collection("media-size", [make.integer("x-dimension", x), make.integer("y-dimension", y)])


def test_a_ticket_comes_back_from_its_attributes_and_its_json() -> None:
    reading = read_ticket(job(*ticket_attributes(FULL)), PRINTER, fidelity=True)
    assert reading == (FULL, (), Status.SUCCESSFUL_OK)
    assert Ticket.from_json(json.loads(json.dumps(FULL.to_json()))) == FULL


def test_the_json_is_what_the_database_has() -> None:
    ticket = Ticket(copies=2, page_ranges=(Range(1, 3),), resolution=Resolution(600, 600), finishings=(4,))
    assert ticket.to_json() == {
        "copies": 2,
        "page_ranges": [[1, 3]],
        "resolution": [600, 600, 3],
        "finishings": [4],
    }
    assert Ticket().to_json() == {}
    assert Ticket.from_json({"copies": 1, "a-later-version's-field": 5}) == Ticket(copies=1)


@pytest.mark.parametrize(
    "data",
    [
        {"copies": "2"},
        {"copies": True},
        {"sides": 2},
        {"page_ranges": [[1]]},
        {"page_ranges": [1, 2]},
        {"resolution": [1, 2]},
        {"finishings": ["4"]},
    ],
)
def test_a_wrong_json_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="wrong type"):
        Ticket.from_json(data)


@pytest.mark.parametrize(
    "attribute",
    [
        make.integer("copies", 0),
        make.integer("copies", -(2**31)),
        make.integer("copies", 1000),
        make.integer("copies", 1, 2),
        make.keyword("copies", "1"),
        make.keyword("sides", "three-sided"),
        make.integer("sides", 1),
        make.range_of_integer("page-ranges", (0, 3)),
        make.range_of_integer("page-ranges", (3, 1)),
        make.range_of_integer("page-ranges", (1, 3), (3, 4)),
        make.range_of_integer("page-ranges", *((n, n) for n in range(1, 1002))),
        make.integer("page-ranges", 1),
        make.enum("orientation-requested", 99),
        make.integer("print-quality", 4),
        make.resolution("printer-resolution", Resolution(0, 600)),
        make.resolution("printer-resolution", Resolution(1200, 1200)),
        make.integer("number-up", 3),
        make.integer("job-priority", 101),
        make.keyword("job-hold-until", "third-shift"),
        make.enum("finishings", -1),
        make.keyword("media", "iso_a0_841x1189mm"),
        make.keyword("media", "letter-of-nobody"),
        make.integer("media", 1),
        make.integer("media-col", 1),
        make.collection("media-col", [media_size(-21000, 29700)]),
        make.collection("media-col", [make.integer("media-size", 1)]),
        make.collection("media-col", [make.keyword("media-color", "blue")]),
        make.collection("media-col", [make.keyword("media-source", "nowhere")]),
        make.collection("media-col", [make.integer("media-top-margin", -5)]),
        make.collection("media-col", [], []),
        make.collection("overrides", [make.range_of_integer("pages", (1, 1))]),
        make.keyword("unheard-of", "x"),
        make.name("job-account-id", "60\udcff"),
        make.name("job-accounting-user-id", "anna\0"),
        make.keyword("media", "custom_\udcff_210x297mm"),
    ],
    ids=lambda attribute: attribute.name,
)
def test_what_is_not_supported_is_ignored_or_with_fidelity_refused(attribute: Attribute) -> None:
    group = (
        job(make.keyword("sides", "one-sided"), attribute) if attribute.name != "sides" else job(attribute)
    )
    reading = read_ticket(group, PRINTER, fidelity=False)
    assert (reading.unsupported, reading.status) == ((attribute,), IGNORED)
    assert reading.ticket == Ticket(sides=None if attribute.name == "sides" else "one-sided")
    strict = read_ticket(group, PRINTER, fidelity=True)
    assert (strict.unsupported, strict.status) == ((attribute,), NOT_SUPPORTED)
    assert not strict.is_acceptable
    assert read_ticket(group, PRINTER, fidelity=False, mandatory=[attribute.name]).status == NOT_SUPPORTED
    assert read_ticket(group, PRINTER, fidelity=False, mandatory=["output-bin"]).status == IGNORED


def test_of_several_finishings_those_that_are_supported_stay() -> None:
    attribute = make.enum("finishings", 4, 20)
    reading = read_ticket(job(attribute), PRINTER, fidelity=False)
    assert reading == (Ticket(finishings=(4,)), (attribute,), IGNORED)


@pytest.mark.parametrize(
    ("attributes", "media"),
    [
        ([make.keyword("media", "iso_a4_210x297mm")], "iso_a4_210x297mm"),
        ([make.name("media", "iso_a4_210x297mm")], "iso_a4_210x297mm"),
        ([make.keyword("media", "om_almost-a4_210.3x297mm")], "iso_a4_210x297mm"),
        ([make.collection("media-col", [media_size(21590, 27940)])], "na_letter_8.5x11in"),
        (
            [make.collection("media-col", [make.keyword("media-size-name", "iso_a5_148x210mm")])],
            "iso_a5_148x210mm",
        ),
        (
            [
                make.keyword("media", "iso_a4_210x297mm"),
                make.collection("media-col", [media_size(21000, 29700)]),
            ],
            "iso_a4_210x297mm",
        ),
    ],
)
def test_a_size_has_many_names_and_one_meaning(attributes: list[Attribute], media: str) -> None:
    assert read_ticket(job(*attributes), PRINTER, fidelity=True) == (
        Ticket(media=media),
        (),
        Status.SUCCESSFUL_OK,
    )


def test_media_and_media_col_that_conflict() -> None:
    media = make.keyword("media", "iso_a3_297x420mm")
    group = job(media, make.collection("media-col", [media_size(21000, 29700)]))
    assert read_ticket(group, PRINTER, fidelity=True).status == Status.CLIENT_ERROR_CONFLICTING_ATTRIBUTES
    loose = read_ticket(group, PRINTER, fidelity=False)
    assert loose.status == Status.SUCCESSFUL_OK_CONFLICTING_ATTRIBUTES
    assert (loose.ticket.media, loose.unsupported) == ("iso_a4_210x297mm", (media,))


def test_custom_sizes_are_supported_within_the_printer_s_bounds() -> None:
    sizes = [
        make.range_of_integer("x-dimension", (7600, 21600)),
        make.range_of_integer("y-dimension", (10000, 60000)),
    ]
    printer = Group(GroupTag.PRINTER, [make.collection("media-size-supported", sizes)])
    banner = job(make.collection("media-col", [media_size(21000, 60000)]))
    assert read_ticket(banner, printer, fidelity=True).ticket.media == "custom_210x600mm_210x600mm"
    assert not read_ticket(
        job(make.collection("media-col", [media_size(21000, 60001)])), printer, fidelity=True
    ).is_acceptable


def test_media_is_told_alone_where_its_name_says_all() -> None:
    assert ticket_attributes(Ticket(media="iso_a4_210x297mm")) == [make.keyword("media", "iso_a4_210x297mm")]
    (told,) = ticket_attributes(Ticket(media="iso_a4_210x297mm", media_type="envelope"))
    assert told == make.collection(
        "media-col", [media_size(21000, 29700), make.keyword("media-type", "envelope")]
    )
    assert ticket_attributes(Ticket()) == []


def test_a_device_gets_what_it_can_do_and_nothing_of_our_queue() -> None:
    fitted = fit_ticket(FULL, PRINTER)
    ours = dict.fromkeys(
        (
            "job_hold_until",
            "job_priority",
            "job_sheets",
            "job_account_id",
            "job_accounting_user_id",
            "job_release_action",
        )
    )
    assert fitted == replace(FULL, **ours)  # type: ignore[arg-type]
    assert fit_ticket(FULL, Group(GroupTag.PRINTER)) == Ticket()


def test_a_device_that_can_do_less_gets_the_nearest() -> None:
    simple = Group(
        GroupTag.PRINTER,
        [
            make.keyword("sides-supported", "one-sided"),
            make.keyword("print-color-mode-supported", "auto", "process-monochrome"),
            make.enum("finishings-supported", 3),
            make.range_of_integer("copies-supported", (1, 1)),
            make.boolean("page-ranges-supported", value=False),
            make.keyword("media-supported", "iso_a4_210x297mm"),
        ],
    )
    assert fit_ticket(FULL, simple) == Ticket(
        sides="one-sided", print_color_mode="process-monochrome", media="iso_a4_210x297mm"
    )
    assert fit_ticket(Ticket(print_color_mode="color"), simple) == Ticket(print_color_mode="auto")


def test_a_device_that_lies_about_its_types_is_taken_as_unable() -> None:
    names = [name for name, _ in PRINTER.attributes if name.endswith("-supported")]
    liar = Group(GroupTag.PRINTER, [make.octets(name, b"\xff") for name in names])
    assert fit_ticket(FULL, liar) == Ticket()


@given(groups, groups, st.booleans())
def test_any_request_gives_a_ticket_that_can_be_kept(request: Group, printer: Group, fidelity: bool) -> None:
    for capabilities in (printer, PRINTER):
        reading = read_ticket(request, capabilities, fidelity=fidelity)
        text = json.dumps(reading.ticket.to_json(), ensure_ascii=False)
        assert Ticket.from_json(json.loads(text.encode())) == reading.ticket
        assert {a.name for a in reading.unsupported} <= {a.name for a in request.attributes}
        fit_ticket(reading.ticket, printer)
