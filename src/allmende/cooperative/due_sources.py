# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is due of members, rules of law, requests and in-house procurement; registers these and the sources of money and meetings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from django.db.models import Q
from django.urls import NoReverseMatch, reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from allmende.cooperative.accession_steps import waits_until
from allmende.cooperative.accessions import Accession, StepKind, open_accessions, steps_of
from allmende.cooperative.due_dates import DueItem, office_land, register_due_source
from allmende.cooperative.exits import MemberExit
from allmende.cooperative.inhouse import Standing, assess_inhouse
from allmende.cooperative.legal_rules import LegalRule
from allmende.cooperative.member_list import ExitReason
from allmende.cooperative.requests import RequestState, SupportRequest
from allmende.cooperative.working_days import add_working_days

#: "Without delay": by then it stands on the page as due, which is the office's custom and no limit of law.
_WITHOUT_DELAY: Final = 3
_SOON: Final = timedelta(days=60)
#: Annual accounts are there by then, month and day.
_ACCOUNTS: Final = (6, 30)


def register_sources() -> None:
    """Called once the models are loaded."""
    from allmende.cooperative.due_sources_meetings import due_of_meetings  # noqa: PLC0415
    from allmende.cooperative.due_sources_money import due_of_money  # noqa: PLC0415

    register_due_source("accession", gettext_lazy("Accessions"), due_of_accessions)
    register_due_source("exit", gettext_lazy("Exits"), due_of_exits)
    register_due_source("money", gettext_lazy("Money"), due_of_money)
    register_due_source("meeting", gettext_lazy("Meetings"), due_of_meetings)
    register_due_source("request", gettext_lazy("Requests"), due_of_requests)
    register_due_source("rule", gettext_lazy("Rules of law"), due_of_rules)
    register_due_source("inhouse", gettext_lazy("In-house procurement"), due_of_inhouse)


def page(name: str, *arguments: int | str) -> str:
    """The address of a page, or of "Today" where that page is not built in."""
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return reverse("office_day")


def due_of_accessions(_day: date) -> Iterator[DueItem]:
    for accession, step, last_day in open_accessions():
        if step is None:
            yield DueItem(
                f"accession:{accession.pk}:stuck",
                _("%(name)s: the authority has refused; end the accession, or let the council decide anew")
                % {"name": accession},
                page("accession", accession.pk),
                waits_for=accession.name,
            )
            continue
        yield _accession_item(accession, step, last_day)


def _accession_item(accession: Accession, step: StepKind, last_day: date | None) -> DueItem:
    words = {"name": accession.name, "step": step.label}
    key, href = f"accession:{accession.pk}:{step}", page("accession", accession.pk)
    title = _("%(name)s: %(step)s") % words
    if step is StepKind.AUTHORITY_ANSWER:
        noticed = steps_of(accession)[StepKind.AUTHORITY_NOTICE].day
        until = waits_until(accession, noticed)
        basis = _("waiting time after the notice of %(day)s") % {"day": _short(noticed)} if until else ""
        return DueItem(key, title, href, until, _("supervisory authority"), basis)
    if step in {StepKind.RESOLUTION, StepKind.AUTHORITY_NOTICE, StepKind.DECLARATION}:
        return DueItem(key, title, href, accession.target_day, accession.name, _target(accession))
    if step is StepKind.ADMISSION:
        return DueItem(key, title, href, accession.target_day, _("the board"), _target(accession))
    without_delay = {StepKind.STATUTES, StepKind.ENTRY, StepKind.TOLD}
    due = _soon_after(last_day) if step in without_delay and last_day else None
    basis = _("without delay (§ 15 Abs. 2 GenG)") if step in {StepKind.ENTRY, StepKind.TOLD} else ""
    return DueItem(key, title, href, due, basis=basis)


def due_of_exits(day: date) -> Iterator[DueItem]:
    rows = MemberExit.objects.filter(revoked_at__isnull=True).select_related("member", "pay_out_to")
    for row in rows.filter(told_on__isnull=True):
        yield DueItem(
            f"exit:{row.pk}:told",
            _told_words(row),
            page("member", row.member_id),
            _soon_after(row.declared_on),
            basis=_("without delay (§ 69 GenG)"),
        )
    for row in rows.filter(last_day__range=(day, day + _SOON)):
        yield DueItem(
            f"exit:{row.pk}:leaves",
            _("%(name)s leaves with this day") % {"name": row.member},
            page("member", row.member_id),
            row.last_day,
        )


def _told_words(row: MemberExit) -> str:
    """A dissolved body can't be told anything: its legal successor is."""
    if row.reason == ExitReason.DISSOLUTION and row.pay_out_to is not None:
        return _("%(to)s: tell that the exit of %(name)s stands in the list of members") % {
            "to": row.pay_out_to,
            "name": row.member,
        }
    return _("%(name)s: tell that the exit stands in the list of members") % {"name": row.member}


def due_of_requests(_day: date) -> Iterator[DueItem]:
    for row in SupportRequest.objects.filter(state=RequestState.OPEN).select_related("member"):
        yield DueItem(
            f"request:{row.pk}",
            _("Answer %(name)s: %(title)s") % {"name": row.member, "title": row.title},
            page("request", row.pk),
            row.answer_due,
            basis=str(row.get_priority_display()),
        )


def due_of_rules(day: date) -> Iterator[DueItem]:
    unchecked = (
        LegalRule.objects.filter(is_checked=False)
        .filter(Q(valid_to__isnull=True) | Q(valid_to__gte=day))
        .count()
    )
    if unchecked:
        words = ngettext(
            "%(count)d rule of law was never compared with the law's text",
            "%(count)d rules of law were never compared with the law's text",
            unchecked,
        )
        yield DueItem("rule:unchecked", words % {"count": unchecked}, page("legal_rules"))
    for rule in LegalRule.objects.filter(valid_to__range=(day, day + _SOON)):
        if LegalRule.objects.filter(key=rule.key, land=rule.land, valid_from__gt=rule.valid_from).exists():
            continue
        yield DueItem(
            f"rule:{rule.pk}:ends",
            _("The rule “%(title)s” ends, and none follows") % {"title": rule.title},
            page("legal_rules"),
            rule.valid_to,
            basis=rule.source,
        )


def due_of_inhouse(day: date) -> Iterator[DueItem]:
    found = assess_inhouse(day)
    href = page("inhouse")
    for year in found.missing:
        # The year before the last is long over: its accounts are asked for at the same day of the year after it.
        yield DueItem(
            f"inhouse:{year}",
            _("Enter the turnover of %(year)d") % {"year": year},
            href,
            date(year + 1, *_ACCOUNTS),
            basis="§ 108 Abs. 7 GWB",
        )
    if found.standing is Standing.LOST:
        yield DueItem(
            "inhouse:lost",
            _("In-house procurement: the conditions are not fulfilled"),
            href,
            waits_for=_("the board"),
            due_on=day,
        )
    elif found.standing is Standing.NEAR:
        yield DueItem(
            "inhouse:near", _("In-house procurement: the share for members comes near to the limit"), href
        )


def _soon_after(day: date) -> date:
    return add_working_days(day, _WITHOUT_DELAY, office_land())


def _target(accession: Accession) -> str:
    return _("the day that was wished for") if accession.target_day else ""


def _short(day: date) -> str:
    return date_format(day, "SHORT_DATE_FORMAT")
