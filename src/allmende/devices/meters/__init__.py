# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Meters: what devices say they have printed, what they run on, and what they complain of.

    SNMP agent ──▶ snmp_walk ─▶ printer_mib, vendors ─┐
    IPP printer ─▶ ipp_answers ───────────────────────┼─▶ DeviceAnswer ─▶ round ─▶ MeterReading, DeviceSupply, DeviceAlert
    people, CSV ─▶ reading_entry, reading_import ─────┘                              │
                                                              plausibility ◀─────────┤
                          contracts, the proof ◀── spans.counts_between ◀────────────┘

Readings are never changed: a correction is another reading. What can't be true is kept, flagged, and not counted with until a person
of the town's IT says so.
"""
