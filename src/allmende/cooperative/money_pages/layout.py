# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""How the pages of money are built: a heading, ways on, and sections of text, a table and at most one button that does something.

Every page is `money/page.html`; what it shows is said here in frozen dataclasses, so that the pages look alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.formats import date_format, sanitize_separators
from django.utils.translation import gettext as _

from allmende.cooperative.billing_profile import NoProfileError
from allmende.cooperative.legal_rules import UnknownRuleError
from allmende.cooperative.money import MoneyRefusedError
from allmende.directory.administration_access import Desk

P = ParamSpec("P")
PER_PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Cell:
    """`badge`: kind of a badge (info, success, warning, danger) around the text."""

    text: str
    href: str = ""
    numeric: bool = False
    badge: str = ""


@dataclass(frozen=True, slots=True)
class Button:
    """A form of its own: `values` are sent hidden."""

    href: str
    label: str
    values: dict[str, str] = field(default_factory=dict)
    kind: str = "primary"


@dataclass(frozen=True, slots=True)
class Table:
    """The first column names the row. `numeric`: indices of columns to the right."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[Cell | str, ...]]
    numeric: frozenset[int] = frozenset()
    totals: tuple[str, ...] = ()

    @property
    def heads(self) -> list[tuple[str, bool]]:
        return [(name, index in self.numeric) for index, name in enumerate(self.columns)]

    @property
    def shown(self) -> list[list[Cell]]:
        return [
            [
                Cell(each, numeric=index in self.numeric)
                if isinstance(each, str)
                else Cell(each.text, each.href, index in self.numeric, each.badge)
                for index, each in enumerate(row)
            ]
            for row in self.rows
        ]

    @property
    def foot(self) -> list[tuple[str, bool]]:
        return [(text, index in self.numeric) for index, text in enumerate(self.totals)]


@dataclass(frozen=True, slots=True)
class Section:
    heading: str = ""
    lead: str = ""
    table: Table | None = None
    empty: str = ""
    button: Button | None = None
    ways: tuple[tuple[str, str], ...] = ()
    warning: str = ""
    text: str = ""
    #: A form on the page itself, with the label of its button; `method` get or post.
    form: forms.Form | None = None
    submit: str = ""
    method: str = "post"
    #: Where the form goes, if not to this page.
    action: str = ""


def show(
    request: HttpRequest,
    desk: Desk,
    title: str,
    *sections: Section,
    lead: str = "",
    ways: Sequence[tuple[str, str]] = (),
    back: str = "",
    status: int = 200,
    page: Any = None,
) -> HttpResponse:
    """`ways`: (address, label); the first is the main one. `back`: the page above. `page`: a Django Page, for its links."""
    return desk.show(
        request,
        "cooperative/money/page.html",
        status=status,
        title=title,
        lead=lead,
        sections=sections,
        ways=ways,
        back=back,
        page=page,
    )


def show_form(
    request: HttpRequest,
    desk: Desk,
    form: forms.BaseForm,
    title: str,
    back: str,
    *,
    lead: str = "",
    submit: str = "",
) -> HttpResponse:
    return desk.show(
        request,
        "cooperative/form.html",
        status=422 if form.errors else 200,
        title=title,
        lead=lead,
        form=form,
        submit=submit or _("Save"),
        back=back,
    )


def paged(request: HttpRequest, rows: Any) -> Any:
    return Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))


def needs_profile(
    view: Callable[Concatenate[HttpRequest, Desk, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, Desk, P], HttpResponseBase]:
    """Who has not yet entered the cooperative's own details is led to where that is done; a rule that is missing is named."""

    @wraps(view)
    def guarded(request: HttpRequest, desk: Desk, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return view(request, desk, *args, **kwargs)
        except NoProfileError as error:
            messages.warning(request, str(error))
            return redirect("billing_profile")
        except UnknownRuleError as error:
            return show(request, desk, _("A rule is missing"), Section(warning=str(error)), status=409)

    return guarded


def do_or_explain(request: HttpRequest, do: Callable[[], str], *, done: str, back: str) -> HttpResponse:
    """Does what a page has asked for and says its words at `done`; what is refused, e.g. as a sum is not the expected one any more, leads `back` with the reason."""
    try:
        words = do()
    except MoneyRefusedError as error:
        messages.error(request, str(error))
        return redirect(back)
    messages.success(request, words)
    return redirect(done)


def confirm_page(
    request: HttpRequest,
    desk: Desk,
    do: Callable[[], str],
    *,
    title: str,
    subject: str,
    text: str,
    submit: str,
    back: str,
) -> HttpResponse:
    """GET asks, POST does (`do_or_explain`); both ways lead `back`, an address."""
    if request.method == "POST":
        return do_or_explain(request, do, done=back, back=back)
    return desk.show(
        request,
        "cooperative/confirm.html",
        title=title,
        subject=subject,
        text=text,
        submit=submit,
        back=back,
    )


def refused(form: forms.BaseForm, error: Exception) -> None:
    """A refusal whose message is in the reader's language."""
    form.add_error(None, error if isinstance(error, ValidationError) else str(error))


def asked_day(request: HttpRequest, name: str, default: date) -> date:
    """From the address; what is no day gives the default."""
    try:
        day = date.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return default
    return day if 1990 <= day.year <= 2100 else default


def asked_amount(request: HttpRequest, name: str = "expected") -> Decimal | None:
    """The sum that the page had shown, as hidden value."""
    try:
        return Decimal(request.POST.get(name, ""))
    except ArithmeticError:
        return None


def day_words(day: date | None) -> str:
    return "–" if day is None else date_format(day, "SHORT_DATE_FORMAT")


class EuroField(forms.DecimalField):
    """Euros as people type them, with comma or point."""

    widget = forms.TextInput

    def __init__(self, *, decimals: int = 2, **kwargs: Any) -> None:
        kwargs.setdefault("min_value", 0)
        kwargs.setdefault("localize", True)
        super().__init__(max_digits=12, decimal_places=decimals, **kwargs)
        self.widget.attrs.update({"inputmode": "decimal", "autocomplete": "off"})

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = sanitize_separators(value.strip())
            if isinstance(value, str) and "," in value:
                value = value.replace(",", ".")
        return super().to_python(value)
