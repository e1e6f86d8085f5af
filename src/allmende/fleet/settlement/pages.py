# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The pages of settlements: what is due and what is closed, a draft, a closed settlement with its files, and a line down to its readings."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from allmende.devices.meters.counts import Counts
from allmende.devices.meters.readings import ReadingSource
from allmende.directory.administration_access import Desk, contracts_page, figures_page
from allmende.directory.audit import record_audit
from allmende.fleet.contract_changes import access_row_for
from allmende.fleet.contract_forms import CloseForm
from allmende.fleet.contracts import Contract
from allmende.fleet.events import RefusedClosingError
from allmende.fleet.figures import count_words, day_words, money_words
from allmende.fleet.papers import PDF_TYPE
from allmende.fleet.prices import ImpressionClass, PriceError
from allmende.fleet.settlement.arithmetic import Days
from allmende.fleet.settlement.closing import (
    ChangedMeanwhileError,
    NotDueError,
    ReasonMissingError,
    close_settlement,
    due_periods,
    may_close,
    period_of,
)
from allmende.fleet.settlement.drafts import draft_settlement
from allmende.fleet.settlement.settlements import Settlement, SettlementLine
from allmende.fleet.settlement.statement import (
    CLASS_WORDS,
    Statement,
    centres_table,
    days_words,
    line_words,
    lines_table,
    number_words,
    payable_words,
    price_words,
    problem_words,
    settlement_title,
    state_draft,
    state_settlement,
    statement_paper,
    statement_tables,
    taxes_table,
)
from allmende.fleet.settlement.volumes import split_by_class
from allmende.fleet.tables import CSV_TYPE, XLSX_TYPE, Column, Kind, Table, to_csv, to_html, to_xlsx

_PER_PAGE: Final = 50
_LINES_PER_PAGE: Final = 200


@require_GET
@figures_page
def list_settlements(request: HttpRequest, desk: Desk) -> HttpResponse:
    today = timezone.localdate()
    contracts = Contract.objects.filter(municipality=desk.municipality)
    due = [
        {
            "contract": contract,
            "period": days_words(each.first_day, each.last_day),
            "first_day": each.first_day,
        }
        for contract in contracts
        for each in due_periods(contract, today)
    ]
    due.sort(key=lambda each: str(each["first_day"]))
    settlements = Settlement.objects.filter(municipality=desk.municipality).select_related("contract")
    page = Paginator(settlements, _PER_PAGE).get_page(request.GET.get("page"))
    rows = [{"settlement": each, "period": days_words(each.first_day, each.last_day)} for each in page]
    return desk.show(request, "fleet/contracts/settlements.html", due=due, rows=rows, page=page)


