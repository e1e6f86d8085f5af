# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The addresses below `/verwaltung/zaehler/`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from allmende.devices.meters import care_pages, pages

urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.list_meters, name="meters"),
    path("zweifelhaft/", pages.list_doubtful, name="doubtful_readings"),
    path("einlesen/", pages.import_readings_page, name="import_readings"),
    path("geraet/<int:device_id>/", pages.show_meter, name="meter"),
    path("geraet/<int:device_id>/eintragen/", pages.enter_reading_page, name="enter_reading"),
    path("geraet/<int:device_id>/snmp/", care_pages.edit_device_snmp, name="device_snmp"),
    path("geraet/<int:device_id>/snmp/vergessen/", care_pages.forget_device_snmp, name="forget_device_snmp"),
    path("ablesung/<int:reading_id>/urteil/", pages.judge_reading_page, name="judge_reading"),
    path("ablesung/<int:reading_id>/berichtigen/", pages.correct_reading_page, name="correct_reading"),
    path("verbrauch/", care_pages.list_supplies, name="supplies"),
    path("meldungen/", care_pages.list_alerts, name="device_alerts"),
    path("meldungen/<int:alert_id>/", care_pages.acknowledge_alert_page, name="acknowledge_alert"),
    path("runde/", care_pages.start_round_page, name="start_round"),
    path("runde/<int:round_id>/", care_pages.show_round, name="meter_round"),
    path("plan/", care_pages.edit_plan, name="meter_plan"),
    path("snmp/", care_pages.edit_default_snmp, name="default_snmp"),
]
