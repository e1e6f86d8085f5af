# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The saving on pages: what did we pay, what do we pay, what would the concept save; the proof, each figure down to its source; on paper
for the council; and as a case file for an auditor.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from allmende.directory.administration_access import Desk, figures_page
from allmende.directory.audit import record_audit
from allmende.fleet.baselines import find_baseline
from allmende.fleet.charts import Chart, Ink, Series, draw_bars
from allmende.fleet.concept.concept_records import ConceptRun, RunState
from allmende.fleet.figures import Kind as CellKind
from allmende.fleet.figures import money_words
from allmende.fleet.papers import PDF_TYPE, Section, typeset_paper
from allmende.fleet.proof.amounts import UnprovableError
from allmende.fleet.proof.arithmetic import Proof, prove
from allmende.fleet.proof.case import CostKind
from allmende.fleet.proof.case_file import write_case
from allmende.fleet.proof.figures import Figure, Kind
from allmende.fleet.proof.prove_command import comparison_words
from allmende.fleet.proof.town_case import NoCaseError, Span, find_unpriced, make_case, offer_spans
from allmende.fleet.proof.wording import KINDS, STANDINGS, Speaker
from allmende.fleet.tables import Column, Table

_INPUTS_ON_A_PAGE: Final = 50
#: The figures of the proof, in the order in which one asks.
_CHAPTERS: Final = (
    (
        "saving",
        (
            "saving.year",
            "saving.month",
            "saving.percent",
            "same_volume.saving.year",
            "same_volume.saving.percent",
        ),
    ),
    ("before", ("before.year", "before.month", "before.page", "before.device")),
    ("after", ("after.year", "after.month", "after.page", "after.device", "same_volume.before.year")),
    (
        "volume",
        ("volume.before.year", "volume.after.year", "volume.after.mono.year", "volume.after.colour.year"),
    ),
    ("fleet", ("devices.before", "devices.after", "devices.change", "devices.percent")),
    (
        "membership",
        ("contribution.year", "saving.after_contribution", "contribution.page", "break_even.pages", "share"),
    ),
)


@dataclass(frozen=True, slots=True)
class ShownFigure:
    """A figure in the reader's words; `href` leads to how it came about."""

    name: str
    label: str
    value: str
    kind: str
    formula: str
    calculation: str
    source: str
    note: str
    href: str
    source_href: str


@dataclass(frozen=True, slots=True)
class _Opened:
    """The town's proof, or why there is none (`missing`, below `heading`); and what has no price, with where to enter it."""

    spans: list[Span]
    chosen: int
    proof: Proof | None
    heading: str = ""
    missing: str = ""
    unpriced: tuple[tuple[str, str], ...] = ()

    @property
    def query(self) -> str:
        return f"?zeitraum={self.chosen}" if self.chosen else ""


