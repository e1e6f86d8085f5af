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
from allmende.cooperative.invoices.issued import Invoice
from allmende.cooperative.member_access import membership_page
from allmende.cooperative.member_list import memberships_of
from allmende.cooperative.member_sources import MemberSaving, contracts_of, saving_of
from allmende.cooperative.members import Member
from allmende.cooperative.requests import RequestState, requests_for
from allmende.cooperative.sepa.mandates import mandate_for
from allmende.cooperative.shares import share_standing
from allmende.cooperative.votings import VoterRow
from allmende.directory.administration_access import Desk

_PER_PAGE: Final = 12
_VOTES_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Balance:
    """Euros net. `contributions` is all that was charged so far; `of_a_year` the last twelve months."""

    contributions: Decimal
    of_a_year: Decimal
    saving: MemberSaving | None

    @property
    def gain(self) -> Decimal | None:
        """What is left of a year's saving after a year's contributions."""
        return None if self.saving is None else self.saving.euros_a_year - self.of_a_year


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
        invoices=[(each, each.claim.open_amount()) for each in page.object_list],
        mandate=mandate,
        account=_masked(mandate.iban) if mandate else "",
        voters=contacts_on(member, today, ContactRole.VOTING, ContactRole.DEPUTY),
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
    year_before = date(today.year - 1, today.month, min(today.day, 28))
    return Balance(
        contributions=charges.aggregate(sum=Sum("net"))["sum"] or Decimal(0),
        of_a_year=charges.filter(last_day__gt=year_before, last_day__lte=today).aggregate(sum=Sum("net"))[
            "sum"
        ]
        or Decimal(0),
        saving=saving_of(municipality_id),
    )


def _masked(iban: str) -> str:
    """Enough to know the account again."""
    return f"{iban[:4]} … {iban[-4:]}"
