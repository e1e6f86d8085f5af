# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Meter rounds: all devices of a town are asked once, every night by themselves, and whenever somebody wants.

Always holds: one nightly round per town and day, whatever the number of processes (a constraint of the database); a round is run by the one that
claims it. A round that a killed process left behind is run once more; asking twice only adds readings. Nightly and asked-for rounds add
readings; a watch only looks at supplies and alerts.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, models, transaction
from django.db.models import F, Q
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from allmende.devices.device_addresses import parse_device_uri
from allmende.devices.device_errors import DeviceUnreachableError
from allmende.devices.device_settings import address_policy
from allmende.devices.device_states import DeviceState, record_state
from allmende.devices.devices import Device
from allmende.devices.meters.alerts import mail_alerts, observe_answer, observe_readings, observe_silence
from allmende.devices.meters.answers import DeviceAnswer
from allmende.devices.meters.asking import Asked, Target, ask_devices
from allmende.devices.meters.plans import MeterPlan, plan_of
from allmende.devices.meters.reading_keeping import record_reading
from allmende.devices.meters.readings import MeterReading, ReadingSource
from allmende.devices.meters.snmp_access import accesses_of
from allmende.devices.meters.supplies import keep_supplies, thin_samples
from allmende.directory.access import is_town_it
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person

log = logging.getLogger(__name__)

#: A round that is not over by then was left behind.
STALE: Final = timedelta(hours=1)
#: So long a device keeps to the source of its last reading; SNMP and IPP need not count alike.
FAITHFUL: Final = timedelta(days=7)
_KEPT_DAYS: Final = 60
_TRIES: Final = 2


class RoundKind(models.TextChoices):
    NIGHTLY = "nightly", _("nightly")
    ASKED = "asked", _("on demand")
    WATCH = "watch", _("look for alerts")


class MeterRound(models.Model):
    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=RoundKind.choices)
    #: The town's date, of nightly rounds.
    day = models.DateField(null=True)
    asked_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    begun_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    devices = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    readings = models.PositiveIntegerField(default=0)
    #: [{"device": id, "snmp": sentence, "ipp": sentence}] of devices that did not answer; sentences as in the source, for gettext.
    problems = models.JSONField(default=list)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("meter round")
        verbose_name_plural = _("meter rounds")
        constraints = [
            models.UniqueConstraint(
                fields=["municipality", "day"], condition=Q(kind="nightly"), name="nightly_round_once"
            )
        ]
        indexes = [models.Index(fields=["municipality", "-id"], name="meter_rounds")]

    def __str__(self) -> str:
        return f"{self.kind} {self.created_at:%Y-%m-%d %H:%M}"


def ask_for_round(actor: Person | None, municipality: Municipality) -> MeterRound:
    """A round that waits to be run, or the one that waits or runs already. Raises PermissionDenied (None: the command line)."""
    if actor is not None and not is_town_it(actor, municipality.pk):
        raise PermissionDenied
    fresh = timezone.now() - STALE
    waiting = MeterRound.objects.filter(
        municipality=municipality, kind=RoundKind.ASKED, ended_at__isnull=True, created_at__gt=fresh
    ).first()
    return waiting or MeterRound.objects.create(
        municipality=municipality, kind=RoundKind.ASKED, asked_by=actor
    )


def run_due_rounds(now: datetime | None = None) -> int:
    """Everything that is due in all towns; how many rounds were run here. Blocks, for minutes where devices are many."""
    now = now or timezone.now()
    MeterRound.objects.filter(ended_at__isnull=True, begun_at__lt=now - STALE, tries__lt=_TRIES).update(
        begun_at=None
    )
    MeterRound.objects.filter(ended_at__isnull=True, begun_at__lt=now - STALE).update(ended_at=now)
    for municipality in Municipality.objects.filter(devices__isnull=False).distinct():
        _plan_rounds(municipality, plan_of(municipality), now)
    count = 0
    for pk in MeterRound.objects.filter(begun_at__isnull=True, ended_at__isnull=True).values_list(
        "pk", flat=True
    ):
        count += run_round(pk)
    return count


def run_round(round_id: int) -> bool:
    """Run this round here, unless another process has it already."""
    now = timezone.now()
    claimed = MeterRound.objects.filter(pk=round_id, begun_at__isnull=True, ended_at__isnull=True).update(
        begun_at=now, tries=F("tries") + 1, done=0, readings=0, problems=[]
    )
    if not claimed:
        return False
    this = MeterRound.objects.select_related("municipality").get(pk=round_id)
    plan = plan_of(this.municipality)
    devices = {
        device.pk: device
        for device in Device.objects.filter(municipality=this.municipality, is_active=True).select_related(
            "device_model", "municipality"
        )
    }
    targets = [target for target in _targets(this.municipality, devices.values()) if _can_be_asked(target)]
    MeterRound.objects.filter(pk=round_id).update(devices=len(targets))
    problems: list[dict[str, Any]] = []
    for asked in ask_devices(targets, address_policy()):
        device = devices[asked.target.device_id]
        read = 0
        try:
            read = _take(device, asked, plan, adds_readings=this.kind != RoundKind.WATCH)
        except Exception:
            log.exception("the answer of device %d could not be kept", device.pk)
        if not asked.answers or asked.problems:
            problems.append({"device": device.pk, **_in_words(asked)})
        MeterRound.objects.filter(pk=round_id).update(done=F("done") + 1, readings=F("readings") + read)
    MeterRound.objects.filter(pk=round_id).update(ended_at=timezone.now(), problems=problems[:500])
    mail_alerts(this.municipality, plan, timezone.now())
    if this.kind == RoundKind.NIGHTLY:
        thin_samples(this.municipality.pk, now)
        MeterRound.objects.filter(
            municipality=this.municipality, created_at__lt=now - timedelta(days=_KEPT_DAYS)
        ).delete()
    return True


