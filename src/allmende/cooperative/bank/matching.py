# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a payment is for. In this order, and only where one answer fits; the rest is listed and matched by hand.

return      a debit that came back: its end-to-end reference names the item of a collection; the claim is open again, the bank's fee is a
            claim of its own (where the profile says so)
debit       the end-to-end reference of an item of a collection, or the identifier of a file (or of its part) with the whole sum
pay-out     the reference of a pay-out, or the identifier of the file, with the sum; one that the bank sends back is owed again
reference   the purpose names claims of one member: one of them (also in part), or several with exactly their sum
amount      the account is known of one member, and exactly one of its open claims has this amount
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from allmende.cooperative.accounts import Account, BookEntry, Line, book, reverse_booking
from allmende.cooperative.bank.statements import BankTransaction, Match, unmatched
from allmende.cooperative.billing_profile import MemberBilling, billing_profile
from allmende.cooperative.claims import Claim, ClaimKind, next_number, open_claims
from allmende.cooperative.hash_chain import record_change
from allmende.cooperative.members import Member
from allmende.cooperative.money import ZERO, MoneyRefusedError, euros
from allmende.cooperative.sepa.collecting import CollectionItem, CollectionRun, ItemState, pay_item
from allmende.cooperative.sepa.files import references_of
from allmende.cooperative.sepa.mandates import Mandate
from allmende.cooperative.sepa.pay_outs import PayOut, PayOutKind, pending_pay_outs, returnable_pay_outs
from allmende.directory.people import Person

HOW: Final = {
    "return": _("returned debit"),
    "debit": _("collection"),
    "pay_out": _("pay-out"),
    "reference": _("reference in the purpose"),
    "amount": _("account and amount"),
    "hand": _("by hand"),
}
#: Numbers of invoices (2026-00012), shares (GA-00001) and fees (GB-00001), also where a bank's program put blanks between.
_REFERENCES: Final = re.compile(r"(?<![0-9A-Za-z])(20\d\d|GA|GB)\s?-\s?(\d{5})(?!\d)", re.IGNORECASE)


def match_transactions(rows: Iterable[BankTransaction]) -> int:
    """How many of them were matched in full."""
    done = 0
    for row in rows:
        with transaction.atomic():
            _match(row)
        done += not row.open_amount
    return done


def match_by_hand(actor: Person, row: BankTransaction, claim: Claim, amount: Decimal) -> None:
    """`amount` positive: so much of the incoming payment is for the claim. Raises MoneyRefusedError."""
    with transaction.atomic():
        list(BankTransaction.objects.select_for_update().filter(pk=row.pk))
        if not ZERO < amount <= row.open_amount:
            raise MoneyRefusedError(
                gettext("%(amount)s of this payment are not matched: choose an amount up to that.")
                % {"amount": euros(max(row.open_amount, ZERO))}
            )
        if amount > claim.open_amount():
            raise MoneyRefusedError(
                gettext("Of %(reference)s %(amount)s are open: choose an amount up to that.")
                % {"reference": claim.reference, "amount": euros(max(claim.open_amount(), ZERO))}
            )
        _pay(row, claim, amount, "hand", actor)
        item = CollectionItem.objects.filter(claim=claim, state=ItemState.PENDING, amount=amount).first()
        if item is not None:
            # The sum that the bank credited was parted by hand; when this debit comes back, it is known.
            pay_item(item, row.booked_on)
        record_change(
            actor, "bank_transaction", row.pk, "matched", {"claim": claim.reference, "amount": amount}
        )


def match_to_account(actor: Person, row: BankTransaction, account: Account, text: str) -> None:
    """What is no claim of a member: bank's costs, interest, transfers between accounts. Raises MoneyRefusedError."""
    if account not in BY_HAND:
        raise MoneyRefusedError(gettext("Payments are not booked to this account by hand."))
    with transaction.atomic():
        list(BankTransaction.objects.select_for_update().filter(pk=row.pk))
        amount = row.open_amount
        if not amount:
            raise MoneyRefusedError(gettext("This payment is matched already."))
        lines = [Line(Account.UNCLEAR, amount), Line(account, -amount)]
        _keep(row, amount, _book(row, text or "Zuordnung von Hand", lines, actor), "hand", actor)
        record_change(
            actor, "bank_transaction", row.pk, "matched", {"account": account.value, "amount": amount}
        )


