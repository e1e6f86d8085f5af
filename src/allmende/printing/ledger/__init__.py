# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The ledger of sheets: what came out, where, for whom; and the sums that reports read.

delivery ─▶ job_changes ─▶ counting ─▶ sheets    one row per delivery, never changed
                               │
                               └─────▶ rollups   the same in sums per day and month, in the same transaction
"""
