# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The registered cooperative: members, shares, contributions and invoices, meetings and votes, and the office's day.

It knows the directory and floor 0. What other rooms want of it stands in `api`; what it wants of them (a settlement to be
invoiced, a proved saving) the composition brings, so that no arrow runs between rooms of one floor.
"""