def match_returned_pay_out(actor: Person, row: BankTransaction, pay_out: PayOut) -> None:
    """The bank sent this pay-out back without saying which one it was. Raises MoneyRefusedError."""
    with transaction.atomic():
        list(BankTransaction.objects.select_for_update().filter(pk=row.pk))
        standing = returnable_pay_outs().select_for_update().filter(pk=pay_out.pk).first()
        if standing is None or standing.amount != row.open_amount:
            raise MoneyRefusedError(
                gettext("This is not the amount of a pay-out that was paid and has not come back.")
            )
        _return_pay_out(actor, row, standing, "hand", "")


def reject_pay_out(actor: Person | None, pay_out: PayOut) -> None:
    """The bank never paid it: nothing was booked, and it can be paid out again.

    A sum that the bank debited for the rest of the same file fits now. Raises MoneyRefusedError.
    """
    with transaction.atomic():
        standing = pending_pay_outs().select_for_update().filter(pk=pay_out.pk).first()
        if standing is None:
            raise MoneyRefusedError(
                gettext("This pay-out is not waiting any more: it is paid or failed. Look at it again.")
            )
        standing.failed_on = timezone.localdate()
        standing.save(update_fields=["failed_on"])
        record_change(
            actor,
            "pay_out",
            standing.pk,
            "rejected",
            {"reference": standing.reference, "sum": standing.amount},
        )
        for row in unmatched():
            if row.batch and row.amount < 0 and row.open_amount == row.amount:
                _match_pay_out(row)


#: To which a payment may be booked by hand.
BY_HAND: Final = (Account.BANK_COSTS, Account.RESERVES)


def undo_match(actor: Person, match: Match) -> None:
    """Reverses the booking; the payment is listed again. Raises MoneyRefusedError."""
    with transaction.atomic():
        standing = Match.objects.select_for_update().get(pk=match.pk)
        if standing.undone_at is not None:
            raise MoneyRefusedError(gettext("This match is undone already."))
        if standing.how != "hand" and standing.how not in {"reference", "amount"}:
            raise MoneyRefusedError(gettext("Only matches by hand, reference or amount can be undone."))
        _unreturn(standing)
        reverse_booking(
            standing.entry,
            max(standing.entry.day, timezone.localdate()),
            reason="Zuordnung aufgehoben",
            actor=actor,
        )
        standing.undone_at = timezone.now()
        standing.save(update_fields=["undone_at"])
        if standing.how == "hand":
            _unpay(standing)
        record_change(
            actor, "bank_transaction", standing.transaction_id, "unmatched", {"amount": standing.amount}
        )


def _unreturn(match: Match) -> None:
    """A pay-out that counted as come back by this match counts as paid again. Raises MoneyRefusedError where it was paid out anew."""
    pay_out = PayOut.objects.select_for_update().filter(returned_by=match.entry).first()
    if pay_out is None:
        return
    later = PayOut.objects.filter(pk__gt=pay_out.pk, failed_on__isnull=True)
    anew = later.filter(ending=pay_out.ending, claim=pay_out.claim).first()
    if anew is not None:
        raise MoneyRefusedError(
            gettext("It is paid out anew already (%(reference)s). Mark that one as rejected first.")
            % {"reference": anew.reference}
        )
    pay_out.failed_on = pay_out.returned_by = None
    pay_out.save(update_fields=["failed_on", "returned_by"])


def _unpay(match: Match) -> None:
    """A debit that counted as paid by this match waits again, unless the claim is in another file meanwhile."""
    items = CollectionItem.objects.filter(claim__lines__entry=match.entry)
    paid = items.filter(
        state=ItemState.PAID, paid_on=match.transaction.booked_on, amount=match.amount
    ).first()
    if paid is not None and not items.filter(state=ItemState.PENDING).exists():
        paid.state, paid.paid_on = ItemState.PENDING, None
        paid.save(update_fields=["state", "paid_on"])


