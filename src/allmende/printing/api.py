# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What printing offers the rooms beside it: functions and frozen dataclasses, never models."""
