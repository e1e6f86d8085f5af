# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Transfer of a balance from one member to another (§ 76 GenG): at any time of the year, in whole or in part, without pay-out.

Here is the list's side; the accounts of shares hear `SharesTransferred` and refuse what the receiver may not hold.
"""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from allmende.cooperative.exits import RefusedExitError, write_exit
from allmende.cooperative.member_audit import audit_member
from allmende.cooperative.member_events import SharesTransferred, publish
from allmende.cooperative.member_list import Draft, EntryKind, ExitReason, append_entries, is_member_on
from allmende.cooperative.members import Member
from allmende.cooperative.share_counts import shares_held
from allmende.cooperative.stored_documents import StoredDocument
from allmende.directory.people import Person


@transaction.atomic
def transfer_shares(
    giver: Member,
    taker: Member,
    effective_on: date,
    *,
    actor: Person | None,
    share_count: int | None = None,
    document: StoredDocument | None = None,
    note: str = "",
) -> None:
    """`share_count` None: the whole balance; the giver's membership then ends with that day.

    Raises RefusedExitError, RefusedEntryError, MoneyRefusedError.
    """
    if giver.pk == taker.pk:
        raise RefusedExitError(gettext("Choose another member to receive the shares."))
    if effective_on > timezone.localdate():
        raise RefusedExitError(
            gettext("The day lies in the future. Record the transfer when the board has entered it.")
        )
    for member in (giver, taker):
        if not is_member_on(member, effective_on):
            raise RefusedExitError(
                gettext("%(name)s is no member on that day. Who is none must join first (a new accession).")
                % {"name": member.name}
            )
    held = shares_held(giver, effective_on)
    if share_count is not None and not 0 < share_count < held:
        raise RefusedExitError(
            gettext(
                "%(name)s holds %(held)d shares; one must stay. To give up all, transfer the whole balance."
            )
            % {"name": giver.name, "held": held}
        )
    moved = held if share_count is None else share_count
    drafts = [
        Draft(
            taker,
            EntryKind.TRANSFER_IN,
            effective_on,
            counterpart=giver,
            share_count=moved,
            note=note,
            document=document,
        )
    ]
    if share_count is not None:
        drafts.append(
            Draft(
                giver,
                EntryKind.TRANSFER_OUT,
                effective_on,
                counterpart=taker,
                share_count=moved,
                note=note,
                document=document,
            )
        )
    received, *_given = append_entries(drafts, actor=actor)
    if share_count is None:
        write_exit(
            giver,
            ExitReason.TRANSFER,
            effective_on,
            effective_on,
            actor=actor,
            due=None,
            counterpart=taker,
            document=document,
            note=note,
        )
    audit_member(actor, "member.shares_transferred", giver.name, to=taker.name, count=share_count or "all")
    publish(SharesTransferred(received.number, giver.pk, taker.pk, effective_on, share_count))
