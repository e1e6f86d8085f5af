# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The print-and-copy concept: which devices stand where, at the least total cost of ownership.

    input_file ─▶ Concept ─▶ tasks (+ distances, costs) ─▶ optimise ─▶ Plan ─▶ drawings, council_paper, compare
                                                   └─▶ infeasibility           └─▶ constraints_cost

Everything up to the plan is pure: no database, no Django. `highspy` is imported when something is solved, never before: pages
start a process of its own for that.
"""
