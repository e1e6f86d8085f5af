# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A person at a device: what a chip opens, and what its owner may do while standing there."""
