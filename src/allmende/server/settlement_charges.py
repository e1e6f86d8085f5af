# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A closed settlement of the fleet becomes a charge of the cooperative, where the contract says so; the office invoices it with its next run.

Always holds: a settlement is charged once, in the transaction that closes it; a correction, whose amount is what is still to be paid or given back, is charged
where the settlement that it corrects was, whatever the contract says by then; where the first one was not, the supplier invoices both.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from allmende.cooperative.api import MoneyRefusedError, add_charge, is_charged
from allmende.fleet.api import RefusedClosingError, SettlementClosed


def charge_settlement(event: SettlementClosed) -> None:
    """Raises RefusedClosingError."""
    is_wanted = event.by_cooperative if event.version == 1 else is_charged(_key(event, 1))
    if not is_wanted or event.net == 0:
        return
    # Invoices speak German, whoever closes the settlement.
    words = f"Abrechnung {event.supplier}, Vertrag {event.contract_number}"
    if event.version > 1:
        words = f"{words}, Berichtigung {event.version - 1}"
    try:
        add_charge(
            event.municipality_id,
            source_key=_key(event, event.version),
            text=words,
            first_day=event.first_day,
            last_day=event.last_day,
            net=event.net,
            corrects=_key(event, 1) if event.version > 1 else "",
        )
    except MoneyRefusedError as error:
        raise RefusedClosingError(
            _("The cooperative can't invoice this: %(reason)s Change “invoiced by” of the contract first.")
            % {"reason": error}
        ) from error


def _key(event: SettlementClosed, version: int) -> str:
    return f"settlement:{event.contract_id}:{event.first_day.isoformat()}:{version}"
