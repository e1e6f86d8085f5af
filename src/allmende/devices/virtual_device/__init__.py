# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A printer without a body: an IPP Everywhere printer as a process of its own, whose output tray is a web page.

It plays the other side of delivery, in the demo, in tests and in benchmarks, and can be told to fail as printers fail::

    python -m allmende.devices.virtual_device --name rathaus-eg --title "Rathaus EG" --port 8641 --home DIR

How it works
============

    IPP request ──▶ ipp_service ──▶ Printer: its jobs, one printing at a time, page by page ──▶ Tray
    browser ──────▶ web_app ──────▶      ▲ Fault: jam, paper, door, slow, …                       │
                       ▲                                                                          ▼
                       └── pages, /tray.json, /timings.json, POST /faults, POST /tray/empty    PrintLog

`jobs` and `faults` are data, `printer` is the machine that moves, `tray` is what lies there; `ipp_service` and `web_app` are the
two doors. It knows neither Django nor a database; all is in memory and bounded, but for the log of what came out.

What it is not: it has no TLS and no user, so it belongs on the loopback address. A large document (more than
`jobs.HELD_BYTES`) is taken and counted as one page, but not looked at.
"""
