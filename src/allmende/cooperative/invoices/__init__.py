# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Invoices: unbroken numbers, XRechnung and ZUGFeRD from one content, checked offline before a number is given."""
