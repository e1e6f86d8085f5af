# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Why a bank statement can't be read, and what to do, in the reader's words."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from allmende.cooperative.bank.camt import StatementFault

FAULTS: dict[StatementFault, str | Promise] = {
    StatementFault.TOO_LARGE: gettext_lazy(
        "The file is larger than 10 MB or has more than 20,000 payments. Fetch shorter periods from the bank."
    ),
    StatementFault.NOT_XML: gettext_lazy(
        "This is no XML file that may be read. In the bank's program, choose the statement as CAMT.053; unpack a ZIP file first."
    ),
    StatementFault.NOT_CAMT: gettext_lazy(
        "This is XML, but no bank statement of the kind CAMT.053. In the bank's program, choose CAMT.053 (not 052 or 054)."
    ),
    StatementFault.NO_STATEMENT: gettext_lazy("The file has no statement. Fetch it from the bank again."),
    StatementFault.BROKEN: gettext_lazy(
        "The statement is incomplete at “%(detail)s”. Fetch it from the bank again."
    ),
    StatementFault.NOT_EUROS: gettext_lazy(
        "The statement has amounts in %(detail)s: only accounts in euros are kept here."
    ),
    StatementFault.BALANCE: gettext_lazy(
        "Opening balance and payments do not give the closing balance of statement %(detail)s. Fetch it from the bank again."
    ),
}
