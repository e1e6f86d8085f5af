# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Settlement: what a month or quarter of a contract costs, reckoned from readings, to the cent."""