@require_http_methods(["GET", "POST"])
@contracts_page
def show_draft(request: HttpRequest, desk: Desk, contract_id: int) -> HttpResponse:
    """`?ab=` a day of the period; without it the oldest that is due. POST closes exactly what was shown."""
    contract = access_row_for(desk.actor, Contract, contract_id)
    today = timezone.localdate()
    period = _asked_period(request, contract, today)
    if period is None:
        return desk.show(request, "fleet/contracts/draft.html", contract=contract, statement=None)
    try:
        draft = draft_settlement(contract, period)
    except PriceError as error:
        return desk.show(
            request,
            "fleet/contracts/draft.html",
            contract=contract,
            statement=None,
            fault=_price_words(error),
        )
    form = CloseForm(
        request.POST or None,
        initial={"digest": draft.digest},
        is_correction=draft.previous is not None,
        is_missing=draft.is_missing_counts,
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            settlement = close_settlement(
                desk.actor,
                contract,
                period,
                data["digest"],
                today=today,
                reason=data["reason"],
                accept_missing=data["accept_missing"],
            )
        except ChangedMeanwhileError:
            form.add_error(
                None,
                _("Readings, prices or counts have changed since you looked. Please look again, then close."),
            )
            # What was typed stays; what is closed next is what is shown now.
            typed = request.POST.copy()
            typed["digest"] = draft.digest
            form.data = typed
        except NotDueError:
            form.add_error(
                None, _("This period can't be closed yet: it is not over, or an earlier one is open.")
            )
        except RefusedClosingError as error:
            form.add_error(None, str(error))
        except ReasonMissingError:
            form.add_error(None, _("A correction needs a reason; missing readings must be accepted."))
        else:
            messages.success(request, _("Closed. The statement can be printed."))
            return redirect("settlement", settlement.pk)
    statement = state_draft(draft)
    asked = request.GET.get("zeile", "")
    if asked.isdecimal() and 1 <= int(asked[:9]) <= len(statement.rows):
        back = f"{request.path}?ab={period.first_day.isoformat()}"
        return _show_line(request, desk, statement.rows[int(asked[:9]) - 1], back)
    links = [
        f"?ab={period.first_day.isoformat()}&zeile={row.position}"
        if row.impression_class or row.shares
        else None
        for row in statement.rows
    ]
    following = Settlement.objects.filter(contract=contract, first_day__gt=period.last_day).exists()
    return desk.show(
        request,
        "fleet/contracts/draft.html",
        contract=contract,
        form=form,
        may_close=may_close(contract, period, today),
        previous=draft.previous,
        following=draft.previous is not None and following,
        **_parts(request, statement, links),
    )


@require_GET
@figures_page
def show_settlement(request: HttpRequest, desk: Desk, settlement_id: int) -> HttpResponse:
    """The page; with `datei` in the address the same as a file."""
    settlement = access_row_for(desk.actor, Settlement, settlement_id)
    statement = state_settlement(settlement)
    wanted = request.GET.get("datei", "")
    if wanted in {"pdf", "xlsx", "csv"}:
        record_audit(
            desk.municipality,
            desk.actor,
            "settlement.exported",
            f"settlement:{settlement.pk}",
            form=wanted,
        )
        return _file(statement, desk.municipality.name, wanted)
    links = [reverse("settlement_line", args=[row.pk]) for row in statement.rows]
    versions = Settlement.objects.filter(
        contract=settlement.contract_id, first_day=settlement.first_day
    ).order_by("version")
    return desk.show(
        request,
        "fleet/contracts/settlement.html",
        contract=settlement.contract,
        settlement=settlement,
        versions=versions,
        is_latest=not Settlement.objects.filter(reverses=settlement).exists(),
        **_parts(request, statement, links),
    )


@require_GET
@figures_page
def show_line(request: HttpRequest, desk: Desk, line_id: int) -> HttpResponse:
    """How a figure came about: the readings and what each cost centre bears of it."""
    row = access_row_for(desk.actor, SettlementLine, line_id)
    return _show_line(request, desk, row, reverse("settlement", args=[row.settlement_id]))


def _show_line(request: HttpRequest, desk: Desk, row: SettlementLine, back: str) -> HttpResponse:
    ends = [
        _end_words(row, word, row.evidence[name])
        for name, word in (("start", _("At the beginning")), ("end", _("At the end")))
        if name in row.evidence
    ]
    return desk.show(
        request,
        "fleet/contracts/line.html",
        row=row,
        what=line_words(row),
        days=days_words(row.first_day, row.last_day),
        unit_price=price_words(row.unit_price),
        amount=money_words(row.amount),
        quantity=number_words(row.quantity),
        counted=count_words(row.counted),
        free=count_words(row.free),
        ends=ends,
        is_carried=row.evidence.get("is_carried", False),
        swaps=len(row.evidence.get("swaps", [])),
        shares=to_html(_shares_table(row)),
        readings_href=_readings_href(row.device_id),
        back=back,
    )


def _end_words(row: SettlementLine, word: str, end: dict[str, Any]) -> dict[str, Any]:
    how = {
        "reading": _("a reading of that moment"),
        "interpolated": _("a straight line between the two readings"),
        "nearest": _("the nearest reading there is"),
    }[end["how"]]
    return {
        "word": word,
        "at": datetime.fromisoformat(end["at"]),
        "how": how,
        "counter": _counter(row, end["counts"]),
        "readings": [
            {
                "at": datetime.fromisoformat(each["at"]),
                "source": ReadingSource(each["source"]).label,
                "serial": each["serial_number"],
                "counter": _counter(row, each["counts"]),
                "total": count_words(each["counts"]["total"]) if "total" in each["counts"] else "–",
            }
            for each in end["readings"]
        ],
    }


def _counter(row: SettlementLine, counts: dict[str, int]) -> str:
    impressions, _has_colour = split_by_class(Counts(**counts))
    if impressions is None or not row.impression_class:
        return "–"
    return f"{count_words(impressions[ImpressionClass(row.impression_class)])} ({CLASS_WORDS[row.impression_class]})"


def _shares_table(row: SettlementLine) -> Table:
    rows = tuple(
        (
            f"{each['number']} {each['name']}".strip() or _("Without a cost centre"),
            int(each["weight"]),
            Decimal(each["amount"]),
        )
        for each in row.shares
    )
    columns = (
        Column(_("Cost centre")),
        Column(_("Sides in the ledger"), Kind.COUNT),
        Column(_("Amount, net"), Kind.MONEY),
    )
    totals = (_("Total"), sum(each[1] for each in rows), row.amount)
    return Table(_("Who bears it"), columns, rows, totals)


def _parts(request: HttpRequest, statement: Statement, links: list[str | None] | list[str]) -> dict[str, Any]:
    """What the pages of a draft and of a settlement have in common. Lines are paged, sums are of all."""
    table = lines_table(statement, links)
    page = Paginator(range(len(table.rows)), _LINES_PER_PAGE).get_page(request.GET.get("page"))
    shown = slice(page.start_index() - 1 if table.rows else 0, page.end_index())
    cut = Table(table.title, table.columns, table.rows[shown], table.totals, table.notes, table.links[shown])
    return {
        "title": settlement_title(statement),
        "statement": statement,
        "lines": to_html(cut) if table.rows else "",
        "page": page,
        "centres": to_html(centres_table(statement)),
        "taxes": to_html(taxes_table(statement)),
        "problems": [problem_words(each) for each in statement.problems],
        "net": money_words(statement.net),
        "tax": money_words(statement.tax),
        "payable": payable_words(statement),
        "gross": money_words(abs(statement.gross)),
    }


def _asked_period(request: HttpRequest, contract: Contract, today: date) -> Days | None:
    asked = request.GET.get("ab", "")
    if asked:
        try:
            day = date.fromisoformat(asked)
            period = period_of(contract, day)
        except (ValueError, OverflowError):
            raise Http404 from None
        if not (
            period.last_day >= contract.first_day
            and (not contract.last_day or period.first_day <= contract.last_day)
        ):
            raise Http404
        return period
    due = due_periods(contract, today)
    return due[0] if due else None


def _price_words(error: PriceError) -> str:
    if error.first_day is None or error.last_day is None:
        return _("A price is below zero: correct the price list.")
    return _("From %(since)s to %(until)s no price list holds: add one to the contract.") % {
        "since": day_words(error.first_day),
        "until": day_words(error.last_day),
    }


def _readings_href(device_id: int | None) -> str:
    """The device's readings; for all who may read figures."""
    return "" if device_id is None else reverse("meter", args=[device_id])


def _file(statement: Statement, town: str, wanted: str) -> HttpResponse:
    name = "-".join(
        [
            slugify(_("Settlement")),
            slugify(statement.contract.number) or str(statement.contract.pk),
            f"{statement.period.first_day:%Y-%m}",
            f"v{statement.version}",
        ]
    )
    if wanted == "pdf":
        data, kind = statement_paper(statement, town), PDF_TYPE
    elif wanted == "xlsx":
        data, kind = to_xlsx(*statement_tables(statement), title=settlement_title(statement)), XLSX_TYPE
    else:
        data, kind = to_csv(lines_table(statement)), CSV_TYPE
    return HttpResponse(
        data, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}.{wanted}"'}
    )
