# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Secret votes: the urn, the ballots, receipts, paper counted by two.

Always holds
- No row, and no two rows by a common key, order or time, join a member and a choice. A `VoterRow` says that a member has voted, a `Ballot` says
  what was chosen; neither has a time or a number that the other has.
- While the vote is open, votes lie in *one* field of one row (`BallotUrn.sealed`): each sealed to the urn's public key (libsodium's sealed box,
  X25519 and XSalsa20-Poly1305), all of one length, sorted by their own random bytes. So there is no order of insertion in any table, and nobody reads an interim result.
- The close is one transaction: open the urn, write the ballots anew in the order of random keys, write the voters anew in the order of
  names (PostgreSQL: the same `xmin` and a physical order that tells nothing; SQLite: the same for `rowid`), destroy the urn with its key, count. Afterwards
  old row versions are cleared: `VACUUM FULL` there, `secure_delete` and a truncated log here.
- None twice (a voter's row changes once, under the lock of the vote's row), none after the close (the same lock), as many ballots as voters who used a device.
- The voter gets a random receipt of 80 bits, shown once and stored nowhere; the ballot has its hash. After the close the list of hashes and choices
  is published, and its fingerprint stands in the chain of changes: a ballot that is changed later is found.

Threat model. Protected: against who reads the database, a backup made before the opening or after the close, logs of the application, the chain of changes; against other
members, and the office, who see numbers only. Limits, said plainly:
- Who commands the running server while the vote is open can watch votes come in. So can who has, *from the time of the vote*, a backup or PostgreSQL's write-ahead log
  (archives, replicas) together with the pepper, which is outside the database and opens the urn's key. Pause archiving for the vote or let it expire.
- A web server's access log has the time of a request, not the choice; times of requests and the voters' states together still tell nothing, as ballots have no time.
- Deleted blocks may survive on a disk until it reuses them: encrypt disks.
- A receipt shows its holder how the vote was counted; whoever hands it to another proves how they voted. It is a check, and no protection against being coerced.
- A unanimous result, or a single voter, tells the choices by itself. With fewer than `LEAST_PUBLISHED` ballots by device the list is withheld (a receipt can still be checked).
- A vote on paper is as secret as the room. The voter has to trust that the server runs this program.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db import DatabaseError, connection, models, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.secret import SecretBox

from allmende.cooperative.hash_chain import record_change
from allmende.cooperative.meetings import MeetingRefusedError
from allmende.cooperative.vote_counting import INVALID, Tally, count_votes
from allmende.cooperative.votings import VoterRow, VoterState, Voting, check_open, finish
from allmende.directory.people import Person

log = logging.getLogger(__name__)

#: Fewer ballots by device than this are not published as a list.
LEAST_PUBLISHED: Final = 3
COUNTERS: Final = 2
_RECEIPT_BYTES: Final = 10
_HASH_BYTES: Final = 32
#: Choice (its place among the offered) and the receipt's hash, with libsodium's 48 bytes.
_SEALED_BYTES: Final = 1 + _HASH_BYTES + 48


class BallotUrn(models.Model):
    """The votes of an open secret vote. The row is gone after the close."""

    voting = models.OneToOneField(Voting, on_delete=models.CASCADE, primary_key=True, related_name="urn")
    public_key = models.BinaryField()
    #: The private key under the pepper and the vote's number.
    wrapped_key = models.BinaryField()
    sealed = models.BinaryField(default=b"")

    def __str__(self) -> str:
        return f"{self.voting_id}"


