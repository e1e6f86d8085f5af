# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is due of money: charges without an invoice, contributions not yet charged, claims not paid, reminders, payments without a claim, balances to settle and to pay out, mandates to end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from allmende.cooperative.bank.statements import unmatched
from allmende.cooperative.charges import Charge
from allmende.cooperative.claims import open_claims
from allmende.cooperative.contribution_charging import due_contributions
from allmende.cooperative.contributions import period_with, scale_on
from allmende.cooperative.due_dates import DueItem
from allmende.cooperative.reminders import due_reminders
from allmende.cooperative.sepa.mandates import mandates_without_use
from allmende.cooperative.share_endings import due_pay_outs, open_endings


def due_of_money(day: date) -> Iterator[DueItem]:
    yield from _contributions(day)
    yield from _charges(day)
    yield from _claims(day)
    yield from _reminders(day)
    yield from _unmatched(day)
    yield from _endings(day)
    yield from _pay_outs(day)
    yield from _mandates(day)


def _contributions(day: date) -> Iterator[DueItem]:
    from allmende.cooperative.due_sources import page  # noqa: PLC0415 - it registers us

    scale = scale_on(day)
    if scale is None:
        yield DueItem(
            "money:scale", _("No adopted scale of contributions is valid today"), page("contributions")
        )
        return
    dues = due_contributions(day)
    problems = [each for each in dues if each.problem]
    if problems:
        words = ngettext(
            "The contribution of %(count)d member can't be reckoned",
            "The contributions of %(count)d members can't be reckoned",
            len(problems),
        )
        yield DueItem("money:contribution_problems", words % {"count": len(problems)}, page("contributions"))
    amounts = [each.amount for each in dues if each.amount]
    if amounts:
        period = period_with(scale, day)
        yield DueItem(
            f"money:contributions:{period.first_day.isoformat()}",
            _("Charge contributions of %(euros)s €") % {"euros": _euros(sum(amounts, Decimal(0)))},
            page("contributions"),
            period.last_day,
        )


def _charges(_day: date) -> Iterator[DueItem]:
    from allmende.cooperative.due_sources import page  # noqa: PLC0415 - it registers us

    count = Charge.objects.filter(invoice__isnull=True).count()
    if count:
        words = ngettext(
            "%(count)d charge has no invoice yet", "%(count)d charges have no invoice yet", count
        )
        yield DueItem("money:charges", words % {"count": count}, page("invoices"))


def _claims(day: date) -> Iterator[DueItem]:
    """One item for each claim that is overdue; what is not yet due is nobody's work."""
    from allmende.cooperative.due_sources import page  # noqa: PLC0415 - it registers us

    for claim, amount in open_claims():
        if amount > 0 and claim.due_day < day:
            yield DueItem(
                f"claim:{claim.pk}",
                _("%(name)s: %(text)s, %(euros)s € are open")
                % {"name": claim.member, "text": claim.text, "euros": _euros(amount)},
                page("reminders"),
                claim.due_day,
                waits_for=claim.member.name,
                basis=claim.reference,
            )


def _reminders(day: date) -> Iterator[DueItem]:
    """That the claim is late is the member's matter; that nobody has reminded it, the office's."""
    from allmende.cooperative.due_sources import page  # noqa: PLC0415 - it registers us

    count = len(due_reminders(day))
    if count:
        words = ngettext("%(count)d reminder is due", "%(count)d reminders are due", count)
        yield DueItem("money:reminders", words % {"count": count}, page("reminders"))


def _unmatched(_day: date) -> Iterator[DueItem]:
    from allmende.cooperative.due_sources import page  # noqa: PLC0415 - it registers us

    count = len(unmatched())
    if count:
        words = ngettext(
            "%(count)d payment on the bank's statements is not matched",
            "%(count)d payments on the bank's statements are not matched",
            count,
        )
        yield DueItem("money:unmatched", words % {"count": count}, page("bank"))


def _endings(day: date) -> Iterator[DueItem]:
    """Shares that are held no more: somebody confirms the balance, by the annual accounts."""
    from allmende.cooperative.due_sources import page  # noqa: PLC0415 - it registers us

    for ending in open_endings(before=day):
        words = {"name": ending.member, "before": ending.predecessor}
        title = _("Confirm the balance of %(name)s")
        if ending.predecessor is not None:
            title = _("%(name)s: pay out or keep the shares taken over from %(before)s")
        elif ending.share_count is not None:
            title = _("Confirm the balance of the single shares of %(name)s")
        yield DueItem(
            f"ending:{ending.pk}",
            title % words,
            page("settle_shares", ending.pk),
            ending.pay_out_due,
            basis="§ 73 Abs. 2 GenG",
        )


def _pay_outs(day: date) -> Iterator[DueItem]:
    from allmende.cooperative.due_sources import page  # noqa: PLC0415 - it registers us

    for each in due_pay_outs(day):
        yield DueItem(
            f"pay_out:{each.ending.pk}",
            _("Pay out the balance of %(name)s, %(euros)s €")
            % {"name": each.ending.member, "euros": _euros(each.amount)},
            page("pay_out"),
            each.ending.pay_out_due,
            basis="§ 73 Abs. 2 GenG",
        )


def _mandates(day: date) -> Iterator[DueItem]:
    from allmende.cooperative.due_sources import page  # noqa: PLC0415 - it registers us

    for mandate in mandates_without_use(day):
        yield DueItem(
            f"mandate:{mandate.pk}:end",
            _("%(name)s has left and owes nothing: end the mandate %(reference)s")
            % {"name": mandate.member, "reference": mandate.reference},
            page("payments"),
        )


def _euros(amount: Decimal) -> str:
    return number_format(amount, 2, use_l10n=True, force_grouping=True)
