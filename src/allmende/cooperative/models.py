# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where Django looks for the room's models; they live with their nouns."""

from allmende.cooperative.accessions import Accession, AccessionStep
from allmende.cooperative.accounts import BookEntry, BookLine, BooksClosing
from allmende.cooperative.attendance import Attendance
from allmende.cooperative.ballots import Ballot, BallotUrn, PaperCount
from allmende.cooperative.bank.statements import BankStatement, BankTransaction, Match
from allmende.cooperative.billing_profile import BillingProfile, MemberBilling
from allmende.cooperative.boards import BoardSeat
from allmende.cooperative.calendar_feed import CalendarToken
from allmende.cooperative.chain_checking import ChainAnchor
from allmende.cooperative.charges import Charge
from allmende.cooperative.circulations import Circulation, CirculationVote
from allmende.cooperative.claims import Claim, ReferenceCounter
from allmende.cooperative.contacts import Contact
from allmende.cooperative.contributions import Scale
from allmende.cooperative.due_dates import DueCare
from allmende.cooperative.due_reminders import DueReminder
from allmende.cooperative.exits import MemberExit
from allmende.cooperative.hash_chain import ChainHead, ChangeEntry, PersonalPart
from allmende.cooperative.inhouse import TurnoverYear
from allmende.cooperative.invitations import Invitation
from allmende.cooperative.invoices.issued import Invoice
from allmende.cooperative.legal_rules import LegalRule
from allmende.cooperative.meetings import AgendaItem, ItemExclusion, Meeting, MeetingPaper
from allmende.cooperative.member_list import MemberListEntry
from allmende.cooperative.member_votes import MemberVotes
from allmende.cooperative.members import Member
from allmende.cooperative.motions import Motion
from allmende.cooperative.population import Population
from allmende.cooperative.reminders import Reminder, ReminderStage
from allmende.cooperative.requests import RequestFile, RequestMessage, SupportRequest
from allmende.cooperative.resolutions import Resolution
from allmende.cooperative.sepa.collecting import CollectionItem, CollectionRun
from allmende.cooperative.sepa.mandates import Mandate
from allmende.cooperative.sepa.pay_outs import PayOut, PayOutRun
from allmende.cooperative.share_endings import ShareEnding
from allmende.cooperative.shares import Subscription
from allmende.cooperative.stored_documents import StoredDocument
from allmende.cooperative.votings import OpenVote, VoterRow, Voting

__all__ = [
    "Accession",
    "AccessionStep",
    "AgendaItem",
    "Attendance",
    "Ballot",
    "BallotUrn",
    "BankStatement",
    "BankTransaction",
    "BillingProfile",
    "BoardSeat",
    "BookEntry",
    "BookLine",
    "BooksClosing",
    "CalendarToken",
    "ChainAnchor",
    "ChainHead",
    "ChangeEntry",
    "Charge",
    "Circulation",
    "CirculationVote",
    "Claim",
    "CollectionItem",
    "CollectionRun",
    "Contact",
    "DueCare",
    "DueReminder",
    "Invitation",
    "Invoice",
    "ItemExclusion",
    "LegalRule",
    "Mandate",
    "Match",
    "Meeting",
    "MeetingPaper",
    "Member",
    "MemberBilling",
    "MemberExit",
    "MemberListEntry",
    "MemberVotes",
    "Motion",
    "OpenVote",
    "PaperCount",
    "PayOut",
    "PayOutRun",
    "PersonalPart",
    "Population",
    "ReferenceCounter",
    "Reminder",
    "ReminderStage",
    "RequestFile",
    "RequestMessage",
    "Resolution",
    "Scale",
    "ShareEnding",
    "StoredDocument",
    "Subscription",
    "SupportRequest",
    "TurnoverYear",
    "VoterRow",
    "Voting",
]