class Ballot(models.Model):
    """One vote of a closed secret vote."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    voting = models.ForeignKey(Voting, on_delete=models.CASCADE, related_name="ballots")
    receipt_hash = models.CharField(max_length=64)
    choice = models.CharField(max_length=12)

    class Meta:
        ordering = ["receipt_hash"]
        verbose_name = _("ballot")
        verbose_name_plural = _("ballots")
        constraints = [models.UniqueConstraint(fields=["voting", "receipt_hash"], name="receipt_once")]

    def __str__(self) -> str:
        return self.receipt_hash[:12]


class PaperCount(models.Model):
    """What one of the two counters found among the paper ballots: sums only."""

    voting = models.ForeignKey(Voting, on_delete=models.CASCADE, related_name="paper_counts")
    counter = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    tally = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["voting", "counter"], name="paper_count_once_each")]

    def __str__(self) -> str:
        return f"{self.voting_id}: {self.counter_id}"


@dataclass(frozen=True, slots=True)
class Turnout:
    """How far a secret vote is; numbers only."""

    votes: int
    device: int
    paper: int

    @property
    def waiting(self) -> int:
        return self.votes - self.device - self.paper


def set_up_urn(voting: Voting) -> None:
    """Call it in the transaction that opens the vote."""
    key = PrivateKey.generate()
    BallotUrn.objects.create(
        voting=voting,
        public_key=bytes(key.public_key),
        wrapped_key=bytes(_wrapping(voting.pk).encrypt(bytes(key))),
    )


def cast_ballot(person: Person, voting: Voting, member_id: int, choice: str) -> str:
    """One secret vote for this member; answers the receipt, which is stored nowhere. Raises MeetingRefusedError."""
    receipt = new_receipt()
    with transaction.atomic():
        standing = check_open(voting, choice)
        if not standing.is_secret:
            raise MeetingRefusedError(gettext("This vote is open, not secret."))
        mine = standing.voters.filter(member_id=member_id, person=person)
        if not mine.exists():
            raise MeetingRefusedError(gettext("You do not vote for this member here."))
        row = mine.filter(state=VoterState.WAITING).order_by("number").first()
        if row is None or not _mark(row, VoterState.DEVICE):
            raise MeetingRefusedError(gettext("This member has voted already."))
        offered = [key for key, _label in standing.choices]
        plain = bytes([offered.index(choice)]) + bytes.fromhex(hash_receipt(standing.pk, receipt))
        urn = BallotUrn.objects.select_for_update().get(pk=standing.pk)
        sealed = SealedBox(PublicKey(bytes(urn.public_key))).encrypt(plain)
        urn.sealed = b"".join(sorted([*_split(bytes(urn.sealed)), sealed]))
        urn.save(update_fields=["sealed"])
    return receipt


def hand_out_paper(actor: Person, voting: Voting, member_id: int) -> None:
    """A paper ballot was handed to this member's representative, who no longer votes by device. Raises MeetingRefusedError."""
    with transaction.atomic():
        standing = check_open(voting)
        if not standing.is_secret:
            raise MeetingRefusedError(gettext("This vote is open, not secret."))
        row = standing.voters.filter(member_id=member_id, state=VoterState.WAITING).order_by("number").first()
        if row is None or not _mark(row, VoterState.PAPER):
            raise MeetingRefusedError(gettext("This member has voted already."))
        record_change(actor, "voting", standing.pk, "paper_handed_out", {"member": member_id})


def enter_paper_count(actor: Person, voting: Voting, counts: Mapping[str, int]) -> None:
    """One counter's result of the paper ballots, with invalid ones; the last word of each counter counts. Raises MeetingRefusedError."""
    with transaction.atomic():
        standing = check_open(voting)
        if not standing.is_secret:
            raise MeetingRefusedError(gettext("This vote is open, not secret."))
        offered = {*(key for key, _label in standing.choices), INVALID}
        if set(counts) - offered or any(count < 0 for count in counts.values()):
            raise MeetingRefusedError(
                gettext("Enter how many papers there are of each kind; 0 where there is none.")
            )
        handed = standing.voters.filter(state=VoterState.PAPER).count()
        if sum(counts.values()) > handed:
            raise MeetingRefusedError(
                gettext("These are %(count)d papers, but only %(handed)d were handed out. Count again.")
                % {"count": sum(counts.values()), "handed": handed}
            )
        others = PaperCount.objects.filter(voting=standing).exclude(counter=actor)
        if others.count() >= COUNTERS:
            raise MeetingRefusedError(gettext("Two others have counted already."))
        tally = {key: counts.get(key, 0) for key in offered}
        PaperCount.objects.update_or_create(voting=standing, counter=actor, defaults={"tally": tally})
        record_change(actor, "voting", standing.pk, "paper_counted")


def close_secret_voting(actor: Person, voting: Voting) -> None:
    """Open the urn, count, publish, and part voters from votes for good. Raises MeetingRefusedError."""
    with transaction.atomic():
        _overwrite_what_is_deleted()
        standing = check_open(voting)
        if not standing.is_secret:
            raise MeetingRefusedError(gettext("This vote is open, not secret."))
        paper = _agreed_paper(standing)
        _empty_urn(standing)
        _rewrite_voters(standing)
        tally = _count_ballots(standing) + paper
        finish(actor, standing, tally, {"ballots": fingerprint(standing)})
        transaction.on_commit(_clear_old_versions)
    voting.refresh_from_db()


def turnout(voting: Voting) -> Turnout:
    states = voting.voters.values_list("state").annotate(count=models.Count("pk"))
    found = dict(states)
    return Turnout(sum(found.values()), found.get(VoterState.DEVICE, 0), found.get(VoterState.PAPER, 0))


def recount(voting: Voting) -> Tally:
    """Count a closed secret vote once more, from the stored ballots and the counters' sums."""
    return _count_ballots(voting) + _paper_tally(voting)


def published_ballots(voting: Voting) -> list[tuple[str, str]] | None:
    """(receipt's hash, choice in words) of every ballot by device, by hash; None before the close and where they are too few."""
    if voting.closed_at is None:
        return None
    words = dict(voting.choices)
    found = [(row.receipt_hash, words[row.choice]) for row in voting.ballots.all()]
    return found if len(found) >= LEAST_PUBLISHED else None


def check_receipt(voting: Voting, receipt: str) -> str | None:
    """How the ballot with this receipt was counted, in words; None where there is none (or the vote is still open)."""
    if voting.closed_at is None:
        return None
    row = voting.ballots.filter(receipt_hash=hash_receipt(voting.pk, receipt)).first()
    return dict(voting.choices)[row.choice] if row else None