def _plan_rounds(municipality: Municipality, plan: MeterPlan, now: datetime) -> None:
    if not plan.is_on:
        return
    local = timezone.localtime(now)
    rounds = MeterRound.objects.filter(municipality=municipality)
    if local.time() >= plan.reads_at and not rounds.filter(kind=RoundKind.NIGHTLY, day=local.date()).exists():
        try:
            with transaction.atomic():
                MeterRound.objects.create(municipality=municipality, kind=RoundKind.NIGHTLY, day=local.date())
        except IntegrityError:
            pass  # another process was faster
        return
    if plan.watch_minutes:
        last = rounds.order_by("-created_at").values_list("created_at", flat=True).first()
        if last is None or now - last >= timedelta(minutes=plan.watch_minutes):
            MeterRound.objects.create(municipality=municipality, kind=RoundKind.WATCH, created_at=now)
            # Watches are many and say nothing later.
            rounds.filter(kind=RoundKind.WATCH, ended_at__lt=now - timedelta(days=2)).delete()


def _targets(municipality: Municipality, devices: Iterable[Device]) -> list[Target]:
    devices = list(devices)
    accesses = accesses_of(municipality, devices)
    found = []
    for device in devices:
        access = accesses.get(device.pk)
        host = access.host if access is not None and access.device_id == device.pk else ""
        found.append(
            Target(
                device.pk,
                ipp_uri=device.uri if device.uri.lower().startswith("ipp") else "",
                certificate_sha256=device.certificate_sha256,
                snmp_host=host or _host_of(device.uri),
                snmp_port=access.port if access else 161,
                snmp_credentials=access.credentials() if access else None,
            )
        )
    return found


def _host_of(uri: str) -> str:
    if not uri:
        return ""
    try:
        return parse_device_uri(uri, address_policy()).host
    except DeviceUnreachableError:
        return ""


def _can_be_asked(target: Target) -> bool:
    return bool(target.ipp_uri or (target.snmp_host and target.snmp_credentials))


def _take(device: Device, asked: Asked, plan: MeterPlan, *, adds_readings: bool) -> int:
    """Store what came; the number of readings added."""
    now = timezone.now()
    if "ipp" in asked.answers:
        reasons = tuple(sorted(asked.answers["ipp"].reasons))
        record_state(device.pk, device.uri, DeviceState(asked.state or "unknown", reasons))
    elif asked.answers:
        Device.objects.filter(pk=device.pk).update(seen_at=now)
    elif asked.target.ipp_uri:
        record_state(device.pk, device.uri, asked.away)
    if not asked.answers:
        observe_silence(device, plan, now)
        return 0
    answer = _with_supplies(asked)
    observe_answer(device, answer, keep_supplies(device, answer, now), plan, now)
    read = 0
    if adds_readings:
        best = choose_answer(device, asked.answers, now)
        if best is not None:
            record_reading(
                device,
                now,
                ReadingSource(best.source),
                best.counts,
                serial_number=best.serial_number or answer.serial_number,
                raw=best.raw,
            )
            read = 1
    observe_readings(device, now)
    return read


def choose_answer(device: Device, answers: dict[str, DeviceAnswer], now: datetime) -> DeviceAnswer | None:
    """Whose counts become the reading: the source of the last one while that is fresh, else SNMP before IPP."""
    with_total = {source: answer for source, answer in answers.items() if answer.counts.total is not None}
    last = (
        MeterReading.objects.filter(device=device, source__in=[ReadingSource.SNMP, ReadingSource.IPP])
        .order_by("at")
        .last()
    )
    if last is not None and now - last.at < FAITHFUL:
        return with_total.get(last.source)
    return with_total.get("snmp") or with_total.get("ipp")


def _with_supplies(asked: Asked) -> DeviceAnswer:
    """The answer that knows more levels; its complaints with those of the other."""
    answers = sorted(
        asked.answers.values(),
        key=lambda answer: (sum(each.level is not None for each in answer.supplies), answer.source == "snmp"),
    )
    best = answers[-1]
    reasons = frozenset().union(*(answer.reasons for answer in answers))
    return DeviceAnswer(
        source=best.source,
        counts=best.counts,
        serial_number=best.serial_number or answers[0].serial_number,
        model=best.model,
        supplies=best.supplies,
        inputs=best.inputs,
        reasons=reasons,
    )


def _in_words(asked: Asked) -> dict[str, str]:
    """The untranslated sentences, by how it was asked; pages translate them."""
    with translation.override(None):
        return {how: str(reason)[:200] for how, reason in asked.problems.items()}
