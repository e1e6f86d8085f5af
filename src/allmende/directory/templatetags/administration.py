# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The ways between the pages of the town's IT. A room that is not built in has no entry."""

from __future__ import annotations

from typing import Any, Final

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

register = template.Library()

_SECTIONS: Final[tuple[tuple[str, str | Promise], ...]] = (
    ("administration", _("Overview")),
    ("administer_devices", _("Devices")),
    ("administer_people", _("People")),
    ("administer_queues", _("Queues")),
    ("administer_jobs", _("Jobs")),
    ("audit_trail", _("Audit trail")),
    ("town_settings", _("Settings")),
)


@register.inclusion_tag("administration/sections.html", takes_context=True)
def administration_sections(context: dict[str, Any]) -> dict[str, Any]:
    path = context["request"].path
    sections = []
    for url_name, label in _SECTIONS:
        try:
            href = reverse(url_name)
        except NoReverseMatch:
            continue
        current = path == href or (url_name != "administration" and path.startswith(href))
        sections.append({"href": href, "label": label, "current": current})
    return {"sections": sections}


@register.inclusion_tag("administration/actions.html")
def page_action(href: str, label: str, kind: str = "secondary") -> dict[str, str]:
    """A link that looks like a button."""
    return {"href": href, "label": label, "kind": kind}