def fingerprint(voting: Voting) -> str:
    """SHA-256 over the published list: one line `hash choice` for each ballot, sorted."""
    lines = sorted(f"{row.receipt_hash} {row.choice}\n" for row in voting.ballots.all())
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def new_receipt() -> str:
    """Sixteen letters and digits in groups of four, 80 bits."""
    text = base64.b32encode(secrets.token_bytes(_RECEIPT_BYTES)).decode()
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def hash_receipt(voting_id: int, receipt: str) -> str:
    """Blanks, dashes and case do not matter, and the digits that base32 does not have are read as the letters they look like."""
    plain = "".join(each for each in receipt.upper() if each.isalnum()).translate(str.maketrans("018", "OIB"))
    return hashlib.sha256(f"allmende ballot {voting_id} {plain}".encode()).hexdigest()


def _mark(row: VoterRow, state: VoterState) -> bool:
    return VoterRow.objects.filter(pk=row.pk, state=VoterState.WAITING).update(state=state) == 1


def _split(sealed: bytes) -> list[bytes]:
    return [sealed[at : at + _SEALED_BYTES] for at in range(0, len(sealed), _SEALED_BYTES)]


def _wrapping(voting_id: int) -> SecretBox:
    key = hashlib.blake2b(
        b"%d" % voting_id,
        key=bytes(settings.ALLMENDE_PEPPER)[:64],
        digest_size=SecretBox.KEY_SIZE,
        person=b"allmende-urn",
    ).digest()
    return SecretBox(key)


def _empty_urn(voting: Voting) -> None:
    urn = BallotUrn.objects.select_for_update().get(pk=voting.pk)
    box = SealedBox(PrivateKey(_wrapping(voting.pk).decrypt(bytes(urn.wrapped_key))))
    opened = [box.decrypt(each) for each in _split(bytes(urn.sealed))]
    if len(opened) != voting.voters.filter(state=VoterState.DEVICE).count():
        # Somebody has changed the database: counting on would hide it.
        raise MeetingRefusedError(
            gettext(
                "The urn does not hold as many votes as members have voted. The vote is void: repeat it, and have the server examined."
            )
        )
    offered = [key for key, _label in voting.choices]
    keys = sorted((uuid.uuid4() for _each in opened), key=lambda key: key.hex)
    shuffled = list(opened)
    secrets.SystemRandom().shuffle(shuffled)
    Ballot.objects.bulk_create(
        Ballot(id=key, voting=voting, choice=offered[plain[0]], receipt_hash=plain[1:].hex())
        for key, plain in zip(keys, shuffled, strict=True)
    )
    # Overwritten first: some databases keep a deleted row's bytes where they were.
    BallotUrn.objects.filter(pk=voting.pk).update(
        wrapped_key=secrets.token_bytes(len(urn.wrapped_key)), sealed=b"\0" * len(urn.sealed)
    )
    urn.delete()


def _rewrite_voters(voting: Voting) -> None:
    rows = list(voting.voters.select_related("member").order_by("member__name", "member_id", "number"))
    voting.voters.all().delete()
    VoterRow.objects.bulk_create(
        VoterRow(
            voting=voting,
            member=row.member,
            number=row.number,
            person_id=row.person_id,
            name=row.name,
            state=row.state,
        )
        for row in rows
    )


def _count_ballots(voting: Voting) -> Tally:
    choices = voting.ballots.values_list("choice", flat=True)
    return count_votes([key for key, _label in voting.choices], ((choice, 1) for choice in choices))


def _agreed_paper(voting: Voting) -> Tally:
    if not voting.voters.filter(state=VoterState.PAPER).exists():
        return Tally({})
    counts = list(voting.paper_counts.all())
    if len(counts) < COUNTERS:
        raise MeetingRefusedError(
            gettext(
                "Paper ballots were handed out: two persons count them, each by themselves, and enter what they found."
            )
        )
    if any(count.tally != counts[0].tally for count in counts):
        raise MeetingRefusedError(gettext("The two counters found different numbers. Count again, both."))
    return _paper_tally(voting)


def _paper_tally(voting: Voting) -> Tally:
    count = voting.paper_counts.first()
    return Tally({key: int(number) for key, number in count.tally.items()} if count else {})


def _overwrite_what_is_deleted() -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")


def _clear_old_versions() -> None:
    """Old versions of rows would show who voted in which order. Best effort: a failure is logged, the vote stands."""
    if connection.in_atomic_block:
        return
    tables = [model._meta.db_table for model in (VoterRow, BallotUrn, Ballot)]  # noqa: SLF001 - Django calls it public
    try:
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            elif connection.vendor == "postgresql":
                for table in tables:
                    cursor.execute(f"VACUUM (FULL) {connection.ops.quote_name(table)}")
    except DatabaseError:
        log.warning("old versions of the rows of a secret vote could not be cleared", exc_info=True)
