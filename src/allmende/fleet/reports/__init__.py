# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reports that people look at.

periods ─▶ standard_reports ─▶ report_files   page, CSV, XLSX, PDF
               ▲    ▲              └────────▶ subscriptions   by mail, once per period
   withholding ┘    └ environment

All of them read sums (`printing.api.sum_sheets`), never rows, and never a person.
"""
