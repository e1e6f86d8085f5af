# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where Django looks for the room's models; they live with their nouns."""

from allmende.directory.attempts import AttemptCount
from allmende.directory.audit import AuditEntry
from allmende.directory.chips import Chip, EnrolmentCode
from allmende.directory.cost_centres import CostCentre
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Delegation, Person, PersonAlias
from allmende.directory.people_import import PeopleDraft
from allmende.directory.roles import Role

__all__ = [
    "AttemptCount",
    "AuditEntry",
    "Chip",
    "CostCentre",
    "Delegation",
    "EnrolmentCode",
    "Municipality",
    "PeopleDraft",
    "Person",
    "PersonAlias",
    "Role",
]