def _match(row: BankTransaction) -> None:
    if row.amount > 0:
        if not (_match_debit(row) or _match_batch(row) or _match_returned_pay_out(row)):
            _match_reference(row) or _match_amount(row)
    else:
        _match_return(row) or _match_pay_out(row)


def _match_debit(row: BankTransaction) -> bool:
    item = CollectionItem.objects.filter(end_to_end=row.end_to_end, state=ItemState.PENDING).first()
    if not row.end_to_end or item is None or item.amount != row.amount:
        return False
    _collect(row, [item])
    return True


def _match_batch(row: BankTransaction) -> bool:
    runs = CollectionRun.objects.filter(items__state=ItemState.PENDING).distinct() if row.batch else ()
    for run in runs:
        named = references_of(bytes(run.xml), row.batch)
        items = list(run.items.filter(state=ItemState.PENDING, end_to_end__in=named))
        if items and sum((each.amount for each in items), ZERO) == row.amount:
            _collect(row, items)
            return True
    return False


def _collect(row: BankTransaction, items: Sequence[CollectionItem]) -> None:
    for item in items:
        _pay(row, item.claim, item.amount, "debit", None)
        pay_item(item, row.booked_on)


def _match_return(row: BankTransaction) -> bool:
    if not row.return_code or not row.end_to_end:
        return False
    item = (
        CollectionItem.objects.select_related("claim")
        .filter(end_to_end=row.end_to_end, state__in=[ItemState.PAID, ItemState.PENDING])
        .first()
    )
    money = -row.amount
    if item is None or money < item.amount or (row.returned is not None and row.returned != item.amount):
        return False
    claim = item.claim
    if item.state == ItemState.PENDING:
        # Rejected before the bank ever credited it: there is nothing to take back, only a fee, if any.
        return False
    fee = money - item.amount
    lines = [Line(Account.UNCLEAR, -money), Line(claim.account, item.amount, claim.member, claim)]
    if fee:
        lines.append(Line(Account.BANK_COSTS, fee))
    words = f"Rücklastschrift {row.return_code} {claim.reference}"
    _keep(row, row.amount, _book(row, words, lines, None), "return", None)
    item.state, item.return_code = ItemState.RETURNED, row.return_code
    item.save(update_fields=["state", "return_code"])
    if fee and billing_profile().collects_fee:
        charge_fee(claim.member, fee, row.booked_on, f"Bankgebühr {words}", f"return-fee:{row.pk}")
    record_change(None, "collection_item", item.pk, "returned", {"code": row.return_code, "fee": fee})
    return True


def charge_fee(member: Member, fee: Decimal, day: date, text: str, source_key: str) -> Claim:
    """A claim of its own for a fee, due at once; outside of the tax as damages (not a price)."""
    reference = f"GB-{next_number('GB'):05d}"
    claim = Claim.objects.create(
        member=member, kind=ClaimKind.FEE, reference=reference, text=text[:200], day=day, due_day=day
    )
    lines = [Line(Account.RECEIVABLES, fee, member, claim), Line(Account.FEES, -fee, member)]
    book(day, text, lines, source_key=source_key, document=reference)
    return claim


def _match_pay_out(row: BankTransaction) -> bool:
    waiting = pending_pay_outs().select_related("run")
    found = list(waiting.filter(reference=row.end_to_end)) if row.end_to_end else []
    if not found and row.batch:
        found = [each for each in waiting if each.reference in references_of(bytes(each.run.xml), row.batch)]
    if not found or sum((each.amount for each in found), ZERO) != -row.amount:
        return False
    for each in found:
        lines = [_owed(each, each.amount), Line(Account.UNCLEAR, -each.amount)]
        _keep(row, -each.amount, _book(row, f"{each.text} {each.reference}", lines, None), "pay_out", None)
        each.paid_on = row.booked_on
        each.save(update_fields=["paid_on"])
    return True


