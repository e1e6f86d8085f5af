# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Runs one virtual device until SIGTERM or SIGINT."""

import argparse
import logging
import socket
import sys
from pathlib import Path

import uvicorn

from allmende.devices.virtual_device.ipp_service import IppService, virtual_profile
from allmende.devices.virtual_device.meters import LifeMeters
from allmende.devices.virtual_device.printer import Printer
from allmende.devices.virtual_device.tray import PrintLog
from allmende.devices.virtual_device.web_app import DroppableProtocol, VirtualDeviceApp


def main(arguments: list[str] | None = None) -> int:
    options = _parse(arguments)
    logging.basicConfig(level=logging.WARNING, format=f"{options.name}: %(message)s")
    print_log = None
    if options.log or options.keep_meters:
        options.home.mkdir(parents=True, exist_ok=True)
    if options.log:
        print_log = PrintLog(options.home / "printed.jsonl")
    shown = options.host if options.host not in {"", "0.0.0.0", "::"} else socket.gethostname()  # noqa: S104
    base = f"http://{f'[{shown}]' if ':' in shown else shown}:{options.port}"
    profile = virtual_profile(
        name=options.name,
        title=options.title or options.name,
        base=base,
        raster_only=options.raster_only,
    )

    def make_app() -> VirtualDeviceApp:
        printer = Printer(
            seconds_per_page=options.seconds_per_page,
            print_log=print_log,
            with_images=not options.no_images,
            meters=LifeMeters(options.home / "meters.json" if options.keep_meters else None),
        )
        return VirtualDeviceApp(printer, IppService(printer, profile), options.title or options.name)

    uvicorn.run(
        make_app,
        factory=True,
        host=options.host,
        port=options.port,
        http=DroppableProtocol,
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=2,
        server_header=False,
    )
    return 0


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m allmende.devices.virtual_device",
        description="A printer whose output tray is a web page.",
    )
    parser.add_argument("--name", required=True, help="its short name, e.g. rathaus-eg")
    parser.add_argument("--title", default="", help="its name for people")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1", help="where it listens (default: this machine only)")
    parser.add_argument("--home", type=Path, default=Path(), help="the folder of its log")
    parser.add_argument("--log", action="store_true", help="write printed.jsonl, a line for each sheet")
    parser.add_argument("--keep-meters", action="store_true", help="keep its counters in meters.json")
    parser.add_argument("--raster-only", action="store_true", help="take PWG and Apple raster, no PDF")
    parser.add_argument("--no-images", action="store_true", help="keep no images of the pages")
    parser.add_argument("--seconds-per-page", type=float, default=0.2)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
