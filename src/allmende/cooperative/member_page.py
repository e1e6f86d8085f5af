# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A member's own page (`/mitgliedschaft/`): shares, invoices, mandate, votes, contracts, what the membership has cost and brought.

How somebody voted is not shown here, in an open vote neither: the page says in which votes the member took part.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from django.core.paginator import Paginator
from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from allmende.cooperative.charges import Charge, ChargeKind
from allmende.cooperative.contacts import ContactRole, contacts_on
from allmende.cooperative.contributions import inhabitants_on, scale_on
from allmende.cooperative.invoices.issued import Invoice
from allmende.cooperative.member_access import membership_page
from allmende.cooperative.member_list import memberships_of
from allmende.cooperative.member_sources import MemberSaving, contracts_of, saving_of
from allmende.cooperative.members import Member
from allmende.cooperative.money import ZERO, summed
from allmende.cooperative.requests import RequestState, requests_for
from allmende.cooperative.scale_arithmetic import NoBracketError, monthly_amount
from allmende.cooperative.sepa.mandates import mandate_for
from allmende.cooperative.shares import share_standing
from allmende.cooperative.votings import VoterRow
from allmende.directory.administration_access import Desk

_PER_PAGE: Final = 12
_VOTES_SHOWN: Final = 20
_MONTHS: Final = 12
_VOTERS: Final = (ContactRole.VOTING, ContactRole.DEPUTY)


@dataclass(frozen=True, slots=True)
class Balance:
    """Euros net. `contributions` stand on invoices of this program so far, less what was credited; `periods` are those of the invoices that stand,
    the earliest first. `of_a_year` is by the scale of today, None where that can't be said.
    """

    contributions: Decimal
    periods: tuple[tuple[date, date], ...]
    of_a_year: Decimal | None
    saving: MemberSaving | None

    @property
    def gain(self) -> Decimal | None:
        """What is left of a year's saving after a year's contributions."""
        if self.saving is None or self.of_a_year is None:
            return None
        return self.saving.euros_a_year - self.of_a_year


@require_GET
@membership_page
def show_membership(request: HttpRequest, desk: Desk, member: Member) -> HttpResponse:
    today = timezone.localdate()
    invoices = (
        Invoice.objects.filter(member=member).select_related("claim").defer("pdf", "xrechnung", "content")
    )
    page = Paginator(invoices, _PER_PAGE).get_page(request.GET.get("page"))
    mandate = mandate_for(member, today)
    votes = VoterRow.objects.filter(member=member).select_related("voting__item__meeting").order_by("-pk")
    return desk.show(
        request,
        "cooperative/membership/page.html",
        member=member,
        memberships=memberships_of(member),
        shares=share_standing(member),
        page=page,
        today=today,
        invoices=_standing(list(page.object_list)),
        mandate=mandate,
        account=_masked(mandate.iban) if mandate else "",
        voters=[each for role in _VOTERS for each in contacts_on(member, today, role)],
        votes=votes[:_VOTES_SHOWN],
        contracts=contracts_of(desk.municipality.pk),
        balance=balance_of_membership(member, desk.municipality.pk, today),
        open_requests=requests_for(desk.actor, member).exclude(state=RequestState.SOLVED).count(),
    )


@require_GET
@membership_page
def download_my_invoice(_request: HttpRequest, _desk: Desk, member: Member, number: str) -> HttpResponse:
    """The invoice as it was issued, PDF with its data inside."""
    invoice = Invoice.objects.filter(member=member, number=number).first()
    if invoice is None:
        raise Http404
    response = HttpResponse(bytes(invoice.pdf), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{invoice.number}.pdf"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def balance_of_membership(member: Member, municipality_id: int, today: date) -> Balance:
    """From the contributions that stand on invoices, and the proof of the saving."""
    charges = Charge.objects.filter(member=member, kind=ChargeKind.CONTRIBUTION, invoice__isnull=False)
    standing = charges.filter(invoice__corrects__isnull=True, invoice__credited_by__isnull=True, net__gt=0)
    periods = standing.order_by("first_day", "last_day").values_list("first_day", "last_day").distinct()
    return Balance(
        periods=tuple(periods),
        contributions=summed(charges.aggregate(sum=Sum("net"))["sum"]),
        of_a_year=_of_a_year(member, today),
        saving=saving_of(municipality_id),
    )


def _standing(invoices: list[Invoice]) -> list[tuple[Invoice, Decimal, Decimal, bool]]:
    """Of each: what is open, what the member has left to get, and whether a credit note met it."""
    credited = set(Invoice.objects.filter(corrects__in=invoices).values_list("corrects", flat=True))
    found = []
    for each in invoices:
        amount = each.claim.open_amount()
        found.append((each, max(amount, ZERO), max(-amount, ZERO), each.pk in credited))
    return found


def _of_a_year(member: Member, today: date) -> Decimal | None:
    scale, inhabitants = scale_on(today), inhabitants_on(member, today)
    if scale is None or inhabitants is None:
        return None
    try:
        return monthly_amount(scale.rule, inhabitants) * _MONTHS
    except NoBracketError:
        return None


def _masked(iban: str) -> str:
    """Enough to know the account again."""
    return f"{iban[:4]} … {iban[-4:]}"
