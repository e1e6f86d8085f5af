# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Alerts: what somebody has to do something about, each told once until it has gone.

A row begins when a trouble is first seen (`since`), is raised when it has lasted as long as the town set (`raised_at`), is mailed once (`mailed_at`),
and ends when an answer shows that the trouble is over (`ended_at`). Only one row of a kind and subject is open at a device, by a
constraint of the database; a device that does not answer ends nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.core.mail import send_mail
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.http import Http404
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from allmende.devices.device_words import device_reason_words
from allmende.devices.devices import Device
from allmende.devices.meters.answers import DeviceAnswer
from allmende.devices.meters.plans import MeterPlan
from allmende.devices.meters.readings import MeterReading
from allmende.devices.meters.supplies import DeviceSupply, SupplyKind
from allmende.directory.access import check_town_it
from allmende.directory.audit import record_audit
from allmende.directory.municipalities import Municipality
from allmende.directory.page_access import town_id_of
from allmende.directory.people import Person

log = logging.getLogger(__name__)

#: A low supply is well again only so many points above the threshold: levels waver.
HYSTERESIS: Final = 5
_NO_DELAY: Final = timedelta()
#: A device warms up, a door is opened to refill: what lasts no longer than this is no fault.
FAULT_DELAY: Final = timedelta(minutes=10)
_TONER_REASONS: Final = frozenset({"toner-low", "toner-empty", "marker-supply-low", "marker-supply-empty"})
_DRUM_REASONS: Final = frozenset({"opc-near-eol", "opc-life-over"})
_WASTE_REASONS: Final = frozenset(
    {"marker-waste-full", "marker-waste-almost-full", "marker-waste-ink-receptacle-full"}
)
_PAPER_REASONS: Final = frozenset({"media-empty", "media-needed"})
_FAULT_REASONS: Final = frozenset(
    {
        "media-jam",
        "door-open",
        "cover-open",
        "interlock-open",
        "output-area-full",
        "output-tray-missing",
        "input-tray-missing",
        "marker-supply-missing",
        "fuser-over-temp",
        "fuser-under-temp",
        "developer-empty",
        "service-needed",
        "spool-area-full",
    }
)


class AlertKind(models.TextChoices):
    TONER = "toner-low", _("Toner low")
    DRUM = "drum-low", _("Drum nearly worn out")
    WASTE = "waste-full", _("Waste container nearly full")
    PART = "part-low", _("Part nearly worn out")
    PAPER = "paper-out", _("Without paper")
    FAULT = "fault", _("Fault")
    NOT_SEEN = "not-seen", _("Does not answer")
    READING = "reading", _("Doubtful meter reading")


_KIND_OF_SUPPLY: Final = {
    SupplyKind.TONER: AlertKind.TONER,
    SupplyKind.DRUM: AlertKind.DRUM,
    SupplyKind.WASTE: AlertKind.WASTE,
    SupplyKind.PART: AlertKind.PART,
    SupplyKind.STAPLES: AlertKind.PART,
}


