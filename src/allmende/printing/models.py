# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where Django looks for the room's models; they live with their nouns."""

from allmende.printing.budgets import Budget, BudgetReservation, BudgetUse
from allmende.printing.delivery.holders import DeliveryHolder
from allmende.printing.delivery.stops import DeliveryStop
from allmende.printing.delivery.turns import DeviceTurn
from allmende.printing.event_subscriptions import EventSubscription
from allmende.printing.jobs import Job, JobDocument, JobEvent, JobPreview
from allmende.printing.ledger.device_users import DeviceUser
from allmende.printing.ledger.rollups import SheetMonth, SheetTotal, SheetTownMonth
from allmende.printing.ledger.sheets import SheetEntry
from allmende.printing.queue_addresses import QueueAddress
from allmende.printing.queues import Queue
from allmende.printing.rules.approval_notices import ApproverNotice
from allmende.printing.rules.approvals import ApprovalRequest
from allmende.printing.rules.effects import RuleEffect
from allmende.printing.rules.print_rules import PrintRule
from allmende.printing.visit.visits import Visit
from allmende.printing.visit.waiting_chips import WaitingChip

__all__ = [
    "ApprovalRequest",
    "ApproverNotice",
    "Budget",
    "BudgetReservation",
    "BudgetUse",
    "DeliveryHolder",
    "DeliveryStop",
    "DeviceTurn",
    "DeviceUser",
    "EventSubscription",
    "Job",
    "JobDocument",
    "JobEvent",
    "JobPreview",
    "PrintRule",
    "Queue",
    "QueueAddress",
    "RuleEffect",
    "SheetEntry",
    "SheetMonth",
    "SheetTotal",
    "SheetTownMonth",
    "Visit",
    "WaitingChip",
]
