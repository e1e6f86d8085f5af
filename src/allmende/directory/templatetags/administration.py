# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The ways between the pages below `/verwaltung/`."""

from __future__ import annotations

from typing import Any

from django import template

from allmende.directory.administration_access import open_desk
from allmende.directory.administration_sections import sections_for

register = template.Library()


@register.inclusion_tag("administration/sections.html", takes_context=True)
def administration_sections(context: dict[str, Any]) -> dict[str, Any]:
    request = context["request"]
    desk = context.get("desk") or open_desk(request.user)
    sections = []
    for section, href in sections_for(desk) if desk is not None else ():
        current = request.path == href or (
            section.url_name != "administration" and request.path.startswith(href)
        )
        sections.append({"href": href, "label": section.label, "current": current})
    return {"sections": sections}


@register.inclusion_tag("administration/actions.html")
def page_action(href: str, label: str, kind: str = "secondary") -> dict[str, str]:
    """A link that looks like a button."""
    return {"href": href, "label": label, "kind": kind}