@require_GET
@figures_page
def show_savings(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The story: three questions, each with its figure and the way on."""
    opened = _open(request, desk)
    proof = opened.proof
    return desk.show(
        request,
        "fleet/proof/savings.html",
        opened=opened,
        figures={name.replace(".", "_"): _show(figure, opened) for name, figure in _named(proof).items()},
        plot=_plot(proof) if proof else "",
        plot_words=_("Costs of a year before and now"),
        has_baseline=find_baseline(desk.municipality) is not None,
        concept=_latest_concept(desk),
        contracts=reverse("contracts"),
    )


@require_GET
@figures_page
def show_proof(request: HttpRequest, desk: Desk) -> HttpResponse:
    opened = _open(request, desk)
    proof = opened.proof
    if proof is None:
        return desk.show(request, "fleet/proof/proof.html", opened=opened, chapters=[])
    named = _named(proof)
    chapters = [
        (title, [_show(named[name], opened) for name in names if name in named])
        for title, names in _chapter_words()
    ]
    speaker = _speaker()
    return desk.show(
        request,
        "fleet/proof/proof.html",
        opened=opened,
        standing=speaker.say(STANDINGS[proof.standing]),
        is_net=proof.case.tax == "net",
        chapters=[chapter for chapter in chapters if chapter[1]],
        assumptions=[_show(figure, opened) for figure in proof.assumptions],
        comparisons=[(each.agrees, comparison_words(each, speaker)) for each in proof.comparisons],
        uncounted=[
            (cost.name, speaker.euros(cost.amount), cost.origin.note)
            for cost in (*proof.case.before, *proof.case.after)
            if not cost.counted
        ],
        notes=proof.case.notes,
        plot=_plot(proof),
        plot_words=_("Costs of a year before and now, by kind"),
    )


@require_GET
@figures_page
def show_figure(request: HttpRequest, desk: Desk, name: str) -> HttpResponse:
    """One figure: how it came about, each input a link, and the page of its source."""
    opened = _open(request, desk)
    figure = opened.proof.find(name) if opened.proof else None
    if figure is None or opened.proof is None:
        raise Http404
    used = [each for each in opened.proof.figures if figure.name in {one.name for one in each.inputs}]
    inputs = Paginator(figure.inputs, _INPUTS_ON_A_PAGE).get_page(request.GET.get("page"))
    return desk.show(
        request,
        "fleet/proof/figure.html",
        opened=opened,
        figure=_show(figure, opened),
        is_derived=figure.expression is not None,
        page=inputs,
        inputs=[_show(each, opened) for each in inputs],
        used=[_show(each, opened) for each in used],
    )


@require_GET
@figures_page
def download_case(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What `allmende prove` reads: an auditor needs no access to the database."""
    proof = _proof_or_404(request, desk)
    record_audit(desk.municipality, desk.actor, "proof.exported", form="json")
    return HttpResponse(
        write_case(proof.case),
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{_file_name(desk, "json")}"'},
    )


@require_GET
@figures_page
def download_paper(request: HttpRequest, desk: Desk) -> HttpResponse:
    """One page for the council."""
    proof = _proof_or_404(request, desk)
    return HttpResponse(
        make_paper(proof),
        content_type=PDF_TYPE,
        headers={"Content-Disposition": f'inline; filename="{_file_name(desk, "pdf")}"'},
    )


def make_paper(proof: Proof) -> bytes:
    speaker, named = _speaker(), _named(proof)
    table = Table(
        _("The figures"),
        (Column(_("Figure")), Column(_("Value")), Column(_("How it came about"))),
        tuple(
            (speaker.say(named[name].label), speaker.figure(named[name]), speaker.calculation(named[name]))
            for name in (
                "before.year", "after.year", "saving.year", "saving.percent", "before.page", "after.page",
                "same_volume.saving.year", "devices.change", "saving.after_contribution",
            )
            if name in named
        ),
    )  # fmt: skip
    assumed = [
        f"{speaker.say(figure.label)}: {speaker.figure(figure)}. {figure.note}"
        for figure in proof.assumptions
    ]
    if len(assumed) > 5:
        assumed = [*assumed[:4], _("and %(count)d more, in the case file") % {"count": len(assumed) - 4}]
    lead = [_headline(proof, speaker), *proof.case.unpriced, *proof.case.notes]
    lead.append(
        _("All amounts are net, without value added tax.")
        if proof.case.tax == "net"
        else _("All amounts are gross, with value added tax.")
    )
    sections = [
        Section(
            plot=str(_plot(proof, Ink.PAPER)),
            plot_words=_("Costs of a year before and now, by kind"),
            table=table,
        )
    ]
    if assumed:
        sections.append(Section(_("Assumed"), tuple(assumed)))
    checked = _(
        "Every figure can be checked without our database: “allmende prove” proves the exported case file anew."
    )
    sections.append(Section("", (checked,)))
    return typeset_paper(_("Proof of the saving"), proof.case.town, sections, lead=lead)


def _headline(proof: Proof, speaker: Speaker) -> str:
    saving, percent = proof.find("saving.year"), proof.find("saving.percent")
    if saving is None:
        return speaker.say(STANDINGS[proof.standing])
    gaps = {
        "amount": speaker.euros(abs(saving.value)),
        "percent": speaker.number(abs(percent.value)) if percent else "–",
    }
    if saving.value >= 0:
        return _("Printing costs %(amount)s a year less than before: %(percent)s %%.") % gaps
    return _("Printing costs %(amount)s a year more than before: %(percent)s %%.") % gaps


def _open(request: HttpRequest, desk: Desk) -> _Opened:
    spans = offer_spans(desk.municipality, timezone.localdate())
    wanted = request.GET.get("zeitraum", "")
    chosen = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 3 else 0
    chosen = chosen if chosen < len(spans) else 0
    try:
        case = make_case(
            desk.municipality, find_baseline(desk.municipality), spans[chosen] if spans else None
        )
        proof = prove(case)
    except NoCaseError as error:
        return _Opened(spans, chosen, None, _("There is nothing to compare yet"), error.words)
    except UnprovableError as error:
        heading = _("The saving can't be computed from these figures")
        return _Opened(spans, chosen, None, heading, _speaker().say(error.problem))
    where = "add_term" if desk.may_keep_contracts else "contract"
    unpriced = tuple(
        (str(each), reverse(where, args=[each.contract.pk]))
        for each in (find_unpriced(desk.municipality, spans[chosen]) if case.unpriced else ())
    )
    return _Opened(spans, chosen, proof, unpriced=unpriced)


def _proof_or_404(request: HttpRequest, desk: Desk) -> Proof:
    proof = _open(request, desk).proof
    if proof is None:
        raise Http404
    return proof


def _speaker() -> Speaker:
    return Speaker(gettext, is_german=(get_language() or "de").startswith("de"))


def _named(proof: Proof | None) -> dict[str, Figure]:
    return {figure.name: figure for figure in proof.figures} if proof else {}


def _show(figure: Figure, opened: _Opened) -> ShownFigure:
    speaker = _speaker()
    return ShownFigure(
        name=figure.name,
        label=speaker.say(figure.label),
        value=speaker.figure(figure),
        kind=speaker.say(KINDS[figure.kind]) if figure.kind is not Kind.DERIVED else "",
        formula=speaker.formula(figure),
        calculation=speaker.calculation(figure),
        source=figure.source,
        note=figure.note,
        href=reverse("proof_figure", args=[figure.name]) + opened.query,
        source_href=figure.href,
    )


def _chapter_words() -> list[tuple[str, tuple[str, ...]]]:
    words = {
        "saving": _("What is saved"),
        "before": _("What it cost before"),
        "after": _("What it costs now"),
        "volume": _("How much is printed"),
        "fleet": _("Devices"),
        "membership": _("Membership in the cooperative"),
    }
    return [(words[name], names) for name, names in _CHAPTERS]


def _plot(proof: Proof | None, ink: Ink = Ink.PAGE) -> str:
    """Both sides' costs of a year, by kind, on each other."""
    if proof is None:
        return ""
    words = {
        CostKind.DEVICES: _("Devices"),
        CostKind.CONSUMABLES: _("Consumables"),
        CostKind.SERVICE: _("Service and clicks"),
        CostKind.PAPER: _("Paper"),
        CostKind.ENERGY: _("Energy"),
        CostKind.OTHER: _("Other"),
    }
    sums = {kind: [Decimal(0), Decimal(0)] for kind in CostKind}
    named = _named(proof)
    for side, (key, costs) in enumerate((("before", proof.case.before), ("after", proof.case.after))):
        for number, cost in enumerate(costs, 1):
            figure = named.get(f"{key}.cost.{number}.year")
            if figure is not None:
                sums[cost.kind][side] += figure.value
    series = tuple(Series(words[kind], tuple(values)) for kind, values in sums.items() if any(values))
    if not series:
        return ""
    title = _("Costs of a year before and now, by kind")
    if any(value < 0 for each in series for value in each.values if value is not None):
        totals = tuple(sum((each[side] for each in sums.values()), Decimal(0)) for side in (0, 1))
        series = (Series(_("Costs of a year"), totals),)
    chart = Chart(title, (_("before"), _("now")), series, CellKind.MONEY)
    return draw_bars(chart, stacked=len(series) > 1, ink=ink)


def _latest_concept(desk: Desk) -> tuple[str, str, str] | None:
    """(title, what it saves in a year, page) of the concept that was solved last."""
    run = ConceptRun.objects.filter(municipality=desk.municipality, state=RunState.DONE).first()
    plan = run.result.get("plan") if run else None
    if run is None or not plan:
        return None
    return str(run), money_words(Decimal(plan["saving_a_year"])), reverse("concept", args=[run.pk])


def _file_name(desk: Desk, ending: str) -> str:
    return f"{desk.municipality.slug}-einsparung-{timezone.localdate():%Y-%m-%d}.{ending}"
