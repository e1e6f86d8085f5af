# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The fleet: contracts and prices, settlement, baseline and the proof of the saving, reports, the print-and-copy concept.

Of the room beside it, this one knows `printing.api` alone (the ledger of sheets); printing knows nothing of prices but a function that
the composition gives it.
"""
