# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A concept that a town had planned: its input, how far the solver is, and the plan. Every solving is a new version; none is changed.

Always holds: a run that ended carries a result or the reason why there is none; its input and result are never written again.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person

#: Without a sign of life for so long, the solver's process is gone.
SILENCE: Final = timedelta(seconds=60)


class RunState(models.TextChoices):
    RUNNING = "running", _("is being solved")
    DONE = "done", _("solved")
    INFEASIBLE = "infeasible", _("no plan is possible")
    UNKNOWN = "unknown", _("no plan found in time")
    CANCELLED = "cancelled", _("cancelled")
    FAILED = "failed", _("failed")


class ConceptRun(models.Model):
    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="concept_runs")
    title = models.CharField(_("title"), max_length=120)
    version = models.PositiveIntegerField(_("version"))
    #: The input file as it was solved.
    source = models.TextField()
    seconds = models.PositiveIntegerField(_("seconds for solving"), default=60)
    state = models.CharField(max_length=12, choices=RunState.choices, default=RunState.RUNNING)
    #: Parts solved, and in all; 0 of 0 before the first is begun. `is_pricing`: the plan is there, the constraints' costs follow.
    parts_done = models.PositiveIntegerField(default=0)
    parts = models.PositiveIntegerField(default=0)
    is_pricing = models.BooleanField(default=False)
    #: `{"plan": …, "constraints": […], "conflicts": […]}`, see `concept_runs.keep_outcome`; before that `{"so_far": …}`, see `tell_so_far`.
    result = models.JSONField(default=dict, blank=True)
    begun_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    begun_at = models.DateTimeField(_("begun"), default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-begun_at", "-pk"]
        verbose_name = _("print-and-copy concept")
        verbose_name_plural = _("print-and-copy concepts")
        constraints = [
            models.UniqueConstraint(fields=["municipality", "title", "version"], name="concept_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.version})"

    @property
    def has_result(self) -> bool:
        return "status" in self.result

    @property
    def so_far(self) -> dict[str, str]:
        """EUR a year: `bound`, what no plan can be cheaper than, and `cost` of the best plan, if there is one."""
        found: dict[str, str] = self.result.get("so_far", {})
        return found

    @property
    def is_running(self) -> bool:
        return self.state == RunState.RUNNING.value
