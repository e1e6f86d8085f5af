# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where Django looks for the room's models; they live with their nouns."""

from allmende.fleet.baselines import Baseline, BaselineRow
from allmende.fleet.concept.concept_records import ConceptRun
from allmende.fleet.contracts import Contract, ContractCharge, ContractDevice, ContractTerm
from allmende.fleet.environment import EnvironmentFactor
from allmende.fleet.person_reports import PersonReport, PersonReportLook
from allmende.fleet.reports.subscriptions import ReportMail, ReportSubscription
from allmende.fleet.settlement.settlements import Settlement, SettlementLine
from allmende.fleet.supplier_invoices import SupplierInvoice

__all__ = [
    "Baseline",
    "BaselineRow",
    "ConceptRun",
    "Contract",
    "ContractCharge",
    "ContractDevice",
    "ContractTerm",
    "EnvironmentFactor",
    "PersonReport",
    "PersonReportLook",
    "ReportMail",
    "ReportSubscription",
    "Settlement",
    "SettlementLine",
    "SupplierInvoice",
]
