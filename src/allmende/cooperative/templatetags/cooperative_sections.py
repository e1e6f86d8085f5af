# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The ways between the pages of the cooperative's office, and between those of a membership."""

from __future__ import annotations

from typing import Any

from django import template

from allmende.cooperative.sections import membership_groups, office_groups
from allmende.directory.page_groups import describe_groups

register = template.Library()


@register.inclusion_tag("cooperative/sections.html", takes_context=True)
def office_sections(context: dict[str, Any]) -> dict[str, Any]:
    return describe_groups(office_groups(), context["request"].path)


@register.inclusion_tag("cooperative/membership_sections.html", takes_context=True)
def membership_sections(context: dict[str, Any]) -> dict[str, Any]:
    return describe_groups(membership_groups(context["request"].user), context["request"].path)
