# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Many pages in a few groups: the navigation of the administration and of the cooperative's office.

Two rows of plain links: the groups, and below them the pages of the group that one is in. So it works without JavaScript, by keyboard, at any
width. Always holds: a group leads to its first page, a group without a page is not there, and at most one page is current.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class PageLink:
    """`also`: other addresses below which this page is the one where one is."""

    href: str
    label: str | Promise
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PageGroup:
    label: str | Promise
    pages: tuple[PageLink, ...]


def describe_groups(groups: Iterable[PageGroup], path: str) -> dict[str, Any]:
    """For the template: `groups` and the current group's `pages`, each `{"href", "label", "current"}`, and its name as `group`.

    `current` is what `aria-current` says: `page` on the very page, `true` somewhere below it.
    """
    shown = [group for group in groups if group.pages]
    found = find_current(shown, path)
    here, current = found if found is not None else (None, None)
    return {
        "groups": [_describe(group, current if group is here else None, path) for group in shown],
        "group": here.label if here is not None else "",
        "pages": [
            {"href": page.href, "label": page.label, "current": _current(page, current, path)}
            for page in (here.pages if here is not None else ())
        ],
    }


def find_current(groups: Iterable[PageGroup], path: str) -> tuple[PageGroup, PageLink] | None:
    """The page whose address is the longest beginning of `path`."""
    best: tuple[PageGroup, PageLink] | None = None
    length = 0
    for group in groups:
        for page in group.pages:
            fits = max((len(href) for href in (page.href, *page.also) if path.startswith(href)), default=0)
            if fits > length:
                best, length = (group, page), fits
    return best


def _describe(group: PageGroup, current: PageLink | None, path: str) -> dict[str, Any]:
    """A group of one page is that page, by its own name."""
    first, is_page = group.pages[0], len(group.pages) == 1
    mark = "" if current is None else _current(first, current, path) if is_page else "true"
    return {"href": first.href, "label": first.label if is_page else group.label, "current": mark}


def _current(page: PageLink, current: PageLink | None, path: str) -> str:
    if page is not current:
        return ""
    return "page" if path == page.href else "true"
