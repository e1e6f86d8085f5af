# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The composition: it knows every room, and no room knows it."""

from django.apps import AppConfig


class ServerConfig(AppConfig):
    name = "allmende.server"
    label = "server"

    def ready(self) -> None:
        # Rooms that do not know each other are joined here; imports wait until all models are loaded.
        from allmende.cooperative.member_sources import set_contract_source, set_saving_source  # noqa: PLC0415
        from allmende.fleet.api import impression_prices, subscribe  # noqa: PLC0415
        from allmende.printing.api import set_price_source  # noqa: PLC0415
        from allmende.server.membership_sources import contracts_of_member, saving_of_member  # noqa: PLC0415
        from allmende.server.settlement_charges import charge_settlement  # noqa: PLC0415

        set_price_source(impression_prices)
        set_saving_source(saving_of_member)
        set_contract_source(contracts_of_member)
        subscribe(charge_settlement)
