# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The ways between the pages below `/verwaltung/`."""

from __future__ import annotations

from typing import Any

from django import template

from allmende.directory.administration_access import open_desk
from allmende.directory.administration_sections import groups_for
from allmende.directory.page_groups import describe_groups

register = template.Library()


@register.inclusion_tag("administration/sections.html", takes_context=True)
def administration_sections(context: dict[str, Any]) -> dict[str, Any]:
    request = context["request"]
    desk = context.get("desk") or open_desk(request.user)
    return describe_groups(groups_for(desk) if desk is not None else (), request.path)


@register.inclusion_tag("administration/actions.html")
def page_action(href: str, label: str, kind: str = "secondary") -> dict[str, str]:
    """A link that looks like a button."""
    return {"href": href, "label": label, "kind": kind}