class DeviceAlert(models.Model):
    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="+")
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="alerts")
    kind = models.CharField(_("kind"), max_length=12, choices=AlertKind.choices)
    #: What exactly: a supply's key, a state reason, a reading's number; empty where there is only one.
    subject = models.CharField(max_length=80, blank=True)
    #: In the device's own words, or a keyword: see `words`.
    detail = models.CharField(max_length=200, blank=True)
    since = models.DateTimeField()
    raised_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-since"]
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        constraints = [
            models.UniqueConstraint(
                fields=["device", "kind", "subject"],
                condition=Q(ended_at__isnull=True),
                name="alert_open_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["municipality", "-since"], condition=Q(ended_at__isnull=True), name="alerts_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"

    @property
    def words(self) -> str:
        """What is the matter, for people, in the language at hand."""
        if self.kind in {AlertKind.FAULT, AlertKind.PAPER}:
            return device_reason_words(self.detail)
        return self.detail


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something seen now; it is raised when it has lasted for `delay`."""

    detail: str = ""
    delay: timedelta = _NO_DELAY


Key = tuple[str, str]


def find_troubles(
    answer: DeviceAnswer, supplies: Iterable[DeviceSupply], plan: MeterPlan, open_keys: set[Key]
) -> dict[Key, Trouble]:
    """Pure but for the models' fields: what is wrong with a device that answered, by kind and subject."""
    found: dict[Key, Trouble] = {}
    for supply in supplies:
        kind = _KIND_OF_SUPPLY.get(SupplyKind(supply.kind))
        if kind is None or supply.level is None:
            continue
        key = (kind.value, supply.key)
        if supply.level <= plan.low_percent + (HYSTERESIS if key in open_keys else 0):
            found[key] = Trouble(f"{supply}: {supply.level} %"[:200])
    told = {kind for kind, _subject in found}
    # Devices that know no levels say "low" all the same.
    for reasons, kind in (
        (_TONER_REASONS, AlertKind.TONER),
        (_DRUM_REASONS, AlertKind.DRUM),
        (_WASTE_REASONS, AlertKind.WASTE),
    ):
        if answer.reasons & reasons and kind.value not in told:
            found[(kind.value, "")] = Trouble()
    for reason in sorted(answer.reasons & _PAPER_REASONS)[:1]:
        found[(AlertKind.PAPER.value, "")] = Trouble(reason, timedelta(hours=plan.paper_hours))
    for reason in answer.reasons & _FAULT_REASONS:
        found[(AlertKind.FAULT.value, reason)] = Trouble(reason, FAULT_DELAY)
    return found


def keep_alerts(device: Device, troubles: Mapping[Key, Trouble], kinds: Iterable[str], now: datetime) -> None:
    """Begin, raise and end the alerts of these kinds at this device as the troubles say. May be done twice."""
    kinds = set(kinds)
    rows = DeviceAlert.objects.filter(device=device, ended_at__isnull=True, kind__in=kinds)
    known = {(row.kind, row.subject): row for row in rows}
    for key, row in known.items():
        trouble = troubles.get(key)
        if trouble is None:
            DeviceAlert.objects.filter(pk=row.pk, ended_at__isnull=True).update(ended_at=now)
        elif row.raised_at is None and now - row.since >= trouble.delay:
            DeviceAlert.objects.filter(pk=row.pk, raised_at__isnull=True).update(
                raised_at=now, detail=trouble.detail
            )
    for (kind, subject), trouble in troubles.items():
        if (kind, subject) in known or kind not in kinds:
            continue
        try:
            with transaction.atomic():
                DeviceAlert.objects.create(
                    municipality_id=device.municipality_id,
                    device=device,
                    kind=kind,
                    subject=subject[:80],
                    detail=trouble.detail[:200],
                    since=now,
                    raised_at=now if trouble.delay <= _NO_DELAY else None,
                )
        except IntegrityError:
            continue  # another process saw it at the same moment


def observe_answer(
    device: Device, answer: DeviceAnswer, supplies: list[DeviceSupply], plan: MeterPlan, now: datetime
) -> None:
    """The device answered: what it complains of, and that it is there."""
    rows = DeviceAlert.objects.filter(device=device, ended_at__isnull=True)
    open_keys = set(rows.values_list("kind", "subject"))
    troubles = find_troubles(answer, supplies, plan, open_keys)
    keep_alerts(device, troubles, set(AlertKind.values) - {AlertKind.READING.value}, now)


def observe_silence(device: Device, plan: MeterPlan, now: datetime) -> None:
    """The device did not answer: of everything else nothing is known."""
    trouble = Trouble(delay=timedelta(hours=plan.not_seen_hours))
    keep_alerts(device, {(AlertKind.NOT_SEEN.value, ""): trouble}, {AlertKind.NOT_SEEN.value}, now)


def observe_readings(device: Device, now: datetime) -> None:
    """Readings that wait for somebody's verdict; all of a device are one alert, which ends with the last of them."""
    waiting = MeterReading.objects.filter(
        device=device, is_plausible=False, verdict="", replaced_by__isnull=True
    ).order_by("at")
    first = waiting.first()
    troubles = {}
    if first is not None:
        troubles[(AlertKind.READING.value, "")] = Trouble(f"{timezone.localtime(first.at):%d.%m.%Y %H:%M}")
    keep_alerts(device, troubles, {AlertKind.READING.value}, now)


def raised_alerts(municipality_id: int) -> models.QuerySet[DeviceAlert]:
    """What people see: open and raised."""
    return DeviceAlert.objects.filter(
        municipality_id=municipality_id, ended_at__isnull=True, raised_at__isnull=False
    ).select_related("device")


def acknowledge_alert(actor: Person, alert_id: int) -> DeviceAlert:
    """Somebody takes care of it. Http404 for another town's, PermissionDenied unless the actor is the town's IT."""
    alert = (
        DeviceAlert.objects.select_related("device", "municipality")
        .filter(pk=alert_id, municipality_id=town_id_of(actor))
        .first()
    )
    if alert is None:
        raise Http404
    check_town_it(actor, alert.municipality_id)
    with transaction.atomic():
        if DeviceAlert.objects.filter(pk=alert.pk, acknowledged_at__isnull=True).update(
            acknowledged_at=timezone.now(), acknowledged_by=actor
        ):
            record_audit(
                alert.municipality, actor, "alert.acknowledged", f"alert:{alert.pk}", kind=alert.kind
            )
    return alert


def can_mail() -> bool:
    """Whether the installation has a mail server."""
    return not settings.EMAIL_BACKEND.endswith(".dummy.EmailBackend")


def mail_alerts(municipality: Municipality, plan: MeterPlan, now: datetime) -> int:
    """One mail with all that was raised and not told yet; how many alerts. A mail that can't be sent is tried again next time."""
    if not plan.addresses or not can_mail():
        return 0
    # Claimed first, so that two processes never tell the same twice.
    mine = [
        alert
        for alert in raised_alerts(municipality.pk)
        .filter(mailed_at__isnull=True)
        .order_by("device__name", "kind")
        if DeviceAlert.objects.filter(pk=alert.pk, mailed_at__isnull=True).update(mailed_at=now)
    ]
    if not mine:
        return 0
    with translation.override(plan.mail_language):
        subject = ngettext(
            "%(town)s: %(count)d alert from a printer", "%(town)s: %(count)d alerts from printers", len(mine)
        ) % {"town": municipality.name, "count": len(mine)}
        lines = [
            f"- {alert.device.name}{f' ({alert.device.place})' if alert.device.place else ''}: "
            f"{alert.get_kind_display()}{f' – {alert.words}' if alert.words else ''}"
            for alert in mine
        ]
        link = f"{settings.ALLMENDE_PUBLIC_URL}{reverse('device_alerts')}"
        body = "\n".join(
            [
                *lines,
                "",
                _now("All alerts: %(link)s") % {"link": link},
                "",
                _now("Each alert is mailed once."),
            ]
        )
    try:
        send_mail(" ".join(subject.split()), body, None, plan.addresses)
    except OSError as error:  # smtplib's errors are OSErrors
        log.warning("alerts of town %s could not be mailed: %s", municipality.slug, type(error).__name__)
        DeviceAlert.objects.filter(pk__in=[alert.pk for alert in mine]).update(mailed_at=None)
        return 0
    return len(mine)
