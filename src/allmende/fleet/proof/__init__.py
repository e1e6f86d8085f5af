# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The proof of the saving: what printing cost before, what it costs now, and how each figure came about.

`figures` and `arithmetic` are pure; `case_file` reads and writes a case; `prove_command` proves a file without database or Django;
`town_case` makes the case of a town from its own rows; `proof_pages` shows it.
"""