def _match_returned_pay_out(row: BankTransaction) -> bool:
    """It could not be paid there: the money is ours again, and owed to the member again, who may name another account."""
    if not row.return_code or not row.end_to_end:
        return False
    pay_out = returnable_pay_outs().filter(reference=row.end_to_end, amount=row.amount).first()
    if pay_out is None:
        return False
    _return_pay_out(None, row, pay_out, "pay_out", row.return_code)
    return True


def _return_pay_out(actor: Person | None, row: BankTransaction, pay_out: PayOut, how: str, code: str) -> None:
    words = " ".join(each for each in ("Rücküberweisung", code, pay_out.reference) if each)
    lines = [Line(Account.UNCLEAR, pay_out.amount), _owed(pay_out, -pay_out.amount)]
    entry = _book(row, words, lines, actor)
    _keep(row, pay_out.amount, entry, how, actor)
    pay_out.failed_on, pay_out.returned_by = row.booked_on, entry
    pay_out.save(update_fields=["failed_on", "returned_by"])
    values = {"code": code, "reference": pay_out.reference, "sum": pay_out.amount}
    record_change(actor, "pay_out", pay_out.pk, "returned", values)


def _owed(pay_out: PayOut, amount: Decimal) -> Line:
    """The line on the account where what is paid out stands as owed."""
    if pay_out.kind == PayOutKind.SHARES:
        return Line(Account.SHARES_PAYABLE, amount, pay_out.member)
    claim = pay_out.claim
    return Line(claim.account if claim else Account.RECEIVABLES, amount, pay_out.member, claim)


def _match_reference(row: BankTransaction) -> bool:
    named = {
        f"{prefix.upper()}-{number}"
        for prefix, number in _REFERENCES.findall(f"{row.purpose} {row.end_to_end}")
    }
    claims = list(Claim.objects.filter(reference__in=named))
    opens = {claim.pk: claim.open_amount() for claim in claims}
    claims = [claim for claim in claims if opens[claim.pk] > 0]
    if not claims or len({claim.member_id for claim in claims}) != 1:
        return False
    total = sum((opens[claim.pk] for claim in claims), ZERO)
    if total == row.amount:
        for claim in claims:
            _pay(row, claim, opens[claim.pk], "reference", None)
        return True
    if len(claims) == 1 and len(named) == 1 and row.amount < total:
        _pay(row, claims[0], row.amount, "reference", None)
        return True
    return False


def _match_amount(row: BankTransaction) -> bool:
    if not row.iban:
        return False
    members = set(Mandate.objects.filter(iban=row.iban).values_list("member_id", flat=True))
    members |= set(MemberBilling.objects.filter(payout_iban=row.iban).values_list("member_id", flat=True))
    if len(members) != 1:
        return False
    fitting = [
        claim for claim, amount in open_claims() if claim.member_id in members and amount == row.amount
    ]
    if len(fitting) != 1:
        return False
    _pay(row, fitting[0], row.amount, "amount", None)
    return True


def _pay(row: BankTransaction, claim: Claim, amount: Decimal, how: str, actor: Person | None) -> None:
    lines = [Line(Account.UNCLEAR, amount), Line(claim.account, -amount, claim.member, claim)]
    _keep(row, amount, _book(row, f"Zahlung {claim.reference} {claim.member.name}", lines, actor), how, actor)


def _book(row: BankTransaction, text: str, lines: list[Line], actor: Person | None) -> BookEntry:
    count = Match.objects.filter(transaction=row).count()
    return book(
        row.booked_on,
        text,
        lines,
        source_key=f"match:{row.pk}:{count + 1}",
        document=row.statement.identifier,
        actor=actor,
    )


def _keep(row: BankTransaction, amount: Decimal, entry: BookEntry, how: str, actor: Person | None) -> None:
    Match.objects.create(transaction=row, amount=amount, entry=entry, how=how, made_by=actor)
