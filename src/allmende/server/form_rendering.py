# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Django's forms in KERN's markup: `{{ form }}` is all that a page has to write.

The renderer gives every widget KERN's class for its kind; `forms/form.html` and `forms/field.html` lay out label, hint,
error and the summary of errors at the top.
"""

from __future__ import annotations

from typing import Any, Final

from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe

_WIDGETS: Final = "django/forms/widgets/"
_TEXT: Final = "kern-form-input__input"
_CLASSES: Final = {
    f"{_WIDGETS}{name}.html": kern_class
    for name, kern_class in {
        "text": _TEXT,
        "number": _TEXT,
        "email": _TEXT,
        "url": _TEXT,
        "tel": _TEXT,
        "search": _TEXT,
        "password": _TEXT,
        "textarea": _TEXT,
        "date": _TEXT,
        "time": _TEXT,
        "datetime": _TEXT,
        "file": _TEXT,
        "select": "kern-form-input__select",
        "checkbox": "kern-form-check__checkbox",
    }.items()
}
#: Widgets of several inputs have templates of our own.
_REPLACED: Final = {
    f"{_WIDGETS}radio.html": "forms/choices.html",
    f"{_WIDGETS}checkbox_select.html": "forms/choices.html",
}


class KernRenderer(TemplatesSetting):
    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"

    def render(
        self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None
    ) -> SafeString:
        kern_class = _CLASSES.get(template_name)
        if kern_class is not None:
            attributes = context["widget"]["attrs"]
            classes = [attributes.get("class", ""), kern_class]
            if attributes.get("aria-invalid"):
                classes.append(f"{kern_class}--error")
            attributes["class"] = " ".join(name for name in classes if name)
        return mark_safe(super().render(_REPLACED.get(template_name, template_name), context, request))  # noqa: S308 - a rendered template
