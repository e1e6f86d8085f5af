# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A town's own rules for printing: declared, not programmed; decided at release, explained everywhere."""
