# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the page of a membership shows of the fleet: the contracts of the town, and the saving as it is proved."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone

from allmende.cooperative.member_sources import MemberContract, MemberSaving
from allmende.cooperative.money import CENT
from allmende.directory.municipalities import Municipality
from allmende.fleet.baselines import find_baseline
from allmende.fleet.contracts import Contract
from allmende.fleet.proof.amounts import UnprovableError
from allmende.fleet.proof.arithmetic import prove
from allmende.fleet.proof.town_case import NoCaseError, make_case, offer_spans


def saving_of_member(municipality_id: int) -> MemberSaving | None:
    """None while nothing can be proved."""
    town = Municipality.objects.filter(pk=municipality_id).first()
    if town is None:
        return None
    spans = offer_spans(town, timezone.localdate())
    try:
        proof = prove(make_case(town, find_baseline(town), spans[0] if spans else None))
    except (NoCaseError, UnprovableError):
        return None
    figure = proof.find("saving.year")
    if figure is None or not spans:
        return None
    return MemberSaving(
        figure.value.quantize(CENT), spans[0].first_day, spans[0].last_day, reverse("savings")
    )


def contracts_of_member(municipality_id: int) -> list[MemberContract]:
    return [
        MemberContract(
            each.title,
            each.supplier,
            each.number,
            each.first_day,
            each.last_day,
            reverse("contract", args=[each.pk]),
        )
        for each in Contract.objects.filter(municipality_id=municipality_id)
    ]
