# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The ways between the pages of the cooperative's office, and between those of a membership."""

from __future__ import annotations

from typing import Any

from django import template

from allmende.cooperative.sections import MEMBERSHIP, OFFICE, links

register = template.Library()


@register.inclusion_tag("cooperative/sections.html", takes_context=True)
def office_sections(context: dict[str, Any]) -> dict[str, Any]:
    return {"sections": links(OFFICE, context["request"].path), "is_office": True}


@register.inclusion_tag("cooperative/sections.html", takes_context=True)
def membership_sections(context: dict[str, Any]) -> dict[str, Any]:
    return {"sections": links(MEMBERSHIP, context["request"].path), "is_office": False}
